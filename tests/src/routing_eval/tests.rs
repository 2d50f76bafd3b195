//! The measures on curves whose values are known, and learning where there is something to learn
//! and where there is not.

use super::boost::{FREE, SENSIBLE, learn};
use super::bootstrap::figures;
use super::curve::Order;
use super::folds::{Cut, FOLDS, out_of_fold};
use super::rows::{Row, rows};
use super::score::FEATURES;
use super::trained::Trained;
use crate::lcg::Lcg;

fn row(weak: bool, strong: bool, numbers: [i64; FEATURES.len()]) -> Row {
    Row {
        set: "mmlu_a".to_owned(),
        weak,
        strong,
        numbers,
        prompt_tokens: 10,
        answer_tokens: None,
    }
}

/// Four questions: the dear model wins two, loses one.
fn four() -> [Row; 4] {
    [(false, true), (false, true), (true, true), (true, false)]
        .map(|(weak, strong)| row(weak, strong, [0; FEATURES.len()]))
}

/// Questions with many negations are won by the dear model, mostly.
fn planted(n: u64) -> Vec<Row> {
    let mut lcg = Lcg::new(7);
    let row = |i: u64| {
        let negations = i64::try_from(i % 10).unwrap();
        let strong = lcg.below(10) < if negations > 5 { 8 } else { 2 };
        let noise = i64::try_from(lcg.below(1000)).unwrap();
        let mut row = row(!strong, strong, [noise, noise, 0, negations, 0]);
        row.set = format!("mmlu_{}", i % 20);
        row
    };
    (0..n).map(row).collect()
}

#[test]
fn a_perfect_order_a_reversed_one_and_none() {
    let rows = four();
    let curve = |scores: [f64; 4]| Order::new(&scores, &[0, 1, 2, 3]).curve(&rows, None, &[1; 4]);
    let perfect = curve([4.0, 3.0, 2.0, 1.0]);
    // The gap is 0.25; after each quarter of the calls 0.25, 0.5, 0.5, 0.25 are won.
    assert_eq!(perfect.gap(), 0.25);
    assert_eq!(perfect.apgr(), (0.125 + 0.375 + 0.5 + 0.375) / 4.0 / 0.25);
    assert_eq!(perfect.calls_for(0.5), 0.125);
    assert_eq!(
        curve([1.0, 2.0, 3.0, 4.0]).apgr(),
        (-0.125 - 0.25 - 0.125 + 0.125) / 4.0 / 0.25
    );
    let none = curve([5.0; 4]);
    assert_eq!(
        (none.apgr(), none.calls_for(0.8)),
        (0.5, 0.8),
        "equal scores are chance"
    );
}

#[test]
fn equal_quality_has_a_share_and_a_cost() {
    let rows = four();
    let costs = [(1.0, 4.0); 4];
    let order = Order::new(&[4.0, 3.0, 2.0, 1.0], &[0, 1, 2, 3]);
    let curve = order.curve(&rows, Some(&costs), &[1; 4]);
    // Always dear is right in 3 of 4, always cheap in 2; one dear call makes up for it.
    assert_eq!(curve.equal_quality(1.0), (0.25, 0.25 + 0.75 / 4.0));
    assert_eq!(curve.equal_quality_by_chance(1.0), (1.0, 1.0));
    assert_eq!(
        curve.equal_quality(0.5),
        (0.0, 0.25),
        "always cheap is good enough"
    );
}

#[test]
fn a_row_that_counts_twice_is_two_rows() {
    let rows = four();
    let order = Order::new(&[4.0, 3.0, 2.0, 1.0], &[0, 1, 2, 3]);
    let twice = order.curve(&rows, None, &[2, 0, 1, 1]);
    let order = Order::new(&[4.0, 4.0, 2.0, 1.0], &[0, 1, 2, 3]);
    assert_eq!(twice.apgr(), order.curve(&rows, None, &[1; 4]).apgr());
}

#[test]
fn what_is_planted_is_found_by_rows_that_were_never_seen() {
    let rows = planted(600);
    let all: Vec<usize> = (0..rows.len()).collect();
    let area = |cut: Cut| {
        let scores = out_of_fold(&rows, cut);
        assert!(
            scores
                .iter()
                .flatten()
                .all(|score| (0.0..=100.0).contains(score))
        );
        Order::new(&scores[0], &all)
            .curve(&rows, None, &[1; 600])
            .area()
    };
    // At best 0.144 more than chance, which is half of the gap: 4 of 10 rows win 0.6, 6 lose it.
    let gap: f64 = rows.iter().map(Row::gain).sum::<f64>() / 600.0;
    assert!(area(Cut::Rows) > gap / 2.0 + 0.1);
    assert!(area(Cut::Sets) > gap / 2.0 + 0.1);
    assert!((area(Cut::Noise) - gap / 2.0).abs() < 0.05);
    assert_eq!(
        out_of_fold(&rows, Cut::Rows),
        out_of_fold(&rows, Cut::Rows),
        "same seed, same scores"
    );
}

#[test]
fn a_number_works_in_its_direction_only() {
    let mut rows = planted(600);
    // The other way round: few negations are what is hard.
    rows.iter_mut()
        .for_each(|row| row.numbers[3] = 9 - row.numbers[3]);
    let refs: Vec<&Row> = rows.iter().collect();
    let wanted: Vec<bool> = rows.iter().map(Row::needs_strong).collect();
    let of_negations = |directions| {
        let steps = learn(&refs, &wanted, directions);
        steps
            .into_iter()
            .filter(|step| step.feature == 3)
            .collect::<Vec<_>>()
    };
    assert!(of_negations(&SENSIBLE).is_empty());
    let free = of_negations(&FREE);
    assert!(
        free.iter().map(|step| step.add).sum::<f64>() < -1.0,
        "{free:?}"
    );
}

#[test]
fn the_written_weights_are_the_learned_ones() {
    let rows = planted(600);
    let refs: Vec<&Row> = rows.iter().collect();
    let wanted: Vec<bool> = rows.iter().map(Row::needs_strong).collect();
    let trained = Trained::from(&refs, &wanted, &SENSIBLE);
    let (weights, source) = (trained.weights(), trained.source());
    assert_eq!(weights.cuts.len(), 100);
    assert!(weights.cuts.is_sorted());
    for step in weights.steps {
        let line = format!(
            "    Step {{ feature: {}, above: {}, add: {} }}, // {}\n",
            step.feature, step.above, step.add, FEATURES[step.feature]
        );
        assert!(source.contains(&line), "{line}");
    }
}

#[test]
fn the_interval_of_a_mean_is_that_of_the_textbook() {
    let values: Vec<f64> = (0..400).map(f64::from).collect();
    let places: Vec<usize> = (0..400).collect();
    let [figure] = figures(400, &places, |times| {
        let pairs = values.iter().zip(times);
        [pairs
            .map(|(value, count)| value * f64::from(*count))
            .sum::<f64>()
            / 400.0]
    });
    // 1.96 standard deviations of 115.5, over the root of 400.
    assert_eq!(figure.value, 199.5);
    assert!(
        (figure.high - figure.low - 2.0 * 11.3).abs() < 2.0,
        "{figure:?}"
    );
}

#[test]
fn a_file_is_read_and_its_mistakes_are_told() {
    let heading =
        "set,row,prompt,weak_correct,strong_correct,weak_answer_chars,strong_answer_chars\n";
    let text = format!(
        "{heading}gsm8k,1,\"How many,\nif not 3?\",False,True,9.0,401\nmmlu_a,2,x,True,True,,\n"
    );
    let rows = rows(&text).unwrap();
    assert_eq!((rows[0].gain(), rows[1].gain()), (1.0, 0.0));
    assert_eq!(rows[0].answer_tokens, Some((3, 101)));
    assert_eq!(rows[1].answer_tokens, None);
    let negations = FEATURES
        .iter()
        .position(|name| *name == "negations")
        .unwrap();
    assert_eq!(rows[0].numbers[negations], 1);
    for (text, why) in [
        ("set,prompt\n", "there is no column 'weak_correct'"),
        (
            &*format!("{heading}a,1,x,Maybe,True,,\n"),
            "'Maybe' is neither True nor False",
        ),
        (&*format!("{heading}a,1\n"), "record 1 is too short"),
    ] {
        assert_eq!(super::rows::rows(text).unwrap_err(), why);
    }
    assert_eq!(FOLDS, 10, "the document says so");
}
