//! How long it takes to judge a long history again.

use std::time::Duration;

use tollgate::engine::{SimulationOrder, simulate};
use tollgate::model::{
    AgentName, BudgetLimit, LimitKind, LimitScope, Metric, Period, PolicyEntry, PolicySource,
    Settings, ToolName,
};

use super::Trouble;
use super::decisions::{self, POLICIES};
use super::ground::folder;
use super::options::Options;
use super::table::{Table, rate, thousands, time};
use super::timing::timed;

/// Rounds; each takes seconds.
const ROUNDS: usize = 3;

/// Chains that are tried: none (the reading alone), one policy, all of them.
const CHAINS: [&[&str]; 3] = [&[], &["budget"], &POLICIES];

pub(super) fn run(options: &Options) -> Result<(), Trouble> {
    let state = folder(&options.dir)?;
    let cache = folder(&options.dir)?;
    decisions::write(state.path(), options.decisions)?;
    let mut best = [Duration::MAX; CHAINS.len()];
    let mut told = vec![String::new(); CHAINS.len()];
    for _ in 0..ROUNDS {
        for (place, chain) in CHAINS.iter().enumerate() {
            let order = SimulationOrder {
                settings: settings(chain),
                swaps: Vec::new(),
                state_dir: state.path().to_owned(),
                cache_dir: cache.path().to_owned(),
                since: None,
                last: None,
                differences: 20,
            };
            let (took, found) = timed(|| simulate(&order));
            let found = found?;
            if found.decisions != options.decisions {
                return Err(format!("{} decisions were judged", found.decisions).into());
            }
            if took < best[place] {
                best[place] = took;
                let times = found
                    .times
                    .iter()
                    .map(|it| format!("{} {}/{}", it.policy, time(it.median), time(it.p99)));
                told[place] = times.collect::<Vec<_>>().join(", ");
            }
        }
    }
    let mut table = Table::new(&["policies", "whole", "decisions/s", "each: median/p99"]);
    for (place, chain) in CHAINS.iter().enumerate() {
        table.row([
            chain.len().to_string(),
            time(best[place]),
            thousands(rate(options.decisions, best[place])),
            told[place].clone(),
        ]);
    }
    table.print();
    Ok(())
}

fn settings(chain: &[&str]) -> Settings {
    let entry = |name: &&str| PolicyEntry {
        name: (*name).to_owned(),
        source: PolicySource::File(decisions::component(name)),
        required: true,
        phases: None,
        config: match *name {
            "justification" => r#"{"over_usd": 10.0}"#,
            _ => "{}",
        }
        .to_owned(),
        proceed_unattended: false,
        at: None,
    };
    let limit = |name: &str, metric, period, cap, scope| BudgetLimit {
        name: name.to_owned(),
        metric,
        cap,
        period,
        scope,
        kind: LimitKind::Hard,
        warn_percent: 80,
        time_zone: None,
        source: format!("budgets.{name}"),
    };
    let of_agent = LimitScope {
        agent: Some(AgentName::new("agent-3")),
        ..LimitScope::default()
    };
    let of_tool = LimitScope {
        tool: Some(ToolName::new("codex")),
        ..LimitScope::default()
    };
    Settings {
        chain: chain.iter().map(entry).collect(),
        limits: vec![
            limit(
                "daily",
                Metric::Usd,
                Period::Day,
                100_000_000,
                LimitScope::default(),
            ),
            limit(
                "monthly",
                Metric::Usd,
                Period::Month,
                2_000_000_000,
                LimitScope::default(),
            ),
            limit("agent", Metric::Usd, Period::Day, 5_000_000, of_agent),
            limit("per-minute", Metric::Requests, Period::Minute, 100, of_tool),
        ],
        ..Settings::default()
    }
}
