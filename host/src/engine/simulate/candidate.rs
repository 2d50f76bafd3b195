//! The chain with the policies that are tried in their places.
//!
//! A policy that cannot be used ends the trial: nothing takes its place, as it would in earnest,
//! because a trial of something else would not be what was asked for. Nothing is kept.

use crate::model::{PolicyDiagnostic, PolicyEntry};
use crate::sandbox::Sandbox;

use super::super::error::EngineError;
use super::super::policy::{Chain, ChainProblem, Loader};
use super::order::{SimulationOrder, Swap};

/// The chain that is tried, and which of its policies are swapped in.
pub(super) struct Candidate {
    pub(super) chain: Chain,
    /// Names of policies that are not those of the settings.
    pub(super) swapped: Vec<String>,
}

impl Candidate {
    /// Load everything that is to be asked.
    pub(super) fn load(order: &SimulationOrder) -> Result<Self, EngineError> {
        let sandbox = Sandbox::new(Some(order.cache_dir.clone()));
        let loader = Loader {
            sandbox: &sandbox,
            state_dir: &order.state_dir,
        };
        let mut entries = order.settings.chain.clone();
        let mut swapped: Vec<String> = Vec::new();
        for swap in &order.swaps {
            let name = name_of(&loader, swap)?;
            if swapped.contains(&name) {
                let why = "two candidates have this name; --name sets that of a single one";
                return Err(unusable(&name, why));
            }
            put(&mut entries, &name, swap);
            swapped.push(name);
        }
        let mut chain = Chain::default();
        for entry in &entries {
            match loader.try_out(entry) {
                Ok(link) => chain.links.push(link),
                Err((why, found)) if found.is_empty() => return Err(unusable(&entry.name, &why)),
                Err((_, found)) => chain.problems.extend(problems(entry, found)),
            }
        }
        if chain.problems.is_empty() {
            return Ok(Self { chain, swapped });
        }
        Err(EngineError::PolicyConfig {
            problems: chain.problems,
        })
    }
}

fn name_of(loader: &Loader<'_>, swap: &Swap) -> Result<String, EngineError> {
    match &swap.name {
        Some(name) => Ok(name.clone()),
        None => loader.id_of(&swap.source).map_err(|why| {
            let shown = match &swap.source {
                crate::model::PolicySource::Id(id) => id.clone(),
                crate::model::PolicySource::File(path) => path.display().to_string(),
            };
            unusable(&shown, &why)
        }),
    }
}

/// In the place of the policy with that name; its configuration, its phases, and whether it is
/// required stay. A new one is required and has no configuration.
fn put(entries: &mut Vec<PolicyEntry>, name: &str, swap: &Swap) {
    let source = swap.source.clone();
    match entries.iter_mut().find(|entry| entry.name == name) {
        Some(entry) => entry.source = source,
        None => entries.push(PolicyEntry {
            name: name.to_owned(),
            source,
            required: true,
            phases: None,
            config: "{}".to_owned(),
            proceed_unattended: false,
            at: None,
        }),
    }
}

fn unusable(policy: &str, why: &str) -> EngineError {
    EngineError::Candidate {
        policy: policy.to_owned(),
        why: why.to_owned(),
    }
}

fn problems(
    entry: &PolicyEntry,
    found: Vec<PolicyDiagnostic>,
) -> impl Iterator<Item = ChainProblem> + '_ {
    found.into_iter().map(|diagnostic| ChainProblem {
        policy: entry.name.clone(),
        diagnostic,
    })
}
