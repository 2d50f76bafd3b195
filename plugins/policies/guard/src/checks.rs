//! What is looked at, and what is said when it is out of bounds.
//!
//! Owns the sentences: each names exactly what is denied and which setting would allow it. What cannot be told (a command
//! without a directory, a tool without a name) is denied where there is a bound on it.

use tollgate_policy_sdk::prelude::*;

use crate::places::parts;
use crate::rule::Rule;

/// Before a request is taken on. Where it will work may not be known yet; the command tells.
pub(crate) fn start(rule: &Rule, request: &Request) -> Vec<Verdict> {
    let cwd = request.cwd.as_deref();
    cwd.and_then(|cwd| directory(rule, cwd))
        .into_iter()
        .collect()
}

/// The command line is ready.
pub(crate) fn command(rule: &Rule, request: &Request) -> Vec<Verdict> {
    let flags = rule.flags.iter().filter(|flag| flag.is_in(&request.args));
    let mut verdicts: Vec<Verdict> = flags
        .map(|flag| {
            let entry = shown(flag.entry());
            let message = format!(
                "the flag `{entry}` is denied; to allow it, add it to `allow_flags` of the policy guard"
            );
            Verdict::deny("flag_denied", message).fact("flag", &entry)
        })
        .collect();
    verdicts.extend(program(rule, request.program.as_deref()));
    verdicts.extend(match &request.cwd {
        Some(cwd) => directory(rule, cwd),
        None if rule.directories.is_empty() => None,
        None => Some(Verdict::deny(
            "directory_denied",
            "it is not known where the command would run, and `directories` of the policy guard names where it may; give it a \
             working directory",
        )),
    });
    verdicts
}

/// The agent uses one of its own tools.
pub(crate) fn tool_call(rule: &Rule, request: &Request) -> Vec<Verdict> {
    if rule.deny_tools.is_empty() {
        return Vec::new();
    }
    let Some(name) = request.event_text("name") else {
        let message = "the agent uses a tool without a name, and `deny_tools` of the policy guard may mean it; remove that \
                       setting to allow it";
        return vec![Verdict::deny("tool_denied", message)];
    };
    let mut denied = rule.deny_tools.iter();
    if !denied.any(|tool| tool.eq_ignore_ascii_case(&name)) {
        return Vec::new();
    }
    let name = shown(&name);
    let message = format!(
        "the agent's tool `{name}` is denied; to allow it, remove it from `deny_tools` of the policy guard"
    );
    vec![Verdict::deny("tool_denied", message).fact("tool", &name)]
}

fn program(rule: &Rule, program: Option<&str>) -> Option<Verdict> {
    let known = |program: &str| rule.programs.iter().any(|known| known.is(program));
    if rule.programs.is_empty() || program.is_some_and(known) {
        return None;
    }
    let program = shown(program.unwrap_or("(not known)"));
    let message = format!(
        "the program `{program}` is not allowed; to allow it, add it to `programs` of the policy guard"
    );
    Some(Verdict::deny("program_denied", message).fact("program", &program))
}

fn directory(rule: &Rule, cwd: &str) -> Option<Verdict> {
    if rule.directories.is_empty() && rule.deny_directories.is_empty() {
        return None;
    }
    let shown = shown(cwd);
    let why = match parts(cwd) {
        None => "its path must be absolute and without `..`; give it in full",
        Some(cwd) if rule.deny_directories.iter().any(|place| place.covers(&cwd)) => {
            "to allow it, remove what covers it from `deny_directories` of the policy guard"
        }
        Some(cwd)
            if !rule.directories.is_empty()
                && !rule.directories.iter().any(|place| place.covers(&cwd)) =>
        {
            "to allow it, add it to `directories` of the policy guard"
        }
        Some(_) => return None,
    };
    let message = format!("agents may not work in `{shown}`; {why}");
    Some(Verdict::deny("directory_denied", message).fact("directory", &shown))
}

/// As much of a path or a name as a message holds.
fn shown(text: &str) -> String {
    words::snippet(text, 200)
}
