//! Version 1 of the policy contract: its bindings, and the conversion to the host's own types.
//!
//! Owns everything that names a type of the contract. A second major version becomes a folder
//! beside this one, converting into the same types; nothing outside these folders changes.

mod bindings;
mod requests;
mod verdicts;

pub(super) use bindings::{PolicyPlugin, PolicyPluginIndices};
pub(super) use requests::{request, size};
pub(super) use verdicts::{about, diagnostics, objection, verdict};

/// The package and interface that a policy exports, without the version.
pub(super) const INTERFACE: &str = "tollgate:policy/policy";
/// The interface with the version of this host.
pub(super) const NEEDED: &str = "tollgate:policy/policy@1.0.0";
