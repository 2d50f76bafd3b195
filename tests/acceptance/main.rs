//! The acceptance scenarios of `tests/features`, over the real program in a sealed house.
//!
//! A step that fails, and a step that nobody wrote, both fail the process.

mod given;
mod money;
mod runs;
mod then;
mod world;

use cucumber::World as _;
use world::World;

fn main() {
    // Whoever only asks which tests there are gets an answer and no run.
    if std::env::args().any(|arg| arg == "--list") {
        return;
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("a runtime");
    // The arguments are the test harness's, and mean nothing here.
    runtime.block_on(
        World::cucumber()
            .with_default_cli()
            .fail_on_skipped()
            .run_and_exit(concat!(env!("CARGO_MANIFEST_DIR"), "/features")),
    );
}
