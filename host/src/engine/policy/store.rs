//! Copies of the policy components that were used, by what is in them.
//!
//! A run goes on with the components that it began with, and a new component that cannot be used
//! leaves the old one in its place: both need bytes that the user may have overwritten by then.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use crate::model::Digest;

/// The copies in a state directory.
#[derive(Debug, Clone)]
pub(super) struct Store {
    dir: PathBuf,
}

impl Store {
    /// The copies in `state_dir`; nothing is made yet.
    pub(super) fn in_state(state_dir: &Path) -> Self {
        Self {
            dir: state_dir.join("plugins"),
        }
    }

    /// Keep a copy, whole or not at all.
    pub(super) fn keep(&self, digest: &Digest, bytes: &[u8]) -> std::io::Result<()> {
        let path = self.path(digest);
        if path.exists() {
            return Ok(());
        }
        fs::create_dir_all(&self.dir)?;
        let beside = self.dir.join(format!(".{}", uuid::Uuid::now_v7()));
        let mut copy = fs::File::create_new(&beside)?;
        let written = copy.write_all(bytes).and_then(|()| copy.sync_all());
        let kept = written.and_then(|()| fs::rename(&beside, path));
        if kept.is_err() {
            // A full disk is the likeliest reason; half a copy must not stay on it.
            drop(fs::remove_file(&beside));
        }
        kept
    }

    /// The bytes with this digest, if a copy is there and is what it says.
    pub(super) fn get(&self, digest: &Digest) -> Option<Vec<u8>> {
        let bytes = fs::read(self.path(digest)).ok()?;
        (Digest::of(&bytes) == *digest).then_some(bytes)
    }

    fn path(&self, digest: &Digest) -> PathBuf {
        self.dir.join(format!("{}.wasm", digest.as_str()))
    }
}
