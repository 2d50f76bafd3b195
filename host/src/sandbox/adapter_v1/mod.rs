//! Version 1 of the adapter contract: its bindings, and the conversion to the host's own types.
//!
//! Owns everything that names a type of the contract. A second major version becomes a folder
//! beside this one, converting into the same types; nothing outside these folders changes.

mod bindings;
mod events;
mod plans;
mod text;

pub(super) use bindings::exports::tollgate::adapter::adapter::{
    Problem as Objection, Step as Answer,
};
pub(super) use bindings::{AdapterPlugin, AdapterPluginIndices, link_log};
pub(super) use events::{Seen, step, trouble};
pub(super) use plans::{
    about, chunks, command_plan, commands, detection, exit, probe_outputs, problem, task,
};

/// The package and interface that an adapter exports, without the version.
pub(super) const INTERFACE: &str = "tollgate:adapter/adapter";
/// The interface with the version of this host.
pub(super) const NEEDED: &str = "tollgate:adapter/adapter@1.0.0";
/// The one interface that an adapter may import, without the version.
pub(super) const LOG: &str = "tollgate:host/log";
/// The same with the version of this host.
pub(super) const LOG_OFFERED: &str = "tollgate:host/log@1.0.0";
