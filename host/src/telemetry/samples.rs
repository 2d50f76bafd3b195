//! Runs to tell, for tests.

use jiff::Timestamp;

use super::facts::{AttemptSpan, End, InvocationSpan, RunSpan, WorkflowSpan};
use super::wire::Source;
use crate::model::{
    AttemptOutcome, Basis, Cost, Exactness, FailureCode, InvocationNumber, MicroUsd, RunId,
    RunStatus, SessionId, Target, Usage,
};

pub(crate) fn source() -> Source {
    Source {
        log: "5f3a9c01".to_owned(),
        version: "0.1.0".to_owned(),
    }
}

/// Seconds after ten o'clock.
pub(crate) fn at(second: i64) -> Timestamp {
    let ten: Timestamp = "2026-11-22T10:00:00Z".parse().unwrap();
    Timestamp::from_second(ten.as_second() + second).unwrap()
}

pub(crate) fn end(second: i64, seq: u64) -> Option<End> {
    Some(End {
        at: at(second),
        seq,
        first_seq: seq,
    })
}

/// An attempt that was done.
pub(crate) fn attempt(number: u32, second: i64, seq: u64) -> AttemptSpan {
    AttemptSpan {
        number,
        target: Target::parse("claude-code:claude-sonnet-5-5").unwrap(),
        provider: Some("anthropic".to_owned()),
        served_model: Some("claude-sonnet-5-5-20260901".to_owned()),
        started: at(1),
        end: end(second, seq),
        outcome: Some(AttemptOutcome::Done),
        failure_code: None,
        lost_reason: None,
        spawned: true,
        exit_code: Some(0),
        signal: None,
        usage: Usage {
            input: Some(1_000),
            output: Some(300),
            cache_read: Some(20_000),
            cache_write: Some(500),
            reasoning: Some(120),
        },
        exactness: Exactness::Exact,
        cost: Cost {
            amount: Some(MicroUsd(39_000)),
            basis: Basis::Reported,
            at_least: false,
        },
        session: Some(SessionId::new("0d3f")),
        swept: 0,
        tree_empty: Some(true),
    }
}

/// A request that was done with one attempt; events 10 and 11 times its number.
pub(crate) fn invocation(number: u32) -> InvocationSpan {
    let seq = u64::from(number);
    InvocationSpan {
        number: InvocationNumber(number),
        agent: "reviewer".to_owned(),
        step: None,
        task_type: None,
        target: Target::parse("claude-code:claude-sonnet-5-5"),
        provider: Some("anthropic".to_owned()),
        reason_code: Some("preferred".to_owned()),
        fallback_used: false,
        follows: Vec::new(),
        started: at(0),
        end: end(31, seq * 11),
        outcome: Some(AttemptOutcome::Done),
        failure_code: None,
        exit_code: Some(0),
        attempts: vec![attempt(1, 30, seq * 10)],
    }
}

/// A run with one request and no workflow.
pub(crate) fn plain_run(name: &str) -> RunSpan {
    RunSpan {
        run: RunId::new(name),
        workflow: None,
        invocations: vec![invocation(1)],
    }
}

/// A workflow that failed: its first step was done, the second fell back and failed.
pub(crate) fn failed_workflow() -> RunSpan {
    let mut first = invocation(1);
    first.step = Some("draft".to_owned());
    let mut second = invocation(2);
    second.step = Some("review".to_owned());
    second.task_type = Some("docs".to_owned());
    second.follows = vec![InvocationNumber(1)];
    second.fallback_used = true;
    second.reason_code = Some("rate-limited".to_owned());
    second.outcome = Some(AttemptOutcome::Failed);
    second.failure_code = Some(FailureCode::new(FailureCode::TIMEOUT));
    second.exit_code = Some(1);
    let mut limited = attempt(1, 32, 19);
    limited.outcome = Some(AttemptOutcome::Failed);
    limited.failure_code = Some(FailureCode::new(FailureCode::RATE_LIMITED));
    limited.usage = Usage::default();
    limited.exactness = Exactness::Unknown;
    limited.cost = Cost::UNKNOWN;
    limited.served_model = None;
    limited.session = None;
    limited.exit_code = Some(1);
    let mut late = attempt(2, 92, 20);
    late.target = Target::parse("gemini:gemini-3.8-flash").unwrap();
    late.provider = Some("google".to_owned());
    late.started = at(32);
    late.served_model = None;
    late.session = None;
    late.outcome = Some(AttemptOutcome::TimedOut);
    late.exit_code = None;
    late.signal = Some(9);
    late.swept = 2;
    late.exactness = Exactness::AtLeast;
    late.cost.basis = Basis::Imputed;
    late.cost.at_least = true;
    second.attempts = vec![limited, late];
    RunSpan {
        run: RunId::new("RUN-20261122-007"),
        workflow: Some(WorkflowSpan {
            name: "release".to_owned(),
            n_steps: Some(3),
            started: at(0),
            end: end(93, 23),
            status: RunStatus::Failed,
        }),
        invocations: vec![first, second],
    }
}
