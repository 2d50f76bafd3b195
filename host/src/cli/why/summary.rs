//! The first lines of the page: what happened to a request, and why, in the order in which one would
//! ask. Pure.

use crate::cli::escape::one_line;
use crate::cli::limits::{amount, percent};
use crate::cli::policy::explain::{answered, ruling};
use crate::cli::run::words;
use crate::cli::stats::{self, thousands};
use crate::model::{MicroUsd, PolicyDecision, PolicyJudged, PolicyWindow};
use crate::query::{BreakerEvent, LimitEvent, Move};

use super::{Case, SENTENCE, WIDTH};

/// The lines that answer the question.
pub(super) fn summary(case: &Case<'_>) -> String {
    let it = case.invocation;
    let state = it.state();
    let mut text = format!("{}.{} · {}", it.run, it.number, words::state(Some(state)));
    if state.is_terminal() && it.attempts.is_empty() {
        text.push_str(": it was not taken on");
    } else if let Some(millis) = it.duration_ms.filter(|_| state.is_terminal()) {
        text.push_str(&format!(" in {}", stats::duration(millis)));
    }
    text.push_str("\n\n");
    let mut lines = vec![("Asked", asked(case)), ("Went to", went_to(case))];
    lines.extend(then(case).map(|line| ("Then", line)));
    lines.extend(policies(case).into_iter().map(|line| ("Policies", line)));
    lines.extend(questions(case).into_iter().map(|line| ("Question", line)));
    lines.extend(limits(case).map(|line| ("Limits", line)));
    lines.extend(overrides(case).into_iter().map(|line| ("Override", line)));
    lines.extend(money(case).map(|line| ("Money", line)));
    lines.extend(overruns(case).into_iter().map(|line| ("Overrun", line)));
    lines.extend(models(case).into_iter().map(|line| ("Model", line)));
    lines.extend(breakers(case).into_iter().map(|line| ("Breaker", line)));
    for (name, line) in lines {
        text.push_str(&format!("  {name:<10} {line}\n"));
    }
    text
}

fn asked(case: &Case<'_>) -> String {
    let mut text = one_line(&case.invocation.agent, WIDTH);
    if let Some(task) = &case.invocation.task_type {
        text.push_str(&format!(", {}", one_line(task, WIDTH)));
    }
    let submitted = case.told.deciding.submitted.as_ref();
    if let Some(tokens) = submitted.and_then(|it| it.prompt_tokens) {
        text.push_str(&format!(", about {} tokens", thousands(tokens)));
    }
    if let Some(why) = submitted.and_then(|it| it.justification.as_ref()) {
        text.push_str(&format!(", because \"{}\"", one_line(why, SENTENCE)));
    }
    text
}

fn went_to(case: &Case<'_>) -> String {
    let Some(decided) = case.told.deciding.decided.last() else {
        return match case.invocation.state().is_terminal() {
            true => "nowhere: no target could be used".to_owned(),
            false => "nowhere yet".to_owned(),
        };
    };
    let target = one_line(&decided.target.to_string(), WIDTH);
    // At the strictest privacy level the sentence is not kept, and the code tells.
    let why = match decided.reason.message.as_str() {
        "" => decided.reason.code.as_str(),
        message => message,
    };
    let why = one_line(why, SENTENCE);
    if case.invocation.attempts.is_empty() && case.invocation.outcome.is_some() {
        return format!("nowhere: it was not taken on; it would have gone to {target} ({why})");
    }
    let mut text = format!("{target} ({why})");
    if let Some(preferred) = &decided.preferred {
        let preferred = one_line(&preferred.to_string(), WIDTH);
        text.push_str(&format!("; the configuration prefers {preferred}"));
    }
    text
}

/// Fallbacks and retries, in order.
fn then(case: &Case<'_>) -> Option<String> {
    let moves = case.told.deciding.moves.iter().map(|it| match it {
        Move::FellBack(it) => format!(
            "{} failed ({}), {} took over",
            one_line(&it.from.to_string(), WIDTH),
            one_line(it.code.as_str(), 40),
            one_line(&it.to.to_string(), WIDTH)
        ),
        Move::Retried(it) => format!(
            "{} failed ({}), tried again after {}",
            one_line(&it.target.to_string(), WIDTH),
            one_line(it.code.as_str(), 40),
            stats::duration(it.delay_ms)
        ),
    });
    let moves: Vec<String> = moves.collect();
    (!moves.is_empty()).then(|| moves.join("; "))
}

/// The ruling at the start, and every later one that was not simply yes.
fn policies(case: &Case<'_>) -> Vec<String> {
    let deciding = &case.told.deciding;
    let mut lines = Vec::new();
    if let Some(judged) = deciding.at_start() {
        lines.push(ruled(&judged.said));
    }
    let since = deciding.refused_since().into_iter();
    lines.extend(since.map(|it| format!("tried again, and refused: {}", ruled(&it.said))));
    let later = deciding
        .judged
        .iter()
        .filter(|it| it.said.phase != crate::model::Phase::RunStart && it.said.ruling != "proceed");
    lines.extend(later.map(|it| format!("{}: {}", it.said.phase.as_str(), ruled(&it.said))));
    lines
}

/// What came of it, with the words of whoever decided it.
fn ruled(said: &PolicyJudged) -> String {
    let mut names: Vec<&str> = Vec::new();
    for opinion in &said.opinions {
        if !names.contains(&opinion.policy.as_str()) {
            names.push(&opinion.policy);
        }
    }
    let text = match names.len() {
        0 => return "none was asked".to_owned(),
        1 => format!("1 asked: {}", ruling(said)),
        n => format!("{n} asked: {}", ruling(said)),
    };
    let by = said
        .opinions
        .iter()
        .rfind(|it| said.by.as_ref() == Some(&it.policy));
    let reason = by.and_then(|it| {
        let first = it
            .verdict
            .as_ref()
            .and_then(|verdict| verdict.reasons.first());
        let fault = it.fault.as_ref();
        first.map(|reason| &reason.message).or(fault)
    });
    match reason.filter(|it| !it.is_empty()) {
        Some(reason) => format!("{text}: {}", one_line(reason, SENTENCE)),
        None => text,
    }
}

/// What was asked of the user, and the answer.
fn questions(case: &Case<'_>) -> Vec<String> {
    let mut lines = Vec::new();
    for judged in &case.told.deciding.judged {
        for opinion in &judged.said.opinions {
            let decision = opinion.verdict.as_ref().map(|verdict| &verdict.decision);
            let Some(PolicyDecision::Ask(question)) = decision else {
                continue;
            };
            let by = one_line(&opinion.policy, WIDTH);
            let title = one_line(&question.title, SENTENCE);
            let answer = judged.said.answer.as_deref();
            let answer = answer.map_or_else(|| "not asked".to_owned(), answered);
            lines.push(format!("{by}: {title}: {answer}"));
        }
    }
    lines
}

/// The limit in the way, or else the one that was nearest to its cap.
fn limits(case: &Case<'_>) -> Option<String> {
    let denied = case.told.deciding.limits.iter().find_map(|it| match it {
        LimitEvent::Denied(denied) => Some(denied),
        _ => None,
    });
    if let Some(denied) = denied {
        let stand = &denied.stand;
        let show = |much| amount(&stand.metric, much);
        return Some(format!(
            "'{}' was in the way of {}: {} of {} taken, {} more wanted",
            one_line(&stand.limit, WIDTH),
            what(&denied.what),
            show(stand.taken),
            show(stand.cap),
            show(stand.wanted)
        ));
    }
    let windows = &case.asked.as_ref()?.windows;
    let share = |it: &&PolicyWindow| percent(it.settled.saturating_add(it.reserved), it.cap);
    let nearest = windows.iter().max_by_key(share)?;
    let taken = nearest.settled.saturating_add(nearest.reserved);
    let wanted = nearest.wanted.map_or_else(
        || ", nobody could tell how much more".to_owned(),
        |wanted| format!(", {} more wanted", amount(&nearest.metric, wanted)),
    );
    let others = match windows.len() {
        1 => String::new(),
        n => format!(" (nearest of {n})"),
    };
    Some(format!(
        "'{}' stood at {} of {}, {} %{wanted}{others}",
        one_line(&nearest.name, WIDTH),
        amount(&nearest.metric, taken),
        amount(&nearest.metric, nearest.cap),
        share(&nearest)
    ))
}

fn what(word: &str) -> String {
    match word {
        "start" => "the request".to_owned(),
        "retry" => "trying it again".to_owned(),
        "fallback" => "another attempt".to_owned(),
        "extend" => "more for a running attempt".to_owned(),
        other => one_line(other, 40),
    }
}

/// Limits that somebody went beyond, with the words that are on record.
fn overrides(case: &Case<'_>) -> Vec<String> {
    let over = case.told.deciding.limits.iter().filter_map(|it| match it {
        LimitEvent::Overridden(over) => Some(over),
        _ => None,
    });
    let line = |over: &crate::model::BudgetOverridden| {
        let stand = &over.stand;
        let why = over.justification.as_ref().map_or_else(
            || "the reason is not kept".to_owned(),
            |why| format!("\"{}\"", one_line(why, SENTENCE)),
        );
        format!(
            "'{}' was passed knowingly ({} of {}): {why}",
            one_line(&stand.limit, WIDTH),
            amount(&stand.metric, stand.taken.saturating_add(stand.wanted)),
            amount(&stand.metric, stand.cap)
        )
    };
    over.map(line).collect()
}

fn money(case: &Case<'_>) -> Option<String> {
    let attempts = &case.invocation.attempts;
    if attempts.is_empty() {
        return None;
    }
    let cost = case.invocation.cost();
    let aside = attempts.keys().filter_map(|number| {
        let money = case.told.deciding.money(*number)?;
        Some(money.last.as_ref()?.amounts.uusd)
    });
    let aside = aside.fold(None, |sum: Option<u64>, it| {
        Some(sum.unwrap_or(0).saturating_add(it))
    });
    let spent = match cost.amount {
        Some(_) => format!("{} spent", words::cost(&cost)),
        None => "what it cost is unknown".to_owned(),
    };
    Some(match aside {
        Some(aside) => format!("{} set aside, {spent}", MicroUsd(aside)),
        None => spent,
    })
}

/// Attempts that went beyond what was set aside for them.
fn overruns(case: &Case<'_>) -> Vec<String> {
    let attempts = case.invocation.attempts.keys();
    let over = attempts.filter_map(|number| {
        let settled = case.told.deciding.money(*number)?.settled.as_ref()?;
        let over = settled.overrun_uusd?;
        Some(format!(
            "a{number} used {over} more than was set aside for it"
        ))
    });
    over.collect()
}

fn models(case: &Case<'_>) -> Vec<String> {
    let line = |(attempt, requested, served): (u32, String, String)| {
        let requested = one_line(&requested, WIDTH);
        let served = one_line(&served, WIDTH);
        format!("❗ a{attempt} asked for {requested}, served by {served}")
    };
    case.other_models().into_iter().map(line).collect()
}

/// Breakers that kept a candidate out, and those that its attempts opened or closed.
fn breakers(case: &Case<'_>) -> Vec<String> {
    let deciding = &case.told.deciding;
    let decided = deciding.decided.last();
    let candidates = decided.map_or(&[][..], |it| it.candidates.as_slice());
    let kept_out = candidates.iter().filter_map(|it| {
        let rejected = it
            .rejected
            .as_ref()
            .filter(|it| it.code == "breaker_open")?;
        let target = one_line(&it.target.to_string(), WIDTH);
        let message = one_line(&rejected.message, SENTENCE);
        Some(format!("{target} was kept out: {message}"))
    });
    let changed = deciding.breakers.iter().map(|it| match it {
        BreakerEvent::Opened(it) => {
            let until = it.until_ms.and_then(|ms| {
                let ms = i64::try_from(ms).ok()?;
                jiff::Timestamp::from_millisecond(ms).ok()
            });
            let until = until.map_or_else(|| "somebody sees to it".to_owned(), words::moment);
            format!(
                "its failure ({}) keeps {} {} from use until {until}",
                one_line(it.code.as_str(), 40),
                it.scope.as_str(),
                one_line(&it.key, WIDTH)
            )
        }
        BreakerEvent::Closed(it) => {
            let key = one_line(&it.key, WIDTH);
            format!("its success put {} {key} back in use", it.scope.as_str())
        }
    });
    kept_out.chain(changed).collect()
}
