//! Scores of rows by weights that never saw them.

use std::collections::BTreeMap;

use super::boost::{FREE, SENSIBLE};
use super::rows::Row;
use super::trained::{Trained, score};
use crate::lcg::Lcg;

/// Parts that the rows are cut into.
pub(super) const FOLDS: usize = 10;
/// Ways of cutting.
pub(super) const REPEATS: u64 = 5;
/// Ways of dealing out noise: what is learned from it goes this way and that, and only the mean of
/// many is chance.
const NOISES: u64 = 50;

/// How rows are put into parts, and what is learned from them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Cut {
    /// Each row by itself.
    Rows,
    /// The same, and the directions are learned as well.
    RowsFree,
    /// Whole sets together: the kind of question was never seen.
    Sets,
    /// As `RowsFree`, but what is learned is dealt out at random: there is nothing to learn.
    Noise,
}

/// For each way of cutting, the score of each row, learned from the other parts.
pub(super) fn out_of_fold(rows: &[Row], cut: Cut) -> Vec<Vec<f64>> {
    let repeats = match cut {
        Cut::Rows | Cut::RowsFree | Cut::Sets => REPEATS,
        Cut::Noise => NOISES,
    };
    (0..repeats).map(|seed| once(rows, cut, seed)).collect()
}

fn once(rows: &[Row], cut: Cut, seed: u64) -> Vec<f64> {
    let mut lcg = Lcg::new(seed);
    let part = match cut {
        Cut::Sets => parts_of_sets(rows, &mut lcg),
        Cut::Rows | Cut::RowsFree | Cut::Noise => dealt(rows.len(), &mut lcg),
    };
    let directions = match cut {
        Cut::Rows | Cut::Sets => &SENSIBLE,
        Cut::RowsFree | Cut::Noise => &FREE,
    };
    let mut wanted: Vec<bool> = rows.iter().map(Row::needs_strong).collect();
    if cut == Cut::Noise {
        wanted = shuffled(rows.len(), &mut lcg)
            .into_iter()
            .map(|i| wanted[i])
            .collect();
    }
    let mut scores = vec![f64::NAN; rows.len()];
    for fold in 0..FOLDS {
        let (mut seen, mut seen_wanted) = (Vec::new(), Vec::new());
        for (index, row) in rows.iter().enumerate() {
            if part[index] != fold {
                seen.push(row);
                seen_wanted.push(wanted[index]);
            }
        }
        let trained = Trained::from(&seen, &seen_wanted, directions);
        for (index, row) in rows.iter().enumerate() {
            if part[index] == fold {
                scores[index] = score(&trained.weights(), row);
            }
        }
    }
    scores
}

fn parts_of_sets(rows: &[Row], lcg: &mut Lcg) -> Vec<usize> {
    let names: BTreeMap<&str, ()> = rows.iter().map(|row| (row.set.as_str(), ())).collect();
    let parts = dealt(names.len(), lcg);
    let part_of: BTreeMap<&str, usize> = names.into_keys().zip(parts).collect();
    rows.iter().map(|row| part_of[row.set.as_str()]).collect()
}

/// Parts of equal size, give or take one, dealt at random.
fn dealt(n: usize, lcg: &mut Lcg) -> Vec<usize> {
    shuffled(n, lcg)
        .into_iter()
        .map(|place| place % FOLDS)
        .collect()
}

fn shuffled(n: usize, lcg: &mut Lcg) -> Vec<usize> {
    let mut order: Vec<usize> = (0..n).collect();
    for last in (1..n).rev() {
        order.swap(last, lcg.below(last as u64 + 1) as usize);
    }
    order
}
