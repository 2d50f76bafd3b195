//! The chain for whoever looks at it: which components answer, and everything that is wrong with
//! those that the configuration names.
//!
//! Loads and asks for faults. It keeps no copies, and puts nothing on record.

use std::path::Path;
use std::sync::Arc;

use crate::model::{Actor, Clock, PolicyDiagnostic, PolicyEntry};
use crate::sandbox::Sandbox;

use super::super::desk::Desk;
use super::super::error::EngineError;
use super::super::ledger::Ledger;
use super::chain::{Bad, CONFIG_REFUSED, ChainProblem, Link, Loader};

/// One policy of the chain, looked at.
#[derive(Debug, Clone)]
pub struct Inspected {
    /// The component that answers now; or why none can.
    pub link: Link,
    /// What is wrong with the component that the configuration names, or what it says about its
    /// configuration; empty when all is well.
    pub problems: Vec<PolicyDiagnostic>,
}

impl Inspected {
    /// Its problems, each with the policy's name.
    pub fn named(&self) -> impl Iterator<Item = ChainProblem> {
        self.problems.iter().map(|diagnostic| ChainProblem {
            policy: self.link.entry.name.clone(),
            diagnostic: diagnostic.clone(),
        })
    }
}

/// Which components answer now for `entries`, by what is on record in `state_dir`.
///
/// # Errors
/// When the record cannot be read.
pub fn chain_in_force(
    entries: &[PolicyEntry],
    (state_dir, cache_dir): (&Path, &Path),
    clock: Arc<dyn Clock>,
    actor: Actor,
) -> Result<Vec<Inspected>, EngineError> {
    let desk = Desk::look(state_dir, clock, actor)?;
    let sandbox = Sandbox::new(Some(cache_dir.to_owned()));
    let loader = Loader {
        sandbox: &sandbox,
        state_dir,
    };
    let inspect = |ledger: &Ledger| {
        let each = entries.iter();
        each.map(|entry| loader.inspect(entry, ledger)).collect()
    };
    match desk {
        Some(desk) => desk.view(inspect),
        None => Ok(inspect(&Ledger::default())),
    }
}

/// What is wrong with the policies that `entries` name, whatever answered before. Nothing is read
/// of the record.
#[must_use]
pub fn check_chain(entries: &[PolicyEntry], cache_dir: &Path) -> Vec<Inspected> {
    let sandbox = Sandbox::new(Some(cache_dir.to_owned()));
    let loader = Loader {
        sandbox: &sandbox,
        // Only copies of older components are there, and none is asked for.
        state_dir: Path::new(""),
    };
    let empty = Ledger::default();
    let each = entries.iter();
    each.map(|entry| loader.inspect(entry, &empty)).collect()
}

impl Loader<'_> {
    fn inspect(&self, entry: &PolicyEntry, ledger: &Ledger) -> Inspected {
        let bad = match self.fresh(entry) {
            Ok(good) => {
                return Inspected {
                    link: Link {
                        entry: entry.clone(),
                        plugin: Ok(good.plugin),
                        kept_because: None,
                    },
                    problems: Vec::new(),
                };
            }
            Err(bad) => bad,
        };
        let (sha256, why, problems) = match bad {
            Bad::Unusable { sha256, why } => {
                let problem = PolicyDiagnostic {
                    path: String::new(),
                    message: why.clone(),
                    fix: None,
                };
                (sha256, why, vec![problem])
            }
            Bad::Config { sha256, found } => (Some(sha256), CONFIG_REFUSED.to_owned(), found),
        };
        let old = self.older(entry, sha256.as_ref(), ledger.policy(&entry.name));
        let (plugin, kept_because) = match old {
            Some(old) => (Ok(old), Some(why)),
            None => (Err(why), None),
        };
        Inspected {
            link: Link {
                entry: entry.clone(),
                plugin,
                kept_because,
            },
            problems,
        }
    }
}
