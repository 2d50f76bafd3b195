//! What an adapter is written with.
//!
//! Owns: the bindings of the `adapter-plugin` world, the [`Adapter`] trait with the macro that exports it, and the
//! readers that every adapter needs because real tools are careless about what they print. Never runs a program, never
//! sees a prompt's text, and never builds a document tree: a 5 MB answer arrives as one line, twice.
//!
//! | part | idea |
//! |---|---|
//! | [`Adapter`], [`Run`], [`export_adapter!`] | one run of one tool, and how the host reaches it |
//! | [`ending`] | a process that ended without the last word |
//! | [`event`] | the contract's records with the usual fields filled in |
//! | [`json`] | lines that are mostly JSON, fields that mostly have their type |
//! | [`scan`] | the whole values that a cut line still holds |
//! | [`money`] | decimal text to micro-dollars, without floats |
//! | [`options`] | the user's options, and what to say when they are wrong |
//! | [`version`] | a version out of `--version` |

mod adapter;
pub mod ending;
pub mod event;
mod export;
pub mod json;
pub mod log;
pub mod money;
pub mod options;
pub mod scan;
pub mod version;

pub use adapter::{Adapter, Plan, Run};
pub use export::__private;
pub use wit::exports::tollgate::adapter::adapter as contract;

/// Compiles the example of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

/// Everything an adapter's file usually names.
pub mod prelude {
    pub use crate::adapter::{Adapter, Plan};
    pub use crate::contract::{
        About, Argument, Chunk, Command, Cost, Cut, Detection, EnvValue, Event, EventBody, Exit,
        Failure, Finished, Framing, Input, Invocation, Limit, Note, ProbeOutput, Problem,
        PromptFraming, Source, Started, Step, StopStep, Task, Text, ToolCall, ToolOutput, Usage,
    };
    pub use crate::event::Events;
}

/// Generated from `wit/`; the prose is there. Use [`contract`].
#[doc(hidden)]
pub mod wit {
    wit_bindgen::generate!({
        path: ["../../wit/host", "../../wit/adapter"],
        world: "tollgate:adapter/adapter-plugin",
        generate_all,
        pub_export_macro: true,
        export_macro_name: "export_adapter_plugin",
        default_bindings_module: "tollgate_plugin_sdk::wit",
        additional_derives: [PartialEq],
    });
}
