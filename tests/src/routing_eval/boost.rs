//! Learning: small steps, one after the other, each where it helps most (gradient boosting of stumps
//! for the logistic loss).
//!
//! It learns when the dear model is right and the cheap one is wrong. Each number may be held to one
//! direction, so that what is longer or more involved never counts as simpler.

use super::rows::Row;
use super::score::{FEATURES, Step};

/// The direction in which each of [`FEATURES`] may work: up, down, or either where it is 0.
pub(super) type Directions = [f64; FEATURES.len()];

/// Longer, more repetitive, of shorter words, with more negations and conditions: never simpler.
pub(super) const SENSIBLE: Directions = [1.0, -1.0, -1.0, 1.0, 1.0];
/// Whatever the rows say.
pub(super) const FREE: Directions = [0.0; FEATURES.len()];

const ROUNDS: usize = 40;
const RATE: f64 = 0.1;
/// Questions that must remain on either side of a step.
const LEAST: f64 = 30.0;
/// Ridge penalty on the height of a step.
const RIDGE: f64 = 1.0;
/// Bounds that are tried for each number.
const BOUNDS: usize = 32;
/// Of [`Step::add`].
pub(super) const MILLIONTHS: f64 = 1e6;

/// A step before it is rounded.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct FloatStep {
    pub(super) feature: usize,
    pub(super) above: i64,
    pub(super) add: f64,
}

/// Gradient and curvature of the loss, and how many questions they are of.
#[derive(Debug, Clone, Copy, Default)]
struct Pull {
    gradient: f64,
    curvature: f64,
    n: f64,
}

/// Learn from `rows`; `wanted` says for each what is to be foretold.
pub(super) fn learn(rows: &[&Row], wanted: &[bool], directions: &Directions) -> Vec<FloatStep> {
    let share = wanted.iter().filter(|it| **it).count() as f64 / wanted.len() as f64;
    let mut sums = vec![(share / (1.0 - share)).ln(); rows.len()];
    let bounds: Vec<Vec<i64>> = (0..FEATURES.len()).map(|f| bounds(rows, f)).collect();
    let mut steps = Vec::new();
    for _ in 0..ROUNDS {
        let pulls: Vec<Pull> = sums
            .iter()
            .zip(wanted)
            .map(|(sum, it)| pull(*sum, *it))
            .collect();
        let Some((step, base)) = best(rows, &pulls, &bounds, directions) else {
            break;
        };
        for (sum, row) in sums.iter_mut().zip(rows) {
            *sum += base;
            if row.numbers[step.feature] > step.above {
                *sum += step.add;
            }
        }
        steps.push(step);
    }
    merged(steps)
}

/// The steps with whole numbers, as the policy has them.
pub(super) fn rounded(steps: &[FloatStep]) -> Vec<Step> {
    let whole = |step: &FloatStep| Step {
        feature: step.feature,
        above: step.above,
        add: (step.add * MILLIONTHS).round() as i64,
    };
    steps.iter().map(whole).collect()
}

/// The sum of the steps that a question takes, not rounded.
pub(super) fn float_sum(steps: &[FloatStep], row: &Row) -> f64 {
    let taken = steps
        .iter()
        .filter(|step| row.numbers[step.feature] > step.above);
    taken.map(|step| step.add).sum()
}

/// Quantiles of a number.
fn bounds(rows: &[&Row], feature: usize) -> Vec<i64> {
    let mut values: Vec<i64> = rows.iter().map(|row| row.numbers[feature]).collect();
    values.sort_unstable();
    let mut bounds: Vec<i64> = (1..BOUNDS)
        .map(|i| values[i * values.len() / BOUNDS])
        .collect();
    bounds.dedup();
    bounds
}

fn pull(sum: f64, wanted: bool) -> Pull {
    let p = 1.0 / (1.0 + (-sum).exp());
    Pull {
        gradient: f64::from(u8::from(wanted)) - p,
        curvature: p * (1.0 - p),
        n: 1.0,
    }
}

/// The step that lowers the loss most, and what is added below it.
fn best(
    rows: &[&Row],
    pulls: &[Pull],
    bounds: &[Vec<i64>],
    directions: &Directions,
) -> Option<(FloatStep, f64)> {
    let mut best: Option<(f64, FloatStep, f64)> = None;
    for (feature, bounds) in bounds.iter().enumerate() {
        // Sums between neighbouring bounds, the last being what is above all of them.
        let mut between = vec![Pull::default(); bounds.len() + 1];
        for (row, pull) in rows.iter().zip(pulls) {
            let place = bounds.partition_point(|bound| *bound < row.numbers[feature]);
            between[place].add(pull);
        }
        let mut all = Pull::default();
        between.iter().for_each(|pull| all.add(pull));
        let mut low = Pull::default();
        for (pull, above) in between.iter().zip(bounds) {
            low.add(pull);
            let high = all.without(&low);
            let add = high.height() - low.height();
            let won = low.won() + high.won() - all.won();
            let allowed = add * directions[feature] >= 0.0 && low.n >= LEAST && high.n >= LEAST;
            if allowed && best.is_none_or(|(most, ..)| won > most) {
                let step = FloatStep {
                    feature,
                    above: *above,
                    add: RATE * add,
                };
                best = Some((won, step, RATE * low.height()));
            }
        }
    }
    best.map(|(_, step, base)| (step, base))
}

impl Pull {
    fn add(&mut self, other: &Self) {
        self.gradient += other.gradient;
        self.curvature += other.curvature;
        self.n += other.n;
    }

    fn without(&self, other: &Self) -> Self {
        Self {
            gradient: self.gradient - other.gradient,
            curvature: self.curvature - other.curvature,
            n: self.n - other.n,
        }
    }

    fn height(&self) -> f64 {
        self.gradient / (self.curvature + RIDGE)
    }

    fn won(&self) -> f64 {
        self.gradient * self.height()
    }
}

/// Steps at the same bound are one.
fn merged(mut steps: Vec<FloatStep>) -> Vec<FloatStep> {
    steps.sort_by_key(|step| (step.feature, step.above));
    let mut merged: Vec<FloatStep> = Vec::new();
    for step in steps {
        match merged.last_mut() {
            Some(last) if (last.feature, last.above) == (step.feature, step.above) => {
                last.add += step.add;
            }
            _ => merged.push(step),
        }
    }
    merged
}
