//! Weights of the policy's own kind, learned from rows, and their text.

use std::fmt::Write;

use super::boost::{Directions, FloatStep, learn, rounded};
use super::rows::Row;
use super::score::{FEATURES, Step, Weights};

/// Learned weights that own their tables.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Trained {
    pub(super) exact: Vec<FloatStep>,
    steps: Vec<Step>,
    cuts: Vec<i64>,
}

impl Trained {
    /// Learn from `rows`; `wanted` says for each what is to be foretold.
    pub(super) fn from(rows: &[&Row], wanted: &[bool], directions: &Directions) -> Self {
        let exact = learn(rows, wanted, directions);
        let steps = rounded(&exact);
        let weights = Weights {
            steps: &steps,
            cuts: &[],
        };
        let mut sums: Vec<i64> = rows.iter().map(|row| weights.sum(&row.numbers)).collect();
        sums.sort_unstable();
        let cuts = (0..100)
            .map(|percent| sums[percent * sums.len() / 100])
            .collect();
        Self { exact, steps, cuts }
    }

    /// As the policy has them.
    pub(super) fn weights(&self) -> Weights<'_> {
        Weights {
            steps: &self.steps,
            cuts: &self.cuts,
        }
    }

    /// The source file of the policy that holds them.
    pub(super) fn source(&self) -> String {
        let mut text = String::from(
            "//! What the score learned. Written by `routing-eval --train-out`; not to be edited by hand.\n\
             //! `docs/routing-quality.md` says from what, and what it is worth.\n\n\
             use super::score::{Step, Weights};\n\n\
             /// The weights.\n\
             pub const WEIGHTS: Weights<'_> = Weights {\n    steps: &STEPS,\n    cuts: &CUTS,\n};\n\n",
        );
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "#[rustfmt::skip]\nconst STEPS: [Step; {}] = [",
            self.steps.len()
        );
        for Step {
            feature,
            above,
            add,
        } in &self.steps
        {
            let _ = writeln!(
                text,
                "    Step {{ feature: {feature}, above: {above}, add: {add} }}, // {}",
                FEATURES[*feature]
            );
        }
        let _ = writeln!(
            text,
            "];\n\n#[rustfmt::skip]\nconst CUTS: [i64; {}] = [",
            self.cuts.len()
        );
        for line in self.cuts.chunks(10) {
            let line: Vec<String> = line.iter().map(i64::to_string).collect();
            let _ = writeln!(text, "    {},", line.join(", "));
        }
        text.push_str("];\n");
        text
    }
}

/// The score of `row`.
pub(super) fn score(weights: &Weights<'_>, row: &Row) -> f64 {
    let feature = |name: &str| {
        let place = FEATURES.iter().position(|known| *known == name)?;
        Some(row.numbers[place])
    };
    weights
        .score(feature)
        .map_or(f64::NAN, |score| score as f64)
}
