//! What is closed off by what, for how long, and what opens it again.

use proptest::prelude::*;
use uuid::Uuid;

use crate::model::{
    Actor, AttemptAdmitted, AttemptLost, AttemptQueued, AttemptWithdrawn, Cost, Exactness, Failure,
    InvocationNumber, LostReason, Priority, RunId, Usage, Via,
};

use super::*;

const T0: i64 = 1_800_000_000;
const MINUTE: i64 = 60;
const HOUR: i64 = 3600;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(T0 + seconds).expect("a moment")
}

fn event(attempt: u32, seconds: i64, body: impl Into<Body>) -> Event {
    Event {
        log: "00000000".to_owned(),
        seq: 1,
        id: Uuid::nil(),
        at: at(seconds),
        boot: "00000000".to_owned(),
        mono_us: 0,
        node: "n".to_owned(),
        batch: (1, 1),
        run: Some(RunId::new("RUN-20270115-001")),
        invocation: Some(InvocationNumber(1)),
        attempt: Some(attempt),
        actor: Actor {
            kind: "system".to_owned(),
            name: "test".to_owned(),
            via: Via::Cli,
        },
        key: None,
        cause: None,
        body: body.into(),
    }
}

fn target(text: &str) -> Target {
    Target::parse(text).expect("a target")
}

fn accounts(of: &[(&str, &str)]) -> Accounts {
    let each = of.iter();
    each.map(|(tool, account)| (ToolName::new(*tool), (*account).to_owned()))
        .collect()
}

fn queued(text: &str, delay_ms: Option<u64>) -> AttemptQueued {
    AttemptQueued {
        target: target(text),
        priority: Priority::Normal,
        marker: Uuid::nil(),
        within: None,
        delay_ms,
    }
}

fn exited(text: &str, outcome: AttemptOutcome, code: Option<&str>) -> AttemptExited {
    AttemptExited {
        target: target(text),
        outcome,
        failure_code: code.map(FailureCode::new),
        exit_code: Some(1),
        signal: None,
        duration_ms: 1,
        usage: Usage::default(),
        exactness: Exactness::Unknown,
        cost: Cost::UNKNOWN,
        served_model: None,
        session_id: None,
        session_totals: None,
        n_lines: 0,
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

/// Breakers with a clock of seconds and attempts that are counted.
#[derive(Default)]
struct House {
    breakers: Breakers,
    n_attempts: u32,
}

impl House {
    fn admit(&mut self, seconds: i64, text: &str) -> u32 {
        self.n_attempts += 1;
        let admitted = AttemptAdmitted {
            target: target(text),
        };
        self.breakers
            .apply(&event(self.n_attempts, seconds, admitted));
        self.n_attempts
    }

    /// An attempt of [`target`] that began at one moment and ended at another, with its account's
    /// name being its tool's; what it closed off, in short.
    fn ended(&mut self, began: i64, now: i64, text: &str, failure: Option<&Failure>) -> String {
        let attempt = self.admit(began, text);
        self.end(attempt, (began, now), text, failure)
    }

    fn end(
        &mut self,
        attempt: u32,
        (began, now): (i64, i64),
        text: &str,
        failure: Option<&Failure>,
    ) -> String {
        let target = target(text);
        let outcome = match failure {
            None => AttemptOutcome::Done,
            Some(_) => AttemptOutcome::Failed,
        };
        let bodies = self.breakers.after(&Ended {
            account: target.tool.as_str(),
            target: &target,
            outcome,
            failure,
            began: at(began),
            retried: false,
            now: at(now),
        });
        let code = failure.map(|it| it.code.as_str());
        self.breakers
            .apply(&event(attempt, now, exited(text, outcome, code)));
        let told: Vec<String> = bodies.iter().map(|body| short(body, now)).collect();
        for body in bodies {
            self.breakers.apply(&event(attempt, now, body));
        }
        told.join("; ")
    }

    fn open(&self, now: i64, text: &str) -> Option<OpenBreaker<'_>> {
        let target = target(text);
        self.breakers.open_for(&Accounts::new(), &target, at(now))
    }
}

/// `+account claude 3600s x1`, `-model claude:opus`, with `ever` for no end.
fn short(body: &Body, now: i64) -> String {
    match body {
        Body::BreakerOpened(it) => {
            let lasts = it.until_ms.map_or("ever".to_owned(), |until| {
                let until = i64::try_from(until / 1000).expect("a moment");
                format!("{}s", until - T0 - now)
            });
            format!("+{} {} {lasts} x{}", it.scope.as_str(), it.key, it.failures)
        }
        Body::BreakerClosed(it) => format!("-{} {}", it.scope.as_str(), it.key),
        other => panic!("{other:?}"),
    }
}

fn failure(code: &str) -> Failure {
    Failure::fatal(code, "some words")
}

fn resets(code: &str, seconds: i64) -> Failure {
    Failure {
        resets_at_ms: u64::try_from((T0 + seconds) * 1000).ok(),
        ..failure(code)
    }
}

#[test]
fn each_failure_closes_off_what_it_is_about() {
    for (failure, expected) in [
        (resets("usage-limit", 2 * HOUR), "+account claude 7200s x1"),
        (resets("usage-limit", -9), "+account claude 30s x1"),
        (failure("usage-limit"), "+account claude 3600s x1"),
        (
            resets("usage-limit", 99 * 24 * HOUR),
            "+account claude 2678400s x1",
        ),
        (failure("auth"), "+account claude 300s x1"),
        (failure("billing"), "+account claude ever x1"),
        (failure("permission"), "+account claude ever x1"),
        (failure("overloaded"), "+model claude:opus 30s x1"),
        (failure("unavailable"), "+model claude:opus 30s x1"),
        (failure("rate-limited"), "+model claude:opus 30s x1"),
        (resets("rate-limited", HOUR), "+model claude:opus 3600s x1"),
        (failure("network"), ""),
        (failure("crashed"), ""),
        (failure("refused"), ""),
        (failure("context-length"), ""),
        (failure("model-not-found"), ""),
        (failure("aborted"), ""),
        (failure("brand-new"), ""),
    ] {
        let mut house = House::default();
        let told = house.ended(-5, 0, "claude:opus", Some(&failure));
        assert_eq!(told, expected, "{failure:?}");
        let open = house.open(0, "claude:opus").map(|it| it.code.as_str());
        let code = (!expected.is_empty()).then_some(failure.code.as_str());
        assert_eq!(open, code);
    }
}

#[test]
fn only_a_failure_that_is_not_tried_again_closes_anything_off() {
    let overloaded = failure("overloaded");
    let target = target("claude:opus");
    let ended = |outcome, retried| Ended {
        account: "claude",
        target: &target,
        outcome,
        failure: Some(&overloaded),
        began: at(0),
        retried,
        now: at(1),
    };
    let breakers = Breakers::default();
    let after = |outcome, retried| breakers.after(&ended(outcome, retried)).len();
    assert_eq!(after(AttemptOutcome::Failed, false), 1);
    assert_eq!(after(AttemptOutcome::Failed, true), 0);
    assert_eq!(after(AttemptOutcome::Cancelled, false), 0);
    assert_eq!(after(AttemptOutcome::TimedOut, false), 0);
    assert_eq!(after(AttemptOutcome::Lost, false), 0);
}

#[test]
fn what_is_closed_off_reaches_as_far_as_its_scope() {
    let mut house = House::default();
    house.ended(0, 1, "claude:opus", Some(&failure("overloaded")));
    assert!(house.open(2, "claude:opus").is_some());
    assert!(house.open(2, "claude:haiku").is_none());
    assert!(house.open(2, "codex:opus").is_none());
    house.ended(3, 4, "codex:gpt", Some(&failure("auth")));
    let (gpt, other) = (target("codex:gpt"), target("other:gpt"));
    let own = accounts(&[("other", "codex")]);
    let mine = accounts(&[("codex", "mine")]);
    assert!(house.breakers.open_for(&own, &gpt, at(5)).is_some());
    assert!(house.breakers.open_for(&mine, &gpt, at(5)).is_none());
    assert!(house.breakers.open_for(&own, &other, at(5)).is_some());
}

#[test]
fn failures_in_a_row_double_the_time_up_to_a_limit() {
    for (code, expected) in [
        ("overloaded", [30, 60, 120, 240, 480, 600, 600]),
        ("auth", [300, 600, 1200, 2400, 3600, 3600, 3600]),
        ("usage-limit", [3600; 7]),
    ] {
        let mut house = House::default();
        let mut now = 0;
        for (n, lasts) in (1..).zip(expected) {
            let told = house.ended(now, now, "claude:opus", Some(&failure(code)));
            assert!(told.ends_with(&format!(" {lasts}s x{n}")), "{told}");
            now += lasts;
        }
        assert_eq!(house.breakers.all().count(), 1);
    }
}

#[test]
fn attempts_that_fail_together_are_one_failure() {
    let mut house = House::default();
    let overloaded = failure("overloaded");
    let first = house.ended(0, 10, "claude:opus", Some(&overloaded));
    assert_eq!(first, "+model claude:opus 30s x1");
    for now in 10..14 {
        assert_eq!(house.ended(0, now, "claude:opus", Some(&overloaded)), "");
    }
    let told = Failure {
        retry_after_ms: Some(900_000),
        ..overloaded
    };
    let longer = house.ended(0, 15, "claude:opus", Some(&told));
    assert_eq!(longer, "+model claude:opus 900s x1", "a later time is news");
}

#[test]
fn what_stays_shut_for_ever_is_not_opened_by_a_time() {
    let mut house = House::default();
    house.ended(0, 1, "claude:opus", Some(&failure("billing")));
    let later = house.ended(0, 2, "claude:opus", Some(&resets("usage-limit", HOUR)));
    assert_eq!(later, "");
    assert_eq!(
        house.open(40_000_000, "claude:opus").expect("open").until,
        None
    );

    let mut house = House::default();
    house.ended(0, 1, "claude:opus", Some(&resets("usage-limit", HOUR)));
    let worse = house.ended(0, 2, "claude:opus", Some(&failure("billing")));
    assert_eq!(worse, "+account claude ever x1");
}

#[test]
fn three_breakdowns_in_a_row_close_a_tool_off() {
    let mut house = House::default();
    let mut end = |now, code: Option<&str>| {
        let failure = code.map(failure);
        house.ended(now, now, "claude:opus", failure.as_ref())
    };
    assert_eq!(end(1, Some("crashed")), "");
    assert_eq!(end(2, Some("protocol")), "");
    assert_eq!(end(3, Some("refused")), "", "it spoke, so it works");
    assert_eq!(end(4, Some("crashed")), "");
    assert_eq!(end(5, Some("crashed")), "");
    assert_eq!(end(6, None), "");
    assert_eq!(end(7, Some("crashed")), "");
    assert_eq!(end(8, Some("adapter-fault")), "");
    assert_eq!(end(9, Some("crashed")), "+tool claude 300s x3");
    assert_eq!(end(10, Some("crashed")), "", "it was under way already");
    assert_eq!(end(400, Some("crashed")), "+tool claude 600s x4");
    assert_eq!(end(1100, None), "-tool claude");
    assert_eq!(end(1101, Some("crashed")), "", "the row is broken");
}

#[test]
fn when_the_time_is_over_one_attempt_goes_first() {
    let mut house = House::default();
    let opus = "claude:opus";
    house.ended(0, 0, opus, Some(&failure("overloaded")));
    assert!(!house.open(29, opus).expect("open").probing);
    assert!(house.open(30, opus).is_none());

    let first = house.admit(31, opus);
    let others = house.open(32, opus).expect("somebody is finding out");
    assert!(others.probing);
    assert_eq!(others.until, Some(at(31 + 2 * MINUTE)));
    let own = AttemptRef {
        run: RunId::new("RUN-20270115-001"),
        invocation: InvocationNumber(1),
        number: first,
    };
    let target = target(opus);
    let ask = |attempt, now| {
        house
            .breakers
            .open_for_attempt(&Accounts::new(), &target, attempt, at(now))
    };
    assert!(ask(Some(&own), 32).is_none(), "not in its own way");
    assert!(ask(None, 31 + 2 * MINUTE).is_none(), "long enough");

    let told = house.end(first, (31, 40), opus, Some(&failure("overloaded")));
    assert_eq!(told, "+model claude:opus 60s x2");
    assert!(house.open(99, opus).is_some());
    let second = house.admit(100, opus);
    assert_eq!(
        house.end(second, (100, 120), opus, None),
        "-model claude:opus"
    );
    assert!(house.open(121, opus).is_none());
    assert_eq!(house.breakers.all().count(), 0);
}

#[test]
fn a_first_attempt_that_came_to_nothing_makes_room_for_another() {
    let lost = AttemptLost {
        target: target("claude:opus"),
        reason: LostReason::Reboot,
        swept: 0,
        tree_empty: true,
        usage: Usage::default(),
        exactness: Exactness::Unknown,
        cost: Cost::UNKNOWN,
    };
    let withdrawn = AttemptWithdrawn {
        reason: "interrupt".to_owned(),
    };
    let cancelled = exited("claude:opus", AttemptOutcome::Cancelled, Some("aborted"));
    let ends: [Body; 3] = [lost.into(), withdrawn.into(), cancelled.into()];
    for end in ends {
        let mut house = House::default();
        house.ended(0, 0, "claude:opus", Some(&failure("overloaded")));
        let first = house.admit(31, "claude:opus");
        assert!(house.open(32, "claude:opus").is_some());
        house.breakers.apply(&event(first, 33, end));
        assert!(house.open(33, "claude:opus").is_none());
        assert_eq!(house.breakers.all().count(), 1, "nothing is proved");
    }
}

#[test]
fn one_that_waits_counts_from_when_it_may_start() {
    let mut house = House::default();
    house.ended(0, 0, "claude:opus", Some(&failure("overloaded")));
    let waits = queued("claude:opus", Some(60_000));
    house.breakers.apply(&event(77, 31, waits));
    let open = house.open(32, "claude:opus").expect("it goes first");
    assert_eq!(open.until, Some(at(31 + MINUTE + 2 * MINUTE)));
}

#[test]
fn the_first_attempt_on_an_account_may_be_of_another_tool() {
    let mut house = House::default();
    let accounts = accounts(&[("claude", "team"), ("claude-eu", "team")]);
    let limit = failure("usage-limit");
    let opus = target("claude:opus");
    let bodies = house.breakers.after(&Ended {
        account: "team",
        target: &opus,
        outcome: AttemptOutcome::Failed,
        failure: Some(&limit),
        began: at(0),
        retried: false,
        now: at(0),
    });
    house.breakers.apply(&event(1, 0, bodies[0].clone()));
    let eu = target("claude-eu:opus");
    assert!(house.breakers.open_for(&accounts, &eu, at(1)).is_some());
    assert!(house.breakers.open_for(&accounts, &eu, at(HOUR)).is_none());
    house.admit(HOUR, "claude-eu:opus");
    assert!(
        house
            .breakers
            .open_for(&accounts, &opus, at(HOUR))
            .is_some()
    );
    assert!(house.open(HOUR, "codex:gpt").is_none());
}

#[test]
fn what_began_before_proves_nothing() {
    let mut house = House::default();
    house.ended(0, 10, "claude:opus", Some(&failure("billing")));
    assert_eq!(house.ended(5, 20, "claude:opus", None), "");
    assert!(house.open(20, "claude:opus").is_some());
    let forced = house.ended(21, 30, "claude:opus", None);
    assert_eq!(forced, "-account claude");
}

#[test]
fn success_opens_everything_that_it_went_through() {
    let mut house = House::default();
    for now in 0..3 {
        house.ended(now, now, "claude:opus", Some(&failure("crashed")));
    }
    house.ended(4, 4, "claude:opus", Some(&failure("auth")));
    house.ended(5, 5, "claude:opus", Some(&failure("overloaded")));
    house.ended(5, 5, "claude:haiku", Some(&failure("overloaded")));
    let longest = house.open(6, "claude:opus").expect("closed off");
    assert_eq!(
        (longest.scope, longest.code.as_str()),
        (BreakerScope::Account, "auth")
    );
    let told = house.ended(7, 8, "claude:opus", None);
    assert_eq!(told, "-account claude; -tool claude; -model claude:opus");
    assert_eq!(house.breakers.all().count(), 1);
}

#[test]
fn the_operator_may_reset_what_is_not_configured_any_more() {
    let mut house = House::default();
    house.ended(0, 0, "gone:old", Some(&failure("billing")));
    let known = house.breakers.get(BreakerScope::Account, "gone");
    assert_eq!(known.map(|it| it.failures), Some(1));
    let reset = BreakerClosed {
        scope: BreakerScope::Account,
        key: "gone".to_owned(),
        reason: "reset".to_owned(),
    };
    house.breakers.apply(&event(0, 1, reset));
    assert_eq!(house.breakers, Breakers::default());
}

const TARGETS: [&str; 3] = ["claude:opus", "claude:haiku", "codex:gpt"];
const CODES: [&str; 8] = [
    "overloaded",
    "rate-limited",
    "usage-limit",
    "auth",
    "billing",
    "crashed",
    "refused",
    "brand-new",
];

/// One thing that happens: seconds since the last, a target, and how an attempt of it ends.
fn any_history() -> impl Strategy<Value = Vec<(i64, usize, Option<usize>, i64)>> {
    let step = (
        0_i64..400,
        0..TARGETS.len(),
        prop::option::of(0..CODES.len()),
        0_i64..200,
    );
    prop::collection::vec(step, 0..40)
}

/// Everything that is written while `history` happens.
fn written(history: &[(i64, usize, Option<usize>, i64)]) -> (Vec<Event>, i64) {
    let mut breakers = Breakers::default();
    let mut events = Vec::new();
    let mut now = 0;
    for (attempt, (later, place, code, lasts)) in (1..).zip(history) {
        let target = target(TARGETS[*place]);
        let failure = code.map(|code| failure(CODES[code]));
        let outcome = failure
            .as_ref()
            .map_or(AttemptOutcome::Done, |_| AttemptOutcome::Failed);
        let began = now + later;
        now = began + lasts;
        let code = failure.as_ref().map(|it| it.code.as_str());
        let mut batch = vec![
            event(
                attempt,
                began,
                AttemptAdmitted {
                    target: target.clone(),
                },
            ),
            event(attempt, now, exited(TARGETS[*place], outcome, code)),
        ];
        breakers.apply(&batch[0]);
        let caused = breakers.after(&Ended {
            account: target.tool.as_str(),
            target: &target,
            outcome,
            failure: failure.as_ref(),
            began: at(began),
            retried: false,
            now: at(now),
        });
        batch.extend(caused.into_iter().map(|body| event(attempt, now, body)));
        batch[1..].iter().for_each(|event| breakers.apply(event));
        events.extend(batch);
    }
    (events, now)
}

fn folded(events: &[Event]) -> Breakers {
    let mut breakers = Breakers::default();
    events.iter().for_each(|event| breakers.apply(event));
    breakers
}

proptest! {
    #[test]
    fn nothing_with_a_time_stays_shut_after_it(history in any_history()) {
        let (events, now) = written(&history);
        let breakers = folded(&events);
        for breaker in breakers.all() {
            let Some(until) = breaker.until_ms else { continue };
            let after = timestamp(until);
            prop_assert_eq!(breaker.state(after), BreakerState::HalfOpen);
            prop_assert!(after > at(now) || breaker.state(at(now)) == BreakerState::HalfOpen);
        }
        let late = at(now + 40 * 24 * HOUR);
        for text in TARGETS {
            let target = target(text);
            let open = breakers.open_for(&Accounts::new(), &target, late);
            prop_assert!(open.is_none_or(|it| it.until.is_none()), "{open:?}");
        }
        prop_assert!(breakers.breakers.iter().all(|it| it.failures > 0));
    }

    #[test]
    fn a_reason_to_wait_never_ends_in_the_past(history in any_history(), later in 0_i64..4000) {
        let (events, now) = written(&history);
        let breakers = folded(&events);
        let now = at(now + later);
        for text in TARGETS {
            let target = target(text);
            if let Some(open) = breakers.open_for(&Accounts::new(), &target, now) {
                prop_assert!(open.until.is_none_or(|until| until > now), "{open:?}");
            }
        }
    }

    #[test]
    fn a_snapshot_in_between_changes_nothing(history in any_history(), cut in 0_usize..200) {
        let (events, _) = written(&history);
        let (first, rest) = events.split_at(cut.min(events.len()));
        let text = serde_json::to_string(&folded(first)).expect("JSON");
        let mut resumed: Breakers = serde_json::from_str(&text).expect("the same");
        rest.iter().for_each(|event| resumed.apply(event));
        prop_assert_eq!(resumed, folded(&events));
    }

    #[test]
    fn what_is_about_different_things_may_come_in_any_order(
        keys in prop::collection::vec((0_usize..3, any::<bool>()), 1..20).prop_shuffle(),
    ) {
        let changes: Vec<Event> = keys.iter().map(|(key, opens)| {
            let key = format!("claude:m{key}");
            match opens {
                true => event(1, 0, BreakerOpened {
                    scope: BreakerScope::Model,
                    key,
                    code: FailureCode::new("overloaded"),
                    until_ms: None,
                    failures: 1,
                }),
                false => event(1, 0, BreakerClosed {
                    scope: BreakerScope::Model, key, reason: "reset".to_owned(),
                }),
            }
        }).collect();
        let mut apart = changes.clone();
        // Stable: what is about the same thing keeps its order.
        apart.sort_by_key(|event| match &event.body {
            Body::BreakerOpened(it) => it.key.clone(),
            Body::BreakerClosed(it) => it.key.clone(),
            _ => String::new(),
        });
        prop_assert_eq!(folded(&changes), folded(&apart));
    }

    #[test]
    fn one_success_after_all_else_leaves_nothing_shut(history in any_history()) {
        let (mut events, now) = written(&history);
        let breakers = folded(&events);
        let target = target(TARGETS[0]);
        let later = now + 1;
        let bodies = breakers.after(&Ended {
            account: "claude",
            target: &target,
            outcome: AttemptOutcome::Done,
            failure: None,
            began: at(later),
            retried: false,
            now: at(later),
        });
        events.extend(bodies.into_iter().map(|body| event(9_999, later, body)));
        let breakers = folded(&events);
        // Others may be under way, but nothing that they could find out is left.
        prop_assert!(breakers.open_for(&Accounts::new(), &target, at(later)).is_none());
    }
}
