//! What is kept of a file to tell whether it was touched.
//!
//! It opens nothing; who has a file's metadata makes its stamp.

use jiff::{SignedDuration, Timestamp};
use rustix::fs::{FileType, Stat};

/// Times of files that are this close to the moment of looking prove nothing: a second write can
/// leave the same time. Linux stamps files with a clock that ticks every 1 to 10 ms; FAT keeps times
/// of two seconds.
const TOO_FRESH: SignedDuration = SignedDuration::from_secs(2);

/// A file as it was seen. Equal means that nobody wrote to it, unless it was too fresh.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stamp {
    pub(super) kind: FileType,
    pub(super) size: u64,
    pub(super) inode: u64,
    device: u64,
    mode: u32,
    modified: (i64, i64),
    /// Set by the kernel at every change; no call sets it to a wish.
    status_changed: (i64, i64),
}

impl Stamp {
    pub(super) fn of(found: &Stat) -> Self {
        Self {
            kind: FileType::from_raw_mode(found.st_mode),
            size: wide(found.st_size),
            inode: wide(found.st_ino),
            device: wide(found.st_dev),
            mode: wide(found.st_mode),
            modified: (wide(found.st_mtime), wide(found.st_mtime_nsec)),
            status_changed: (wide(found.st_ctime), wide(found.st_ctime_nsec)),
        }
    }

    /// When its content was written last.
    pub(super) fn modified(&self) -> Timestamp {
        moment(self.modified).unwrap_or(Timestamp::UNIX_EPOCH)
    }

    /// Whether its times lie so close before `now`, or after it, that they prove nothing.
    pub(super) fn is_too_fresh(&self, now: Timestamp) -> bool {
        moment(self.status_changed.max(self.modified))
            .is_none_or(|then| now.duration_since(then) < TOO_FRESH)
    }

    /// All of it as bytes, for a digest.
    pub(super) fn bytes(&self) -> [u8; 60] {
        let mut all = [0; 60];
        all[..8].copy_from_slice(&self.size.to_le_bytes());
        all[8..16].copy_from_slice(&self.inode.to_le_bytes());
        all[16..24].copy_from_slice(&self.device.to_le_bytes());
        all[24..28].copy_from_slice(&self.mode.to_le_bytes());
        let times = [
            self.modified.0,
            self.modified.1,
            self.status_changed.0,
            self.status_changed.1,
        ];
        for (place, time) in all[28..].chunks_exact_mut(8).zip(times) {
            place.copy_from_slice(&time.to_le_bytes());
        }
        all
    }
}

fn moment((seconds, nanoseconds): (i64, i64)) -> Option<Timestamp> {
    let part = i32::try_from(nanoseconds).ok()?;
    Timestamp::new(seconds, part).ok()
}

/// One width for fields that have another on every system.
fn wide<N: TryInto<W>, W: Default>(n: N) -> W {
    n.try_into().unwrap_or_default()
}
