//! `policies.yaml`, with the spellings of the past.

use std::collections::BTreeMap;

use super::limits::WARN_PERCENT;
use super::{Document, fallback, value};
use crate::model::{
    Concurrency, CostOptimization, LimitKind, MicroUsd, ModelName, PrivacyLevel, Profile,
    RateLimits, Settings, ToolName, excerpt,
};
use crate::settings::collector::Collector;
use crate::settings::files::FileKind;
use crate::settings::shape::MOST_RUNNING;
use crate::settings::yaml::Node;

const DEFAULT_PROFILE: &str = "default";
const DEFAULT_DAILY_BUDGET: MicroUsd = MicroUsd(10_000_000);
const DEFAULT_SIMPLE_TASK_TOKENS: u64 = 1500;

pub(super) fn read(root: &Node, settings: &mut Settings, notes: &mut Collector) {
    let policies = root.get("policies").map(Node::entries).unwrap_or_default();
    settings.profiles = policies
        .iter()
        .map(|entry| (entry.key.clone(), policy(&entry.value)))
        .collect();
    settings.profile = profile_in_force(root, &settings.profiles, notes);
    settings.on_unpriced = fallback::on_unpriced(root);
    settings.fallback = fallback::read(root, settings, notes);
    settings.cost_optimization = root.get("cost_optimization").map(cost_optimization);
    settings.rate_limits = root
        .get("rate_limiting")
        .map(rate_limits)
        .unwrap_or_default();
    settings.concurrency = root.get("concurrency").map(concurrency).unwrap_or_default();
}

/// The one that is named, else `default`, else the only one. Several without a choice are a
/// mistake: to choose wrongly would be a budget that nobody meant.
fn profile_in_force(
    root: &Node,
    profiles: &BTreeMap<String, Profile>,
    notes: &mut Collector,
) -> Option<String> {
    let names = || profiles.keys().map(String::as_str);
    if let Some(node) = root.get("profile") {
        let name = node.text().filter(|name| !name.is_empty())?;
        if !profiles.contains_key(name) {
            notes
                .error(
                    node.at,
                    "profile",
                    format!("Unknown profile '{}'", excerpt(name)),
                )
                .choose_from(
                    name,
                    names(),
                    "use one of these, or add it under 'policies'",
                );
        }
        return Some(name.to_owned());
    }
    if profiles.contains_key(DEFAULT_PROFILE) || profiles.len() < 2 {
        let default = profiles.get_key_value(DEFAULT_PROFILE);
        let (name, _) = default.or_else(|| profiles.first_key_value())?;
        return Some(name.clone());
    }
    let written = root.entries().iter().find(|e| e.key == "policies");
    notes
        .error(
            written.map_or(root.at, |entry| entry.key_at),
            "profile",
            "Which profile is in force? There are several, and none is called 'default'",
        )
        .choose_from(
            "",
            names(),
            "add 'profile:' with one of these, at the top level",
        );
    None
}

fn policy(node: &Node) -> Profile {
    let limit = node.get("limit");
    let enforcement = node.get("enforcement");
    let threshold = limit
        .and_then(|limit| value::whole(limit, "threshold_percent"))
        .or_else(|| value::whole(node, "alert_threshold_percent"))
        .and_then(|percent| u8::try_from(percent).ok());
    Profile {
        daily_budget: value::usd(node, "daily_budget_usd").unwrap_or(DEFAULT_DAILY_BUDGET),
        monthly_budget: value::usd(node, "monthly_budget_usd"),
        limit: limit_kind(node, limit, enforcement),
        threshold_percent: threshold.unwrap_or(WARN_PERCENT),
        prefer_cheaper_models_under_tokens: value::whole(
            node,
            "prefer_cheaper_models_under_tokens",
        ),
        auto_fallback_on_rate_limit: value::flag(node, "auto_fallback_on_rate_limit")
            .unwrap_or(true),
        require_justification_over: value::usd(node, "require_justification_over_usd")
            .or_else(|| value::usd(enforcement?, "require_justification_over_usd")),
    }
}

/// Today's spelling wins; of the older ones the nearer wins.
fn limit_kind(node: &Node, limit: Option<&Node>, enforcement: Option<&Node>) -> LimitKind {
    let blocks = match limit
        .and_then(|limit| value::text(limit, "type"))
        .as_deref()
    {
        Some(kind) => Some(kind == "hard"),
        None => value::flag(node, "block_over_budget")
            .or_else(|| value::flag(enforcement?, "block_over_budget")),
    };
    if blocks == Some(true) {
        LimitKind::Hard
    } else {
        LimitKind::Soft
    }
}

fn cost_optimization(node: &Node) -> CostOptimization {
    let models = |field| {
        value::texts(node, field)
            .into_iter()
            .map(ModelName::new)
            .collect()
    };
    CostOptimization {
        simple_task_threshold_tokens: value::whole(node, "simple_task_threshold_tokens")
            .unwrap_or(DEFAULT_SIMPLE_TASK_TOKENS),
        simple_task_models: models("simple_task_models"),
        complex_task_models: models("complex_task_models"),
    }
}

fn rate_limits(node: &Node) -> RateLimits {
    RateLimits {
        max_requests_per_minute: limits(node, "max_requests_per_minute"),
        max_requests_per_hour: limits(node, "max_requests_per_hour"),
    }
}

fn concurrency(node: &Node) -> Concurrency {
    let max_running =
        value::whole(node, "max_running").and_then(|number| u32::try_from(number).ok());
    Concurrency {
        max_running: max_running.unwrap_or(Concurrency::default().max_running),
        per_tool: limits(node, "per_tool"),
    }
}

fn limits(node: &Node, field: &str) -> BTreeMap<ToolName, u32> {
    let entries = node.get(field).map(Node::entries).unwrap_or_default();
    entries
        .iter()
        .filter_map(|e| {
            Some((
                ToolName::new(e.key.as_str()),
                e.value.scalar()?.text.parse().ok()?,
            ))
        })
        .collect()
}

/// Warn where a tool's own limit can never be reached, because fewer may run in all.
pub(super) fn check_concurrency(documents: &mut [Document], concurrency: &Concurrency) {
    let Some((root, notes)) = document(documents) else {
        return;
    };
    let per_tool = root.get("concurrency").and_then(|c| c.get("per_tool"));
    for entry in per_tool.map(Node::entries).unwrap_or_default() {
        // What is out of range was noted as such.
        let idle = concurrency.max_running.saturating_add(1)..=MOST_RUNNING;
        let limit = concurrency.per_tool.get(entry.key.as_str());
        if concurrency.max_running > 0 && limit.is_some_and(|limit| idle.contains(limit)) {
            let path = format!("concurrency.per_tool.{}", excerpt(&entry.key));
            notes
                .warning(
                    entry.value.at,
                    &path,
                    format!("Has no effect: max_running is {}", concurrency.max_running),
                )
                .fix("raise max_running, or lower this");
        }
    }
}

pub(super) fn document(documents: &mut [Document]) -> Option<(&Node, &mut Collector)> {
    let document = documents
        .iter_mut()
        .find(|d| d.kind == FileKind::Policies)?;
    Some((document.root.as_ref()?, &mut document.notes))
}

/// Warn where a policy's wish about logging differs from what telemetry does: the wish alone has
/// no effect.
pub(super) fn check_logging(documents: &mut [Document], privacy: PrivacyLevel) {
    let Some((root, notes)) = document(documents) else {
        return;
    };
    for entry in root.get("policies").map(Node::entries).unwrap_or_default() {
        let wishes = [
            ("log_prompts", true, privacy != PrivacyLevel::Full, "full"),
            ("log_metadata", false, privacy != PrivacyLevel::None, "none"),
        ];
        for (field, wish, differs, level) in wishes {
            if differs && value::flag(&entry.value, field) == Some(wish) {
                let at = entry.value.get(field).map_or(entry.key_at, |v| v.at);
                let path = format!("policies.{}.{field}", entry.key);
                notes
                    .warning(
                        at,
                        &path,
                        format!(
                            "'{field}: {wish}' has no effect: privacy_level is {}",
                            privacy.as_str()
                        ),
                    )
                    .fix(format!(
                        "set 'privacy_level: {level}' in telemetry.yaml, or remove this line"
                    ));
            }
        }
    }
}
