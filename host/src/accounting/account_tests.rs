//! The accounting traps of real tools, as tables.

use super::*;
use crate::model::{Price, Scope};

fn usage(input: u64, output: u64, cache_read: u64, cache_write: u64) -> Usage {
    Usage {
        input: Some(input),
        output: Some(output),
        cache_read: Some(cache_read),
        cache_write: Some(cache_write),
        reasoning: None,
    }
}

fn report(scope: Scope, usage: Usage, settled: bool) -> UsageReport {
    UsageReport {
        scope,
        usage,
        settled,
        model: None,
    }
}

fn message(id: &str) -> Scope {
    Scope::Message(id.to_owned())
}

fn session() -> Scope {
    Scope::Session("s1".to_owned())
}

fn cost(scope: Scope, micros: u64) -> CostReport {
    CostReport {
        scope,
        amount: MicroUsd(micros),
        basis: Basis::Reported,
        settled: true,
    }
}

fn before(usage: Option<Usage>, cost_uusd: Option<u64>) -> Baseline {
    Baseline::Known(SessionTotals {
        tool: ToolName::new("t"),
        session: SessionId::new("s1"),
        usage,
        cost_uusd: cost_uusd.map(MicroUsd),
    })
}

const PRICES: Prices = Prices {
    input: Some(Price(3_000_000)),
    output: Some(Price(15_000_000)),
    cache_read: Some(Price(300_000)),
    cache_write: Some(Price(3_750_000)),
    reasoning: None,
};

#[test]
fn nothing_reported_is_unknown_and_not_zero() {
    let tally = Account::default().tally(&Baseline::Fresh, Some(&PRICES));
    assert_eq!(tally.exactness, Exactness::Unknown);
    assert_eq!(tally.usage.total(), None);
    assert_eq!(tally.cost, Cost::UNKNOWN);
}

#[test]
fn a_message_repeated_over_several_lines_counts_once() {
    let mut account = Account::default();
    for _ in 0..3 {
        account.add_usage(&report(message("m1"), usage(1234, 1, 8900, 567), false));
    }
    account.add_usage(&report(message("m2"), usage(10, 1, 0, 0), false));
    let tally = account.tally(&Baseline::Fresh, Some(&PRICES));
    assert_eq!(tally.usage, usage(1244, 2, 8900, 567));
    assert_eq!(tally.exactness, Exactness::AtLeast);
    assert!(tally.cost.at_least);
    assert_eq!(tally.cost.basis, Basis::Imputed);
}

#[test]
fn the_result_replaces_the_messages_and_later_messages_add_to_it() {
    let mut account = Account::default();
    account.add_usage(&report(message("m1"), usage(1234, 1, 8900, 567), false));
    account.add_usage(&report(Scope::Run, usage(1234, 42, 8900, 567), true));
    let tally = account.tally(&Baseline::Fresh, None);
    assert_eq!(tally.usage, usage(1234, 42, 8900, 567));
    assert_eq!(tally.exactness, Exactness::Exact);
    account.add_usage(&report(message("m2"), usage(1, 1, 0, 0), false));
    let tally = account.tally(&Baseline::Fresh, None);
    assert_eq!(tally.usage, usage(1235, 43, 8900, 567));
    assert_eq!(tally.exactness, Exactness::AtLeast);
}

#[test]
fn a_thread_total_is_split_by_what_was_there_before() {
    let mut account = Account::default();
    account.add_usage(&report(session(), usage(3702, 126, 26_700, 0), true));
    let tally = account.tally(&before(Some(usage(2468, 84, 17_800, 0)), None), None);
    assert_eq!(tally.usage, usage(1234, 42, 8900, 0));
    assert_eq!(tally.exactness, Exactness::Exact);
    let totals = tally.session_totals(&ToolName::new("t")).expect("totals");
    assert_eq!(totals.usage, Some(usage(3702, 126, 26_700, 0)));
}

#[test]
fn a_thread_total_without_a_baseline_is_unknown() {
    let mut account = Account::default();
    account.add_usage(&report(session(), usage(3702, 126, 26_700, 0), true));
    for baseline in [
        Baseline::Unknown,
        before(None, None),
        before(Some(usage(9999, 0, 0, 0)), None),
    ] {
        let tally = account.tally(&baseline, Some(&PRICES));
        assert_eq!(tally.exactness, Exactness::Unknown, "{baseline:?}");
        assert_eq!(tally.cost, Cost::UNKNOWN);
        assert!(tally.session.is_some(), "kept for the next resume");
    }
}

#[test]
fn a_session_cost_on_resume_is_subtracted_or_imputed_from_this_runs_tokens() {
    let mut account = Account::default();
    account.add_usage(&report(Scope::Run, usage(1234, 42, 8900, 567), true));
    account.add_cost(&cost(session(), 20_782));
    let tally = account.tally(&before(None, Some(10_391)), Some(&PRICES));
    assert_eq!(tally.cost.amount, Some(MicroUsd(10_391)));
    assert_eq!(tally.cost.basis, Basis::Reported);
    let tally = account.tally(&Baseline::Unknown, Some(&PRICES));
    assert_eq!(tally.cost.basis, Basis::Imputed);
    // 1234 * 3 + 42 * 15 + 8900 * 0.3 + 567 * 3.75 micro-dollars.
    assert_eq!(tally.cost.amount, Some(MicroUsd(9_128)));
    let tally = account.tally(&Baseline::Unknown, None);
    assert_eq!(tally.cost, Cost::UNKNOWN);
}

#[test]
fn absurd_counts_do_not_overflow() {
    let mut account = Account::default();
    for id in ["a", "b"] {
        let most = usage(u64::MAX, u64::MAX, u64::MAX, u64::MAX);
        account.add_usage(&report(message(id), most, true));
        account.add_cost(&cost(message(id), u64::MAX));
    }
    let tally = account.tally(&Baseline::Fresh, Some(&PRICES));
    assert_eq!(tally.usage.total(), Some(u64::MAX));
    assert_eq!(tally.cost.amount, Some(MicroUsd(u64::MAX)));
}
