//! What this room cannot do.

use thiserror::Error;

use crate::model::MicroUsd;

/// Why no amount can be named that is to be set aside.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum BudgetError {
    /// A hard limit on money covers a target whose cost nobody can tell.
    #[error("set money aside: nobody can tell what it will cost, and a hard limit covers it")]
    Unpriced,
    /// The request's cap is used up.
    #[error("set {wanted} aside: nothing is left of the request's cap")]
    NothingLeft {
        /// What it would take at least, as far as that is known.
        wanted: MicroUsd,
    },
}
