//! A limit in words.
//!
//! Owns the names of periods and how amounts are shown. Scripts and people know these sentences; they do not change.

use tollgate_policy_sdk::prelude::*;

/// `daily budget`, `daily budget of agent architect`.
pub(crate) fn budget(window: &Window) -> String {
    format!("{} budget{}", period(window), scope(window))
}

/// `Daily spending at 81% of limit ($8.10 / $10.00)`.
pub(crate) fn share(window: &Window) -> String {
    let period = period(window);
    let mut letters = period.chars();
    let first = letters.next().map(|letter| letter.to_ascii_uppercase());
    format!(
        "{}{} spending{} at {}% of limit ({})",
        first.unwrap_or_default(),
        letters.as_str(),
        scope(window),
        window.percent(),
        stand(window, window.taken())
    )
}

/// `$8.10 / $10.00`, `8,100 / 10,000 tokens`.
pub(crate) fn stand(window: &Window, amount: u64) -> String {
    if window.is_money() {
        format!("{} / {}", MicroUsd(amount), MicroUsd(window.cap))
    } else {
        let metric = words::snippet(&window.metric, 40);
        format!("{} / {} {metric}", grouped(amount), grouped(window.cap))
    }
}

/// Adds the figures to the verdict, for machines.
pub(crate) fn facts(verdict: Verdict, window: &Window) -> Verdict {
    let mut verdict = verdict
        .fact("limit", &window.name)
        .fact("metric", &window.metric)
        .fact("cap", window.cap)
        .fact("taken", window.taken());
    if let Some(wanted) = window.wanted {
        verdict = verdict.fact("wanted", wanted);
    }
    if let Some(at) = window.resets_at_ms {
        verdict = verdict.fact("resets_at_ms", at);
    }
    verdict
}

fn period(window: &Window) -> String {
    let word = match window.period.as_str() {
        "minute" => "per-minute",
        "hour" => "hourly",
        "day" => "daily",
        "month" => "monthly",
        "rolling-5h" => "5-hour",
        "rolling-7d" => "7-day",
        other => return words::snippet(other, 40),
    };
    word.to_owned()
}

fn scope(window: &Window) -> String {
    match window.scope.as_str() {
        "all" | "" => String::new(),
        scope => format!(" of {}", words::snippet(scope, 200)),
    }
}

/// `10,000`.
fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_counts_are_grouped() {
        for (count, text) in [
            (0, "0"),
            (999, "999"),
            (1000, "1,000"),
            (123_456, "123,456"),
            (u64::MAX, "18,446,744,073,709,551,615"),
        ] {
            assert_eq!(grouped(count), text);
        }
    }
}
