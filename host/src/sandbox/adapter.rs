//! A loaded adapter: what it is, and the door to its runs.
//!
//! Owns the questions that need no run (`describe`, `probe`, `detect`), each asked in a fresh
//! instance. Never keeps an instance: every run gets its own.

use std::sync::Arc;

use wasmtime::component::InstancePre;

use super::cache::CodeOrigin;
use super::component::{Runtime, reason};
use super::contract_v1::{self as contract, AdapterPluginIndices, NEEDED};
use super::error::{CacheError, LoadError, PlanError};
use super::fault::GuestFault;
use super::grants;
use super::guest::{Guest, GuestState};
use super::instance::Instance;
use super::limits::Limits;
use super::run::AdapterRun;
use crate::model::{AdapterAbout, Command, Detection, Digest, ProbeOutput};

/// An adapter, ready to run. Cheap to clone.
#[derive(Clone)]
pub struct Adapter {
    name: Arc<str>,
    loaded: Arc<Loaded>,
    origin: CodeOrigin,
    problem: Option<Arc<CacheError>>,
}

/// What is shared by all runs of a component.
pub(super) struct Loaded {
    pub(super) runtime: Arc<Runtime>,
    pub(super) limits: Limits,
    pub(super) pre: InstancePre<GuestState>,
    pub(super) indices: AdapterPluginIndices,
    digest: Digest,
    contract: String,
    about: AdapterAbout,
}

impl Adapter {
    pub(super) fn new(
        name: &str,
        loaded: Loaded,
        origin: CodeOrigin,
        problem: Option<Arc<CacheError>>,
    ) -> Self {
        Self {
            name: name.into(),
            loaded: Arc::new(loaded),
            origin,
            problem,
        }
    }

    /// The same adapter, loaded once more.
    pub(super) fn again(&self, name: &str) -> Self {
        Self {
            name: name.into(),
            origin: CodeOrigin::Memory,
            ..self.clone()
        }
    }

    /// How the user calls it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// SHA-256 of the component.
    #[must_use]
    pub fn digest(&self) -> &Digest {
        &self.loaded.digest
    }

    /// What it says about itself.
    #[must_use]
    pub fn about(&self) -> &AdapterAbout {
        &self.loaded.about
    }

    /// Interface and version of the contract it was built for.
    #[must_use]
    pub fn contract(&self) -> &str {
        &self.loaded.contract
    }

    /// Where its code came from.
    #[must_use]
    pub fn origin(&self) -> CodeOrigin {
        self.origin
    }

    /// Why its code could not be kept on disk, if so.
    #[must_use]
    pub fn cache_problem(&self) -> Option<&CacheError> {
        self.problem.as_deref()
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

impl std::fmt::Debug for Adapter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Adapter")
            .field("name", &self.name)
            .field("digest", &self.loaded.digest)
            .field("about", &self.loaded.about)
            .field("origin", &self.origin)
            .finish_non_exhaustive()
    }
}

impl Loaded {
    /// Ask a linked component what it is.
    pub(super) fn describe(
        runtime: Arc<Runtime>,
        (pre, indices): (InstancePre<GuestState>, AdapterPluginIndices),
        (digest, contract): (Digest, String),
        limits: &Limits,
    ) -> Result<Self, LoadError> {
        let mut guest = Guest::new(runtime.clockwork.engine(), limits);
        let instance = guest.enter(&runtime.clockwork, limits.call(0), |store| {
            pre.instantiate(store)
        })?;
        // The types of the exports are compared only here; a mismatch is not the guest's fault
        // but that of the contract it was built for.
        let found = contract.clone();
        let plugin = guest
            .bind(|store| indices.load(store, &instance))
            .map_err(|error| LoadError::UnsupportedContract {
                found,
                needed: NEEDED,
                reason: Some(reason(&error)),
            })?;
        let about = guest.enter(&runtime.clockwork, limits.call(0), |store| {
            plugin.tollgate_adapter_adapter().call_describe(store)
        })?;
        let about = contract::about(about).map_err(|what| LoadError::BadDescription { what })?;
        Ok(Self {
            runtime,
            limits: limits.clone(),
            pre,
            indices,
            digest,
            contract,
            about,
        })
    }
}
