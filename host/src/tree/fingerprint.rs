//! What a directory looked like at one moment.
//!
//! Owns when times are proof enough and when content must be read. What changed between two of them
//! is `changes`.

use std::collections::HashSet;
use std::fs::File;
use std::io::Read as _;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;

use crate::model::{Clock, Digest};

use super::error::TreeError;
use super::stamp::{FileStamp, Stamp};
use super::walk::{TreeLimits, Walk};

/// What a directory looked like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fingerprint {
    /// All of it was looked at.
    Whole(Tree),
    /// It has too many entries, or looking took too long: nothing is known.
    TooLarge,
}

/// Every entry of a directory as it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tree {
    pub(super) entries: Vec<Seen>,
    pub(super) n_hidden: usize,
}

impl Tree {
    /// Files, directories, and links.
    #[must_use]
    pub fn n_entries(&self) -> usize {
        self.entries.len()
    }
}

/// One entry and what proves that it stayed as it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) path: Box<[u8]>,
    pub(super) stamp: Stamp,
    pub(super) proof: Proof,
}

/// What proves that a file stayed as it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Proof {
    /// Its stamp: it was quiet for long enough when it was looked at.
    Stamp,
    /// Its content, since it was written to a moment before.
    Content(Digest),
    /// Nothing: it was written to a moment before, and its content was not read.
    Nothing,
}

/// Look at `dir`. Blocks for as long as `limits` says.
///
/// # Errors
/// When `dir` itself cannot be read.
pub fn fingerprint(
    dir: &Path,
    limits: &TreeLimits,
    clock: &dyn Clock,
) -> Result<Fingerprint, TreeError> {
    Look::new(dir, limits, clock).take(&HashSet::new())
}

/// Look at `dir` again, and at the content of everything whose content was read for `before`.
///
/// # Errors
/// When `dir` itself cannot be read.
pub fn fingerprint_after(
    dir: &Path,
    before: &Fingerprint,
    limits: &TreeLimits,
    clock: &dyn Clock,
) -> Result<Fingerprint, TreeError> {
    let Fingerprint::Whole(tree) = before else {
        // There is nothing that it could be compared with.
        return Ok(Fingerprint::TooLarge);
    };
    let read: HashSet<&[u8]> = tree
        .entries
        .iter()
        .filter(|seen| matches!(seen.proof, Proof::Content(_)))
        .map(|seen| &*seen.path)
        .collect();
    Look::new(dir, limits, clock).take(&read)
}

/// One look at a directory.
struct Look<'a> {
    dir: &'a Path,
    limits: &'a TreeLimits,
    clock: &'a dyn Clock,
    now: Timestamp,
    began: Duration,
}

impl<'a> Look<'a> {
    fn new(dir: &'a Path, limits: &'a TreeLimits, clock: &'a dyn Clock) -> Self {
        Self {
            dir,
            limits,
            clock,
            now: clock.now(),
            began: clock.monotonic(),
        }
    }

    fn take(&self, read_before: &HashSet<&[u8]>) -> Result<Fingerprint, TreeError> {
        let walk = Walk::new(self.dir, self.limits, self.clock)?;
        let Ok(walked) = walk.finish() else {
            return Ok(Fingerprint::TooLarge);
        };
        let entries = walked.entries.into_iter().map(|(path, stamp)| {
            let proof = match &stamp {
                Stamp::File(file)
                    if file.is_too_fresh(self.now) || read_before.contains(&*path) =>
                {
                    self.content(&path, file)
                }
                _ => Proof::Stamp,
            };
            Seen { path, stamp, proof }
        });
        Ok(Fingerprint::Whole(Tree {
            entries: entries.collect(),
            n_hidden: walked.n_hidden,
        }))
    }

    fn content(&self, path: &[u8], file: &FileStamp) -> Proof {
        let late = Walk::is_late(self.limits, self.clock, self.began);
        if late || file.size() > self.limits.content {
            return Proof::Nothing;
        }
        let path = self.dir.join(std::ffi::OsStr::from_bytes(path));
        let mut content = Vec::new();
        let read = open_file(&path).and_then(|file| {
            // One more than may be: a file that grew is not taken for its beginning.
            file.take(self.limits.content.saturating_add(1))
                .read_to_end(&mut content)
        });
        match read {
            Ok(n) if n as u64 <= self.limits.content => Proof::Content(Digest::of(&content)),
            _ => Proof::Nothing,
        }
    }
}

/// Open what was a regular file a moment ago, without waiting if it has become something else.
fn open_file(path: &Path) -> std::io::Result<File> {
    use rustix::fs::{Mode, OFlags};
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    Ok(File::from(rustix::fs::open(path, flags, Mode::empty())?))
}
