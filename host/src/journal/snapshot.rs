//! The fold on disk, so that a cold start reads only the newest events.
//!
//! Disposable: `log/snapshot.json` holds a line with cursor, model version, and checksum, and a
//! line with the fold. Whatever does not fit (another version, a flipped byte, a cursor whose
//! record is gone) means that the log is folded from its start; it is never an error.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use serde::{Deserialize, Serialize};

use super::fold::{Fold, WriteModel};
use super::look_up;

#[derive(Serialize, Deserialize)]
struct Header {
    v: u32,
    model_version: String,
    crc: u32,
}

const VERSION: u32 = 1;
const NAME: &str = "snapshot.json";

/// The fold of the snapshot, when there is one that fits this log and this model.
pub(super) fn load<W: WriteModel>(log_dir: &Path, model_version: &str) -> Option<Fold<W>> {
    let bytes = fs::read(log_dir.join(NAME)).ok()?;
    let newline = bytes.iter().position(|byte| *byte == b'\n')?;
    let (header, body) = (&bytes[..newline], &bytes[newline + 1..]);
    let header: Header = serde_json::from_slice(header).ok()?;
    if header.v != VERSION
        || header.model_version != model_version
        || header.crc != crc32c::crc32c(body)
    {
        return None;
    }
    let fold: Fold<W> = serde_json::from_slice(body).ok()?;
    look_up::record_at(log_dir, fold.cursor.as_ref()?).ok()?;
    Some(fold)
}

/// Replace the snapshot. Not synced: after a power cut the old one, or none, does as well.
pub(super) fn save<W: WriteModel>(
    log_dir: &Path,
    model_version: &str,
    fold: &Fold<W>,
) -> std::io::Result<()> {
    static COUNTER: AtomicU64 = AtomicU64::new(0);
    let body = serde_json::to_vec(fold)?;
    let header = serde_json::to_vec(&Header {
        v: VERSION,
        model_version: model_version.to_owned(),
        crc: crc32c::crc32c(&body),
    })?;
    let unique = COUNTER.fetch_add(1, Ordering::Relaxed);
    let temporary = log_dir.join(format!("{NAME}.{}-{unique}.tmp", std::process::id()));
    let written = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&temporary)
        .and_then(|mut file| {
            file.write_all(&header)?;
            file.write_all(b"\n")?;
            file.write_all(&body)
        })
        .and_then(|()| fs::rename(&temporary, log_dir.join(NAME)));
    if written.is_err() {
        // A full disk: leave no half snapshot to fill it further.
        drop(fs::remove_file(&temporary));
    }
    written
}
