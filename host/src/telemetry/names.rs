//! The one table of names: what OpenTelemetry calls each of our facts, version by version.
//!
//! A column per version of the conventions, a row per fact. What a version has no name for stands
//! under `tollgate.`, and so does everything that no version knows, money first of all: there is no
//! attribute for cost yet (semantic-conventions-genai#443 is open).

use serde::{Deserialize, Serialize};

use crate::model::OtlpNames;

/// Something that is told about a span, a point, or their source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Fact {
    AgentName,
    AttemptId,
    AttemptNumber,
    CacheReadTokens,
    CacheWriteTokens,
    Conversation,
    CostAtLeast,
    CostBasis,
    CostMicros,
    ErrorType,
    ExitCode,
    FallbackUsed,
    InputTokens,
    InvocationId,
    Log,
    LostReason,
    Operation,
    Outcome,
    OutputTokens,
    Overflow,
    Provider,
    ReasonCode,
    ReasoningTokens,
    RequestModel,
    ResponseModel,
    RunId,
    ServiceInstance,
    ServiceName,
    ServiceVersion,
    Signal,
    Spawned,
    Status,
    Step,
    Swept,
    TaskType,
    TokenType,
    TokensExactness,
    Tool,
    TreeEmpty,
    WorkflowName,
    WorkflowSteps,
}

/// Versions, in the order of the columns.
const VERSIONS: [OtlpNames; 2] = [OtlpNames::GenAi2026May, OtlpNames::GenAi136];

/// The same name in every version.
const fn same(name: &'static str) -> [&'static str; 2] {
    [name, name]
}

/// Every fact, its name in each version, and what it tells.
pub(super) const ATTRIBUTES: &[(Fact, [&str; 2], &str)] = &[
    (
        Fact::Operation,
        same("gen_ai.operation.name"),
        "`invoke_workflow` or `invoke_agent`",
    ),
    (
        Fact::Provider,
        ["gen_ai.provider.name", "gen_ai.system"],
        "who serves the model, as configured; `unknown` when that is not known",
    ),
    (
        Fact::RequestModel,
        same("gen_ai.request.model"),
        "the model that was chosen, by its name in `models.yaml`",
    ),
    (
        Fact::ResponseModel,
        same("gen_ai.response.model"),
        "the model that served, when the tool told",
    ),
    (
        Fact::AgentName,
        same("gen_ai.agent.name"),
        "the agent of a request; the tool of an attempt",
    ),
    (
        Fact::WorkflowName,
        ["gen_ai.workflow.name", "tollgate.workflow.name"],
        "the workflow",
    ),
    (
        Fact::Conversation,
        same("gen_ai.conversation.id"),
        "the tool's session; absent at privacy level `none`",
    ),
    (
        Fact::InputTokens,
        same("gen_ai.usage.input_tokens"),
        "input tokens, those read from and written to a cache included",
    ),
    (
        Fact::CacheReadTokens,
        [
            "gen_ai.usage.cache_read.input_tokens",
            "tollgate.usage.cache_read.input_tokens",
        ],
        "the part of them that was read from a cache",
    ),
    (
        Fact::CacheWriteTokens,
        [
            "gen_ai.usage.cache_creation.input_tokens",
            "tollgate.usage.cache_creation.input_tokens",
        ],
        "the part of them that was written to a cache",
    ),
    (
        Fact::OutputTokens,
        same("gen_ai.usage.output_tokens"),
        "output tokens, reasoning included",
    ),
    (
        Fact::ReasoningTokens,
        [
            "gen_ai.usage.reasoning.output_tokens",
            "tollgate.usage.reasoning.output_tokens",
        ],
        "the part of them that was reasoning",
    ),
    (
        Fact::TokenType,
        same("gen_ai.token.type"),
        "of a point: `input` or `output`",
    ),
    (
        Fact::ErrorType,
        same("error.type"),
        "the failure's code, or the outcome where there is none",
    ),
    (
        Fact::ExitCode,
        same("process.exit.code"),
        "exit status of the process, or of the command for a request",
    ),
    (
        Fact::CostMicros,
        same("tollgate.cost.usd_micros"),
        "money in millionths of a US dollar; absent when it is not known",
    ),
    (
        Fact::CostBasis,
        same("tollgate.cost.basis"),
        "where the amount comes from: `billed`, `reported`, `imputed`, `unknown`",
    ),
    (
        Fact::CostAtLeast,
        same("tollgate.cost.at_least"),
        "the true amount may be higher",
    ),
    (
        Fact::TokensExactness,
        same("tollgate.usage.exactness"),
        "`exact`, `at_least`, or `unknown`",
    ),
    (Fact::RunId, same("tollgate.run.id"), "the run"),
    (
        Fact::InvocationId,
        same("tollgate.invocation.id"),
        "the request",
    ),
    (Fact::AttemptId, same("tollgate.attempt.id"), "the attempt"),
    (
        Fact::AttemptNumber,
        same("tollgate.attempt.number"),
        "its number within the request, from 1",
    ),
    (
        Fact::Tool,
        same("tollgate.tool.name"),
        "the tool that was chosen",
    ),
    (
        Fact::Step,
        same("tollgate.workflow.step"),
        "the step of the workflow",
    ),
    (
        Fact::WorkflowSteps,
        same("tollgate.workflow.steps"),
        "steps of the workflow",
    ),
    (Fact::TaskType, same("tollgate.task_type"), "kind of task"),
    (
        Fact::ReasonCode,
        same("tollgate.route.reason"),
        "code of why the target was chosen",
    ),
    (
        Fact::FallbackUsed,
        same("tollgate.route.fallback_used"),
        "a fallback took over",
    ),
    (
        Fact::Outcome,
        same("tollgate.outcome"),
        "`done`, `failed`, `cancelled`, `timed_out`, `over_budget`, or `lost`",
    ),
    (
        Fact::Status,
        same("tollgate.workflow.status"),
        "`done`, `failed`, or `cancelled`",
    ),
    (
        Fact::LostReason,
        same("tollgate.attempt.lost_reason"),
        "why nobody can tell how it ended",
    ),
    (
        Fact::Spawned,
        same("tollgate.attempt.spawned"),
        "false when it was never started",
    ),
    (
        Fact::Signal,
        same("tollgate.attempt.signal"),
        "the signal that killed it",
    ),
    (
        Fact::Swept,
        same("tollgate.attempt.swept"),
        "processes that it left behind and that had to be ended",
    ),
    (
        Fact::TreeEmpty,
        same("tollgate.attempt.tree_empty"),
        "whether it was proved that no process of it is left",
    ),
    (Fact::ServiceName, same("service.name"), "`tollgate`"),
    (Fact::ServiceVersion, same("service.version"), "its version"),
    (
        Fact::ServiceInstance,
        same("service.instance.id"),
        "the log's id: each log counts for itself",
    ),
    (Fact::Log, same("tollgate.log.id"), "the same"),
    (
        Fact::Overflow,
        same("otel.metric.overflow"),
        "of a point: everything for which there was no room",
    ),
];

impl Fact {
    /// What `names` calls it.
    pub(super) fn name(self, names: OtlpNames) -> &'static str {
        let column = VERSIONS.iter().position(|v| *v == names).unwrap_or(0);
        // Invariant: a test holds that every fact has its row.
        ATTRIBUTES
            .iter()
            .find(|(fact, _, _)| *fact == self)
            .map_or("tollgate.unnamed", |(_, all, _)| all[column])
    }
}

/// The schema in which a version's names are published; the newest has none yet.
pub(super) fn schema_url(names: OtlpNames) -> Option<&'static str> {
    match names {
        OtlpNames::GenAi2026May => None,
        OtlpNames::GenAi136 => Some("https://opentelemetry.io/schemas/1.36.0"),
    }
}

/// Who serves a model, as the conventions spell it; what they do not know is kept.
pub(super) fn provider(configured: Option<&str>) -> String {
    let Some(configured) = configured.filter(|text| !text.is_empty()) else {
        return "unknown".to_owned();
    };
    match configured.to_ascii_lowercase().as_str() {
        "google" => "gcp.gen_ai".to_owned(),
        "gemini" => "gcp.gemini".to_owned(),
        "vertex" | "vertex_ai" | "vertexai" => "gcp.vertex_ai".to_owned(),
        "bedrock" | "aws" => "aws.bedrock".to_owned(),
        "azure" => "azure.ai.openai".to_owned(),
        "mistral" => "mistral_ai".to_owned(),
        "xai" => "x_ai".to_owned(),
        "moonshot" => "moonshot_ai".to_owned(),
        _ => configured.to_owned(),
    }
}
