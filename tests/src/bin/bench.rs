//! The measurements behind `docs/performance.md`.
//!
//! `cargo run --release -p tollgate-tests --bin bench [-- NAME...]`; see `tollgate_tests::bench`.

use std::process::ExitCode;

fn main() -> ExitCode {
    tollgate_tests::bench::main()
}
