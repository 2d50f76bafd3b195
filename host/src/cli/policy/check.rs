//! `tollgate policy check`: every policy loaded, its configuration checked by itself, and every
//! problem reported at once.

use serde_json::{Value, json};

use crate::cli::args::Global;
use crate::cli::escape::one_line;
use crate::cli::failure::Failure;
use crate::cli::open::Ground;
use crate::cli::refusal;
use crate::cli::screen::Screen;
use crate::engine::{ChainProblem, Inspected, check_chain};
use crate::settings::Loaded;

use super::source::{component, short, source};

/// Check them.
pub(super) fn run(global: &Global, screen: Screen) -> Result<(), Failure> {
    let ground = Ground::find(global)?;
    let loaded = ground.load(screen)?;
    ground.require_trust(&loaded)?;
    let chain = check_chain(&loaded.settings.chain, &ground.places.cache_dir);
    failed(&chain, screen)?;
    if screen.json() {
        let policies = chain.iter();
        let policies: Vec<Value> = policies
            .map(|it| json!({"policy": it.link.entry.name, "component": component(&it.link)}))
            .collect();
        screen.document(&json!({ "valid": true, "policies": policies }));
        return Ok(());
    }
    for it in &chain {
        screen.result(&fine(it, &ground));
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
pub(in crate::cli) fn require(
    loaded: &Loaded,
    ground: &Ground,
    screen: Screen,
) -> Result<(), Failure> {
    failed(
        &check_chain(&loaded.settings.chain, &ground.places.cache_dir),
        screen,
    )
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

fn failed(chain: &[Inspected], screen: Screen) -> Result<(), Failure> {
    let problems: Vec<ChainProblem> = chain.iter().flat_map(Inspected::named).collect();
    if problems.is_empty() {
        return Ok(());
    }
    if !screen.json() {
        let fine = chain.iter().filter(|it| it.problems.is_empty());
        for it in fine {
            screen.note(&format!("✅ {}", one_line(&it.link.entry.name, 60)));
        }
    }
    let mut failure = refusal::policy_config(&problems);
    let found: Vec<Value> = problems.iter().map(document).collect();
    failure.details = Some(Box::new(json!({ "problems": found })));
    Err(failure)
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
