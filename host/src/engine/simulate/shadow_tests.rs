//! The shadow book: what is spent, what is not, and what falls with it.

use super::*;
use crate::engine::simulate::course::Course;
use crate::engine::simulate::recorded::Around;
use crate::model::{
    Actor, AttemptOutcome, AttemptQueued, BudgetLimit, LimitKind, LimitScope, Metric, Period,
    PolicyRequest, Priority, Via,
};

const DEAR: &str = "claude:opus";
const CHEAP: &str = "codex:luna";

fn target(text: &str) -> Target {
    Target::parse(text).expect("tool:model")
}

fn agent() -> AgentName {
    AgentName::new("dev")
}

/// Event `seq` about attempt 1 of the request `run`, as many seconds into the day.
fn event(run: &str, seq: u64, body: impl Into<Body>) -> Event {
    let at = jiff::Timestamp::from_second(1_795_305_600 + i64::try_from(seq).unwrap()).unwrap();
    Event {
        log: "0".to_owned(),
        seq,
        id: Uuid::nil(),
        at,
        boot: "0".to_owned(),
        mono_us: seq,
        node: "n".to_owned(),
        batch: (0, 1),
        run: Some(RunId::new(run)),
        invocation: Some(InvocationNumber(1)),
        attempt: Some(1),
        actor: Actor {
            kind: "user".to_owned(),
            name: "u".to_owned(),
            via: Via::Cli,
        },
        key: None,
        cause: None,
        body: body.into(),
    }
}

fn place_of(run: &str) -> Place {
    (RunId::new(run), InvocationNumber(1))
}

fn marker(run: &str) -> Uuid {
    Uuid::from_u128(run.bytes().map(u128::from).sum())
}

fn queued(run: &str, to: &str) -> AttemptQueued {
    AttemptQueued {
        target: target(to),
        priority: Priority::Normal,
        marker: marker(run),
        within: None,
        delay_ms: None,
    }
}

fn reserved(run: &str, to: &str, uusd: u64) -> BudgetReserved {
    BudgetReserved {
        agent: agent(),
        target: target(to),
        amounts: Amounts {
            uusd,
            tokens: 900,
            requests: 1,
            ..Amounts::default()
        },
        cap_uusd: None,
        unpriced: false,
        forced: false,
        within: None,
        marker: marker(run),
        task_type: None,
    }
}

fn used(exactness: Exactness) -> Usage {
    match exactness {
        Exactness::Unknown => Usage::default(),
        _ => Usage {
            input: Some(1_000),
            output: Some(100),
            ..Usage::default()
        },
    }
}

fn exited(to: &str, uusd: u64, exactness: Exactness) -> AttemptExited {
    AttemptExited {
        target: target(to),
        outcome: AttemptOutcome::Done,
        failure_code: None,
        exit_code: Some(0),
        signal: None,
        duration_ms: 1,
        usage: used(exactness),
        exactness,
        cost: Cost {
            amount: Some(MicroUsd(uusd)),
            basis: Basis::Reported,
            at_least: false,
        },
        served_model: None,
        session_id: None,
        session_totals: None,
        n_lines: 1,
        n_unrecognised: 0,
        output: None,
        tree_empty: None,
        swept: 0,
        cancel_requested: false,
        preferred_uusd: None,
        prices: None,
        changed_files: None,
    }
}

fn settled(to: &str, uusd: u64) -> BudgetSettled {
    BudgetSettled {
        target: target(to),
        amounts: Amounts {
            uusd,
            tokens: 1_100,
            requests: 1,
            ..Amounts::default()
        },
        basis: Basis::Reported,
        overrun_uusd: None,
        prices: None,
    }
}

/// One request to `to` that cost a dollar, told to the shadow; what its attempt cost.
fn happens(shadow: &mut Shadow, run: &str, to: &str, exactness: Exactness) -> Option<Spent> {
    shadow.take(&event(run, 1, queued(run, to)));
    shadow.take(&event(run, 2, reserved(run, to, 400_000)));
    let spent = shadow.take(&event(run, 3, exited(to, 1_000_000, exactness)));
    shadow.take(&event(run, 4, settled(to, 1_000_000)));
    spent
}

/// What a limit on `metric` of `to`, or of all, counts now.
fn counted(shadow: &Shadow, metric: Metric, to: Option<&str>) -> u64 {
    let to = to.map(target);
    let limit = BudgetLimit {
        name: "daily".to_owned(),
        metric,
        cap: u64::MAX,
        period: Period::Day,
        scope: LimitScope {
            model: to.as_ref().map(|to| to.model.clone()),
            ..LimitScope::default()
        },
        kind: LimitKind::Hard,
        warn_percent: 80,
        time_zone: None,
        source: String::new(),
    };
    let asked = crate::budget::Asking {
        agent: &agent(),
        target: &to.unwrap_or_else(|| target(DEAR)),
        run: None,
        within: None,
        cap: None,
        now: event("r", 5, queued("r", DEAR)).at,
        except: None,
    };
    let limits = [limit];
    let windows = shadow.book().windows(&limits, &asked);
    windows.iter().map(crate::budget::Window::taken).sum()
}

fn recorded(run: &str, around: Around) -> Recorded {
    Recorded {
        event: event(run, 1, queued(run, DEAR)),
        place: place_of(run),
        request: Ok(PolicyRequest::default()),
        was: Course::default(),
        asked: Vec::new(),
        answer: None,
        around,
    }
}

fn to_cheap() -> Fate {
    let prices = [
        ("input".to_owned(), 100_000_000),
        ("output".to_owned(), 1_000_000_000),
    ];
    Fate::Moved(Box::new(Move {
        agent: agent(),
        from: target(DEAR),
        to: target(CHEAP),
        prices: prices_of(&prices),
        set_aside: Amounts {
            uusd: 150_000,
            ..Amounts::default()
        },
    }))
}

#[test]
fn what_stays_as_it_was_counts_as_it_was() {
    let mut shadow = Shadow::default();
    assert_eq!(happens(&mut shadow, "old", DEAR, Exactness::Exact), None);
    shadow.decide(place_of("r"), Fate::AsItWas { agent: agent() });
    let spent = happens(&mut shadow, "r", DEAR, Exactness::Exact).expect("a judged one");
    assert_eq!(spent.would.as_ref(), Some(&spent.was));
    assert_eq!(counted(&shadow, Metric::Usd, None), 2_000_000);
    assert_eq!(counted(&shadow, Metric::Requests, None), 2);
    assert!(shadow.still_open().is_empty());
}

#[test]
fn what_is_refused_is_not_spent_and_takes_down_what_builds_on_it() {
    let mut shadow = Shadow::default();
    shadow.decide(place_of("r"), Fate::Refused { agent: agent() });
    let spent = happens(&mut shadow, "r", DEAR, Exactness::Exact).expect("a judged one");
    assert_eq!((spent.was.0, spent.would), (target(DEAR), None));
    for metric in [Metric::Usd, Metric::Tokens, Metric::Requests] {
        assert_eq!(counted(&shadow, metric, None), 0, "{metric:?}");
    }
    let within = |run: &str| Around {
        within: Some(marker(run)),
        ..Around::default()
    };
    let follows = Around {
        follows: vec![InvocationNumber(1)],
        ..Around::default()
    };
    assert!(shadow.lacks_ground(&recorded("child", within("r"))));
    assert!(!shadow.lacks_ground(&recorded("child", within("other"))));
    assert!(shadow.lacks_ground(&recorded("r", follows.clone())));
    assert!(!shadow.lacks_ground(&recorded("other", follows)));
}

#[test]
fn what_goes_elsewhere_costs_what_its_tokens_cost_there() {
    let mut shadow = Shadow::default();
    shadow.decide(place_of("r"), to_cheap());
    let spent = happens(&mut shadow, "r", DEAR, Exactness::Exact).expect("a judged one");
    // 1,000 tokens at $100 and 100 at $1,000 per million: $0.10 each.
    let there = Cost {
        amount: Some(MicroUsd(200_000)),
        basis: Basis::Imputed,
        at_least: false,
    };
    assert_eq!(spent.would, Some((target(CHEAP), there)));
    assert_eq!(counted(&shadow, Metric::Usd, Some(CHEAP)), 200_000);
    assert_eq!(counted(&shadow, Metric::Usd, Some(DEAR)), 0);
    assert_eq!(counted(&shadow, Metric::Tokens, Some(CHEAP)), 1_100);
    assert_eq!(counted(&shadow, Metric::Requests, Some(CHEAP)), 1);
}

#[test]
fn what_is_unknown_elsewhere_counts_with_what_is_set_aside_there() {
    let mut shadow = Shadow::default();
    shadow.decide(place_of("r"), to_cheap());
    let spent = happens(&mut shadow, "r", DEAR, Exactness::Unknown).expect("a judged one");
    assert_eq!(spent.would, Some((target(CHEAP), Cost::UNKNOWN)));
    assert_eq!(counted(&shadow, Metric::Usd, Some(CHEAP)), 150_000);

    // A part is known, and it is more than what was set aside.
    let mut shadow = Shadow::default();
    shadow.decide(place_of("r"), to_cheap());
    let spent = happens(&mut shadow, "r", DEAR, Exactness::AtLeast).expect("a judged one");
    let (_, cost) = spent.would.expect("it runs");
    assert_eq!(
        (cost.amount, cost.at_least),
        (Some(MicroUsd(200_000)), true)
    );
    assert_eq!(counted(&shadow, Metric::Usd, Some(CHEAP)), 200_000);
}

#[test]
fn attempts_at_other_targets_stay_where_they_were() {
    let mut shadow = Shadow::default();
    shadow.decide(place_of("r"), to_cheap());
    let other = "claude:sonnet";
    let spent = happens(&mut shadow, "r", other, Exactness::Exact).expect("a judged one");
    assert_eq!(spent.would.as_ref(), Some(&spent.was));
    assert_eq!(counted(&shadow, Metric::Usd, Some(other)), 1_000_000);
}

#[test]
fn a_reservation_moves_with_its_request_and_grows_in_tokens_alone() {
    let mut shadow = Shadow::default();
    shadow.decide(place_of("r"), to_cheap());
    shadow.take(&event("r", 1, queued("r", DEAR)));
    shadow.take(&event("r", 2, reserved("r", DEAR, 400_000)));
    shadow.take(&event("r", 3, reserved("r", DEAR, 900_000)));
    assert_eq!(counted(&shadow, Metric::Usd, Some(CHEAP)), 150_000);
    assert_eq!(counted(&shadow, Metric::Usd, Some(DEAR)), 0);
    let open = shadow.still_open();
    assert_eq!(open.len(), 1);
    assert_eq!(open[0].would, Some((target(CHEAP), Cost::UNKNOWN)));
}

#[test]
fn what_is_admitted_counts_with_what_it_would_set_aside() {
    let mut shadow = Shadow::default();
    let set_aside = SetAside::for_tests(Amounts {
        uusd: 70,
        tokens: 600,
        requests: 1,
        ..Amounts::default()
    });
    shadow.admit(
        &recorded("r", Around::default()),
        &target(CHEAP),
        &set_aside,
    );
    assert_eq!(counted(&shadow, Metric::Usd, None), 70);
    assert_eq!(counted(&shadow, Metric::Requests, None), 1);
    assert_eq!(shadow.book().reservations().count(), 0);
}

#[test]
fn a_missing_price_or_count_is_unknown_and_not_free() {
    let prices = prices_of(&[("input".to_owned(), 5)]);
    assert_eq!(prices.input, Some(Price(5)));
    let cost = |exactness| cost_at(&prices, &used(exactness), exactness);
    assert_eq!(cost(Exactness::Exact), Cost::UNKNOWN);
    let all = prices_of(&[("input".to_owned(), 5), ("output".to_owned(), 5)]);
    let unknown = cost_at(&all, &Usage::default(), Exactness::Exact);
    assert_eq!(unknown, Cost::UNKNOWN);
}
