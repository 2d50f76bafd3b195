//! The tables of profiles, cost optimisation, rate limits, and concurrency.

use super::kind::{Field, Kind, NOTE, Object, OneOf, USD, optional, refused};

pub(super) const PERCENT: Kind = Kind::Whole(0, 100);
const TOKENS: Kind = Kind::Whole(1, 1_000_000_000_000);

pub(super) static POLICY: Object = Object {
    about: "A budget profile.",
    fields: &[
        optional(
            "daily_budget_usd",
            USD,
            "US dollars per day; the day begins at midnight in `time_zone`.",
        )
        .or("10.0"),
        optional(
            "monthly_budget_usd",
            USD,
            "US dollars per calendar month, in `time_zone`.",
        ),
        optional("limit", Kind::Object(&LIMIT), "What happens at the limit."),
        optional(
            "prefer_cheaper_models_under_tokens",
            TOKENS,
            "Prefer cheaper models for prompts below this many tokens; needs `cost_optimization`.",
        ),
        optional(
            "auto_fallback_on_rate_limit",
            Kind::Flag,
            "Walk the fallback chain when a tool is rate limited.",
        )
        .or("true"),
        optional(
            "require_justification_over_usd",
            USD,
            "Ask for a reason when a request is estimated to cost more US dollars.",
        ),
        optional(
            "log_prompts",
            Kind::Flag,
            "Whether prompts are meant to be kept; `privacy_level` in telemetry.yaml decides.",
        )
        .or("false"),
        optional(
            "log_metadata",
            Kind::Flag,
            "Whether metadata is meant to be kept; `privacy_level` in telemetry.yaml decides.",
        )
        .or("true"),
        optional(
            "description",
            Kind::Text,
            "What the profile is for; has no effect.",
        ),
        NOTE,
        optional("alert_threshold_percent", PERCENT, "").old("limit.threshold_percent"),
        optional("block_over_budget", Kind::Flag, "").old("limit.type: hard (or soft)"),
        optional("enforcement", Kind::Object(&ENFORCEMENT), "")
            .old("limit.type and require_justification_over_usd"),
        UNUSED_TEAM_BUDGET,
        UNUSED_MODEL_SELECTION,
        refused(
            "cost_optimization",
            "move it to the top level of policies.yaml",
        ),
        refused("rate_limiting", "move it to the top level of policies.yaml"),
        refused("concurrency", "move it to the top level of policies.yaml"),
    ],
    one_of: OneOf::None,
};

pub(super) const UNUSED_TEAM_BUDGET: Field = optional("team_budget", Kind::Any, "").unused(
    "budgets are per profile (daily_budget_usd, monthly_budget_usd) and per agent \
     (daily_budget_usd in agents.yaml)",
);
pub(super) const UNUSED_MODEL_SELECTION: Field = optional("model_selection", Kind::Any, "")
    .unused("models are chosen by agents.yaml and by cost_optimization in policies.yaml");

static LIMIT: Object = Object {
    about: "What happens at the limit.",
    fields: &[
        optional(
            "type",
            Kind::Choice(&["soft", "hard"]),
            "`soft` warns and asks; `hard` blocks.",
        )
        .or("soft"),
        optional(
            "threshold_percent",
            PERCENT,
            "Warn from this share of the budget on.",
        )
        .or("80"),
    ],
    one_of: OneOf::None,
};

static ENFORCEMENT: Object = Object {
    about: "An older spelling.",
    fields: &[
        optional(
            "block_over_budget",
            Kind::Flag,
            "Older spelling of `limit.type: hard`.",
        ),
        optional(
            "require_justification_over_usd",
            USD,
            "Older place of the policy's own field.",
        ),
    ],
    one_of: OneOf::None,
};

pub(super) static COST_OPTIMIZATION: Object = Object {
    about: "Rules for choosing cheaper models.",
    fields: &[
        optional(
            "simple_task_threshold_tokens",
            TOKENS,
            "Prompts strictly below this many tokens count as simple.",
        )
        .or("1500"),
        optional(
            "simple_task_models",
            Kind::TextList(0),
            "Models to consider for simple tasks.",
        )
        .or("[]"),
        optional(
            "complex_task_models",
            Kind::TextList(0),
            "Models to consider for the others.",
        )
        .or("[]"),
        NOTE,
    ],
    one_of: OneOf::None,
};

pub(super) static RATE_LIMITING: Object = Object {
    about: "Requests allowed per tool: hard limits.",
    fields: &[
        optional(
            "max_requests_per_minute",
            Kind::Limits(u32::MAX),
            "Per minute, by tool.",
        )
        .or("{}"),
        optional(
            "max_requests_per_hour",
            Kind::Limits(u32::MAX),
            "Per hour, by tool.",
        )
        .or("{}"),
        NOTE,
    ],
    one_of: OneOf::None,
};

/// Far more than one machine can run; a slip such as a budget in the wrong place is larger.
pub(crate) const MOST_RUNNING: u32 = 1_000;

pub(super) static CONCURRENCY: Object = Object {
    about: "Attempts at work at the same time; the others wait for their turn.",
    fields: &[
        optional(
            "max_running",
            Kind::Whole(1, MOST_RUNNING as u64),
            "In all, over all processes that share a state directory.",
        )
        .or("4"),
        optional(
            "per_tool",
            Kind::Limits(MOST_RUNNING),
            "Of one tool, by tool; a tool that is not named has no limit of its own.",
        )
        .or("{}"),
        NOTE,
    ],
    one_of: OneOf::None,
};
