//! Where the limits stand, for whoever looks: what is spent and set aside, and what went beyond.
//!
//! Looks only, with a record or without one.

use std::path::Path;
use std::sync::Arc;

use crate::budget::{Beyond, Reservation, Standing};
use crate::model::{Actor, AttemptRef, BudgetLimit, Clock};

use super::desk::Desk;
use super::error::EngineError;
use super::ledger::Ledger;

/// Where the limits stand.
#[derive(Debug, Clone, PartialEq)]
pub struct Finances<'l> {
    /// Every limit, in their order.
    pub limits: Vec<Standing<'l>>,
    /// What is set aside for attempts that are not over.
    pub open: Vec<(AttemptRef, Reservation)>,
    /// The last times that more was spent or set aside than limits allow, the latest last.
    pub beyond: Vec<Beyond>,
}

/// Where `limits` stand by what is on record in `state_dir`; nothing is spent where nothing is.
///
/// # Errors
/// When the record cannot be read.
pub fn finances<'l>(
    state_dir: &Path,
    limits: &'l [BudgetLimit],
    clock: Arc<dyn Clock>,
    actor: Actor,
) -> Result<Finances<'l>, EngineError> {
    let now = clock.now();
    let look = |ledger: &Ledger| {
        let book = ledger.book();
        let open = book.reservations();
        Finances {
            limits: book.stand(limits, now),
            open: open.map(|(name, it)| (name.clone(), it.clone())).collect(),
            beyond: book.beyond().to_vec(),
        }
    };
    match Desk::look(state_dir, clock, actor)? {
        Some(desk) => desk.view(look),
        None => Ok(look(&Ledger::default())),
    }
}
