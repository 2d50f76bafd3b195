//! The result line: did it succeed, and what is the answer.
//!
//! Owns the rule of success. `subtype` says "success" also for a refused key, and the exit status is 0 also after an
//! interrupt, so neither is asked: `is_error` decides, and that a model was asked at all. Never takes an error's text for
//! an answer.

use tollgate_plugin_sdk::contract::{Failure, Finished};
use tollgate_plugin_sdk::event::{self, Events, snippet};
use tollgate_plugin_sdk::json;

use crate::failure::{self, Said};
use crate::ledger::{Ending, Ledger};
use crate::line::Line;
use crate::messages::Messages;

/// Longest message of a failure, in bytes.
const MESSAGE_BYTES: usize = 2_000;

/// What was learned before the result line and belongs to it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Before<'a> {
    pub(crate) session: Option<&'a str>,
    /// `error` of the last synthetic message.
    pub(crate) error: Option<&'a str>,
    /// A quota was hit, as the tool's own line about quotas said.
    pub(crate) quota_hit: bool,
    /// When it is refilled.
    pub(crate) resets_at_ms: Option<u64>,
}

/// Reads a result line: usage, cost, denials, the failure if there was one, and the last word.
pub(crate) fn read(
    line: &Line<'_>,
    before: Before<'_>,
    ledger: &mut Ledger,
    messages: &Messages,
    events: &mut Events,
) {
    let terminal = json::string(line.terminal_reason);
    let api_error = json::string(line.api_error);
    let turns = json::count(line.num_turns);
    // A result that does not say that it is one counts as an error: better a run too many than a wrong answer.
    let is_error = json::flag(line.is_error).unwrap_or(true);
    let ending = Ending {
        session: before.session,
        turns,
        terminal: terminal.as_deref(),
        connection_failed: api_error.as_deref() == Some("connection_failed"),
        is_error,
    };
    ledger.close(line, ending, events);
    if let Some(denials) = line
        .permission_denials
        .filter(|denials| denials.get() != "[]")
    {
        events.note(
            "permission-denials",
            &[("denials", &snippet(denials.get().as_bytes(), MESSAGE_BYTES))],
        );
    }
    let mut finished = Finished {
        outcome: "done".to_owned(),
        final_text: None,
        turns: turns.and_then(|turns| u32::try_from(turns).ok()),
        extra: Vec::new(),
    };
    if is_error {
        let failure = of_error(line, before);
        let interrupted = failure.code == "aborted";
        finished.outcome = if interrupted { "cancelled" } else { "failed" }.to_owned();
        events.push(failure);
    } else if turns == Some(0) {
        finished.outcome = "failed".to_owned();
        let message = "claude took the prompt for one of its own commands, and no model saw it";
        events.push(failed("bad-setup", message.to_owned(), None));
    } else {
        finished.final_text = json::string(line.result).filter(|answer| !messages.is_last(answer));
    }
    events.push(finished);
}

/// The failure that an erroneous result is.
fn of_error(line: &Line<'_>, before: Before<'_>) -> Failure {
    let subtype = json::string(line.subtype);
    let terminal = json::string(line.terminal_reason);
    let stop = json::string(line.stop_reason);
    let api_error = json::string(line.api_error);
    let api_type = json::string(line.api_error_type);
    let status = json::count(line.api_error_status).and_then(|status| u16::try_from(status).ok());
    let prose = prose(line).unwrap_or_else(|| subtype.clone().unwrap_or_default());
    let code = failure::code(Said {
        subtype: subtype.as_deref(),
        terminal: terminal.as_deref(),
        stop: stop.as_deref(),
        api_error: api_error.as_deref(),
        api_type: api_type.as_deref(),
        error: before.error,
        status,
        quota_hit: before.quota_hit,
        prose: &prose,
    });
    let message = if code == "aborted" {
        "claude was interrupted".to_owned()
    } else {
        prose
    };
    let mut failure = failed(code, message, status);
    if code == "usage-limit" || code == "rate-limited" {
        failure.resets_at_ms = before
            .resets_at_ms
            .or_else(|| failure::resets_at(&failure.message));
    }
    failure
}

fn failed(code: &str, message: String, status: Option<u16>) -> Failure {
    Failure {
        http_status: status,
        ..event::failure(code, message, true)
    }
}

fn prose(line: &Line<'_>) -> Option<String> {
    let errors = json::strings(line.errors);
    let text = if errors.is_empty() {
        json::string(line.result)?
    } else {
        errors.join("; ")
    };
    Some(snippet(text.as_bytes(), MESSAGE_BYTES))
}
