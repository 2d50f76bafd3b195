//! What each recorded failure is told as: the code, and what of status, wait, and return the recording tells.
//!
//! The codes follow from what the mock API did, as `scenario` in `NAME.json` says. A recording that fails and has no row
//! here fails the test.

use std::collections::BTreeMap;

use claude_code::ClaudeCode;
use codex::Codex;
use conformance::{Fold, Recording, all, play};
use tollgate_plugin_sdk::contract::Failure;

/// A recording, and its failures in their order: a code, then what is known more, then `...` if the tool went on.
type Row = (&'static str, &'static [&'static str]);

const CLAUDE: &[Row] = &[
    ("400-credit", &["billing 400"]),
    ("400-too-long", &["context-length 400"]),
    ("401-noretry", &["auth 401"]),
    ("403-noretry", &["permission 403"]),
    ("413", &["too-large 413"]),
    ("429-noretry", &["rate-limited 429"]),
    ("429-once-then-ok", &["rate-limited 429 after 2356 ms ..."]),
    ("500-once-then-ok", &["unavailable 500 after 508 ms ..."]),
    ("529-noretry", &["overloaded 529"]),
    ("max-budget", &["max-cost"]),
    ("max-turns-1", &["max-turns"]),
    ("maxtok", &["output-limit"]),
    ("mcp-child-SIGTERM", &["aborted"]),
    ("model-unknown-404", &["model-not-found 404"]),
    ("nokey", &["auth"]),
    ("refusal", &["refused"]),
    ("reset-noretry", &["network"]),
    ("reset-partial", &["network after 573 ms ..."]),
    ("resume-missing", &["session-not-found"]),
    ("slow-SIGINT", &["aborted"]),
    ("slow-SIGKILL", &["aborted"]),
    ("slow-SIGTERM", &["aborted"]),
    ("slow-SIGTERM-partial", &["aborted"]),
    ("toolsleep-SIGINT-pid", &["aborted"]),
    ("toolsleep-SIGTERM-pgrp", &["aborted"]),
    ("trunc-noretry", &["network"]),
];

const CODEX: &[Row] = &[
    ("400-context", &["context-length"]),
    ("401-noretry", &["auth 401"]),
    ("403-noretry", &["permission 403"]),
    ("429-insufficient-quota", &["billing"]),
    ("429-noretry", &["rate-limited 429"]),
    ("429-once-then-ok", &["rate-limited 429 ..."]),
    // Refilled after an hour, but told as "8:01 AM".
    ("429-usage-limit", &["usage-limit"]),
    // A 500 is told as "high demand", without its status.
    ("500-noretry", &["overloaded"]),
    ("503-noretry", &["unavailable 503"]),
    ("eof-noretry", &["network"]),
    ("maxtok", &["output-limit"]),
    ("model-unknown-404", &["model-not-found 404"]),
    ("nokey", &["auth"]),
    ("notgit", &["bad-setup"]),
    (
        "refusal",
        &[
            "refused ...",
            "refused ...",
            "refused ...",
            "refused ...",
            "refused ...",
            "refused",
        ],
    ),
    ("reset-noretry", &["network"]),
    ("reset-once", &["network ..."]),
    ("resume-missing", &["session-not-found"]),
    ("slow-SIGINT", &["aborted"]),
    ("slow-SIGKILL", &["aborted"]),
    ("slow-SIGTERM", &["aborted"]),
    ("sseerr-ratelimit", &["rate-limited"]),
    ("trunc-noretry", &["network"]),
];

fn short(failure: &Failure) -> String {
    let facts = [
        failure.http_status.map(|status| status.to_string()),
        failure.retry_after_ms.map(|ms| format!("after {ms} ms")),
        failure.resets_at_ms.map(|ms| format!("resets at {ms}")),
        (!failure.fatal).then(|| "...".to_owned()),
    ];
    let facts = facts.into_iter().flatten();
    let words: Vec<String> = [failure.code.clone()].into_iter().chain(facts).collect();
    words.join(" ")
}

fn check(tool: &str, rows: &[Row], play: impl Fn(&Recording) -> Result<Fold, String>) {
    let mut rows: BTreeMap<&str, &[&str]> = rows.iter().copied().collect();
    let mut wrong = String::new();
    for recording in all(tool).expect("the recordings") {
        let fold = play(&recording).expect("a run");
        let told: Vec<String> = fold.failures.iter().map(short).collect();
        let expected = rows.remove(recording.name.as_str()).unwrap_or_default();
        if told != expected {
            wrong.push_str(&format!("    (\"{}\", &{told:?}),\n", recording.name));
        }
    }
    assert!(wrong.is_empty(), "{tool} tells otherwise:\n{wrong}");
    assert!(rows.is_empty(), "{tool} has no such recordings: {rows:?}");
}

#[test]
fn claude_code_says_what_kind_of_failure_it_was() {
    check("claude", CLAUDE, |recording| {
        let format = recording.flag("--output-format").unwrap_or("text");
        play::<ClaudeCode>(recording, &format!(r#"{{"format":"{format}"}}"#))
    });
}

#[test]
fn codex_says_what_kind_of_failure_it_was() {
    check("codex", CODEX, |recording| {
        let format = if recording.has("--json") {
            "json"
        } else {
            "text"
        };
        play::<Codex>(recording, &format!(r#"{{"format":"{format}"}}"#))
    });
}
