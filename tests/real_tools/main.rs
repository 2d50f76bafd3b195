//! The stand-ins and the real tools, seen from outside, without Tollgate between.
//!
//! Owns the proof that the mock API is what the real tools take it for, and that they still
//! behave as recorded: what Tollgate is tested against elsewhere rests on it. Every test of a
//! real tool says so when it is skipped.

mod claude;
mod client;
mod codex;
mod direct;
mod fake_agent;
mod mock_api;
mod through_exec;
mod through_run;
mod workshop;
