//! When a policy is asked.
//!
//! Owns the words of the contract. The set is open: a later host may ask in phases that are not listed here, but only
//! those that the policy itself named.

/// Before a request is taken on.
pub const RUN_START: &str = "run-start";
/// While it runs: its command line is ready, its agent uses a tool, tokens were used.
pub const RUN_EVENT: &str = "run-event";
/// An attempt failed, and another is about to be made.
pub const RUN_FAILED: &str = "run-failed";
/// It is over; reasons become remarks.
pub const RUN_END: &str = "run-end";
