//! One instance of a plugin: its guest, and the exports bound to it.
//!
//! Owns their being together. Never outlives the run or the question that it was made for.

use std::sync::Arc;

use wasmtime::Store;

use super::fault::GuestFault;
use super::guest::{Guest, GuestState};
use super::limits::Allowance;
use super::plugin::Loaded;
use super::world::World;

/// A plugin in a store of its own.
pub(super) struct Instance<W: World> {
    pub(super) loaded: Arc<Loaded<W>>,
    pub(super) guest: Guest,
    exports: W::Exports,
}

impl<W: World> Instance<W> {
    /// A fresh instance; runs the component's start-up code.
    pub(super) fn new(loaded: Arc<Loaded<W>>) -> Result<Self, GuestFault> {
        let mut guest = loaded.guest();
        let exports = loaded.instantiate(&mut guest)?;
        Ok(Self {
            loaded,
            guest,
            exports,
        })
    }

    /// Call an export under `allowance`.
    pub(super) fn call<T>(
        &mut self,
        allowance: Allowance,
        call: impl FnOnce(&W::Exports, &mut Store<GuestState>) -> wasmtime::Result<T>,
    ) -> Result<T, GuestFault> {
        let (exports, clockwork) = (&self.exports, &self.loaded.runtime.clockwork);
        self.guest
            .enter(clockwork, allowance, |store| call(exports, store))
    }

    /// Take what an answer was found to be; a fault ends the guest.
    pub(super) fn judge<T>(&mut self, answer: Result<T, GuestFault>) -> Result<T, GuestFault> {
        answer.map_err(|fault| self.guest.end(fault))
    }
}
