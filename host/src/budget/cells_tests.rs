//! Cells of time, and what they add up to.

use proptest::prelude::*;

use super::super::scene::{limit, time, usd};
use super::*;
use crate::model::Period;

fn second(text: &str) -> i64 {
    time(text).as_second()
}

#[test]
fn cells_grow_with_age_and_are_fine_where_months_meet() {
    let newest = second("2026-11-22T21:10:36Z");
    let table = [
        ("2026-11-22T21:10:36Z", 1),
        ("2026-11-22T21:09:59Z", 1),
        ("2026-11-22T21:08:59Z", 60),
        ("2026-11-22T20:00:00Z", 60),
        ("2026-11-22T19:59:59Z", 900),
        ("2026-11-20T19:10:00Z", 900),
        ("2026-11-20T17:59:59Z", 3_600),
        ("2026-11-15T00:00:00Z", 3_600),
        ("2026-11-14T23:59:59Z", DAY),
        ("2026-11-02T00:00:00Z", DAY),
        ("2026-11-01T23:59:59Z", QUARTER),
        ("2026-10-31T00:00:00Z", QUARTER),
        ("2026-10-30T23:59:59Z", DAY),
    ];
    for (at, wide) in table {
        assert_eq!(width(second(at), newest), wide, "{at}");
    }
}

#[test]
fn what_is_old_is_dropped() {
    let mut cells = Cells::default();
    cells.add(0, &usd(1), 0);
    cells.age(KEPT - 1);
    assert_eq!(cells.len(), 1);
    cells.age(KEPT + DAY);
    assert!(cells.is_empty());
}

#[test]
fn damage_is_an_error_and_not_a_book_that_forgot() {
    let read = |text: &str| serde_json::from_str::<Cells>(&format!("\"{text}\""));
    assert_eq!(read("").expect("nothing"), Cells::default());
    for text in ["A", "AAAA", "!", "HAAAA", "g"] {
        assert!(read(text).is_err(), "{text}");
    }
}

/// Times at which something is spent, as steps from one to the next.
fn steps() -> impl Strategy<Value = Vec<(i64, u64)>> {
    let step = prop_oneof![0..90_i64, 0..5_000_i64, 0..200_000_i64];
    prop::collection::vec((step, 1..1_000_000_u64), 1..80)
}

proptest! {
    #[test]
    fn sums_are_never_too_low_and_too_high_by_a_cell_at_most(
        start in 1_780_000_000..1_800_000_000_i64,
        steps in steps(),
        later in 0..4_000_i64,
        zone in prop::sample::select(vec!["UTC", "Europe/Berlin", "Asia/Kathmandu", "Pacific/Chatham"]),
    ) {
        let mut cells = Cells::default();
        let mut spent = Vec::new();
        let mut now = start;
        for (step, amount) in steps {
            now += step;
            cells.add(now, &usd(amount), now);
            cells.age(now);
            spent.push((now, amount));
        }
        now += later;
        for (period, slack) in [
            (Period::Minute, 1),
            (Period::Hour, 60),
            (Period::Rolling5h, QUARTER),
            (Period::Rolling7d, 3_600),
            (Period::Day, 0),
            (Period::Month, 0),
        ] {
            let mut limit = limit(period, 1);
            limit.time_zone = Some(zone.to_owned());
            let span = super::super::period::span(&limit, now, now).expect("a span");
            let true_sum = |first| {
                let within = spent.iter().filter(|(at, _)| *at >= first && *at <= span.last);
                within.map(|(_, amount)| amount).sum::<u64>()
            };
            let sum = cells.sum(span, Metric::Usd);
            prop_assert!(sum >= true_sum(span.first), "{:?} is too low", period);
            prop_assert!(sum <= true_sum(span.first - slack), "{:?} is too high", period);
        }
        let text = serde_json::to_string(&cells).expect("text");
        prop_assert_eq!(serde_json::from_str::<Cells>(&text).expect("cells"), cells);
    }
}
