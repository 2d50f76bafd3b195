//! `tollgate policy list`: the chain in force, and what answers for each policy now.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::cli::args::Global;
use crate::cli::escape::one_line;
use crate::cli::failure::Failure;
use crate::cli::open::{self, Ground};
use crate::cli::screen::Screen;
use crate::cli::table::Table;
use crate::engine::{Inspected, chain_in_force};
use crate::model::{Phase, SystemClock};

use super::check;
use super::source::{component, counts, phases, short, source};

/// Print them.
pub(super) fn run(global: &Global, screen: Screen) -> Result<(), Failure> {
    let ground = Ground::find(global)?;
    let loaded = ground.load(screen)?;
    ground.require_trust(&loaded)?;
    let places = &ground.places;
    let chain = chain_in_force(
        &loaded.settings.chain,
        (&places.state_dir, &places.cache_dir),
        Arc::new(SystemClock),
        ground.actor(),
    )
    .map_err(|error| open::engine(&error))?;
    if screen.json() {
        let policies = (1_usize..).zip(&chain);
        let policies: Vec<Value> = policies
            .map(|(place, it)| document(place, it, &ground))
            .collect();
        screen.document(&json!({ "policies": policies }));
        return Ok(());
    }
    if chain.is_empty() {
        screen.result("no policies are asked");
        screen.note("`chain` in policies.yaml names them; hard limits hold without them");
        return Ok(());
    }
    screen.result(&table(&chain, &ground).to_string());
    for it in &chain {
        if let Some(line) = trouble(it) {
            screen.warn(&line);
        }
    }
    Ok(())
}

fn table(chain: &[Inspected], ground: &Ground) -> Table {
    let mut table = Table::new([
        "#",
        "Policy",
        "From",
        "Version",
        "Component",
        "Counts",
        "Asked in",
        "Contract",
        "Imports",
    ]);
    for (place, it) in (1_usize..).zip(chain) {
        let link = &it.link;
        let plugin = link.plugin.as_ref().ok();
        let asked: Vec<&str> = phases(link).into_iter().map(Phase::as_str).collect();
        let digest = plugin.map_or_else(|| "-".to_owned(), |it| short(it.digest()));
        let kept = if link.kept_because.is_some() {
            " (older)"
        } else {
            ""
        };
        table.row([
            place.to_string(),
            link.entry.name.clone(),
            source(&link.entry.source, |path| ground.environment.display(path)),
            plugin.map_or_else(|| "-".to_owned(), |it| it.about().version.clone()),
            format!("{digest}{kept}"),
            counts(link.entry.required).to_owned(),
            asked.join(", "),
            plugin.map_or_else(|| "-".to_owned(), |it| contract(it.contract())),
            plugin.map_or("-", |_| "nothing").to_owned(),
        ]);
    }
    table
}

/// The contract without the name of its package, which all have in common.
fn contract(full: &str) -> String {
    full.rsplit('/').next().unwrap_or(full).to_owned()
}

/// What is not as configured, in one sentence.
fn trouble(it: &Inspected) -> Option<String> {
    let name = one_line(&it.link.entry.name, 60);
    match (&it.link.plugin, &it.link.kept_because) {
        (Ok(_), None) => None,
        (Ok(_), Some(why)) => Some(format!(
            "policy '{name}': the component in the configuration cannot be used ({}); the one before \
             it goes on",
            one_line(why, 300)
        )),
        (Err(why), _) => {
            let then = match it.link.entry.required {
                true => "it is required, so every request that it would be asked about is denied",
                false => "it is left out",
            };
            Some(format!(
                "policy '{name}' cannot answer: {}; {then}",
                one_line(why, 300)
            ))
        }
    }
}

fn document(place: usize, it: &Inspected, ground: &Ground) -> Value {
    let link = &it.link;
    let status = match (&link.plugin, &link.kept_because) {
        (Ok(_), None) => "as_configured",
        (Ok(_), Some(_)) => "older_kept",
        (Err(_), _) => "none",
    };
    let why = link.plugin.as_ref().err().or(link.kept_because.as_ref());
    json!({
        "place": place,
        "policy": link.entry.name,
        "source": source(&link.entry.source, |path| ground.environment.display(path)),
        "required": link.entry.required,
        "phases": phases(link),
        "when_unattended": if link.entry.proceed_unattended { "proceed" } else { "refuse" },
        "answers": status,
        "component": component(link),
        "why": why,
        "problems": it.named().map(|problem| check::document(&problem)).collect::<Vec<_>>(),
    })
}
