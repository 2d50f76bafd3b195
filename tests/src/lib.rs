//! What the suites that see Tollgate from outside are built from.
//!
//! Owns the sealed house (`house`), its furniture (`setup`: a configuration; `speech`: what a tool
//! says), the stand-ins: a model API and a collector on the loopback interface (`mock_api`, `collector`), a program that behaves
//! as a script says (`fake_agent`), the pinned real tools (`real_tools`), the question whether a
//! process is still there (`pids`), a terminal with somebody at it (`terminal`), who lives in a house (`occupants`), the server
//! and a client of it (`served`), a project with a board of mixed quality (`board_tree`), a seeded
//! source of numbers, and the measurements (`bench`, `routing_eval`).
//! Never ships to anybody, and never talks to the outside world: the one thing that may is `npm`,
//! and only when asked for by name.

pub mod bench;
pub mod board_tree;
pub mod collector;
pub mod fake_agent;
pub mod house;
mod lcg;
pub mod mock_api;
pub mod occupants;
pub mod pids;
pub mod real_tools;
pub mod routing_eval;
pub mod served;
pub mod setup;
pub mod speech;
pub mod terminal;

pub use lcg::Lcg;
