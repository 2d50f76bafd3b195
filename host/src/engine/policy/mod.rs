//! The policies at work: loaded, told the facts, asked, and put on record.
//!
//! What a policy is shown is made in `facts`, what comes of the answers is decided in the room
//! `verdict`. This folder has no opinion of its own; it never lets a fault pass for a yes.

mod chain;
mod facts;
mod fitted;
mod inspect;
mod offers;
mod priced;
mod round;
mod store;

pub use chain::{Chain, ChainProblem, Link};
pub(super) use chain::{Loader, Pinned};
pub(super) use facts::{Case, Standing, millis_of};
pub use inspect::{Inspected, chain_in_force, check_chain};
pub(super) use offers::{Offer, offers};
pub(super) use priced::{Refused, Wanted, wanted};
pub(super) use round::{Asked as AskedPolicies, judged_event, unattended};
