//! The components that are loaded: what they are, what they may take, and how they behaved.

use serde_json::{Value, json};

use crate::cli::failure::Failure;
use crate::cli::policy;
use crate::cli::policy::args::PolicyCommand;
use crate::cli::run::record::{OnRecord, failed};
use crate::cli::screen::Screen;
use crate::engine::{InspectedAdapter, PluginLimits, adapters_in_force};
use crate::model::AdapterSource;
use crate::query::AdapterCount;

use super::house::House;

/// All of them.
pub(super) fn plugins(house: &House, record: &OnRecord) -> Result<Value, Failure> {
    let loaded = house.loaded()?;
    house.ground.require_trust(&loaded)?;
    let counts = record
        .query
        .plugin_counts()
        .map_err(|error| failed(&error))?;
    let engine = house.ground.engine(loaded)?;
    let mut plugins: Vec<Value> = Vec::new();
    for it in adapters_in_force(&engine) {
        let mut document = adapter(house, &it);
        let mine = |count: &&AdapterCount| it.used_by.contains(&count.tool);
        let mine = || counts.adapters.iter().filter(mine);
        document["attempts"] = json!(mine().map(|it| it.n_attempts).sum::<u64>());
        document["lines"] = json!(mine().map(|it| it.n_lines).sum::<u64>());
        document["unrecognised_lines"] = json!(mine().map(|it| it.n_unrecognised).sum::<u64>());
        document["traps"] = json!(mine().map(|it| it.n_faults).sum::<u64>());
        plugins.push(document);
    }
    let chain = Screen::captured(|screen| policy::run(&PolicyCommand::List, &house.global, screen));
    for it in chain?["policies"].as_array().into_iter().flatten() {
        let name = it["policy"].as_str().unwrap_or_default();
        let mine = || counts.policies.iter().filter(|it| it.policy == name);
        let mut document = of_policy(it);
        document["attempts"] = json!(mine().map(|it| it.n_asked).sum::<u64>());
        document["traps"] = json!(mine().map(|it| it.n_faults).sum::<u64>());
        plugins.push(document);
    }
    Ok(json!({ "plugins": plugins }))
}

fn adapter(house: &House, it: &InspectedAdapter) -> Value {
    let source = match &it.source {
        AdapterSource::Id(id) => format!("built-in {id}"),
        AdapterSource::File(path) => house.ground.environment.display(path),
    };
    let identity = it.identity.as_ref().ok();
    json!({
        "kind": "adapter",
        "id": identity.map_or(source.as_str(), |it| it.id.as_str()),
        "version": identity.map(|it| &it.version),
        "summary": it.summary,
        "source": source,
        "sha256": identity.map(|it| &it.sha256),
        "size": it.size,
        "used_by": it.used_by,
        "grants": it.grants,
        "limits": limits(&it.limits),
        "loaded": identity.is_some(),
        "problem": it.identity.as_ref().err(),
    })
}

fn of_policy(it: &Value) -> Value {
    let component = &it["component"];
    json!({
        "kind": "policy",
        "id": it["policy"],
        "version": component["version"],
        "summary": component["summary"],
        "source": it["source"],
        "sha256": component["sha256"],
        "size": Value::Null,
        "used_by": it["phases"],
        "grants": ["nothing: a policy imports no functions"],
        "limits": limits(&PluginLimits::of_policies()),
        "loaded": !component.is_null(),
        "problem": it["why"],
        "unrecognised_lines": 0,
    })
}

fn limits(limits: &PluginLimits) -> Value {
    json!({
        "call_ms": limits.call_ms,
        "fuel": limits.fuel,
        "memory_bytes": limits.memory_bytes,
    })
}
