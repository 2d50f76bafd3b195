//! The options of `tollgate stats`, as they are written down for people.
//!
//! Nothing here acts.

use clap::{Args, ValueEnum};

/// Options of `stats`.
#[derive(Debug, Args)]
pub(crate) struct StatsArgs {
    /// Today (UTC), by agent and by model.
    #[arg(long, conflicts_with_all = ["weekly", "monthly", "since"])]
    pub(crate) daily: bool,
    /// The last seven days.
    #[arg(long, conflicts_with_all = ["monthly", "since"])]
    pub(crate) weekly: bool,
    /// This month (UTC).
    #[arg(long, conflicts_with = "since")]
    pub(crate) monthly: bool,
    /// Since this day (2026-11-01) or for this long (30d).
    #[arg(long, value_name = "WHEN")]
    pub(crate) since: Option<String>,
    /// One table, grouped by this.
    #[arg(long, value_enum)]
    pub(crate) by: Option<By>,
    /// Only this agent.
    #[arg(long)]
    pub(crate) agent: Option<String>,
    /// How to print it.
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub(crate) format: Format,
}

/// What statistics can be grouped by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum By {
    /// The role.
    Agent,
    /// The program.
    Tool,
    /// The model.
    Model,
    /// The UTC day.
    Day,
    /// The run.
    Run,
}

/// How a table is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    Table,
    /// One JSON document.
    Json,
    /// Comma-separated values.
    Csv,
}
