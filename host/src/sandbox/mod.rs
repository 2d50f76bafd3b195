//! Where plugins run: the only room that names wasmtime.
//!
//! Owns the engine and its ticker, the limits, the compiled-code cache, the contract's bindings,
//! and the conversion to the host's own types at the border. Text that comes out of here is
//! bounded and checked for sense, and still hostile: whoever shows it escapes it.
//!
//! Never starts a program, never decides what a plugin is granted beyond what needs no policy,
//! and never gives a plugin a host function other than the log. Nothing of wasmtime is touched
//! before the first component is loaded.

mod adapter;
mod builtin;
mod cache;
mod component;
mod contract_v1;
mod engine;
mod error;
mod fault;
mod grants;
mod guest;
mod imports;
mod instance;
mod limits;
mod log;
mod run;

pub use adapter::Adapter;
pub use builtin::{BUILTIN_IDS, builtin};
pub use cache::{CodeOrigin, Defect};
pub use component::Sandbox;
pub use error::{CacheError, LoadError, PlanError, Problem, Refusal};
pub use fault::GuestFault;
pub use limits::Limits;
pub use log::{LogLevel, PluginLog};
pub use run::AdapterRun;
