//! The three things asked of the device, behind a trait so that tests can make each of them fail.
//!
//! Shipped code has one implementation, [`RealDisk`]; no setting or variable selects another.

use std::fmt;
use std::fs::File;
use std::io::{self, Write as _};

/// A step of the write protocol at which a crash is worth a test.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// The old segment's last record is written, not yet synced.
    SealWritten,
    /// The old segment is durable; the new one does not exist.
    OldSynced,
    /// The new segment exists and is synced; its name may be lost.
    NewCreated,
    /// The name is durable; the new segment is empty.
    DirSynced,
}

/// Writes and syncs.
pub(super) trait Disk: fmt::Debug + Send + Sync {
    /// Append some of `bytes`; says how many.
    fn append(&self, file: &File, bytes: &[u8]) -> io::Result<usize>;

    /// Make the file's content durable.
    fn sync(&self, file: &File) -> io::Result<()>;

    /// Called at each [`Step`]; an error ends the append there, as a crash would.
    fn reached(&self, _step: Step) -> io::Result<()> {
        Ok(())
    }
}

/// The machine's disk.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct RealDisk;

impl Disk for RealDisk {
    fn append(&self, mut file: &File, bytes: &[u8]) -> io::Result<usize> {
        file.write(bytes)
    }

    fn sync(&self, file: &File) -> io::Result<()> {
        file.sync_data()
    }
}
