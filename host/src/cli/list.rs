//! `agent list`, `tool list`, `model list`: what the configuration holds.

use serde_json::{Value, json};

use crate::engine::availability;
use crate::model::{AdapterSource, Availability, Price};

use super::args::Global;
use super::failure::Failure;
use super::open::Ground;
use super::screen::Screen;
use super::table::Table;

/// The agents.
pub(super) fn agents(global: &Global, screen: Screen) -> Result<(), Failure> {
    let settings = Ground::find(global)?.load(screen)?.settings;
    let mut table = Table::new(["Agent", "Preferred", "Fallback", "Task types"]);
    let mut documents = Vec::new();
    for (name, agent) in &settings.agents {
        let chain: Vec<String> = agent
            .fallback_chain
            .iter()
            .map(ToString::to_string)
            .collect();
        let types: Vec<&str> = agent.task_types.keys().map(String::as_str).collect();
        documents.push(json!({
            "name": name,
            "preferred": agent.preferred.to_string(),
            "fallback_chain": chain,
            "task_types": agent.task_types,
        }));
        table.row([
            name.to_string(),
            agent.preferred.to_string(),
            chain.join(" → "),
            types.join(", "),
        ]);
    }
    print("agents", &documents, &table, screen);
    Ok(())
}

/// The tools, and whether they are here.
pub(super) fn tools(global: &Global, screen: Screen) -> Result<(), Failure> {
    let ground = Ground::find(global)?;
    let settings = ground.load(screen)?.settings;
    let availability = availability(&settings, &ground.variables());
    let mut table = Table::new(["Tool", "Adapter", "Models", "Status"]);
    let mut documents = Vec::new();
    for (name, tool) in &settings.tools {
        let models: Vec<&str> = tool
            .models
            .keys()
            .map(crate::model::ModelName::as_str)
            .collect();
        let adapter = match &tool.adapter {
            AdapterSource::Id(id) => id.clone(),
            AdapterSource::File(path) => ground.environment.display(path),
        };
        let (status, path) = match availability.get(name) {
            Some(Availability::Available(path)) => (format!("✅ {}", path.display()), Some(path)),
            Some(Availability::NotExecutable(path)) => {
                (format!("❌ {} is not executable", path.display()), None)
            }
            Some(Availability::VariableMissing(name)) => (
                format!("❌ the environment variable {name} is not set"),
                None,
            ),
            Some(Availability::NotFound) | None => {
                (format!("❌ '{}' is not on PATH", tool.binary), None)
            }
        };
        documents.push(json!({
            "name": name,
            "binary": tool.binary,
            "adapter": adapter,
            "models": models,
            "available": path.is_some(),
            "path": path,
        }));
        table.row([name.to_string(), adapter, some_of(&models), status]);
    }
    print("tools", &documents, &table, screen);
    Ok(())
}

/// The models, with their prices per million tokens.
pub(super) fn models(global: &Global, screen: Screen) -> Result<(), Failure> {
    let settings = Ground::find(global)?.load(screen)?.settings;
    let mut table = Table::new([
        "Model",
        "Provider",
        "Window",
        "In $/M",
        "Out $/M",
        "Cache read $/M",
        "Cache write $/M",
    ]);
    let mut documents = Vec::new();
    for (name, model) in &settings.models {
        let prices = &model.prices;
        documents.push(json!({
            "name": name,
            "provider": model.provider,
            "context_window": model.context_window,
            "micro_usd_per_million_tokens": prices,
            "deprecated": model.deprecated,
        }));
        table.row([
            name.to_string(),
            model.provider.clone(),
            model.context_window.to_string(),
            dollars(prices.input),
            dollars(prices.output),
            dollars(prices.cache_read),
            dollars(prices.cache_write),
        ]);
    }
    print("models", &documents, &table, screen);
    Ok(())
}

fn print(what: &str, documents: &[Value], table: &Table, screen: Screen) {
    if screen.json() {
        screen.document(&json!({ what: documents }));
    } else {
        screen.result(&table.to_string());
    }
}

fn dollars(price: Option<Price>) -> String {
    price.map_or_else(
        || "?".to_owned(),
        |Price(micros)| crate::model::MicroUsd(micros).to_string(),
    )
}

fn some_of(names: &[&str]) -> String {
    let (shown, rest) = names.split_at(names.len().min(3));
    match rest.len() {
        0 => shown.join(", "),
        more => format!("{} +{more} more", shown.join(", ")),
    }
}
