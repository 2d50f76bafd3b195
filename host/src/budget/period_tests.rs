//! Where periods begin and end.

use super::super::scene::{limit, time};
use super::*;

fn day(period: Period, zone: &str, at: &str) -> (String, String) {
    let mut limit = limit(period, 1);
    limit.time_zone = (!zone.is_empty()).then(|| zone.to_owned());
    let second = time(at).as_second();
    let span = span(&limit, second, second).expect("a span");
    let show = |second| Timestamp::from_second(second).expect("a time").to_string();
    (show(span.first), show(span.last + 1))
}

/// The period, its zone, a moment; when its window begins, and when the next.
const TABLE: &[(Period, &str, &str, &str, &str)] = &[
    // A plain day, in UTC and for a name that nobody knows.
    (
        Period::Day,
        "",
        "2026-11-22T23:59:59.9Z",
        "2026-11-22T00:00:00Z",
        "2026-11-23T00:00:00Z",
    ),
    (
        Period::Day,
        "No/Where",
        "2026-11-22T12:00:00Z",
        "2026-11-22T00:00:00Z",
        "2026-11-23T00:00:00Z",
    ),
    // Winter time, summer time, the day of 23 hours, and the day of 25.
    (
        Period::Day,
        "Europe/Berlin",
        "2026-11-22T23:30:00Z",
        "2026-11-22T23:00:00Z",
        "2026-11-23T23:00:00Z",
    ),
    (
        Period::Day,
        "Europe/Berlin",
        "2026-07-01T12:00:00Z",
        "2026-06-30T22:00:00Z",
        "2026-07-01T22:00:00Z",
    ),
    (
        Period::Day,
        "Europe/Berlin",
        "2026-03-29T12:00:00Z",
        "2026-03-28T23:00:00Z",
        "2026-03-29T22:00:00Z",
    ),
    (
        Period::Day,
        "Europe/Berlin",
        "2026-10-25T12:00:00Z",
        "2026-10-24T22:00:00Z",
        "2026-10-25T23:00:00Z",
    ),
    // Zones that are 45 and 30 minutes off, and one where midnight itself does not exist.
    (
        Period::Day,
        "Asia/Kathmandu",
        "2026-11-22T18:15:00Z",
        "2026-11-22T18:15:00Z",
        "2026-11-23T18:15:00Z",
    ),
    (
        Period::Day,
        "Asia/Kathmandu",
        "2026-11-22T18:14:59Z",
        "2026-11-21T18:15:00Z",
        "2026-11-22T18:15:00Z",
    ),
    (
        Period::Day,
        "Australia/Lord_Howe",
        "2026-04-04T12:00:00Z",
        "2026-04-03T13:00:00Z",
        "2026-04-04T13:00:00Z",
    ),
    (
        Period::Day,
        "Africa/Cairo",
        "2026-04-24T12:00:00Z",
        "2026-04-23T22:00:00Z",
        "2026-04-24T21:00:00Z",
    ),
    // Months of 28, 30, and 31 days, with a change of the clock within, and at a year's end.
    (
        Period::Month,
        "",
        "2027-02-28T23:59:59Z",
        "2027-02-01T00:00:00Z",
        "2027-03-01T00:00:00Z",
    ),
    (
        Period::Month,
        "",
        "2028-02-29T00:00:00Z",
        "2028-02-01T00:00:00Z",
        "2028-03-01T00:00:00Z",
    ),
    (
        Period::Month,
        "Europe/Berlin",
        "2026-10-31T22:59:59Z",
        "2026-09-30T22:00:00Z",
        "2026-10-31T23:00:00Z",
    ),
    (
        Period::Month,
        "Europe/Berlin",
        "2026-10-31T23:00:00Z",
        "2026-10-31T23:00:00Z",
        "2026-11-30T23:00:00Z",
    ),
    (
        Period::Month,
        "America/New_York",
        "2027-01-01T04:59:59Z",
        "2026-12-01T05:00:00Z",
        "2027-01-01T05:00:00Z",
    ),
    (
        Period::Month,
        "Pacific/Kiritimati",
        "2026-11-30T10:00:00Z",
        "2026-11-30T10:00:00Z",
        "2026-12-31T10:00:00Z",
    ),
];

#[test]
fn days_and_months_begin_at_local_midnight() {
    for (period, zone, at, first, next) in TABLE.iter().copied() {
        let (got_first, got_next) = day(period, zone, at);
        assert_eq!(
            (&*got_first, &*got_next),
            (first, next),
            "{period:?} {zone} {at}"
        );
    }
}

#[test]
fn the_rest_slides_and_a_run_has_no_time() {
    for (period, reach) in [
        (Period::Minute, 60),
        (Period::Hour, 3_600),
        (Period::Rolling5h, 18_000),
        (Period::Rolling7d, 604_800),
    ] {
        let now = 1_800_000_000;
        let span = span(&limit(period, 1), now, now).expect("a span");
        assert_eq!((span.first, span.last), (now - reach, now), "{period:?}");
    }
    assert_eq!(span(&limit(Period::Run, 1), 0, 0), None);
}

#[test]
fn what_began_before_is_held_against_the_last_window_it_belongs_to() {
    let began = time("2026-11-22T23:50:00Z").as_second();
    let now = began + 7_200;
    let day = span(&limit(Period::Day, 1), began, now).expect("a span");
    assert_eq!(day.last, time("2026-11-22T23:59:59Z").as_second());
    let hour = span(&limit(Period::Hour, 1), began, now).expect("a span");
    assert_eq!((hour.first, hour.last), (began, began + 3_600));
    assert!(hour.touches(began, 1), "it belongs to that one still");
    let soon = span(&limit(Period::Hour, 1), began, began + 60).expect("a span");
    assert_eq!(soon.last, began + 60);
}

#[test]
fn the_end_of_time_counts_everything() {
    let all = span(&limit(Period::Day, 1), i64::MAX, i64::MAX).expect("a span");
    assert_eq!((all.first, all.last), (i64::MIN, i64::MAX));
}
