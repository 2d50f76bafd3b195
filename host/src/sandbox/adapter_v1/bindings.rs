//! Generated from `wit/`: the adapter world as Rust types.
//!
//! Owns the one host function, the log. Never adds another.

use wasmtime::component::{HasSelf, Linker};

use crate::sandbox::guest::GuestState;

wasmtime::component::bindgen!({
    path: ["../wit/host", "../wit/adapter"],
    world: "tollgate:adapter/adapter-plugin",
    imports: { default: trappable },
});

impl tollgate::host::log::Host for GuestState {
    fn emit(&mut self, level: String, message: String) -> wasmtime::Result<()> {
        Ok(self.note(&level, &message)?)
    }
}

/// Offer the log to guests.
///
/// # Errors
/// When the linker has such a function already.
pub(in crate::sandbox) fn link_log(linker: &mut Linker<GuestState>) -> wasmtime::Result<()> {
    tollgate::host::log::add_to_linker::<_, HasSelf<_>>(linker, |state| state)
}
