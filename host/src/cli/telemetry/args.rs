//! The `telemetry` commands as they are written down for people.

use clap::{Args, Subcommand, value_parser};

/// Commands on what a collector is told.
#[derive(Debug, Subcommand)]
pub(crate) enum TelemetryCommand {
    /// Whether a collector is told what ran, which one, and how far it has got.
    Show,
    /// Tell the collector what ended since the last time.
    Push(PushArgs),
}

/// Options of `telemetry push`.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct PushArgs {
    /// How often a request is tried that fails in a way that may pass.
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = value_parser!(u32).range(1..=20))]
    pub(crate) tries: u32,
    /// Send all spans on record again, for a collector that lost them: with the ids they had, and
    /// without metrics.
    #[arg(long)]
    pub(crate) again: bool,
}
