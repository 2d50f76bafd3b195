//! When more is asked for, and when there is no more.

use proptest::prelude::*;

use super::Extension::{Enough, Extend, Stop};
use super::*;

/// Reserved, spent, biggest step, room, cap.
type Figures = (u64, u64, u64, Option<u64>, Option<u64>);

/// What follows, and why.
const TABLE: &[(Figures, Extension, &str)] = &[
    ((100, 0, 0, None, None), Enough, "nothing was told yet"),
    ((100, 50, 49, None, None), Enough, "one more step fits"),
    ((100, 50, 50, None, None), Extend(150), "one more might not"),
    (
        (100, 90, 10, None, None),
        Extend(140),
        "half of what it has, when steps are small",
    ),
    (
        (100, 90, 80, None, None),
        Extend(250),
        "two steps, when they are big",
    ),
    (
        (100, 90, 80, Some(120), None),
        Extend(120),
        "no more than there is room",
    ),
    (
        (100, 90, 80, None, Some(110)),
        Extend(110),
        "no more than its cap",
    ),
    (
        (100, 90, 80, Some(100), None),
        Enough,
        "no room, but something is left",
    ),
    ((100, 100, 80, Some(100), None), Stop, "nothing is left"),
    ((100, 130, 80, Some(100), None), Stop, "a step too far"),
    (
        (100, 130, 80, Some(120), None),
        Stop,
        "more room, but used already",
    ),
    (
        (100, 130, 80, Some(131), None),
        Extend(131),
        "a little room",
    ),
    (
        (100, 60, 10, None, Some(60)),
        Stop,
        "those below it left less of its cap",
    ),
    (
        (100, 50, 10, None, Some(60)),
        Enough,
        "a little is left of its cap",
    ),
    (
        (0, 0, 0, Some(0), Some(0)),
        Enough,
        "a free model on nothing",
    ),
    ((0, 1, 1, None, None), Extend(3), "not so free"),
    ((0, 1, 1, Some(0), None), Stop, "not so free, and no room"),
    (
        (u64::MAX, u64::MAX, u64::MAX, None, None),
        Stop,
        "absurd figures",
    ),
];

#[test]
fn it_is_kept_ahead_by_the_biggest_step() {
    for ((reserved, spent, step, room, cap), expected, why) in TABLE.iter().copied() {
        assert_eq!(
            extension(reserved, spent, step, room, cap),
            expected,
            "{why}"
        );
    }
}

proptest! {
    #[test]
    fn a_limit_is_passed_by_one_step_at_most(
        first in 0..500_u64,
        limit in 0..2_000_u64,
        cap in prop::option::of(0..2_000_u64),
        steps in prop::collection::vec(0..300_u64, 1..60),
    ) {
        // Whoever sets aside the first amount sees to this.
        let mut reserved = first.min(limit).min(cap.unwrap_or(u64::MAX));
        let most = limit.min(cap.unwrap_or(u64::MAX));
        let (mut spent, mut biggest) = (0_u64, 0_u64);
        for step in steps {
            let before = spent;
            spent += step;
            biggest = biggest.max(step);
            prop_assert!(before == 0 || before < most, "went on with nothing left");
            prop_assert!(spent <= most + step, "passed by more than one step");
            match extension(reserved, spent, biggest, Some(limit), cap) {
                Enough => prop_assert!(spent == 0 || spent < reserved),
                Extend(to) => {
                    prop_assert!(to > reserved && to > spent && to <= most);
                    reserved = to;
                }
                Stop => {
                    prop_assert!(spent >= most, "stopped with something left");
                    break;
                }
            }
        }
    }
}
