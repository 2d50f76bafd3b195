//! Spending over time, in cells that grow coarser with age.
//!
//! A cell that belongs to a window in part counts whole: a sum is never too low, and too high by
//! no more than the cell at its edge. Cells are fine where windows begin: seconds within the last
//! minute, minutes within the last hour, a quarter of an hour within two days and on the first
//! and last day of every month (every time zone in use is a multiple of a quarter of an hour away
//! from UTC, so days and months are exact), hours within a week, and days of UTC before that.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::model::{Amounts, Metric};

use super::packed::{Taker, put, put_amounts};
use super::period::Span;

/// Widths of cells in seconds, each a multiple of the one before, and how old the end of such a
/// cell must be, in seconds.
const WIDTHS: [(i64, i64); 5] = [
    (1, i64::MIN),
    (60, 60),
    (QUARTER, 3_600),
    (3_600, 50 * 3_600),
    (DAY, 7 * DAY),
];
const QUARTER: i64 = 900;
const DAY: i64 = 86_400;

/// How long spending is kept: a month, and what came before it in the month that it began in.
pub(super) const KEPT: i64 = 62 * DAY;

/// Amounts by the start of their cell and its width.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Cells(BTreeMap<(i64, i64), Amounts>);

impl Cells {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Add what was spent in a second, as seen when the newest event is from second `newest`.
    pub(super) fn add(&mut self, second: i64, amounts: &Amounts, newest: i64) {
        let width = width(second, newest);
        let cell = self.0.entry((floor(second, width), width)).or_default();
        *cell = cell.plus(amounts);
    }

    /// Join what is old and drop what is older than [`KEPT`].
    pub(super) fn age(&mut self, newest: i64) {
        let before = std::mem::take(&mut self.0);
        for ((start, old), amounts) in before {
            if newest.saturating_sub(start.saturating_add(old)) < KEPT {
                let width = if old == DAY {
                    DAY
                } else {
                    width(start, newest).max(old)
                };
                let cell = self.0.entry((floor(start, width), width)).or_default();
                *cell = cell.plus(&amounts);
            }
        }
    }

    /// What was spent of `metric` in `span`, or somewhat more.
    pub(super) fn sum(&self, span: Span, metric: Metric) -> u64 {
        self.within(span).fold(0, |sum, (_, amounts)| {
            sum.saturating_add(amounts.of(metric))
        })
    }

    /// Cells that have part in `span`, from old to new, with the second after their end.
    pub(super) fn within(&self, span: Span) -> impl Iterator<Item = (i64, &Amounts)> {
        self.0
            .range((span.first.saturating_sub(DAY), 0)..=(span.last, i64::MAX))
            .filter(move |((start, width), _)| span.touches(*start, *width))
            .map(|((start, width), amounts)| (start.saturating_add(*width), amounts))
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}

/// The second in which something happened; before 1970 nothing did.
pub(super) fn second_of(at: Timestamp) -> i64 {
    at.as_second().max(0)
}

fn floor(second: i64, width: i64) -> i64 {
    second - second.rem_euclid(width)
}

/// The width of the cell that holds `second`.
fn width(second: i64, newest: i64) -> i64 {
    let fits = |(width, age): &&(i64, i64)| {
        let end = floor(second, *width).saturating_add(*width);
        newest.saturating_sub(end) >= *age
    };
    let width = WIDTHS
        .iter()
        .rev()
        .find(fits)
        .map_or(1, |(width, _)| *width);
    if width > QUARTER && at_the_edge_of_a_month(second) {
        return QUARTER;
    }
    width
}

/// Whether `second` is on the first or the last UTC day of a month; every zone's month begins on
/// one of the two.
fn at_the_edge_of_a_month(second: i64) -> bool {
    let first = |second| {
        Timestamp::from_second(second).is_ok_and(|at| at.to_zoned(TimeZone::UTC).day() == 1)
    };
    first(second) || first(second.saturating_add(DAY))
}

impl Serialize for Cells {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut text = String::with_capacity(self.0.len() * 16);
        let mut before = 0;
        for ((start, width), amounts) in &self.0 {
            let kind = WIDTHS.iter().position(|(it, _)| it == width);
            // Starts ascend, so their distance in cells of this width is never negative.
            let distance = start / width - before / width;
            let head = u64::try_from(distance).unwrap_or_default() * 8;
            put(&mut text, head + kind.unwrap_or_default() as u64);
            put_amounts(&mut text, amounts);
            before = *start;
        }
        serializer.serialize_str(&text)
    }
}

impl<'de> Deserialize<'de> for Cells {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        unpack(&text).ok_or_else(|| de::Error::custom("cells that cannot be read"))
    }
}

fn unpack(text: &str) -> Option<Cells> {
    let mut taker = Taker::new(text);
    let mut cells = BTreeMap::new();
    let mut before = 0_i64;
    while !taker.is_empty() {
        let head = taker.take()?;
        let kind = usize::try_from(head % 8).ok()?;
        let (width, _) = *WIDTHS.get(kind)?;
        let distance = i64::try_from(head / 8).ok()?;
        let start = distance.checked_add(before / width)?.checked_mul(width)?;
        cells.insert((start, width), taker.take_amounts()?);
        before = start;
    }
    Some(Cells(cells))
}

#[cfg(test)]
#[path = "cells_tests.rs"]
mod tests;
