//! Faults put in on purpose: everything that can be killed is killed, at any moment, and the record
//! must tell the truth about it; nothing of a run is left, and nothing that was accepted is gone.
//!
//! Each test asserts that its fault happened. What is waited for is a fact (a file, a process, an
//! event), never a while. `TOLLGATE_TEST_STORMS`, `TOLLGATE_TEST_CANCELS`, and
//! `TOLLGATE_TEST_REBUILDS` set how much of it.

mod abandoned;
mod descendants;
mod evidence;
mod figures;
mod forge;
mod ground;
mod handles;
mod keys;
mod ladder;
mod lock;
mod money;
mod races;
mod rebuilds;
mod record;
mod slots;
mod storm;
mod supervisors;
