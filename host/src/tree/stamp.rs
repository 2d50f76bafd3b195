//! What is kept of one entry: enough to tell whether it was touched.
//!
//! Owns what counts as the same. It opens nothing; who has an entry's metadata makes its stamp.

use std::fs::{FileType, Metadata};
use std::os::unix::fs::MetadataExt as _;

use jiff::{SignedDuration, Timestamp};

use crate::model::Digest;

/// Times of files that are this close to the moment of looking prove nothing: a second write can
/// leave the same time. Linux stamps files with a clock that ticks every 1 to 10 ms; FAT keeps
/// times of two seconds.
const TOO_FRESH: SignedDuration = SignedDuration::from_secs(2);

/// One entry as it was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Stamp {
    /// A regular file.
    File(FileStamp),
    /// A directory. Its times change with every file that comes and goes, so they
    /// tell nothing that its entries do not.
    Folder {
        /// Permissions.
        mode: u32,
    },
    /// A symbolic link, by the digest of what it points to.
    Link(Digest),
    /// A `.git`: what is checked out and what is staged.
    Git(Digest),
    /// A socket, pipe, or device.
    Other(FileStamp),
}

/// Metadata of a file. Equal means that nobody wrote to it, unless it was too fresh.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FileStamp {
    size: u64,
    mode: u32,
    inode: u64,
    modified: (i64, i64),
    /// Set by the kernel at every change of content or metadata. No call sets it to a wish, so
    /// `touch`, `cp -p`, `tar`, and `git` cannot hide a write by accident, as they can with the time
    /// of modification.
    status_changed: (i64, i64),
}

impl FileStamp {
    pub(super) fn of(found: &Metadata) -> Self {
        Self {
            size: found.size(),
            mode: found.mode(),
            inode: found.ino(),
            modified: (found.mtime(), found.mtime_nsec()),
            status_changed: (found.ctime(), found.ctime_nsec()),
        }
    }

    /// The permissions and the kind.
    pub(super) fn mode(&self) -> u32 {
        self.mode
    }

    /// How long it is, in bytes.
    pub(super) fn size(&self) -> u64 {
        self.size
    }

    /// Whether its times lie so close before `now`, or after it, that they prove nothing.
    pub(super) fn is_too_fresh(&self, now: Timestamp) -> bool {
        let (seconds, nanoseconds) = self.status_changed.max(self.modified);
        let then = i32::try_from(nanoseconds)
            .ok()
            .and_then(|part| Timestamp::new(seconds, part).ok());
        then.is_none_or(|then| now.duration_since(then) < TOO_FRESH)
    }
}

/// Whether it is none of file, directory, and link.
pub(super) fn is_special(kind: FileType) -> bool {
    !kind.is_file() && !kind.is_dir() && !kind.is_symlink()
}
