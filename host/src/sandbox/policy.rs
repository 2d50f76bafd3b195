//! A loaded policy: the door to its judgement.
//!
//! Owns the asking. Every question gets a fresh instance, so that a verdict depends on nothing but
//! the configuration and the request. Never decides what follows from a verdict or from its
//! absence.

use std::time::Duration;

use wasmtime::Store;
use wasmtime::component::{Instance as Linked, InstancePre};

use super::error::PolicyFault;
use super::fault::GuestFault;
use super::guest::{Guest, GuestState};
use super::plugin::Plugin;
use super::policy_v1::{self as contract, PolicyPluginIndices};
use super::world::World;
use crate::model::{PolicyAbout, PolicyDiagnostic, PolicyRequest, Verdict};

/// Bytes of configuration and request that a policy is handed. A configuration has some hundred;
/// the arguments of a command can have two million.
const MAX_INPUT: usize = 4 << 20;

/// A policy, ready to judge. Cheap to clone.
pub type PolicyPlugin = Plugin<PolicyWorld>;

/// Plugins that judge a request.
#[derive(Debug)]
pub enum PolicyWorld {}

/// What a policy answered, and what that took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement {
    /// What it says, or why it says nothing.
    pub verdict: Result<Verdict, PolicyFault>,
    /// Processor time of plugin code, its start included.
    pub cpu: Duration,
    /// Fuel that plugin code used, its start included: about one unit for each instruction, and
    /// the same for the same question.
    pub fuel: u64,
}

impl World for PolicyWorld {
    type Indices = PolicyPluginIndices;
    type Exports = contract::PolicyPlugin;
    type About = PolicyAbout;

    const NOUN: &'static str = "a policy";
    const INTERFACE: &'static str = contract::INTERFACE;
    const NEEDED: &'static str = contract::NEEDED;
    const LOG: Option<&'static str> = None;

    fn indices(pre: &InstancePre<GuestState>) -> wasmtime::Result<Self::Indices> {
        PolicyPluginIndices::new(pre)
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
    ) -> wasmtime::Result<Result<PolicyAbout, String>> {
        let about = exports.tollgate_policy_policy().call_describe(store)?;
        Ok(contract::about(about))
    }
}

impl Plugin<PolicyWorld> {
    /// What it says about itself.
    #[must_use]
    pub fn about(&self) -> &PolicyAbout {
        &self.loaded.about
    }

    /// What the policy finds wrong with `config`; nothing when it is fine. One that is too long
    /// to be handed over is wrong without asking.
    ///
    /// # Errors
    /// When the policy misbehaves.
    pub fn validate(&self, config: &str) -> Result<Vec<PolicyDiagnostic>, GuestFault> {
        if config.len() > MAX_INPUT {
            return Ok(vec![too_long(config.len())]);
        }
        let mut guest = self.loaded.guest();
        let found = self.ask(&mut guest, config.len(), |exports, store| {
            exports
                .tollgate_policy_policy()
                .call_validate(store, config)
        })?;
        Ok(contract::diagnostics(found))
    }

    /// What the policy says about `request`, in a fresh instance.
    #[must_use]
    pub fn evaluate(&self, config: &str, request: &PolicyRequest) -> Judgement {
        let mut guest = self.loaded.guest();
        let verdict = self.judge(&mut guest, config, request);
        Judgement {
            verdict,
            cpu: guest.cpu(),
            fuel: guest.fuel(),
        }
    }

    fn judge(
        &self,
        guest: &mut Guest,
        config: &str,
        request: &PolicyRequest,
    ) -> Result<Verdict, PolicyFault> {
        let found = config.len().saturating_add(contract::size(request));
        if found > MAX_INPUT {
            let limit = MAX_INPUT;
            return Err(PolicyFault::TooLong { found, limit });
        }
        let theirs = contract::request(request);
        let answer = self.ask(guest, found, |exports, store| {
            let policy = exports.tollgate_policy_policy();
            policy.call_evaluate(store, config, &theirs)
        })?;
        let verdict = answer.map_err(|text| contract::objection(&text))?;
        contract::verdict(verdict, request)
    }

    /// Start an instance in `guest` and call an export that is handed `input` bytes.
    fn ask<T>(
        &self,
        guest: &mut Guest,
        input: usize,
        call: impl FnOnce(&contract::PolicyPlugin, &mut Store<GuestState>) -> wasmtime::Result<T>,
    ) -> Result<T, GuestFault> {
        let exports = self.loaded.instantiate(guest)?;
        let clockwork = &self.loaded.runtime.clockwork;
        guest.enter(clockwork, self.loaded.limits.call(input), |store| {
            call(&exports, store)
        })
    }
}

fn too_long(found: usize) -> PolicyDiagnostic {
    PolicyDiagnostic {
        path: String::new(),
        message: format!("it has {found} bytes; a policy is handed at most {MAX_INPUT}"),
        fix: Some("shorten the configuration of this policy".to_owned()),
    }
}
