//! How complex a prompt seems: 0 to 100, from the numbers that the host computed from it.
//!
//! Owns the arithmetic: sums of whole numbers, so that every machine gets the same score. Never sees
//! a word of the prompt. What the score is worth, and what it is not, is measured: the program that
//! trains the weights uses this very file.

/// The numbers that decide, by the names that the host gives them.
pub const FEATURES: [&str; 5] = [
    "chars",
    "distinct_words_ppm",
    "long_words_ppm",
    "negations",
    "conditions",
];

/// One step of the score: what a number above a bound adds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// Place in [`FEATURES`].
    pub feature: usize,
    /// The bound.
    pub above: i64,
    /// What is added, in millionths of a logarithm of odds.
    pub add: i64,
}

/// What was learned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Weights<'a> {
    /// The steps, in any order.
    pub steps: &'a [Step],
    /// Rising sums: the score is how many of them a prompt's sum is above, so that a score of 60
    /// means that 60 of 100 of the questions it was learned from seem simpler. There are 100.
    pub cuts: &'a [i64],
}

impl Weights<'_> {
    /// The score by the numbers that `feature` gives; `None` if one of them is missing.
    pub fn score(&self, feature: impl Fn(&str) -> Option<i64>) -> Option<u64> {
        let mut numbers = [0; FEATURES.len()];
        for (number, name) in numbers.iter_mut().zip(FEATURES) {
            *number = feature(name)?;
        }
        let sum = self.sum(&numbers);
        let below = self.cuts.iter().filter(|cut| **cut < sum).count();
        u64::try_from(below).ok()
    }

    /// The sum of all steps that `numbers` take, in the order of [`FEATURES`].
    #[must_use]
    pub fn sum(&self, numbers: &[i64; FEATURES.len()]) -> i64 {
        let taken = |step: &&Step| {
            let number = numbers.get(step.feature);
            number.is_some_and(|number| *number > step.above)
        };
        let steps = self.steps.iter().filter(taken);
        steps.fold(0, |sum, step| sum.saturating_add(step.add))
    }
}
