//! One instance of an adapter: its guest, and the exports bound to it.
//!
//! Owns instantiation. Never outlives the run or the question that it was made for.

use std::sync::Arc;

use wasmtime::Store;

use super::adapter::Loaded;
use super::contract_v1::AdapterPlugin;
use super::fault::GuestFault;
use super::guest::{Guest, GuestState};
use super::limits::Allowance;

/// An adapter in a store of its own.
pub(super) struct Instance {
    pub(super) loaded: Arc<Loaded>,
    pub(super) guest: Guest,
    plugin: AdapterPlugin,
}

impl Instance {
    /// A fresh instance; runs the component's start-up code.
    pub(super) fn new(loaded: Arc<Loaded>) -> Result<Self, GuestFault> {
        let clockwork = &loaded.runtime.clockwork;
        let mut guest = Guest::new(clockwork.engine(), &loaded.limits);
        let plugin = guest.enter(clockwork, loaded.limits.call(0), |store| {
            let instance = loaded.pre.instantiate(&mut *store)?;
            loaded.indices.load(store, &instance)
        })?;
        Ok(Self {
            loaded,
            guest,
            plugin,
        })
    }

    /// Call an export under `allowance`.
    pub(super) fn call<T>(
        &mut self,
        allowance: Allowance,
        call: impl FnOnce(&AdapterPlugin, &mut Store<GuestState>) -> wasmtime::Result<T>,
    ) -> Result<T, GuestFault> {
        let (plugin, clockwork) = (&self.plugin, &self.loaded.runtime.clockwork);
        self.guest
            .enter(clockwork, allowance, |store| call(plugin, store))
    }

    /// Take what an answer was found to be; a fault ends the guest.
    pub(super) fn judge<T>(&mut self, answer: Result<T, GuestFault>) -> Result<T, GuestFault> {
        answer.map_err(|fault| self.guest.end(fault))
    }
}
