//! What is set aside, what is spent, and what still fits: a fold over events.
//!
//! Pure: no clock, no files, no configuration. Limits change and history does not, so the [`Book`]
//! keeps spending in a form from which the window of any limit can be summed, and is told the
//! limits when it is asked. It never writes an event and never decides what a refusal leads to.

mod book;
mod by_name;
mod cells;
mod costs;
mod error;
mod extend;
mod kin;
mod lanes;
mod packed;
mod period;
#[cfg(test)]
mod random_tests;
mod refusal;
mod reservation;
mod reserve;
mod runs;
#[cfg(test)]
mod scene;
#[cfg(test)]
mod size_tests;
mod standing;
mod window;
#[cfg(test)]
mod world;
#[cfg(test)]
mod world_checks;

pub use book::{Beyond, Book};
pub use error::BudgetError;
pub use extend::{Extension, extension};
pub use refusal::{CapRefusal, LimitRefusal, Refusal, Room};
pub use reservation::Reservation;
pub use reserve::{FirstAmount, FirstReserve, first_amount};
pub use standing::Standing;
pub use window::{Asking, Window};
