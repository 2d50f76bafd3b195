//! Where plugins run: the only room that names wasmtime.
//!
//! Owns the engine and its ticker, the limits, the compiled-code cache, the contracts' bindings,
//! and the conversion to the host's own types at the border. Text that comes out of here is
//! bounded and checked for sense, and still hostile: whoever shows it escapes it.
//!
//! Never starts a program, never decides what a plugin is granted beyond what needs no policy,
//! and never gives a plugin a host function other than the log, which only adapters get. Nothing
//! of wasmtime is touched before the first component is loaded.

mod adapter;
mod adapter_v1;
mod builtin;
mod builtin_policy;
mod cache;
mod component;
mod engine;
mod error;
mod fault;
mod grants;
mod guest;
mod identity;
mod imports;
mod instance;
mod limits;
mod log;
mod plugin;
mod policy;
mod policy_v1;
mod run;
mod runtime;
mod text;
mod world;

pub use adapter::{Adapter, AdapterWorld};
pub use builtin::{BUILTIN_IDS, builtin};
pub use builtin_policy::{POLICY_IDS, builtin_policy};
pub use cache::{CodeOrigin, Defect};
pub use component::Sandbox;
pub use error::{CacheError, LoadError, PlanError, PolicyFault, Problem, Refusal};
pub use fault::GuestFault;
pub use limits::Limits;
pub use log::{LogLevel, PluginLog};
pub use plugin::Plugin;
pub use policy::{Judgement, PolicyPlugin, PolicyWorld};
pub use run::AdapterRun;
