//! The board from outside: a project of mixed quality read and changed, and a process that moves
//! tasks killed at any moment.
//!
//! `TOLLGATE_TEST_MOVES_KILLED` sets the number of kills (40 unless told).

mod kills;
mod tree;
