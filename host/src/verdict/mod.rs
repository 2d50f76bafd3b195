//! Many verdicts become one ruling; the strictest wins. Pure.
//!
//! Owns the order of strictness, what a policy that failed counts as, and how far reroutes are
//! followed. Never asks a policy itself: whoever wants a ruling brings the opinions, or a way to
//! get them. Knows nothing of targets but their place in a list.

mod judge;
#[cfg(test)]
mod opinions;
mod ruling;

pub use judge::{Judged, MAX_HOPS, judge};
pub use ruling::{Ruling, combine};
