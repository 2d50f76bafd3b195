//! `tollgate policy check`: every policy loaded, its configuration checked by itself, and every
//! problem reported at once.

use serde_json::{Value, json};

use crate::cli::args::Global;
use crate::cli::config;
use crate::cli::escape::one_line;
use crate::cli::failure::Failure;
use crate::cli::open::Ground;
use crate::cli::screen::Screen;
use crate::engine::{ChainProblem, Inspected, check_chain};
use crate::settings::{Diagnostic, Loaded};

use super::source::{component, short, source};

/// Check them.
pub(super) fn run(global: &Global, screen: Screen) -> Result<(), Failure> {
    let ground = Ground::find(global)?;
    let loaded = ground.load(screen)?;
    ground.require_trust(&loaded)?;
    let chain = check_chain(&loaded.settings.chain, &ground.places.cache_dir);
    if !screen.json() {
        let fine = chain.iter().filter(|it| it.problems.is_empty());
        fine.for_each(|it| screen.result(&self::fine(it, &ground)));
    }
    failed(&chain, &loaded)?;
    if screen.json() {
        let policies = chain.iter();
        let policies: Vec<Value> = policies
            .map(|it| json!({"policy": it.link.entry.name, "component": component(&it.link)}))
            .collect();
        screen.document(&json!({ "valid": true, "policies": policies }));
        return Ok(());
    }
    if chain.is_empty() {
        screen.result("no policies are asked");
    }
    Ok(())
}

/// What is wrong with the policies of a configuration, as one failure.
///
/// # Errors
/// When anything is.
pub(in crate::cli) fn require(loaded: &Loaded, ground: &Ground) -> Result<(), Failure> {
    let chain = check_chain(&loaded.settings.chain, &ground.places.cache_dir);
    failed(&chain, loaded)
}

/// One problem, for programs.
pub(super) fn document(problem: &ChainProblem) -> Value {
    json!({
        "policy": problem.policy,
        "path": problem.diagnostic.path,
        "message": problem.diagnostic.message,
        "fix": problem.diagnostic.fix,
    })
}

/// What is wrong with the policies of a configuration, each mistake with its place.
fn failed(chain: &[Inspected], loaded: &Loaded) -> Result<(), Failure> {
    let problems: Vec<Diagnostic> = chain
        .iter()
        .flat_map(Inspected::named)
        .map(|it| {
            loaded
                .policy_positions
                .diagnostic(&it.policy, &it.diagnostic)
        })
        .collect();
    if problems.is_empty() {
        return Ok(());
    }
    Err(config::invalid("configuration", &problems))
}

fn fine(it: &Inspected, ground: &Ground) -> String {
    let entry = &it.link.entry;
    let from = source(&entry.source, |path| ground.environment.display(path));
    let name = one_line(&entry.name, 60);
    match &it.link.plugin {
        Ok(plugin) => format!(
            "✅ {name}: {from} {}, component {}, imports nothing, takes its configuration",
            one_line(&plugin.about().version, 40),
            short(plugin.digest())
        ),
        // Invariant: one that cannot be loaded has a problem, and was reported before.
        Err(why) => format!("❌ {name}: {}", one_line(why, 300)),
    }
}
