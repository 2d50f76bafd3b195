//! The metrics: their names, units, and buckets, version by version.
//!
//! Buckets are those that the conventions ask for. Values are whole numbers here (tokens,
//! milliseconds, millionths of a dollar), so that sums stay exact; they are scaled when told.

use serde::{Deserialize, Serialize};

use crate::model::OtlpNames;

/// What is summed up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Metric {
    /// Tokens of attempts.
    TokenUsage,
    /// How long attempts took.
    OperationDuration,
    /// How long requests took.
    AgentDuration,
    /// How long workflows took.
    WorkflowDuration,
    /// Money of attempts.
    Cost,
}

impl Metric {
    /// All of them.
    pub(super) const ALL: [Self; 5] = [
        Self::TokenUsage,
        Self::OperationDuration,
        Self::AgentDuration,
        Self::WorkflowDuration,
        Self::Cost,
    ];

    /// What `names` calls it; `None`: that version does not know it, and it is not sent.
    pub(super) fn name(self, names: OtlpNames) -> Option<&'static str> {
        let is_new = names == OtlpNames::GenAi2026May;
        match self {
            Self::TokenUsage => Some("gen_ai.client.token.usage"),
            Self::OperationDuration => Some("gen_ai.client.operation.duration"),
            Self::AgentDuration => is_new.then_some("gen_ai.invoke_agent.duration"),
            Self::WorkflowDuration => is_new.then_some("gen_ai.workflow.duration"),
            Self::Cost => Some("tollgate.cost.usage"),
        }
    }

    /// Its unit in UCUM.
    pub(super) fn unit(self) -> &'static str {
        match self {
            Self::TokenUsage => "{token}",
            Self::OperationDuration | Self::AgentDuration | Self::WorkflowDuration => "s",
            Self::Cost => "{usd_micro}",
        }
    }

    /// A sentence for people.
    pub(super) fn about(self) -> &'static str {
        match self {
            Self::TokenUsage => "Number of input and output tokens used.",
            Self::OperationDuration => "How long attempts took.",
            Self::AgentDuration => "How long requests took, from submission to end.",
            Self::WorkflowDuration => "How long workflows took, interruptions included.",
            Self::Cost => "Money of attempts in millionths of a US dollar, where it is known.",
        }
    }

    /// Upper bounds of its buckets, each included; empty for a plain sum.
    pub(super) fn bounds(self) -> &'static [u64] {
        match self {
            Self::TokenUsage => &TOKENS,
            Self::OperationDuration => &OPERATION_MS,
            Self::AgentDuration => &AGENT_MS,
            Self::WorkflowDuration => &WORKFLOW_MS,
            Self::Cost => &[],
        }
    }

    /// How many of our units make one of those that are told.
    pub(super) fn scale(self) -> f64 {
        if self.unit() == "s" { 1_000.0 } else { 1.0 }
    }
}

const TOKENS: [u64; 14] = [
    1, 4, 16, 64, 256, 1_024, 4_096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304, 16_777_216,
    67_108_864,
];
const OPERATION_MS: [u64; 14] = [
    10, 20, 40, 80, 160, 320, 640, 1_280, 2_560, 5_120, 10_240, 20_480, 40_960, 81_920,
];
const AGENT_MS: [u64; 13] = [
    100, 200, 400, 800, 1_600, 3_200, 6_400, 12_800, 25_600, 51_200, 102_400, 204_800, 409_600,
];
const WORKFLOW_MS: [u64; 11] = [
    1_000, 5_000, 10_000, 30_000, 60_000, 120_000, 300_000, 600_000, 1_800_000, 3_600_000,
    7_200_000,
];
