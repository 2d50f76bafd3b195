//! What changed between two looks at a directory.

use std::cmp::Ordering;

use crate::model::{ChangedNames, FileChanges};

use super::fingerprint::{Fingerprint, Proof, Seen, Tree};
use super::stamp::Stamp;

/// What changed from `before` to `after`. Names are those of files, links, and directories below the
/// root, in the order of their bytes; what is no text in them is replaced.
#[must_use]
pub fn changes(before: &Fingerprint, after: &Fingerprint) -> FileChanges {
    let (Fingerprint::Whole(before), Fingerprint::Whole(after)) = (before, after) else {
        return FileChanges {
            not_known: true,
            ..FileChanges::default()
        };
    };
    let mut changes = FileChanges {
        not_known: before.n_hidden + after.n_hidden > 0,
        ..FileChanges::default()
    };
    for (old, new) in pairs(before, after) {
        match (old, new) {
            (Some(old), Some(new)) => match is_same(old, new) {
                Some(true) => {}
                Some(false) => add(&mut changes.changed, new),
                None => changes.not_known = true,
            },
            (Some(old), None) => add(&mut changes.removed, old),
            (None, Some(new)) => add(&mut changes.added, new),
            (None, None) => {}
        }
    }
    changes
}

/// Entries of the same path beside each other, in the order of paths.
fn pairs<'a>(
    before: &'a Tree,
    after: &'a Tree,
) -> impl Iterator<Item = (Option<&'a Seen>, Option<&'a Seen>)> {
    let mut before = before.entries.iter().peekable();
    let mut after = after.entries.iter().peekable();
    std::iter::from_fn(move || {
        let order = match (before.peek(), after.peek()) {
            (None, None) => return None,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(old), Some(new)) => old.path.cmp(&new.path),
        };
        Some(match order {
            Ordering::Less => (before.next(), None),
            Ordering::Greater => (None, after.next()),
            Ordering::Equal => (before.next(), after.next()),
        })
    })
}

/// Whether an entry stayed as it was; `None` when that cannot be told.
fn is_same(old: &Seen, new: &Seen) -> Option<bool> {
    if old.stamp != new.stamp {
        return Some(false);
    }
    match (&old.proof, &new.proof) {
        (Proof::Stamp, _) => Some(true),
        (Proof::Content(old), Proof::Content(new)) => Some(old == new),
        (Proof::Content(_) | Proof::Nothing, _) => None,
    }
}

fn add(names: &mut ChangedNames, seen: &Seen) {
    let mut name = String::from_utf8_lossy(&seen.path).into_owned();
    if matches!(seen.stamp, Stamp::Folder { .. }) {
        name.push('/');
    }
    names.add(name);
}
