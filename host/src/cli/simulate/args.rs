//! Options of `policy simulate`.

use std::path::PathBuf;

use clap::Args;

/// Options of `policy simulate`.
#[derive(Debug, Args)]
pub(crate) struct SimulateArgs {
    /// Try this policy: a component file, or the id of a built-in one. It takes the place of the
    /// policy with its name, or comes last; may be repeated.
    #[arg(long, value_name = "FILE|ID")]
    pub(crate) policy: Vec<String>,
    /// Whose place it takes, when that policy has another name in policies.yaml.
    #[arg(long, value_name = "NAME", requires = "policy")]
    pub(crate) name: Option<String>,
    /// Try the chain and the limits of this policies.yaml, or of this configuration directory.
    #[arg(long, value_name = "FILE|DIR")]
    pub(crate) config: Option<PathBuf>,
    /// As if it had been in force since this day (2026-11-01) or for this long (30d).
    #[arg(long, value_name = "WHEN")]
    pub(crate) since: Option<String>,
    /// As if it had been in force for the latest so many decisions.
    #[arg(long, value_name = "N")]
    pub(crate) last: Option<u64>,
    /// List so many differences; all are counted.
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub(crate) differences: usize,
}
