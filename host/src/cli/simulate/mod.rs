//! `tollgate policy simulate`: recorded decisions judged again by other policies.

mod args;
mod shown;

use serde_json::Value;

use crate::engine::{EngineError, PolicyTimes, SimulationOrder, Swap, simulate};
use crate::model::{Clock, PolicySource, SystemClock};
use crate::settings::{Loaded, Overrides, Places, load, load_with_policies};

use super::args::Global;
use super::escape::one_line;
use super::failure::{Code, Failure};
use super::open::{self, Ground};
use super::screen::Screen;
use super::stats;
pub(crate) use args::SimulateArgs;

/// Judge again, and show what comes of it.
pub(super) fn run(args: &SimulateArgs, global: &Global, screen: Screen) -> Result<(), Failure> {
    let mut ground = Ground::find(global)?;
    let loaded = configuration(args, &mut ground, screen)?;
    let order = SimulationOrder {
        settings: loaded.settings,
        swaps: swaps(args, &ground)?,
        state_dir: ground.places.state_dir.clone(),
        cache_dir: ground.places.cache_dir.clone(),
        since: args.since.as_deref().map(since).transpose()?,
        last: args.last,
        differences: args.differences,
    };
    let found = simulate(&order).map_err(|error| failed(&error))?;
    if screen.json() {
        let mut document = serde_json::to_value(&found).unwrap_or_default();
        document["method"] = Value::from(shown::METHOD.to_vec());
        screen.document(&document);
    } else {
        screen.result(&shown::report(&found));
    }
    // Times differ from one run to the next; the findings do not.
    for times in found.times.iter().filter(|times| times.asked > 0) {
        screen.note(&took(times));
    }
    Ok(())
}

/// The configuration whose chain and limits are tried: the one in force, or another.
fn configuration(
    args: &SimulateArgs,
    ground: &mut Ground,
    screen: Screen,
) -> Result<Loaded, Failure> {
    let Some(config) = &args.config else {
        let loaded = ground.load(screen)?;
        ground.require_trust(&loaded)?;
        return Ok(loaded);
    };
    let environment = &ground.environment;
    let config = environment.cwd.join(config);
    let failed = |error| open::settings(&error, environment);
    if config.is_file() {
        let in_force = load(&ground.places, environment).map_err(failed)?;
        ground.require_trust(&in_force)?;
        let loaded = load_with_policies(&ground.places, &config, environment).map_err(failed)?;
        for warning in &loaded.warnings {
            screen.warn(&warning.to_string());
        }
        return Ok(loaded);
    }
    // Named by the user, it is trusted as with --config-dir.
    let overrides = Overrides {
        config_dir: Some(config),
        state_dir: Some(ground.places.state_dir.clone()),
    };
    ground.places = Places::find(&overrides, environment).map_err(failed)?;
    ground.load(screen)
}

fn swaps(args: &SimulateArgs, ground: &Ground) -> Result<Vec<Swap>, Failure> {
    if args.name.is_some() && args.policy.len() != 1 {
        return Err(Failure::new(
            Code::Usage,
            "--name says whose place one policy takes, and needs one --policy",
        ));
    }
    let swap = |text: &String| {
        let path = ground.environment.cwd.join(text);
        let is_file = text.contains(['/', '\\', '.']) || path.is_file();
        Swap {
            source: if is_file {
                PolicySource::File(path)
            } else {
                PolicySource::Id(text.clone())
            },
            name: args.name.clone(),
        }
    };
    Ok(args.policy.iter().map(swap).collect())
}

fn since(text: &str) -> Result<jiff::Timestamp, Failure> {
    let today = SystemClock.now().to_zoned(jiff::tz::TimeZone::UTC).date();
    let day = stats::since(text, today)
        .and_then(|day| day.to_zoned(jiff::tz::TimeZone::UTC).ok())
        .map(|midnight| midnight.timestamp());
    day.ok_or_else(|| {
        Failure::new(
            Code::Usage,
            format!("`{text}` is neither a day nor a number of days"),
        )
        .hint("such as --since 2026-11-01 or --since 30d")
    })
}

fn failed(error: &EngineError) -> Failure {
    let EngineError::Candidate { policy, why } = error else {
        return open::engine(error);
    };
    let policy = one_line(policy, 200);
    Failure::new(
        Code::Plugin,
        format!("policy '{policy}' cannot be tried: {}", one_line(why, 600)),
    )
    .hint("a policy is named by its file (./new.wasm) or by the id of a built-in one")
}

fn took(times: &PolicyTimes) -> String {
    format!(
        "policy {}: asked {} times, {} µs of processor time in the median, {} µs at p99, {} units \
         of fuel each",
        one_line(&times.policy, 60),
        stats::thousands(times.asked),
        times.median.as_micros(),
        times.p99.as_micros(),
        stats::thousands(times.fuel / times.asked.max(1)),
    )
}
