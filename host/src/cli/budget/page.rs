//! Where the limits stand, for people. Pure.

use jiff::Timestamp;

use crate::cli::escape::one_line;
use crate::cli::limits::{amount, bar, counted, percent};
use crate::cli::run::words;
use crate::cli::stats::thousands;
use crate::cli::table::Table;
use crate::engine::{Reservation, Standing};
use crate::model::{Amounts, LimitKind, MicroUsd, Period};

use super::Shown;

/// Rows of a table; the JSON document has all.
const ROWS: usize = 50;

/// Times beyond a limit that are shown, the latest ones.
const BEYOND: usize = 10;

/// Everything, for people.
pub(super) fn page(shown: &Shown<'_>) -> String {
    let finances = &shown.finances;
    let mut text = String::new();
    if finances.limits.is_empty() {
        text.push_str(
            "no limits are configured: nothing is held back for money, tokens, or requests\n",
        );
    } else {
        text.push_str(&format!("{}\n\n", limits(&finances.limits)));
        text.push_str(&format!("{}\n", pace(&finances.limits, shown.now)));
    }
    if !finances.open.is_empty() {
        text.push_str(&format!("\n{}\n", reservations(shown)));
    }
    if !finances.beyond.is_empty() {
        text.push_str(&format!("\n{}\n", beyond(shown)));
    }
    let (n, since) = shown.not_exact;
    if n > 0 {
        let (s, have, they) = match n {
            1 => ("", "has", "it counts"),
            _ => ("s", "have", "they count"),
        };
        text.push_str(&format!(
            "\n{} attempt{s} since {since} {have} a cost that is unknown or only a lower bound; \
             where limits are held, {they} with what was set aside\n",
            thousands(n)
        ));
    }
    text
}

fn limits(all: &[Standing<'_>]) -> Table {
    let mut table = Table::new([
        "Limit",
        "Covers",
        "Per",
        "Kind",
        "Taken",
        "Share",
        "Spent",
        "Set aside",
        "Cap",
        "Begins anew",
    ]);
    for it in all.iter().take(ROWS) {
        let (window, limit) = (&it.window, it.window.limit);
        let metric = limit.metric.as_str();
        let share = percent(window.taken(), limit.cap);
        table.row([
            limit.name.clone(),
            limit.scope.to_string(),
            per(it),
            kind(limit.kind).to_owned(),
            bar(share),
            format!("{share} %"),
            amount(metric, window.settled),
            amount(metric, window.reserved),
            format!("{}{}", amount(metric, limit.cap), counted(metric)),
            window
                .resets_at
                .map_or_else(|| "-".to_owned(), words::moment),
        ]);
    }
    table
}

/// Over what time; for a limit on runs also which run is shown.
fn per(it: &Standing<'_>) -> String {
    let period = it.window.limit.period;
    match (period, &it.run) {
        (Period::Run, Some(run)) => format!("run ({run})"),
        (Period::Run, None) => "run (none is open)".to_owned(),
        (period, _) => period.as_str().to_owned(),
    }
}

fn kind(kind: LimitKind) -> &'static str {
    match kind {
        LimitKind::Soft => "soft",
        LimitKind::Hard => "hard",
    }
}

fn pace(all: &[Standing<'_>], now: Timestamp) -> Table {
    let mut table = Table::new(["Pace", "Per hour", "Last hour", "At the end", "Reached"]);
    for it in all.iter().take(ROWS) {
        let metric = it.window.limit.metric.as_str();
        let told = |much: Option<u64>| much.map_or_else(|| "-".to_owned(), |it| amount(metric, it));
        table.row([
            it.window.limit.name.clone(),
            told(it.per_hour),
            amount(metric, it.last_hour),
            told(it.forecast),
            reached(it, now),
        ]);
    }
    table
}

fn reached(it: &Standing<'_>, now: Timestamp) -> String {
    match it.reached_at {
        Some(at) if at <= now => "now".to_owned(),
        Some(at) => format!("{} at this pace", words::moment(at)),
        None if it.window.limit.period == Period::Run => "-".to_owned(),
        None => "not within the period".to_owned(),
    }
}

fn reservations(shown: &Shown<'_>) -> Table {
    let mut table = Table::new([
        "Set aside for",
        "Agent",
        "Target",
        "Amount",
        "Used so far",
        "Own cap",
        "Since",
        "Remarks",
    ]);
    for (name, it) in shown.finances.open.iter().take(ROWS) {
        let cap = it
            .cap_uusd
            .map_or_else(|| "-".to_owned(), |it| it.to_string());
        table.row([
            name.to_string(),
            it.agent.to_string(),
            it.target.to_string(),
            aside(&it.amounts),
            used(&it.used),
            cap,
            words::ago(it.since, shown.now),
            remarks(it),
        ]);
    }
    table
}

/// Money and tokens that are set aside.
fn aside(amounts: &Amounts) -> String {
    let money = MicroUsd(amounts.uusd);
    match amounts.tokens {
        0 => money.to_string(),
        tokens => format!("{money}, {} tokens", thousands(tokens)),
    }
}

/// What is on record as used so far is a lower bound; what nobody told is not nothing.
fn used(used: &Amounts) -> String {
    match (used.uusd, used.tokens) {
        (0, 0) => "unknown".to_owned(),
        (0, tokens) => format!("≥{} tokens", thousands(tokens)),
        (uusd, _) => format!("≥{}", MicroUsd(uusd)),
    }
}

fn remarks(it: &Reservation) -> String {
    let mut remarks = Vec::new();
    if it.unpriced {
        remarks.push("its cost cannot be told");
    }
    if it.forced {
        remarks.push("forced beyond a limit");
    }
    if it.within.is_some() {
        remarks.push("asked for by another attempt's agent");
    }
    remarks.join(", ")
}

fn beyond(shown: &Shown<'_>) -> Table {
    let mut table = Table::new(["Beyond", "When", "How", "By"]);
    for it in shown.finances.beyond.iter().rev().take(BEYOND) {
        let (how, by) = match it.forced {
            true => ("forced by the user", format!("at most {}", it.uusd)),
            false => ("used more than was set aside", it.uusd.to_string()),
        };
        table.row([
            one_line(&it.attempt, 80),
            words::ago(it.at, shown.now),
            how.to_owned(),
            by,
        ]);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_told_is_unknown_and_the_rest_is_a_lower_bound() {
        assert_eq!(used(&Amounts::default()), "unknown");
        let told = Amounts {
            uusd: 120_000,
            tokens: 5,
            ..Amounts::default()
        };
        assert_eq!(used(&told), "≥$0.12");
        let tokens_only = Amounts { uusd: 0, ..told };
        assert_eq!(used(&tokens_only), "≥5 tokens");
    }
}
