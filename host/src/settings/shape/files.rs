//! The six files, and the short table of agents.

use super::chain::{CHAIN_ENTRY, FALLBACK, MOST_POLICIES};
use super::kind::{Kind, NOTE, NameRule, Object, OneOf, USD, optional, required};
use super::limits::{BUDGET, MOST_LIMITS, RESERVE};
use super::models::MODEL;
use super::policies::{
    CONCURRENCY, COST_OPTIMIZATION, POLICY, RATE_LIMITING, UNUSED_MODEL_SELECTION,
    UNUSED_TEAM_BUDGET,
};
pub(crate) use super::prices::PRICES;
pub(crate) use super::telemetry::TELEMETRY;
use super::tools::TOOL;

/// `agents.yaml`.
pub(crate) static AGENTS: Object = Object {
    about: "Agents: who asks, and which tool and model they get.",
    fields: &[required(
        "agents",
        Kind::Named(&AGENT, NameRule::Plain),
        "Agents by name.",
    )],
    one_of: OneOf::None,
};

/// `tools.yaml`.
pub(crate) static TOOLS: Object = Object {
    about: "Tools: the LLM command-line programs and how each is driven.",
    fields: &[required(
        "tools",
        Kind::Named(&TOOL, NameRule::Tool),
        "Tools by name; a name contains no colon.",
    )],
    one_of: OneOf::None,
};

/// `models.yaml`.
pub(crate) static MODELS: Object = Object {
    about: "Models: what each costs and how much fits into it.",
    fields: &[required(
        "models",
        Kind::Named(&MODEL, NameRule::Model),
        "Models by name; names may contain colons, as in `llama3:8b`.",
    )],
    one_of: OneOf::None,
};

/// `policies.yaml`.
pub(crate) static POLICIES: Object = Object {
    about: "Policies: budgets and other limits, who is asked before a request, what follows a failure, cheaper models for small tasks, and how much runs at once.",
    fields: &[
        required(
            "policies",
            Kind::Named(&POLICY, NameRule::Plain),
            "Budget profiles by name; `profile` says which one is in force.",
        ),
        optional(
            "profile",
            Kind::Text,
            "The entry of `policies` that is in force; `default` if there is one, else the only one.",
        ),
        optional(
            "budgets",
            Kind::Objects(&BUDGET, 0, MOST_LIMITS),
            "More limits, beside those of the profile.",
        )
        .or("[]"),
        optional(
            "time_zone",
            Kind::Zone,
            "The zone in which days and months begin, by its IANA name.",
        )
        .or("UTC"),
        optional(
            "on_unpriced",
            Kind::WordOr(&["refuse"], &RESERVE),
            "What a hard limit on money does with a request whose cost nobody can tell: `refuse` \
             it, or set a fixed amount aside.",
        )
        .or("refuse"),
        optional(
            "chain",
            Kind::Objects(&CHAIN_ENTRY, 0, MOST_POLICIES),
            "The policies that are asked, in this order; the built-in ones otherwise. Hard limits \
             hold whatever they say.",
        ),
        optional(
            "fallback",
            Kind::Object(&FALLBACK),
            "What follows a failure.",
        ),
        optional(
            "cost_optimization",
            Kind::Object(&COST_OPTIMIZATION),
            "Rules for choosing cheaper models.",
        ),
        optional(
            "rate_limiting",
            Kind::Object(&RATE_LIMITING),
            "Requests allowed per tool: hard limits.",
        ),
        optional(
            "concurrency",
            Kind::Object(&CONCURRENCY),
            "How many attempts may be at work at the same time.",
        ),
        UNUSED_TEAM_BUDGET,
        UNUSED_MODEL_SELECTION,
    ],
    one_of: OneOf::None,
};

static AGENT: Object = Object {
    about: "A role that asks.",
    fields: &[
        required(
            "preferred_tool",
            Kind::Text,
            "Tool to use when nothing speaks against it; a name from tools.yaml.",
        ),
        required(
            "preferred_model",
            Kind::Text,
            "Model to use; a name from models.yaml that the tool lists.",
        ),
        optional(
            "fallback_chain",
            Kind::TextList(0),
            "Targets to try, in order, when the preferred one cannot be used; each `tool:model`.",
        )
        .or("[]"),
        optional(
            "task_types",
            Kind::TextMap,
            "Models for kinds of task, used instead of the preferred model.",
        )
        .or("{}"),
        optional(
            "daily_budget_usd",
            USD,
            "The agent's own daily budget in US dollars, besides that of the profile; both hold.",
        ),
        optional(
            "description",
            Kind::Text,
            "What the agent is for; has no effect.",
        ),
        NOTE,
    ],
    one_of: OneOf::None,
};
