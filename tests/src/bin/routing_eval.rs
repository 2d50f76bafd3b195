//! The measurements behind `docs/routing-quality.md`.
//!
//! `cargo run --release -p tollgate-tests --bin routing-eval -- --data FILE`; see
//! `tollgate_tests::routing_eval`.

use std::process::ExitCode;

fn main() -> ExitCode {
    tollgate_tests::routing_eval::main()
}
