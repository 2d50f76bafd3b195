//! The spans of a run: its workflow, its requests, their attempts.
//!
//! A run's trace is a workflow's span with a span for each request under it, or, without a
//! workflow, a span for each request. Requests are INTERNAL; an attempt is CLIENT, since the agent
//! that it asks is another process. Tokens and money stand on attempts alone, so that whoever adds
//! them up over a trace counts them once.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::facts::{AttemptSpan, End, InvocationSpan, RunSpan, Window, WorkflowSpan};
use super::ids::{attempt_id, invocation_id, run_id, trace_id};
use super::names::{Fact, provider};
use super::wire::{Attributes, Span, bounded, nanos};
use crate::model::{
    AttemptOutcome, AttemptRef, Exactness, FailureCode, OtlpNames, RunStatus, Usage,
};

/// What a workflow's span is called, with the workflow.
const WORKFLOW: &str = "invoke_workflow";
/// What the span of a request or an attempt is called, with the agent or tool.
pub(super) const AGENT: &str = "invoke_agent";

/// `SPAN_KIND_INTERNAL`.
const INTERNAL: u32 = 1;
/// `SPAN_KIND_CLIENT`.
const CLIENT: u32 = 3;
/// `STATUS_CODE_ERROR`.
const ERROR: u32 = 2;

/// The spans of everything in `run` whose end is told now, those above first. Ids follow from `log`
/// and from what they name.
#[must_use]
pub fn spans(log: &str, names: OtlpNames, run: &RunSpan, window: Window) -> Vec<Span> {
    let trace = Trace { log, names, run };
    let mut spans = Vec::new();
    if let Some(workflow) = &run.workflow {
        let end = workflow.end.filter(|end| window.has(end));
        spans.extend(end.map(|end| trace.workflow(workflow, end)));
    }
    for invocation in &run.invocations {
        let end = invocation.end.filter(|end| window.has(end));
        spans.extend(end.map(|end| trace.invocation(invocation, end)));
        for attempt in &invocation.attempts {
            let end = attempt.end.filter(|end| window.has(end));
            spans.extend(end.map(|end| trace.attempt(invocation, attempt, end)));
        }
    }
    spans
}

/// The run that is told, and how.
struct Trace<'a> {
    log: &'a str,
    names: OtlpNames,
    run: &'a RunSpan,
}

impl Trace<'_> {
    fn workflow(&self, workflow: &WorkflowSpan, end: End) -> Span {
        let mut attributes = Attributes::of(self.names);
        attributes.text(Fact::Operation, WORKFLOW);
        attributes.text(Fact::WorkflowName, &workflow.name);
        attributes.count_if(Fact::WorkflowSteps, workflow.n_steps);
        attributes.text(Fact::Status, workflow.status.as_str());
        attributes.text(Fact::RunId, self.run.run.as_str());
        let error = workflow_error(workflow.status);
        attributes.text_if(Fact::ErrorType, error);
        let named = Named {
            id: run_id(self.log, &self.run.run),
            parent: None,
            name: format!("{WORKFLOW} {}", bounded(&workflow.name)),
            kind: INTERNAL,
        };
        self.span(named, (workflow.started, end), error.is_some(), attributes)
    }

    fn invocation(&self, invocation: &InvocationSpan, end: End) -> Span {
        let run = &self.run.run;
        let mut attributes = Attributes::of(self.names);
        attributes.text(Fact::Operation, AGENT);
        let served_by = provider(invocation.provider.as_deref());
        attributes.text(Fact::Provider, &served_by);
        attributes.text(Fact::AgentName, &invocation.agent);
        if let Some(target) = &invocation.target {
            attributes.text(Fact::RequestModel, target.model.as_str());
            attributes.text(Fact::Tool, target.tool.as_str());
        }
        attributes.text_if(Fact::Step, invocation.step.as_deref());
        attributes.text_if(Fact::TaskType, invocation.task_type.as_deref());
        attributes.text_if(Fact::ReasonCode, invocation.reason_code.as_deref());
        attributes.flag(Fact::FallbackUsed, invocation.fallback_used);
        let outcome = invocation.outcome.map(AttemptOutcome::as_str);
        attributes.text_if(Fact::Outcome, outcome);
        attributes.number_if(Fact::ExitCode, invocation.exit_code.map(i32::from));
        attributes.text(Fact::RunId, run.as_str());
        let itself = format!("{run}.{}", invocation.number);
        attributes.text(Fact::InvocationId, &itself);
        let error = error_of(invocation.outcome, invocation.failure_code.as_ref());
        attributes.text_if(Fact::ErrorType, error);
        let workflow = self.run.workflow.as_ref();
        let named = Named {
            id: invocation_id(self.log, run, invocation.number),
            parent: workflow.map(|_| run_id(self.log, run)),
            name: named_after(&invocation.agent),
            kind: INTERNAL,
        };
        let times = (invocation.started, end);
        let mut span = self.span(named, times, error.is_some(), attributes);
        self.link(invocation, &mut span);
        span
    }

    fn attempt(&self, of: &InvocationSpan, attempt: &AttemptSpan, end: End) -> Span {
        let run = &self.run.run;
        let mut attributes = Attributes::of(self.names);
        attributes.text(Fact::Operation, AGENT);
        let served_by = provider(attempt.provider.as_deref());
        attributes.text(Fact::Provider, &served_by);
        attributes.text(Fact::AgentName, attempt.target.tool.as_str());
        attributes.text(Fact::RequestModel, attempt.target.model.as_str());
        attributes.text_if(Fact::ResponseModel, attempt.served_model.as_deref());
        attributes.text(Fact::Tool, attempt.target.tool.as_str());
        let session = attempt.session.as_ref().map(|session| session.as_str());
        attributes.text_if(Fact::Conversation, session);
        if attempt.spawned {
            use_of(attempt, &mut attributes);
        }
        how_it_ended(attempt, &mut attributes);
        attributes.text(Fact::RunId, run.as_str());
        let itself = AttemptRef {
            run: run.clone(),
            invocation: of.number,
            number: attempt.number,
        };
        attributes.text(Fact::InvocationId, &itself.invocation_id());
        attributes.text(Fact::AttemptId, &itself.to_string());
        attributes.count(Fact::AttemptNumber, attempt.number.into());
        let error = error_of(attempt.outcome, attempt.failure_code.as_ref());
        attributes.text_if(Fact::ErrorType, error);
        let named = Named {
            id: attempt_id(self.log, run, of.number, attempt.number),
            parent: Some(invocation_id(self.log, run, of.number)),
            name: named_after(attempt.target.tool.as_str()),
            kind: CLIENT,
        };
        self.span(named, (attempt.started, end), error.is_some(), attributes)
    }

    /// Links to the requests whose answers it builds on.
    fn link(&self, invocation: &InvocationSpan, span: &mut Span) {
        let trace = trace_id(self.log, &self.run.run);
        let follows = invocation.follows.iter();
        let links: Vec<Value> = follows
            .map(|before| invocation_id(self.log, &self.run.run, *before))
            .map(|id| json!({ "traceId": trace, "spanId": id }))
            .collect();
        if let Some(fields) = span.0.as_object_mut().filter(|_| !links.is_empty()) {
            fields.insert("links".to_owned(), links.into());
        }
    }

    fn span(
        &self,
        named: Named,
        (started, end): (Timestamp, End),
        is_error: bool,
        attributes: Attributes,
    ) -> Span {
        let mut fields = Map::new();
        let mut set = |name: &str, value: Value| fields.insert(name.to_owned(), value);
        set("traceId", trace_id(self.log, &self.run.run).into());
        set("spanId", named.id.into());
        if let Some(parent) = named.parent {
            set("parentSpanId", parent.into());
        }
        set("name", named.name.into());
        set("kind", named.kind.into());
        set("startTimeUnixNano", nanos(started));
        // A clock that was set back must not make a span end before it begins.
        set("endTimeUnixNano", nanos(end.at.max(started)));
        set("attributes", attributes.into_json());
        if is_error {
            set("status", json!({ "code": ERROR }));
        }
        Span(Value::Object(fields))
    }
}

/// What a span is called, and where it hangs.
struct Named {
    id: String,
    parent: Option<String>,
    name: String,
    kind: u32,
}

/// A span's name after the agent or tool, if it has one.
fn named_after(who: &str) -> String {
    match who {
        "" => AGENT.to_owned(),
        who => format!("{AGENT} {}", bounded(who)),
    }
}

/// Tokens and money. The conventions count cached tokens as input; the record does not.
fn use_of(attempt: &AttemptSpan, attributes: &mut Attributes) {
    let usage = attempt.usage;
    attributes.count_if(Fact::InputTokens, all_input(&usage));
    attributes.count_if(Fact::CacheReadTokens, usage.cache_read);
    attributes.count_if(Fact::CacheWriteTokens, usage.cache_write);
    attributes.count_if(Fact::OutputTokens, usage.output);
    attributes.count_if(Fact::ReasoningTokens, usage.reasoning);
    let exactness = match attempt.exactness {
        Exactness::Exact => "exact",
        Exactness::AtLeast => "at_least",
        Exactness::Unknown => "unknown",
    };
    attributes.text(Fact::TokensExactness, exactness);
    let cost = attempt.cost;
    attributes.count_if(Fact::CostMicros, cost.amount.map(|amount| amount.0));
    attributes.text(Fact::CostBasis, cost.basis.as_str());
    attributes.flag(Fact::CostAtLeast, cost.at_least);
}

fn how_it_ended(attempt: &AttemptSpan, attributes: &mut Attributes) {
    attributes.text_if(Fact::Outcome, attempt.outcome.map(AttemptOutcome::as_str));
    let lost = attempt.lost_reason.map(|reason| reason.as_str());
    attributes.text_if(Fact::LostReason, lost);
    attributes.flag(Fact::Spawned, attempt.spawned);
    attributes.number_if(Fact::ExitCode, attempt.exit_code);
    attributes.number_if(Fact::Signal, attempt.signal);
    if attempt.swept > 0 {
        attributes.count(Fact::Swept, attempt.swept.into());
    }
    if let Some(is_empty) = attempt.tree_empty {
        attributes.flag(Fact::TreeEmpty, is_empty);
    }
}

/// Input tokens, those of caches included; `None` when nothing of them is known.
pub(super) fn all_input(usage: &Usage) -> Option<u64> {
    let parts = [usage.input, usage.cache_read, usage.cache_write];
    let known = parts.into_iter().flatten();
    known.reduce(u64::saturating_add)
}

/// What went wrong, in a word; `None` when nothing did. A cancel is what somebody wanted.
pub(super) fn error_of(
    outcome: Option<AttemptOutcome>,
    code: Option<&FailureCode>,
) -> Option<&str> {
    match outcome? {
        AttemptOutcome::Done | AttemptOutcome::Cancelled => None,
        failed => Some(code.map_or(failed.as_str(), FailureCode::as_str)),
    }
}

/// What went wrong with a workflow, in a word.
pub(super) fn workflow_error(status: RunStatus) -> Option<&'static str> {
    (status == RunStatus::Failed).then_some(RunStatus::Failed.as_str())
}
