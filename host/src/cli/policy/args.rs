//! The `policy` commands as they are written down for people.

use clap::Subcommand;

use crate::cli::run::args::{RunPart, parse_part};
use crate::cli::simulate::SimulateArgs;

/// Commands on policies.
#[derive(Debug, Subcommand)]
pub(crate) enum PolicyCommand {
    /// The policies in the order in which they are asked, and what answers for each now.
    List,
    /// Load every policy, let it check its configuration, and report every problem at once.
    Check,
    /// What every policy said to a run: verdicts, reasons, facts, and what asking took.
    Explain {
        /// The run, or one of its requests: RUN-20261122-001, RUN-20261122-001.i2.
        #[arg(value_parser = parse_part)]
        run: RunPart,
    },
    /// Judge recorded decisions again, by other policies or another configuration.
    Simulate(SimulateArgs),
}
