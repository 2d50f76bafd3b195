//! What is kept from use because it failed: to look at, and to be used again at once.
//!
//! Which failure closes off what is `lifecycle`'s to say. Somebody who has seen to the trouble says
//! so here; it is put on record like everything else.

use std::path::Path;
use std::sync::Arc;

use crate::lifecycle::Breaker;
use crate::model::{Actor, BreakerClosed, Clock, Draft};

use super::desk::Desk;
use super::error::EngineError;
use super::ledger::Ledger;

/// Everything that failed and has not worked since, by what is on record in `state_dir`.
///
/// # Errors
/// When the record cannot be read.
pub fn breakers(
    state_dir: &Path,
    clock: Arc<dyn Clock>,
    actor: Actor,
) -> Result<Vec<Breaker>, EngineError> {
    match Desk::look(state_dir, clock, actor)? {
        Some(desk) => desk.view(all),
        None => Ok(Vec::new()),
    }
}

impl Desk {
    /// Put on record that what is closed off under `key` is to be used again: the account, the tool,
    /// and the model of that name. Returns what was closed off.
    ///
    /// # Errors
    /// [`EngineError::NoSuchBreaker`] when nothing is; else when the record cannot be written.
    pub fn reset_breaker(&self, key: &str) -> Result<Vec<Breaker>, EngineError> {
        let mut reset = Vec::new();
        let mut known = Vec::new();
        self.write(&self.actor, |ledger, _| {
            known = all(ledger);
            let chosen = known.iter().filter(|breaker| breaker.key == key);
            reset = chosen.cloned().collect();
            reset.iter().map(closed).collect()
        })?;
        if reset.is_empty() {
            return Err(EngineError::NoSuchBreaker {
                key: key.to_owned(),
                known: known.into_iter().map(|breaker| breaker.key).collect(),
            });
        }
        Ok(reset)
    }
}

fn all(ledger: &Ledger) -> Vec<Breaker> {
    ledger.breakers().all().cloned().collect()
}

fn closed(breaker: &Breaker) -> Draft {
    let closed = BreakerClosed {
        scope: breaker.scope,
        key: breaker.key.clone(),
        reason: "reset".to_owned(),
    };
    Draft::global(closed.into())
}
