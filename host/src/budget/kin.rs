//! Attempts started by attempts: what those below an attempt cost, and which stand above.
//!
//! An attempt counts towards the nearest one above it that is open; when that one ends, towards
//! the next. Links are followed no more often than there are attempts, so that a circle ends.

use std::collections::BTreeMap;

use uuid::Uuid;

use crate::model::{Amounts, AttemptRef};

use super::book::Book;
use super::reservation::Reservation;

/// Open attempts by their markers.
type ByMarker<'b> = BTreeMap<Uuid, (&'b AttemptRef, &'b Reservation)>;

impl Book {
    /// What attempts below the one with `marker` cost since it began, at any depth: for good, and
    /// set aside or used by those that are open.
    #[must_use]
    pub fn under(&self, marker: Uuid) -> Amounts {
        self.under_without(marker, None)
    }

    /// The same, where the reservation of `except` does not count.
    pub(super) fn under_without(&self, marker: Uuid, except: Option<&AttemptRef>) -> Amounts {
        let by_marker = self.by_marker();
        let below = |it: &Reservation| {
            it.marker != marker && climb(&by_marker, it.above).any(|(_, up)| up.marker == marker)
        };
        let own = by_marker.get(&marker).map(|(_, own)| own.below);
        self.open.iter().filter(|(_, it)| below(it)).fold(
            own.unwrap_or_default(),
            |sum, (name, it)| {
                let held = if except == Some(name) {
                    Amounts::default()
                } else {
                    it.held()
                };
                sum.plus(&it.below).plus(&held)
            },
        )
    }

    /// The open attempts above one that is started by the one with marker `within`, nearest first.
    pub(super) fn above(&self, within: Option<Uuid>) -> Vec<(&AttemptRef, &Reservation)> {
        climb(&self.by_marker(), within).collect()
    }

    /// An attempt is over and has cost `amounts`; what is below it belongs to the next above.
    pub(super) fn hand_up(&mut self, ended: &Reservation, amounts: &Amounts) {
        let cost = ended.below.plus(amounts);
        for it in self.open.values_mut() {
            if Some(it.marker) == ended.above {
                it.below = it.below.plus(&cost);
            }
            if it.above == Some(ended.marker) {
                it.above = ended.above;
            }
        }
    }

    fn by_marker(&self) -> ByMarker<'_> {
        let open = self.open.iter();
        open.map(|(name, it)| (it.marker, (name, it))).collect()
    }
}

fn climb<'b>(
    by_marker: &ByMarker<'b>,
    from: Option<Uuid>,
) -> impl Iterator<Item = (&'b AttemptRef, &'b Reservation)> {
    let mut next = from;
    std::iter::from_fn(move || {
        let found = *by_marker.get(&next?)?;
        next = found.1.above;
        Some(found)
    })
    .take(by_marker.len())
}

#[cfg(test)]
#[path = "kin_tests.rs"]
mod tests;
