//! Random histories: eight actors, a clock that jumps, limits of every kind.

use proptest::prelude::*;

use super::Book;
use super::scene::{Scene, limit, reserved, target, time, usd};
use super::world::{ACTORS, AGENTS, Act, TARGETS, Wish, World};
use crate::model::{AgentName, Body, BudgetLimit, BudgetReserved, LimitKind, Metric, Period};

fn acts() -> impl Strategy<Value = (usize, Act)> {
    let amount = || prop_oneof![0..40_u64, 20..400_u64];
    let reserve = (
        0..12_usize,
        (amount(), amount()),
        1..5_u32,
        prop::option::weighted(0.3, 0..ACTORS),
        prop::bool::weighted(0.15),
    )
        .prop_map(|(lane, amounts, run, child_of, force)| {
            Act::Reserve(Wish {
                lane,
                amounts,
                run,
                child_of,
                force,
            })
        });
    let wait = prop_oneof![
        0..2_000_i64,
        0..120_000_i64,
        0..4_000_000_i64,
        0..300_000_000_i64
    ];
    let act = prop_oneof![
        4 => wait.prop_map(Act::Wait),
        1 => prop_oneof![Just(86_400_000_i64), 0..4_000_000_i64].prop_map(Act::ClockBack),
        8 => reserve,
        4 => amount().prop_map(Act::Extend),
        3 => (amount(), amount()).prop_map(|(uusd, tokens)| Act::Use(uusd, tokens)),
        4 => (amount(), amount()).prop_map(|(uusd, tokens)| Act::Settle { uusd, tokens }),
        1 => Just(Act::Release),
        1 => Just(Act::Crash),
        1 => Just(Act::Recover),
        1 => Just(Act::Restart),
    ];
    (0..ACTORS, act)
}

fn limits() -> impl Strategy<Value = Vec<BudgetLimit>> {
    let zone = prop::sample::select(vec![
        None,
        Some("Europe/Berlin"),
        Some("Asia/Kathmandu"),
        Some("America/St_Johns"),
    ]);
    let metric = prop::sample::select(vec![
        Metric::Usd,
        Metric::Usd,
        Metric::UsdBilled,
        Metric::Tokens,
        Metric::Requests,
    ]);
    let period = prop::sample::select(Period::ALL.to_vec());
    let scope = (
        prop::option::weighted(0.3, 0..2_usize),
        prop::option::weighted(0.3, 0..3_usize),
    );
    let one = (
        period,
        metric,
        20..900_u64,
        zone,
        scope,
        prop::bool::weighted(0.8),
    )
        .prop_map(|(period, metric, cap, zone, (agent, to), hard)| {
            let mut limit = limit(period, cap);
            limit.metric = metric;
            limit.time_zone = zone.map(str::to_owned);
            limit.scope.agent = agent.map(|it| AGENTS[it].into());
            limit.scope.tool = to.map(|it| target(TARGETS[it]).tool);
            if metric == Metric::Requests {
                limit.cap = limit.cap % 7 + 1;
            }
            if !hard {
                limit.kind = LimitKind::Soft;
            }
            limit
        });
    prop::collection::vec(one, 1..5)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, ..ProptestConfig::default() })]

    #[test]
    fn no_prefix_of_any_history_passes_a_hard_limit(
        limits in limits(),
        acts in prop::collection::vec(acts(), 1..120),
    ) {
        let mut world = World::new(limits);
        for (actor, act) in acts {
            world.act(actor, &act);
            world.check();
        }
    }

    /// Who ends first does not matter to any sum, as long as each attempt's own events are in order.
    #[test]
    fn sums_do_not_depend_on_the_order_of_independent_attempts(
        spends in prop::collection::vec((0..12_usize, 0..400_u64, 0..200_000_i64), 1..20),
        order in prop::collection::vec(any::<u32>(), 20),
    ) {
        let first = time("2026-10-20T10:00:00Z");
        let last = first + jiff::SignedDuration::from_hours(24 * 6);
        let fold = |places: &[usize]| {
            let mut scene = Scene::at("2026-10-20T10:00:00Z");
            for (place, (lane, amount, offset)) in spends.iter().enumerate() {
                scene.now = first + jiff::SignedDuration::from_secs(*offset);
                scene.at = scene.now;
                let number = u32::try_from(place).expect("few");
                let event = BudgetReserved {
                    agent: AgentName::new(AGENTS[lane % 2]),
                    target: target(TARGETS[lane / 2 % 3]),
                    ..reserved(number, usd(*amount))
                };
                scene.reserve_as(number, event);
            }
            scene.now = last;
            for place in places {
                let number = u32::try_from(*place).expect("few");
                scene.settle(number, usd(spends[*place].1));
            }
            scene.book
        };
        let straight: Vec<usize> = (0..spends.len()).collect();
        let mut mixed = straight.clone();
        mixed.sort_by_key(|place| order[*place]);
        let (one, other) = (fold(&straight), fold(&mixed));
        let all: Vec<BudgetLimit> = Period::ALL.map(|period| limit(period, 1_000)).into();
        for scope in AGENTS {
            let mut all = all.clone();
            for limit in &mut all {
                limit.scope.agent = Some(scope.into());
            }
            prop_assert_eq!(one.stand(&all, last), other.stand(&all, last));
        }
    }
}

#[test]
fn a_body_of_another_kind_changes_nothing_but_the_time() {
    let mut scene = Scene::at("2026-11-22T12:00:00Z");
    let unknown = Body::Unknown(crate::model::Unknown {
        name: "budget.imagined".to_owned(),
        version: 1,
        data: serde_json::Value::Null,
    });
    let event = scene.event(None, unknown);
    scene.book.apply(&event);
    let mut time_alone = Book::default();
    time_alone.newest = event.at.as_second();
    assert_eq!(scene.book, time_alone);
}
