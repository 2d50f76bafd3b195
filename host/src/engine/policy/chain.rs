//! The chain: every policy that is asked, loaded and with its configuration checked.
//!
//! A component that cannot be loaded, or does not take its configuration, never counts as a yes: the
//! one that answered before goes on answering; without one, a required policy denies.

use std::borrow::Cow;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::model::{
    Body, Digest, Draft, Phase, PolicyDiagnostic, PolicyEntry, PolicyLoaded, PolicyRejected,
    PolicySource, sentence,
};
use crate::sandbox::{PolicyPlugin, Sandbox, builtin_policy};

use super::store::Store;

/// The largest component file that is read at all; the sandbox has a limit of its own below this.
const COMPONENT_CAP: u64 = 64 << 20;

/// Why a component is not used whose configuration it does not take.
pub(super) const CONFIG_REFUSED: &str = "it does not take its configuration";

/// The policies in the order in which they are asked.
#[derive(Debug, Clone, Default)]
pub struct Chain {
    /// One for each entry of the configuration.
    pub links: Vec<Link>,
    /// What is not on record yet about their components.
    pub(crate) changes: Vec<Body>,
    /// Configurations that their policies do not take.
    pub problems: Vec<ChainProblem>,
}

/// One policy of the chain.
#[derive(Debug, Clone)]
pub struct Link {
    /// As configured.
    pub entry: PolicyEntry,
    /// The component that answers; or why none can.
    pub plugin: Result<PolicyPlugin, String>,
    /// Why the component of the configuration is not the one that answers, if so.
    pub kept_because: Option<String>,
}

/// Something wrong in the configuration of one policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChainProblem {
    /// The policy's name.
    pub policy: String,
    /// What it says.
    pub diagnostic: PolicyDiagnostic,
}

/// A policy as a run began with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Pinned {
    /// As configured.
    pub(crate) entry: PolicyEntry,
    /// The component; `None` when there was none that could answer.
    pub(crate) sha256: Option<Digest>,
    /// When it wants to be asked.
    pub(crate) phases: Vec<Phase>,
}

/// Where components come from.
pub(crate) struct Loader<'a> {
    pub(crate) sandbox: &'a Sandbox,
    pub(crate) state_dir: &'a Path,
}

/// A component that was found good.
pub(super) struct Good {
    pub(super) plugin: PolicyPlugin,
    bytes: Cow<'static, [u8]>,
}

/// Why a component is not used.
pub(super) enum Bad {
    /// It cannot be loaded.
    Unusable { sha256: Option<Digest>, why: String },
    /// It does not take its configuration.
    Config {
        sha256: Digest,
        found: Vec<PolicyDiagnostic>,
    },
}

impl Link {
    /// Whether it is to be asked in `phase`.
    #[must_use]
    pub fn answers_in(&self, phase: Phase) -> bool {
        let configured = self.entry.phases.as_ref();
        match &self.plugin {
            Ok(plugin) => {
                plugin.about().phases.contains(&phase)
                    && configured.is_none_or(|phases| phases.contains(&phase))
            }
            // It cannot say when it would want to be asked; what is required denies at once.
            Err(_) => configured.map_or(phase == Phase::RunStart, |it| it.contains(&phase)),
        }
    }

    fn phases(&self) -> Vec<Phase> {
        let all = Phase::ALL.into_iter();
        all.filter(|phase| self.answers_in(*phase)).collect()
    }
}

impl Chain {
    /// The chain as a run that begins now goes on with it.
    pub(crate) fn pinned(&self) -> Vec<Pinned> {
        let pin = |link: &Link| Pinned {
            entry: link.entry.clone(),
            sha256: link
                .plugin
                .as_ref()
                .ok()
                .map(|plugin| plugin.digest().clone()),
            phases: link.phases(),
        };
        self.links.iter().map(pin).collect()
    }

    /// What is not on record yet about their components.
    pub(crate) fn news(&self, ledger: &super::super::ledger::Ledger) -> Vec<Draft> {
        let is_news = |body: &&Body| match body {
            Body::PolicyLoaded(loaded) => ledger.policy(&loaded.policy) != Some(&loaded.sha256),
            Body::PolicyRejected(rejected) => !ledger.was_rejected(rejected),
            _ => true,
        };
        let news = self.changes.iter().filter(is_news);
        news.cloned().map(Draft::global).collect()
    }

    /// Whether anybody is asked in `phase`.
    #[must_use]
    pub fn answers_in(&self, phase: Phase) -> bool {
        self.links.iter().any(|link| link.answers_in(phase))
    }
}

impl Loader<'_> {
    /// Load what the configuration names now; `before` tells which component answered last.
    pub(crate) fn load<'l>(
        &self,
        entries: &[PolicyEntry],
        before: impl Fn(&str) -> Option<&'l Digest>,
    ) -> Chain {
        let mut chain = Chain::default();
        for entry in entries {
            self.add(entry, before(&entry.name), &mut chain);
        }
        chain
    }

    /// Load what a run began with.
    pub(crate) fn load_pinned(&self, pinned: &[Pinned], phases: &[Phase]) -> Chain {
        let wanted = |it: &&Pinned| it.phases.iter().any(|phase| phases.contains(phase));
        let links = pinned.iter().filter(wanted).map(|it| Link {
            entry: it.entry.clone(),
            plugin: self.begun_with(it),
            kept_because: None,
        });
        Chain {
            links: links.collect(),
            ..Chain::default()
        }
    }

    /// Load one policy for a trial: nothing is kept, and nothing else takes its place. Otherwise
    /// why not, with what the policy says about its configuration.
    pub(crate) fn try_out(
        &self,
        entry: &PolicyEntry,
    ) -> Result<Link, (String, Vec<PolicyDiagnostic>)> {
        match self.fresh(entry) {
            Ok(good) => Ok(Link {
                entry: entry.clone(),
                plugin: Ok(good.plugin),
                kept_because: None,
            }),
            Err(bad) => {
                let (_, why, found) = bad.told();
                Err((why, found))
            }
        }
    }

    /// What the component at `source` calls itself.
    pub(crate) fn id_of(&self, source: &PolicySource) -> Result<String, String> {
        let bytes = component(source)?;
        let loaded = self.sandbox.load_policy(&bytes, "candidate");
        let plugin = loaded.map_err(|error| sentence(&error))?;
        Ok(plugin.about().id.clone())
    }

    fn begun_with(&self, pinned: &Pinned) -> Result<PolicyPlugin, String> {
        let Some(sha256) = &pinned.sha256 else {
            return Err("it could not be loaded when the run began".to_owned());
        };
        let name = &pinned.entry.name;
        if let Some(plugin) = self.copy(name, sha256) {
            return Ok(plugin);
        }
        // A built-in one has no copy; after an upgrade of this program the new one answers.
        let found = match &pinned.entry.source {
            PolicySource::Id(id) => builtin_policy(id),
            PolicySource::File(_) => None,
        };
        let bytes = found.ok_or("the component that it began with is gone")?;
        let loaded = self.sandbox.load_policy(bytes, name);
        loaded.map_err(|error| sentence(&error))
    }

    fn copy(&self, name: &str, sha256: &Digest) -> Option<PolicyPlugin> {
        let bytes = Store::in_state(self.state_dir).get(sha256)?;
        self.sandbox.load_policy(&bytes, name).ok()
    }

    fn add(&self, entry: &PolicyEntry, before: Option<&Digest>, chain: &mut Chain) {
        let (plugin, kept_because) = match self.fresh(entry) {
            Ok(good) => {
                self.changed(entry, &good, before, chain);
                (Ok(good.plugin), None)
            }
            Err(bad) => self.instead(entry, bad, before, chain),
        };
        chain.links.push(Link {
            entry: entry.clone(),
            plugin,
            kept_because,
        });
    }

    /// The component that the configuration names, if it can be used.
    pub(super) fn fresh(&self, entry: &PolicyEntry) -> Result<Good, Bad> {
        let unusable = |sha256, why| Bad::Unusable { sha256, why };
        let bytes = component(&entry.source).map_err(|why| unusable(None, why))?;
        let plugin = self
            .sandbox
            .load_policy(&bytes, &entry.name)
            .map_err(|error| unusable(Some(Digest::of(&bytes)), sentence(&error)))?;
        let sha256 = plugin.digest().clone();
        match plugin.validate(&entry.config) {
            Ok(found) if found.is_empty() => Ok(Good { plugin, bytes }),
            Ok(found) => Err(Bad::Config { sha256, found }),
            Err(fault) => Err(unusable(Some(sha256), sentence(&fault))),
        }
    }

    /// Note a component that is another than before, and keep a copy of what is not built in.
    fn changed(
        &self,
        entry: &PolicyEntry,
        good: &Good,
        before: Option<&Digest>,
        chain: &mut Chain,
    ) {
        let sha256 = good.plugin.digest();
        if matches!(entry.source, PolicySource::File(_)) {
            // Without a copy a later one that is broken has nothing to fall back to, and then
            // denies: nothing is lost but comfort.
            drop(Store::in_state(self.state_dir).keep(sha256, &good.bytes));
        }
        if before == Some(sha256) {
            return;
        }
        let about = good.plugin.about();
        let loaded = PolicyLoaded {
            policy: entry.name.clone(),
            id: about.id.clone(),
            version: about.version.clone(),
            sha256: sha256.clone(),
            previous: before.cloned(),
        };
        chain.changes.push(loaded.into());
    }

    /// What answers in the place of a component that cannot be used.
    fn instead(
        &self,
        entry: &PolicyEntry,
        bad: Bad,
        before: Option<&Digest>,
        chain: &mut Chain,
    ) -> (Result<PolicyPlugin, String>, Option<String>) {
        let (sha256, why, found) = bad.told();
        let other = before.filter(|before| Some(*before) != sha256.as_ref());
        let old = other
            .and_then(|before| self.copy(&entry.name, before))
            .filter(|old| {
                old.validate(&entry.config)
                    .is_ok_and(|found| found.is_empty())
            });
        if old.is_none() {
            let problems = found.into_iter().map(|diagnostic| ChainProblem {
                policy: entry.name.clone(),
                diagnostic,
            });
            chain.problems.extend(problems);
        }
        let rejected = PolicyRejected {
            policy: entry.name.clone(),
            sha256,
            why: why.clone(),
            kept: old.as_ref().map(|old| old.digest().clone()),
        };
        chain.changes.push(rejected.into());
        match old {
            Some(old) => (Ok(old), Some(why)),
            None => (Err(why), None),
        }
    }

    /// The component that answered `before` and goes on in the place of `bad`, if it can.
    pub(super) fn older(
        &self,
        entry: &PolicyEntry,
        bad: Option<&Digest>,
        before: Option<&Digest>,
    ) -> Option<PolicyPlugin> {
        let other = before.filter(|before| Some(*before) != bad)?;
        let old = self.copy(&entry.name, other)?;
        let takes_it = old.validate(&entry.config).is_ok_and(|it| it.is_empty());
        takes_it.then_some(old)
    }
}

impl Bad {
    /// Which component, why, and what it says about its configuration.
    fn told(self) -> (Option<Digest>, String, Vec<PolicyDiagnostic>) {
        match self {
            Self::Unusable { sha256, why } => (sha256, why, Vec::new()),
            Self::Config { sha256, found } => {
                let why = "it does not take its configuration".to_owned();
                (Some(sha256), why, found)
            }
        }
    }
}

/// The component's bytes, read once: these are hashed, recorded, and loaded.
fn component(source: &PolicySource) -> Result<Cow<'static, [u8]>, String> {
    let path = match source {
        PolicySource::Id(id) => {
            return builtin_policy(id)
                .map(Cow::Borrowed)
                .ok_or_else(|| format!("there is no built-in policy '{id}'"));
        }
        PolicySource::File(path) => path,
    };
    let unreadable = |why: String| format!("{} cannot be read: {why}", path.display());
    let size = std::fs::metadata(path).map_err(|error| unreadable(error.to_string()))?;
    if size.len() > COMPONENT_CAP {
        return Err(unreadable(format!("it has {} bytes", size.len())));
    }
    let bytes = std::fs::read(path).map_err(|error| unreadable(error.to_string()))?;
    Ok(Cow::Owned(bytes))
}
