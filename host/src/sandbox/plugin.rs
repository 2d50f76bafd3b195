//! A loaded plugin of any kind: which component it is, and how it came to be.
//!
//! Owns what all instances of a component share, and the first question that each is asked. Never
//! keeps an instance.

use std::sync::Arc;

use wasmtime::component::InstancePre;

use super::cache::CodeOrigin;
use super::error::{CacheError, LoadError};
use super::fault::GuestFault;
use super::guest::{Guest, GuestState};
use super::limits::Limits;
use super::runtime::{Runtime, reason};
use super::world::World;
use crate::model::Digest;

/// A plugin, ready to be asked. Cheap to clone.
#[expect(private_bounds, reason = "the kinds of plugins are this room's alone")]
pub struct Plugin<W: World> {
    name: Arc<str>,
    pub(super) loaded: Arc<Loaded<W>>,
    origin: CodeOrigin,
    problem: Option<Arc<CacheError>>,
}

/// What is shared by all instances of a component.
pub(super) struct Loaded<W: World> {
    pub(super) runtime: Arc<Runtime>,
    pub(super) limits: Limits,
    pre: InstancePre<GuestState>,
    indices: W::Indices,
    digest: Digest,
    contract: String,
    pub(super) about: W::About,
}

#[expect(private_bounds, reason = "the kinds of plugins are this room's alone")]
impl<W: World> Plugin<W> {
    pub(super) fn new(
        name: &str,
        loaded: Loaded<W>,
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

    /// The same plugin, loaded once more.
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
}

impl<W: World> Clone for Plugin<W> {
    fn clone(&self) -> Self {
        Self {
            name: Arc::clone(&self.name),
            loaded: Arc::clone(&self.loaded),
            origin: self.origin,
            problem: self.problem.clone(),
        }
    }
}

impl<W: World> std::fmt::Debug for Plugin<W> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Plugin")
            .field("name", &self.name)
            .field("digest", &self.loaded.digest)
            .field("contract", &self.loaded.contract)
            .field("about", &self.loaded.about)
            .field("origin", &self.origin)
            .finish_non_exhaustive()
    }
}

impl<W: World> Loaded<W> {
    /// Ask a linked component what it is.
    pub(super) fn describe(
        runtime: Arc<Runtime>,
        (pre, indices): (InstancePre<GuestState>, W::Indices),
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
        let exports = guest
            .bind(|store| W::bind(&indices, store, &instance))
            .map_err(|error| LoadError::UnsupportedContract {
                found,
                needed: W::NEEDED,
                reason: Some(reason(&error)),
            })?;
        let about = guest.enter(&runtime.clockwork, limits.call(0), |store| {
            W::describe(&exports, store)
        })?;
        let about = about.map_err(|what| LoadError::BadDescription { what })?;
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

    /// An empty store for one instance.
    pub(super) fn guest(&self) -> Guest {
        Guest::new(self.runtime.clockwork.engine(), &self.limits)
    }

    /// Fill `guest` with an instance; runs the component's start-up code.
    ///
    /// # Errors
    /// How that code misbehaves.
    pub(super) fn instantiate(&self, guest: &mut Guest) -> Result<W::Exports, GuestFault> {
        let clockwork = &self.runtime.clockwork;
        guest.enter(clockwork, self.limits.call(0), |store| {
            let instance = self.pre.instantiate(&mut *store)?;
            W::bind(&self.indices, store, &instance)
        })
    }
}
