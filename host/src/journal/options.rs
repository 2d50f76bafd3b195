//! What a journal is opened with.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::model::Clock;

use super::disk::{Disk, RealDisk};
use super::ids::{IdSource, RandomIds};

/// How to open a journal. Start from [`JournalOptions::new`] and change what differs.
#[derive(Clone)]
pub struct JournalOptions {
    /// The state directory; the log lives in its `log/`. Made if it is not there, mode 0700.
    pub state_dir: PathBuf,
    /// Where time comes from.
    pub clock: Arc<dyn Clock>,
    /// Where the events' identities come from.
    pub ids: Arc<dyn IdSource>,
    /// Short name of this machine, for the envelope.
    pub node: String,
    /// This boot of the machine, for the envelope: 8 hex digits.
    pub boot: String,
    /// Version of the program, for `log.opened`.
    pub version: String,
    /// Version of the write model; a snapshot of another version is not used.
    pub model_version: String,
    /// A segment is sealed once it has this many bytes.
    pub segment_bytes: u64,
    /// How long to wait for the lock.
    pub lock_deadline: Duration,
    /// A snapshot is written once this many events are newer than the last.
    pub snapshot_every: u64,
    /// Accept a network file system; [`super::Journal::network_kind`] then tells which.
    pub allow_network_fs: bool,
    pub(super) disk: Arc<dyn Disk>,
}

impl JournalOptions {
    /// The defaults: segments of 64 MiB, 5 s for the lock, a snapshot every 2,000 events.
    pub fn new(
        state_dir: impl Into<PathBuf>,
        clock: Arc<dyn Clock>,
        node: impl Into<String>,
        version: impl Into<String>,
    ) -> Self {
        let version = version.into();
        Self {
            state_dir: state_dir.into(),
            clock,
            ids: Arc::new(RandomIds),
            node: node.into(),
            boot: boot_id(),
            model_version: version.clone(),
            version,
            segment_bytes: 64 * 1024 * 1024,
            lock_deadline: Duration::from_secs(5),
            snapshot_every: 2_000,
            allow_network_fs: false,
            disk: Arc::new(RealDisk),
        }
    }
}

/// The first 8 hex digits of this boot's id; zeros where the system has none.
#[must_use]
pub fn boot_id() -> String {
    std::fs::read_to_string("/proc/sys/kernel/random/boot_id")
        .ok()
        .and_then(|id| id.get(..8).map(str::to_owned))
        .unwrap_or_else(|| "00000000".to_owned())
}
