//! How large the book grows: every command reads it.

use super::Book;
use super::scene::{Scene, exited, known, reserved, target, time};
use crate::model::{
    AgentName, Amounts, AttemptOutcome, AttemptRef, Basis, BudgetReserved, BudgetSettled, MicroUsd,
    RunFinished, RunId,
};

/// Numbers without rhyme, the same every time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }
}

fn name(number: u64) -> AttemptRef {
    AttemptRef {
        run: RunId::new(format!("RUN-20261122-{number:05}")),
        invocation: crate::model::InvocationNumber(1),
        number: 1,
    }
}

/// One run of one attempt that is done, by one of `n_pairs` pairs and one of three task types.
fn run(scene: &mut Scene, dice: &mut Dice, number: u64, n_pairs: u64) {
    let pair = dice.below(n_pairs);
    let target = target(&format!("claude-code:model-{}", pair / 5));
    let uusd = 20_000 + dice.below(2_000_000);
    let amounts = Amounts {
        uusd,
        billed_uusd: if pair.is_multiple_of(4) { uusd } else { 0 },
        tokens: 5_000 + dice.below(200_000),
        requests: 1,
    };
    let asked = BudgetReserved {
        agent: AgentName::new(format!("agent-{}", pair % 5)),
        target: target.clone(),
        task_type: Some(
            ["review", "implement", "explain"][usize::try_from(dice.below(3)).expect("few")]
                .to_owned(),
        ),
        ..reserved(u32::try_from(number).expect("few"), amounts)
    };
    let name = name(number);
    scene.write(&name, asked);
    scene.write(&name, exited(target.clone(), known(uusd)));
    let settled = BudgetSettled {
        target,
        amounts,
        basis: Basis::Reported,
        overrun_uusd: Some(MicroUsd(1)).filter(|_| number.is_multiple_of(7)),
        prices: None,
    };
    scene.write(&name, settled);
    let finished = RunFinished {
        outcome: AttemptOutcome::Done,
        exit_code: 0,
        attempts: 1,
        duration_ms: 1,
    };
    scene.write(&name, finished);
}

/// `n_runs` runs, evenly over the days before the 22nd of November.
fn history(n_runs: u64, n_days: i64, n_pairs: u64) -> Book {
    let mut scene = Scene::at("2026-11-22T12:00:00Z");
    let end = scene.now;
    scene.now = end - jiff::SignedDuration::from_hours(24 * n_days);
    scene.at = scene.now;
    let mut dice = Dice(7);
    let whole = u64::try_from(n_days).expect("days") * 86_400_000;
    for number in 0..n_runs {
        scene.now +=
            jiff::SignedDuration::from_millis(i64::try_from(whole / n_runs).expect("a step"));
        run(&mut scene, &mut dice, number, n_pairs);
    }
    scene.book
}

fn text(book: &Book) -> String {
    serde_json::to_string(book).expect("text")
}

#[test]
fn ten_thousand_runs_a_month_by_twenty_pairs_stay_below_a_hundred_kilobytes() {
    let book = history(25_000, 75, 20);
    let text = text(&book);
    assert!(text.len() < 100_000, "{} bytes", text.len());
    assert_eq!(serde_json::from_str::<Book>(&text).expect("a book"), book);
}

#[test]
fn twice_the_history_is_not_twice_the_size() {
    let (once, twice) = (history(5_000, 100, 4), history(10_000, 200, 4));
    let (once, twice) = (text(&once).len(), text(&twice).len());
    assert!(twice < once + once / 20, "{once} bytes, then {twice}");
}

#[test]
fn a_pair_at_work_without_a_pause_has_a_bound() {
    let book = history(100_000, 70, 1);
    let text = text(&book);
    assert!(text.len() < 40_000, "{} bytes", text.len());
}

#[test]
fn pairs_that_are_used_no_more_are_forgotten_and_the_rest_keep_what_is_theirs() {
    let mut scene = Scene::at("2026-01-01T00:00:00Z");
    let mut dice = Dice(7);
    for number in 0..300 {
        run(&mut scene, &mut dice, number, 100);
    }
    let estimates = |book: &Book| -> Vec<Option<MicroUsd>> {
        let pair = |pair: u64| {
            let target = target(&format!("claude-code:model-{}", pair / 5));
            book.estimate(
                &AgentName::new(format!("agent-{}", pair % 5)),
                &target,
                None,
            )
        };
        (1..100).map(pair).collect()
    };
    let before = scene.book.clone();
    scene.now = time("2026-06-01T00:00:00Z");
    for number in 300..900 {
        scene.now += jiff::SignedDuration::from_mins(1);
        run(&mut scene, &mut dice, number, 1);
    }
    let n_pairs = |book: &Book| text(book).matches("\"tool\"").count();
    assert!(n_pairs(&scene.book) < n_pairs(&before));
    let (old, new) = (estimates(&before), estimates(&scene.book));
    assert!(new.iter().any(Option::is_some), "costs are kept for long");
    for (old, new) in old.iter().zip(new) {
        assert!(new.is_none() || new == *old, "{old:?}, then {new:?}");
    }
    let text = text(&scene.book);
    assert_eq!(
        serde_json::from_str::<Book>(&text).expect("a book"),
        scene.book
    );
}
