//! What this room could not do.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use crate::model::IdempotencyKey;

use super::lock::Holder;

/// Something the journal could not do. Nothing that led to one was acknowledged.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum JournalError {
    /// A file or directory of the journal could not be made.
    #[error("create `{}`", path.display())]
    Create {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A file or directory of the journal could not be read.
    #[error("read `{}`", path.display())]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The events could not be written; whatever was written of them was taken back.
    #[error("append to the journal segment `{}`", path.display())]
    Append {
        /// The segment.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The device did not confirm. The journal takes no more writes from this process, since the
    /// system may have dropped the data and a second sync would succeed without it.
    #[error("sync `{}` to its device", path.display())]
    Sync {
        /// The file or directory.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// An earlier sync failed in this process.
    #[error("write to the journal in `{}`: it is read-only since a sync failed", dir.display())]
    ReadOnly {
        /// The journal's directory.
        dir: PathBuf,
    },
    /// The journal was opened for looking.
    #[error("write to the journal in `{}`, which was opened for looking", dir.display())]
    OnlyLooking {
        /// The journal's directory.
        dir: PathBuf,
    },
    /// The lock file could not be used.
    #[error("use the journal's lock `{}`", path.display())]
    Lock {
        /// The lock file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Somebody else held the lock all the time.
    #[error("get the journal's lock within {waited:?}; {holder}")]
    LockTimeout {
        /// How long was waited.
        waited: Duration,
        /// Who holds it, as far as can be told.
        holder: Holder,
    },
    /// Locks and syncs cannot be relied on there.
    #[error(
        "keep the journal in `{}`: {kind} is a network file system, where locks and syncs cannot \
         be relied on", path.display()
    )]
    NetworkFileSystem {
        /// The state directory.
        path: PathBuf,
        /// Such as `NFS`.
        kind: String,
    },
    /// A newer program wrote this log.
    #[error(
        "read segment {segment} at byte {offset}: it was written in envelope version {found}, this \
         program knows {}; upgrade it",
        crate::model::ENVELOPE_VERSION
    )]
    NewerEnvelope {
        /// The segment.
        segment: u64,
        /// Where the line begins.
        offset: u64,
        /// The version.
        found: u64,
    },
    /// The place that a cursor names holds something else now, or nothing.
    #[error("find event {seq} at byte {offset} of segment {segment} again")]
    CursorLost {
        /// The segment.
        segment: u64,
        /// Where the line began.
        offset: u64,
        /// The event.
        seq: u64,
    },
    /// An event is too long for one line; large payloads belong in files.
    #[error(
        "write an event of type {kind} in {bytes} bytes; a line has at most {}",
        super::MAX_LINE
    )]
    LineTooLong {
        /// Its type.
        kind: String,
        /// Its size as a line.
        bytes: usize,
    },
    /// A command wants too many events at once.
    #[error("write {events} events as one batch; at most {max} fit")]
    BatchTooLong {
        /// How many.
        events: usize,
        /// How many may be.
        max: usize,
    },
    /// A value cannot be expressed in JSON.
    #[error("express `{what}` as JSON")]
    Encode {
        /// Which value.
        what: String,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
    /// The receiver of an export does not take it.
    #[error("write the export")]
    Export {
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The key was used before, for something else.
    #[error("use the idempotency key `{key}` again for a different command")]
    KeyReused {
        /// The key.
        key: IdempotencyKey,
    },
    /// What was written is not what can be read.
    #[error("read back what was appended to `{}`", path.display())]
    ReadBack {
        /// The segment.
        path: PathBuf,
    },
}

/// Why a command was not recorded.
#[derive(Debug, thiserror::Error)]
pub enum CommitError<R> {
    /// The write model refuses it. Nothing was written.
    #[error("{0}")]
    Refused(R),
    /// The journal could not do it.
    #[error(transparent)]
    Journal(#[from] JournalError),
}
