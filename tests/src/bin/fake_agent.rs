//! The stand-in agent: a program that does what a script of flags says, in that order.
//!
//! See `tollgate_tests::fake_agent` for the flags and for where a script can come from.

use std::process::ExitCode;

fn main() -> ExitCode {
    tollgate_tests::fake_agent::run()
}
