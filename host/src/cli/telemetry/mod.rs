//! `tollgate telemetry`: what a collector is told, and how far it has got.
//!
//! Off unless somebody named a collector. One file per command; the server tells with the same
//! [`Teller`].

use super::args::Global;
use super::failure::{Code, Failure};
use super::open::Ground;
use super::screen::Screen;

pub(super) mod args;
mod failed;
mod push;
mod show;
mod teller;

use args::TelemetryCommand;

pub(super) use failed::failed;
pub(super) use push::refused;
pub(super) use teller::{How, Teller, providers, source};

/// Do what was asked.
pub(super) fn run(
    command: &TelemetryCommand,
    global: &Global,
    screen: Screen,
) -> Result<(), Failure> {
    match command {
        TelemetryCommand::Show => show::run(global, screen),
        TelemetryCommand::Push(args) => push::run(*args, global, screen),
    }
}

/// Nobody named a collector, so nothing is sent.
fn off(ground: &Ground) -> Failure {
    let file = ground.places.config_dir.join("telemetry.yaml");
    Failure::new(
        Code::ExportOff,
        "no collector is configured, so nothing is sent anywhere",
    )
    .hint(how_to_switch_on(&ground.environment.display(&file)))
    .hint("docs/opentelemetry.md tells what a collector gets, and what it never gets")
}

fn how_to_switch_on(file: &str) -> String {
    format!("to switch it on, write into {file}: otlp: {{ endpoint: http://localhost:4318 }}")
}
