//! What the measuring is told on its command line.

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::Trouble;
use super::ground::programs_dir;

/// What to measure, and how long.
pub(super) struct Options {
    /// Names of measurements; empty: all.
    pub(super) names: BTreeSet<String>,
    /// Rounds of process measurements.
    pub(super) rounds: usize,
    /// Where temporary folders are made; its device is the one that syncs.
    pub(super) dir: PathBuf,
    /// Length of the history that is indexed.
    pub(super) events: u64,
    /// Decisions that are judged again.
    pub(super) decisions: u64,
    /// A policy's component to measure besides the built-in ones.
    pub(super) policy: Option<PathBuf>,
}

impl Options {
    pub(super) fn parse(arguments: &[String]) -> Result<Self, Trouble> {
        let mut options = Self {
            names: BTreeSet::new(),
            rounds: 60,
            dir: programs_dir(),
            events: 200_000,
            decisions: 100_000,
            policy: None,
        };
        let mut arguments = arguments.iter();
        while let Some(argument) = arguments.next() {
            let mut value = || {
                arguments
                    .next()
                    .ok_or_else(|| format!("{argument} needs a value"))
            };
            match argument.as_str() {
                "--rounds" => options.rounds = value()?.parse::<usize>()?.max(1),
                "--events" => options.events = value()?.parse()?,
                "--decisions" => options.decisions = value()?.parse()?,
                "--policy" => options.policy = Some(std::path::absolute(value()?)?),
                "--dir" => options.dir = std::path::absolute(value()?)?,
                name if !name.starts_with('-') => {
                    options.names.insert(name.to_owned());
                }
                other => return Err(format!("there is no option {other}").into()),
            }
        }
        Ok(options)
    }
}
