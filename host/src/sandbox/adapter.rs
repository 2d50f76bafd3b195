//! A loaded adapter: what it is, and the door to its runs.
//!
//! Owns the questions that need no run (`describe`, `probe`, `detect`), each asked in a fresh
//! instance. Never keeps an instance: every run gets its own.

use std::sync::Arc;

use wasmtime::Store;
use wasmtime::component::{Instance as Linked, InstancePre};

use super::adapter_v1::{self as contract, AdapterPlugin, AdapterPluginIndices};
use super::error::PlanError;
use super::fault::GuestFault;
use super::grants;
use super::guest::GuestState;
use super::instance::Instance;
use super::plugin::Plugin;
use super::run::AdapterRun;
use super::world::World;
use crate::model::{AdapterAbout, Command, Detection, ProbeOutput};

/// An adapter, ready to run. Cheap to clone.
pub type Adapter = Plugin<AdapterWorld>;

/// Plugins that plan a tool's command and read what it prints.
#[derive(Debug)]
pub enum AdapterWorld {}

impl World for AdapterWorld {
    type Indices = AdapterPluginIndices;
    type Exports = AdapterPlugin;
    type About = AdapterAbout;

    const NOUN: &'static str = "an adapter";
    const INTERFACE: &'static str = contract::INTERFACE;
    const NEEDED: &'static str = contract::NEEDED;
    const LOG: Option<&'static str> = Some(contract::LOG_OFFERED);

    fn indices(pre: &InstancePre<GuestState>) -> wasmtime::Result<Self::Indices> {
        AdapterPluginIndices::new(pre)
    }

    fn bind(
        indices: &Self::Indices,
        store: &mut Store<GuestState>,
        instance: &Linked,
    ) -> wasmtime::Result<Self::Exports> {
        indices.load(store, instance)
    }

    fn describe(
        exports: &Self::Exports,
        store: &mut Store<GuestState>,
    ) -> wasmtime::Result<Result<AdapterAbout, String>> {
        let about = exports.tollgate_adapter_adapter().call_describe(store)?;
        Ok(contract::about(about))
    }
}

impl Plugin<AdapterWorld> {
    /// What it says about itself.
    #[must_use]
    pub fn about(&self) -> &AdapterAbout {
        &self.loaded.about
    }

    /// Harmless commands whose output tells the version of `program`.
    ///
    /// # Errors
    /// When the adapter misbehaves or names another program.
    pub fn probe(&self, program: &str) -> Result<Vec<Command>, PlanError> {
        let mut instance = Instance::new(Arc::clone(&self.loaded))?;
        let allowance = self.loaded.limits.call(program.len());
        let commands = instance.call(allowance, |plugin, store| {
            plugin.tollgate_adapter_adapter().call_probe(store, program)
        })?;
        let commands = contract::commands(commands)?;
        for command in &commands {
            grants::check_command(command, program)?;
        }
        Ok(commands)
    }

    /// What the adapter concludes from the output of its probes.
    ///
    /// # Errors
    /// When the adapter misbehaves.
    pub fn detect(&self, outputs: &[ProbeOutput]) -> Result<Detection, GuestFault> {
        let (outputs, bytes) = contract::probe_outputs(outputs);
        let mut instance = Instance::new(Arc::clone(&self.loaded))?;
        let allowance = self.loaded.limits.call(bytes);
        let detection = instance.call(allowance, |plugin, store| {
            plugin
                .tollgate_adapter_adapter()
                .call_detect(store, &outputs)
        })?;
        Ok(contract::detection(detection))
    }

    /// A fresh instance for one run.
    ///
    /// # Errors
    /// When its start-up code misbehaves.
    pub fn start(&self) -> Result<AdapterRun, GuestFault> {
        AdapterRun::new(Arc::clone(&self.loaded))
    }
}
