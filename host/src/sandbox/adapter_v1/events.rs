//! Events out of a guest, checked for sense.
//!
//! Owns the rules an adapter must keep: where an event comes from, what a number may be, which
//! words exist. Never decides what an event means for a run.

use super::bindings::exports::tollgate::adapter::adapter as wit;
use super::plans::unknown;
use super::text;
use crate::model::{
    Action, Basis, Chunk, CostReport, Failure, FailureCode, Finished, Limit, MicroUsd, Note, Scope,
    Started, Step, Text, ToolCall, ToolEvent, ToolEventBody, ToolOutput, Usage, UsageReport,
};
use crate::sandbox::error::Problem;
use crate::sandbox::fault::GuestFault;

/// The largest integer that every JSON reader keeps exact; far above any count of tokens, and
/// sums of such numbers cannot overflow.
const MAX_COUNT: u64 = 1 << 53;

/// The chunks that a guest was given so far.
#[derive(Debug, Default)]
pub(in crate::sandbox) struct Seen {
    last: u64,
    finished: bool,
}

impl Seen {
    /// These chunks are about to be given. Their numbers count up.
    pub(in crate::sandbox) fn given(&mut self, chunks: &[Chunk]) {
        let newest = chunks.iter().map(|chunk| chunk.seq).max();
        self.last = self.last.max(newest.unwrap_or_default());
    }

    /// The process is gone: events without a chunk are allowed from now on.
    pub(in crate::sandbox) fn finish(&mut self) {
        self.finished = true;
    }

    fn check(&self, seq: u64) -> Result<u64, GuestFault> {
        if (seq == 0 && self.finished) || (1..=self.last).contains(&seq) {
            return Ok(seq);
        }
        Err(GuestFault::malformed(format!(
            "an event of chunk {seq}, which it was never given (the last was {})",
            self.last
        )))
    }
}

/// A step, checked.
///
/// # Errors
/// [`GuestFault::Malformed`] with the first thing that makes no sense.
pub(in crate::sandbox) fn step(step: wit::Step, seen: &Seen) -> Result<Step, GuestFault> {
    let own = |event: wit::Event| {
        Ok(ToolEvent {
            seq: seen.check(event.seq)?,
            body: body(event.body)?,
        })
    };
    Ok(Step {
        events: step
            .events
            .into_iter()
            .map(own)
            .collect::<Result<_, GuestFault>>()?,
        actions: step.actions.into_iter().map(action).collect(),
    })
}

/// A problem in the middle of a run, as the event that it amounts to.
pub(in crate::sandbox) fn trouble(problem: &Problem, seen: &Seen) -> Step {
    let code = match problem {
        Problem::Protocol(_) => FailureCode::PROTOCOL,
        Problem::Unsupported(_) | Problem::BadOptions(_) => FailureCode::UNSUPPORTED,
        Problem::Other { code, .. } => code,
    };
    let event = ToolEvent {
        seq: if seen.finished { 0 } else { seen.last },
        body: ToolEventBody::Failure(Failure::fatal(code, problem.to_string())),
    };
    Step {
        events: vec![event],
        actions: Vec::new(),
    }
}

fn body(body: wit::EventBody) -> Result<ToolEventBody, GuestFault> {
    Ok(match body {
        wit::EventBody::Started(it) => ToolEventBody::Started(Started {
            session: it.session.map(text::id),
            model: it.model.map(text::name),
            tool_version: it.tool_version.map(text::name),
        }),
        wit::EventBody::Text(it) => ToolEventBody::Text(words(it)),
        wit::EventBody::Thinking(it) => ToolEventBody::Thinking(words(it)),
        wit::EventBody::ToolCall(it) => ToolEventBody::ToolCall(ToolCall {
            id: text::id(it.id),
            name: text::name(it.name),
            input_json: it.input_json,
            changes_things: it.changes_things,
        }),
        wit::EventBody::ToolOutput(it) => ToolEventBody::ToolOutput(ToolOutput {
            id: text::id(it.id),
            ok: it.ok,
            content: it.content,
        }),
        wit::EventBody::Usage(it) => ToolEventBody::Usage(usage(it)?),
        wit::EventBody::Cost(it) => ToolEventBody::Cost(cost(it)?),
        wit::EventBody::Limit(it) => ToolEventBody::Limit(limit(it)?),
        wit::EventBody::Failure(it) => ToolEventBody::Failure(failure(it)?),
        wit::EventBody::Finished(it) => ToolEventBody::Finished(Finished {
            outcome: text::name(it.outcome),
            final_text: it.final_text,
            turns: it.turns,
        }),
        wit::EventBody::Note(it) => ToolEventBody::Note(Note {
            kind: text::name(it.kind),
            json: text::json(it.json),
        }),
    })
}

fn words(it: wit::Text) -> Text {
    Text {
        id: it.id.map(text::id),
        content: it.content,
        partial: it.partial,
        model: it.model.map(text::name),
    }
}

fn usage(it: wit::Usage) -> Result<UsageReport, GuestFault> {
    Ok(UsageReport {
        scope: scope(it.scope, it.key)?,
        usage: Usage {
            input: count("input tokens", it.input)?,
            output: count("output tokens", it.output)?,
            cache_read: count("tokens read from a cache", it.cache_read)?,
            cache_write: count("tokens written to a cache", it.cache_write)?,
            reasoning: count("reasoning tokens", it.reasoning)?,
        },
        settled: it.settled,
        model: it.model.map(text::name),
    })
}

fn cost(it: wit::Cost) -> Result<CostReport, GuestFault> {
    let basis = match it.basis.as_str() {
        "billed" => Basis::Billed,
        "reported" => Basis::Reported,
        _ => return Err(unknown("basis of a cost", it.basis)),
    };
    count("micro-dollars", Some(it.microusd))?;
    Ok(CostReport {
        scope: scope(it.scope, it.key)?,
        amount: MicroUsd(it.microusd),
        basis,
        settled: it.settled,
    })
}

fn limit(it: wit::Limit) -> Result<Limit, GuestFault> {
    Ok(Limit {
        name: text::name(it.name),
        used_ppm: it.used_ppm,
        resets_at_ms: count("milliseconds", it.resets_at_ms)?,
        hit: it.hit,
    })
}

fn failure(it: wit::Failure) -> Result<Failure, GuestFault> {
    Ok(Failure {
        code: FailureCode::new(&it.code),
        message: text::sentence(it.message),
        http_status: it.http_status,
        retry_after_ms: count("milliseconds", it.retry_after_ms)?,
        resets_at_ms: count("milliseconds", it.resets_at_ms)?,
        fatal: it.fatal,
    })
}

fn scope(scope: String, key: Option<String>) -> Result<Scope, GuestFault> {
    match (scope.as_str(), key) {
        ("run", _) => Ok(Scope::Run),
        ("message", Some(key)) => Ok(Scope::Message(text::id(key))),
        ("session", Some(key)) => Ok(Scope::Session(text::id(key))),
        ("message" | "session", None) => Err(GuestFault::malformed(format!(
            "a report for a {scope} that it does not name"
        ))),
        _ => Err(unknown("scope", scope)),
    }
}

fn count(what: &str, number: Option<u64>) -> Result<Option<u64>, GuestFault> {
    match number {
        Some(n) if n > MAX_COUNT => Err(GuestFault::malformed(format!(
            "{n} {what}, which cannot be"
        ))),
        number => Ok(number),
    }
}

fn action(action: wit::Action) -> Action {
    match action {
        wit::Action::WriteStdin(bytes) => Action::WriteStdin(bytes),
        wit::Action::CloseStdin => Action::CloseStdin,
        wit::Action::Interrupt => Action::Interrupt,
        wit::Action::Other((kind, value)) => Action::Other(text::name(kind), text::sentence(value)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Source;

    fn seen(last: u64) -> Seen {
        let mut seen = Seen::default();
        seen.given(&[Chunk {
            source: Source::Stdout,
            seq: last,
            data: Vec::new(),
            cut: None,
        }]);
        seen
    }

    fn tokens(scope: &str, key: Option<&str>, input: Option<u64>) -> wit::Usage {
        wit::Usage {
            scope: scope.to_owned(),
            key: key.map(str::to_owned),
            input,
            output: None,
            cache_read: None,
            cache_write: None,
            reasoning: None,
            settled: true,
            model: None,
            extra: Vec::new(),
        }
    }

    #[test]
    fn events_come_from_chunks_that_were_given() {
        let mut seen = seen(5);
        assert!(seen.check(1).is_ok() && seen.check(5).is_ok());
        assert!(seen.check(6).is_err() && seen.check(u64::MAX).is_err());
        assert!(seen.check(0).is_err(), "0 belongs to the end");
        seen.finish();
        assert!(seen.check(0).is_ok() && seen.check(3).is_ok());
    }

    #[test]
    fn scopes_are_known_and_named() {
        let scope_of = |scope, key| usage(tokens(scope, key, None)).map(|it| it.scope);
        assert_eq!(scope_of("run", None), Ok(Scope::Run));
        assert_eq!(
            scope_of("session", Some("s")),
            Ok(Scope::Session("s".to_owned()))
        );
        for (scope, key) in [("message", None), ("session", None), ("galaxy", Some("x"))] {
            assert!(matches!(
                scope_of(scope, key),
                Err(GuestFault::Malformed { .. })
            ));
        }
    }

    #[test]
    fn counts_that_cannot_be_are_malformed() {
        let input = |n| usage(tokens("run", None, n)).map(|it| it.usage.input);
        assert_eq!(input(None), Ok(None));
        assert_eq!(input(Some(1 << 53)), Ok(Some(1 << 53)));
        assert_eq!(
            input(Some(u64::MAX)).unwrap_err().to_string(),
            "the plugin returned 18446744073709551615 input tokens, which cannot be"
        );
    }

    #[test]
    fn a_failure_is_bounded() {
        let failure = failure(wit::Failure {
            code: "Rate Limited\u{1b}".to_owned(),
            message: "x".repeat(100_000),
            http_status: Some(429),
            retry_after_ms: None,
            resets_at_ms: None,
            fatal: false,
        })
        .unwrap();
        assert_eq!(failure.code.as_str(), "ratelimited");
        assert_eq!(failure.message.len(), 4096);
    }

    #[test]
    fn a_problem_within_a_run_is_a_fatal_failure() {
        let step = trouble(&Problem::Protocol("no JSON".to_owned()), &seen(7));
        assert_eq!(step.events[0].seq, 7);
        let ToolEventBody::Failure(failure) = &step.events[0].body else {
            panic!("not a failure: {:?}", step.events[0].body);
        };
        assert!(failure.fatal);
        assert_eq!(failure.code.as_str(), "protocol");
    }
}
