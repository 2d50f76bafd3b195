//! What an attempt used and what that cost, from what its tool reported.
//!
//! Pure: a fold over reports. It never guesses: what cannot be known is unknown, what is only part
//! of the truth is a lower bound, and a total that covers earlier runs is subtracted or refused.

mod account;
mod scoped;

pub use account::{Account, Baseline, Tally};
