//! What the user wants: which tasks are simple, and which models are for them.
//!
//! Owns the defaults. What each setting means to the user is in `config.schema.json`.

use tollgate_policy_sdk::prelude::*;

/// The configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// Fewer tokens than this are a simple task.
    pub threshold: u64,
    /// Models for simple tasks.
    pub simple_models: Vec<String>,
    /// Models for the others, best first.
    pub complex_models: Vec<String>,
    /// Fewer tokens than this are a simple task, and any target of the tool will do.
    pub prefer_cheaper_under: Option<u64>,
    /// Kinds of task that are simple.
    pub simple_types: Vec<String>,
    /// Kinds of task that are not.
    pub complex_types: Vec<String>,
    /// The highest complexity of a simple task.
    pub max_complexity: Option<u64>,
    /// Tokens of an answer.
    pub answer_reserve: u64,
    /// Stay where the session or run was.
    pub sticky: bool,
}

const THRESHOLD: u64 = 1500;
const ANSWER_RESERVE: u64 = 4096;
const HIGHEST_SCORE: u64 = 100;

impl Rule {
    /// Reads it, noting mistakes.
    pub(crate) fn read(fields: &mut Fields<'_>) -> Self {
        let rule = Self {
            threshold: fields
                .get("simple_task_threshold_tokens")
                .unwrap_or(THRESHOLD),
            simple_models: fields.list("simple_task_models").unwrap_or_default(),
            complex_models: fields.list("complex_task_models").unwrap_or_default(),
            prefer_cheaper_under: fields.get("prefer_cheaper_under_tokens"),
            simple_types: fields.list("simple_task_types").unwrap_or_default(),
            complex_types: fields.list("complex_task_types").unwrap_or_default(),
            max_complexity: fields.get("max_complexity"),
            answer_reserve: fields
                .get("answer_reserve_tokens")
                .unwrap_or(ANSWER_RESERVE),
            sticky: fields.get("sticky").unwrap_or(true),
        };
        if rule.max_complexity.is_some_and(|most| most > HIGHEST_SCORE) {
            let fix = Some("write 0 to 100, or leave it out");
            fields.mistake("max_complexity", "no score is higher than 100", fix);
        }
        let both = |kind: &&String| rule.simple_types.contains(kind);
        if let Some(kind) = rule.complex_types.iter().find(both) {
            let message = format!("`{kind}` is in `simple_task_types` too");
            fields.mistake(
                "complex_task_types",
                &message,
                Some("keep it in one of them"),
            );
        }
        rule
    }
}
