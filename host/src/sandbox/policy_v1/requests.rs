//! Requests on their way to a policy.
//!
//! Owns the conversion into the contract's types, and what a request weighs. Nothing is left out
//! and nothing is added here: what a policy may know is decided where the request is made.

use super::bindings::exports::tollgate::policy::policy as wit;
use crate::model::{PolicyAttempt, PolicyRequest, PolicyTarget, PolicyWindow};

/// Bytes that every record takes besides its texts, about.
const RECORD: usize = 64;

/// What `request` weighs in bytes, about: its texts, and a flat rate for each record and pair.
pub(in crate::sandbox) fn size(request: &PolicyRequest) -> usize {
    let words = [&request.phase, &request.run, &request.agent];
    let named = [
        &request.task_type,
        &request.program,
        &request.cwd,
        &request.event,
    ];
    let words: usize = words.into_iter().map(String::len).sum();
    let named: usize = named.into_iter().flatten().map(String::len).sum();
    let facts = request
        .facts
        .iter()
        .map(|(name, value)| name.len() + value.len() + RECORD);
    let features = request.features.iter().map(|(name, _)| name.len() + RECORD);
    let windows = request.windows.iter().map(|window| {
        let words = [&window.name, &window.metric, &window.period, &window.scope];
        words.into_iter().map(String::len).sum::<usize>() + 2 * RECORD
    });
    let attempts = request.attempts.iter().map(|attempt| {
        attempt.outcome.len() + attempt.code.as_ref().map_or(0, String::len) + 2 * RECORD
    });
    words
        + named
        + list(&request.tags)
        + list(&request.args)
        + facts.sum::<usize>()
        + features.sum::<usize>()
        + windows.sum::<usize>()
        + attempts.sum::<usize>()
        + request.targets.iter().map(target_size).sum::<usize>()
}

/// A request for the guest.
pub(in crate::sandbox) fn request(request: &PolicyRequest) -> wit::Request {
    wit::Request {
        phase: request.phase.clone(),
        now_ms: request.now_ms,
        run: request.run.clone(),
        agent: request.agent.clone(),
        task_type: request.task_type.clone(),
        tags: request.tags.clone(),
        prompt_bytes: request.prompt_bytes,
        prompt_tokens: request.prompt_tokens,
        features: request.features.clone(),
        targets: request.targets.iter().map(target).collect(),
        chosen: request.chosen,
        sticky: request.sticky,
        pinned: request.pinned,
        program: request.program.clone(),
        args: request.args.clone(),
        cwd: request.cwd.clone(),
        windows: request.windows.iter().map(window).collect(),
        attempts: request.attempts.iter().map(attempt).collect(),
        event: request.event.clone(),
        facts: request.facts.clone(),
    }
}

fn target(target: &PolicyTarget) -> wit::Target {
    wit::Target {
        tool: target.tool.clone(),
        adapter: target.adapter.clone(),
        model: target.model.clone(),
        available: target.available,
        prices: target.prices.clone(),
        estimate_microusd: target.estimate_uusd,
        context_window: target.context_window,
        tags: target.tags.clone(),
        extra: Vec::new(),
    }
}

fn window(window: &PolicyWindow) -> wit::Window {
    wit::Window {
        name: window.name.clone(),
        metric: window.metric.clone(),
        period: window.period.clone(),
        scope: window.scope.clone(),
        hard: window.hard,
        warn_percent: window.warn_percent,
        cap: window.cap,
        settled: window.settled,
        reserved: window.reserved,
        wanted: window.wanted,
        resets_at_ms: window.resets_at_ms,
        extra: Vec::new(),
    }
}

fn attempt(attempt: &PolicyAttempt) -> wit::Attempt {
    wit::Attempt {
        target: attempt.target,
        outcome: attempt.outcome.clone(),
        code: attempt.code.clone(),
        at_ms: attempt.at_ms,
        retry_after_ms: attempt.retry_after_ms,
        resets_at_ms: attempt.resets_at_ms,
        changed_files: attempt.changed_files,
        extra: Vec::new(),
    }
}

fn target_size(target: &PolicyTarget) -> usize {
    let prices = target.prices.iter().map(|(kind, _)| kind.len() + RECORD);
    let words = [&target.tool, &target.adapter, &target.model];
    words.into_iter().map(String::len).sum::<usize>()
        + prices.sum::<usize>()
        + list(&target.tags)
        + 2 * RECORD
}

fn list(texts: &[String]) -> usize {
    texts.iter().map(|text| text.len() + RECORD).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_weighs() {
        let text = || "x".repeat(1_000);
        let empty = size(&PolicyRequest::default());
        let target = PolicyTarget {
            tags: vec![text()],
            prices: vec![(text(), 1)],
            tool: text(),
            ..PolicyTarget::default()
        };
        let full = PolicyRequest {
            args: vec![text(), text()],
            event: Some(text()),
            facts: vec![(text(), text())],
            targets: vec![target],
            ..PolicyRequest::default()
        };
        assert_eq!(empty, 0);
        assert!((8_000..9_000).contains(&size(&full)), "{}", size(&full));
    }
}
