//! What a trial found, for people.

use std::collections::BTreeMap;

use crate::engine::{
    Change, Course, Difference, Faults, NotJudged, Requests, Sides, Simulation, Spend, Unjudged,
};
use crate::model::MicroUsd;

use super::super::escape::one_line;
use super::super::stats::thousands;
use super::super::table::Table;

/// How it was found out; part of every report.
pub(super) const METHOD: [&str; 7] = [
    "Targets, prices, estimates, and the session's last target are those on record; limits are \
     those that are tried, with what would have been spent by then.",
    "A request that would be refused spends nothing, and what builds on it is not made.",
    "A request that goes elsewhere costs what its tokens cost at the prices on record for that \
     target; its retries go there, too, and attempts at other targets stay as they were.",
    "A request that was refused and would run is of unknown cost; for the limits it counts with \
     what it would set aside.",
    "Unknown costs are counted and never taken for zero: ≥ marks a sum that lacks some, ? one \
     of which nothing is known.",
    "A question that was put to a person has that person's answer; others have the one of \
     when_unattended.",
    "Only decisions before a request is taken on are judged again; what came after a failure \
     stays as it was.",
];

/// The whole report.
pub(super) fn report(found: &Simulation) -> String {
    let mut text = head(found);
    if found.decisions > 0 {
        text.push_str(&agreement(found));
        text.push_str(&requests(&found.requests));
        text.push_str(&spend(found));
        text.push_str(&differences(found));
    }
    text.push_str(&faults(&found.faults));
    text.push_str("\n\nHow this was found out\n");
    for line in METHOD {
        text.push_str(&format!("  - {line}\n"));
    }
    text.trim_end().to_owned()
}

fn head(found: &Simulation) -> String {
    let mut text = match (found.first, found.last) {
        (Some(first), Some(last)) => format!(
            "{} judged again, {} to {} (UTC)\n",
            counted(found.decisions, "decision"),
            first.strftime("%Y-%m-%d"),
            last.strftime("%Y-%m-%d"),
        ),
        _ => "There is no decision on record that can be judged again.\n".to_owned(),
    };
    let policies = found.policies.iter().map(|it| {
        let tried = if it.swapped { " (tried)" } else { "" };
        let name = one_line(&it.policy, 60);
        format!("{name} {}{tried}", one_line(&it.version, 40))
    });
    let policies: Vec<String> = policies.collect();
    text.push_str(&match policies.is_empty() {
        true => "  No policies; the limits are held without them\n".to_owned(),
        false => format!("  Policies: {}\n", policies.join(", ")),
    });
    for left_out in &found.not_judged {
        text.push_str(&not_judged(left_out));
    }
    if found.damaged > 0 {
        let pieces = counted(found.damaged, "piece");
        text.push_str(&format!(
            "  {pieces} of the record damaged and left out: tollgate journal verify\n"
        ));
    }
    text
}

fn not_judged(left_out: &NotJudged) -> String {
    let why = match left_out.why {
        Unjudged::NotKept => "what the policies were told is not kept at privacy level none",
        Unjudged::Older => "made before policies were on record",
        Unjudged::Unreadable => "what is kept cannot be read",
    };
    let more = left_out.count - left_out.first.len() as u64;
    let names = one_line(&left_out.first.join(", "), 200);
    let more = match more {
        0 => String::new(),
        more => format!(" and {} more", thousands(more)),
    };
    format!(
        "  Not judged: {}, {why}: {names}{more}\n",
        thousands(left_out.count)
    )
}

fn agreement(found: &Simulation) -> String {
    let share = |n: u64| {
        let (n, all) = (u128::from(n), u128::from(found.decisions.max(1)));
        let tenths = (n * 2_000 + all) / (all * 2);
        format!("{}.{} %", tenths / 10, tenths % 10)
    };
    let mut table = Table::new(["Outcome", "Decisions", "Share"]);
    let same = found.same;
    table.row(["the same".to_owned(), thousands(same), share(same)]);
    for change in Change::ALL {
        let n = found.changes.get(&change).copied().unwrap_or(0);
        if n > 0 {
            table.row([words(change).to_owned(), thousands(n), share(n)]);
        }
    }
    let mut text = format!("\n{table}\n");
    if found.groundless > 0 {
        text.push_str(&format!(
            "{} of them build on a request that is refused\n",
            thousands(found.groundless)
        ));
    }
    text
}

fn words(change: Change) -> &'static str {
    match change {
        Change::Rerouted => "goes elsewhere",
        Change::Refused => "ran, would be refused",
        Change::Admitted => "was refused, would run",
        Change::Asked => "would be asked about first",
        Change::NotAsked => "would not be asked about",
    }
}

fn requests(sides: &Sides<Requests>) -> String {
    let mut table = Table::new(["Requests", "Run", "Refused", "Rerouted", "Asked about"]);
    for (name, side) in [("was", sides.was), ("would be", sides.would_be)] {
        table.row([
            name.to_owned(),
            thousands(side.run),
            thousands(side.refused),
            thousands(side.rerouted),
            thousands(side.asked),
        ]);
    }
    format!("\n{table}\n")
}

fn spend(found: &Simulation) -> String {
    let all: BTreeMap<String, Sides<Spend>> = [("all".to_owned(), found.spend.clone())].into();
    let mut text = String::new();
    for (title, groups) in [
        ("Spend", &all),
        ("By target", &found.by_target),
        ("By agent", &found.by_agent),
    ] {
        let mut table = Table::new([title, "Was", "Would be", "Unknown was", "Unknown would be"]);
        for (name, sides) in groups {
            table.row([
                one_line(name, 80),
                money(&sides.was),
                money(&sides.would_be),
                thousands(sides.was.at_least),
                thousands(sides.would_be.at_least),
            ]);
        }
        text.push_str(&format!("\n{table}\n"));
    }
    text.push_str(&format!(
        "was {}; would be {}\n",
        bases(&found.spend.was),
        bases(&found.spend.would_be)
    ));
    if let Some(n) = found.changes.get(&Change::Admitted) {
        let known = MicroUsd(found.admitted_estimate_usd_micros);
        let rest = match found.admitted_without_estimate {
            0 => String::new(),
            rest => format!(", {} of them unknown even so", thousands(rest)),
        };
        text.push_str(&format!(
            "the {} refused then and run now would be expected to cost {known}{rest}\n",
            thousands(*n)
        ));
    }
    if found.still_open > 0 {
        let open = counted(found.still_open, "attempt");
        text.push_str(&format!("{open} not over yet, of unknown cost\n"));
    }
    text
}

fn money(spend: &Spend) -> String {
    let known = MicroUsd(spend.known);
    match spend {
        spend if spend.is_exact() => known.to_string(),
        spend if spend.unknown == spend.attempts => "?".to_owned(),
        _ => format!("≥{known}"),
    }
}

fn bases(spend: &Spend) -> String {
    let parts = spend.by_basis.iter();
    let parts: Vec<String> = parts
        .map(|(basis, micros)| format!("{} {basis}", MicroUsd(*micros)))
        .collect();
    match (parts.is_empty(), spend.attempts) {
        (true, 0) => "nothing".to_owned(),
        (true, _) => "unknown".to_owned(),
        (false, _) => parts.join(" + "),
    }
}

fn differences(found: &Simulation) -> String {
    if found.differences.is_empty() {
        return String::new();
    }
    let all: u64 = found.changes.values().sum();
    let shown = found.differences.len() as u64;
    let mut table = Table::new(["Request", "Agent", "Was", "Would be", "Why"]);
    for difference in &found.differences {
        table.row([
            format!("{}.{}", difference.run_id, difference.invocation),
            difference.agent.to_string(),
            course(&difference.was),
            course(&difference.would_be),
            why(difference),
        ]);
    }
    let more = if shown < all {
        format!(
            "the first {} of {} differences; --differences N lists more\n",
            thousands(shown),
            thousands(all)
        )
    } else {
        String::new()
    };
    format!("\n{table}\n{more}")
}

fn course(course: &Course) -> String {
    let asked = if course.asked { ", asked" } else { "" };
    match &course.target {
        Some(target) => format!("{target}{asked}"),
        None => format!("refused{asked}"),
    }
}

/// Who changed it, and why: what is said now, or what was said and is not any more.
fn why(difference: &Difference) -> String {
    let said = |course: &Course| {
        let by = course.by.as_deref()?;
        let code = course.code.as_deref().unwrap_or_default();
        Some(format!("{by}: {code}").trim_end_matches(": ").to_owned())
    };
    let was = || said(&difference.was).map(|was| format!("no longer {was}"));
    said(&difference.would_be).or_else(was).unwrap_or_default()
}

fn faults(faults: &[Faults]) -> String {
    let mut text = String::new();
    for fault in faults {
        let denies = if fault.required {
            "it is required, so each denies"
        } else {
            "it was left out each time"
        };
        let assumed = match fault.assumed {
            0 => String::new(),
            n => format!(
                " ({} of them assumed: it was not asked any more after its first failures)",
                thousands(n)
            ),
        };
        text.push_str(&format!(
            "\npolicy '{}' gave no verdict {}{assumed}; {denies}: {}\n",
            one_line(&fault.policy, 60),
            counted(fault.count, "time"),
            one_line(&fault.first, 300)
        ));
    }
    text
}

fn counted(n: u64, noun: &str) -> String {
    let s = if n == 1 { "" } else { "s" };
    format!("{} {noun}{s}", thousands(n))
}
