//! Every limit in force: of the profile, of agents, of tools, and those of `budgets:`.

use std::collections::BTreeMap;

use super::value;
use crate::model::{
    AgentName, BudgetLimit, LimitKind, LimitScope, Metric, MicroUsd, ModelName, Period, Profile,
    Settings, ToolName, excerpt,
};
use crate::settings::collector::Collector;
use crate::settings::moment;
use crate::settings::yaml::Node;

/// Warn from here on where nothing else is said.
pub(super) const WARN_PERCENT: u8 = 80;
/// A rate is met or not; to warn of it before would be noise.
const RATE_WARN_PERCENT: u8 = 100;

/// The fields of which one says how much, with what each counts.
const METRICS: [(&str, Metric); 4] = [
    ("usd", Metric::Usd),
    ("usd_billed", Metric::UsdBilled),
    ("tokens", Metric::Tokens),
    ("requests", Metric::Requests),
];

/// Read the limits; agents, profiles, and rates are in `settings` already.
pub(super) fn read(root: &Node, settings: &Settings, notes: &mut Collector) -> Vec<BudgetLimit> {
    let zone = value::text(root, "time_zone").and_then(|name| moment::zone_unless_utc(&name));
    let mut limits = of_profile(settings, zone.as_ref());
    limits.extend(of_agents(settings, zone.as_ref()));
    limits.extend(rates(settings));
    let mut taken: BTreeMap<String, String> = limits
        .iter()
        .map(|limit| (limit.name.clone(), limit.source.clone()))
        .collect();
    let own = root.get("budgets").map(Node::items).unwrap_or_default();
    for (index, node) in own.iter().enumerate() {
        let source = format!("budgets[{index}]");
        check_zone(node, &source, notes);
        let Some(limit) = limit(node, &source, zone.as_ref()) else {
            continue;
        };
        match taken.get(&limit.name) {
            Some(first) => {
                let at = node.get("name").map_or(node.at, |name| name.at);
                let message = format!(
                    "The limit's name '{}' is taken by {first}",
                    excerpt(&limit.name)
                );
                let fix = if node.get("name").is_some() {
                    "choose another name"
                } else {
                    "add a 'name:'; this one was made from what the limit counts"
                };
                notes.error(at, &source, message).fix(fix);
            }
            None => {
                taken.insert(limit.name.clone(), source);
                limits.push(limit);
            }
        }
    }
    limits
}

fn of_profile(settings: &Settings, zone: Option<&String>) -> Vec<BudgetLimit> {
    let Some((name, profile)) = in_force(settings) else {
        return Vec::new();
    };
    let money = |limit: &str, field: &str, period, cap: MicroUsd| BudgetLimit {
        name: limit.to_owned(),
        metric: Metric::Usd,
        cap: cap.0,
        period,
        scope: LimitScope::default(),
        kind: profile.limit,
        warn_percent: profile.threshold_percent,
        time_zone: zone.cloned(),
        source: format!("policies.{name}.{field}"),
    };
    let daily = money(
        "daily",
        "daily_budget_usd",
        Period::Day,
        profile.daily_budget,
    );
    let monthly = profile
        .monthly_budget
        .map(|cap| money("monthly", "monthly_budget_usd", Period::Month, cap));
    [Some(daily), monthly].into_iter().flatten().collect()
}

/// The profile in force, with its name.
pub(super) fn in_force(settings: &Settings) -> Option<(&String, &Profile)> {
    settings.profiles.get_key_value(settings.profile.as_ref()?)
}

/// Agents' own budgets block or warn as the profile's do.
fn of_agents<'s>(
    settings: &'s Settings,
    zone: Option<&'s String>,
) -> impl Iterator<Item = BudgetLimit> + 's {
    let (kind, warn_percent) = in_force(settings)
        .map_or((LimitKind::Soft, WARN_PERCENT), |(_, profile)| {
            (profile.limit, profile.threshold_percent)
        });
    settings.agents.iter().filter_map(move |(name, agent)| {
        Some(BudgetLimit {
            name: format!("daily-{name}"),
            metric: Metric::Usd,
            cap: agent.daily_budget?.0,
            period: Period::Day,
            scope: LimitScope {
                agent: Some(name.clone()),
                ..LimitScope::default()
            },
            kind,
            warn_percent,
            time_zone: zone.cloned(),
            source: format!("agents.{name}.daily_budget_usd"),
        })
    })
}

fn rates(settings: &Settings) -> Vec<BudgetLimit> {
    let rates = &settings.rate_limits;
    let parts = [
        (
            &rates.max_requests_per_minute,
            "max_requests_per_minute",
            Period::Minute,
        ),
        (
            &rates.max_requests_per_hour,
            "max_requests_per_hour",
            Period::Hour,
        ),
    ];
    let limit = |tool: &ToolName, most: u32, field: &str, period: Period| BudgetLimit {
        name: format!("{tool} per {}", period.as_str()),
        metric: Metric::Requests,
        cap: most.into(),
        period,
        scope: LimitScope {
            tool: Some(tool.clone()),
            ..LimitScope::default()
        },
        kind: LimitKind::Hard,
        warn_percent: RATE_WARN_PERCENT,
        time_zone: None,
        source: format!("rate_limiting.{field}.{tool}"),
    };
    let mut limits = Vec::new();
    for (by_tool, field, period) in parts {
        let by_tool = by_tool.iter();
        limits.extend(by_tool.map(|(tool, most)| limit(tool, *most, field, period)));
    }
    limits
}

/// One of `budgets:`; `None` when it is malformed, which was noted.
fn limit(node: &Node, source: &str, zone: Option<&String>) -> Option<BudgetLimit> {
    let (field, metric) = METRICS
        .into_iter()
        .find(|(field, _)| node.get(field).is_some())?;
    let cap = if metric.is_money() {
        value::usd(node, field)?.0
    } else {
        value::whole(node, field)?
    };
    let period = Period::from_word(&value::text(node, "per")?)?;
    let scope = LimitScope {
        agent: value::text(node, "agent").map(AgentName::new),
        tool: value::text(node, "tool").map(ToolName::new),
        model: value::text(node, "model").map(ModelName::new),
    };
    let warn = value::whole(node, "warn_at_percent").and_then(|n| u8::try_from(n).ok());
    let own_zone = match value::text(node, "time_zone") {
        Some(name) => moment::zone_unless_utc(&name),
        None => zone.cloned(),
    };
    Some(BudgetLimit {
        name: value::text(node, "name").unwrap_or_else(|| made_name(field, period, &scope)),
        metric,
        cap,
        period,
        scope,
        kind: match value::text(node, "limit").as_deref() {
            Some("hard") => LimitKind::Hard,
            _ => LimitKind::Soft,
        },
        warn_percent: warn.unwrap_or(WARN_PERCENT),
        time_zone: own_zone.filter(|_| is_calendar(period)),
        source: source.to_owned(),
    })
}

/// `tokens per day`, or `tokens per day, agent x`.
fn made_name(field: &str, period: Period, scope: &LimitScope) -> String {
    let name = format!("{field} per {}", period.as_str());
    if *scope == LimitScope::default() {
        return name;
    }
    format!("{name}, {scope}")
}

fn is_calendar(period: Period) -> bool {
    matches!(period, Period::Day | Period::Month)
}

/// A zone decides when days and months begin, and nothing else.
fn check_zone(node: &Node, path: &str, notes: &mut Collector) {
    let period = value::text(node, "per").and_then(|word| Period::from_word(&word));
    if let (Some(zone), Some(period)) = (node.get("time_zone"), period)
        && !is_calendar(period)
    {
        notes
            .warning(
                zone.at,
                &format!("{path}.time_zone"),
                format!(
                    "Has no effect: 'per: {}' does not begin at midnight",
                    period.as_str()
                ),
            )
            .fix("remove it");
    }
}
