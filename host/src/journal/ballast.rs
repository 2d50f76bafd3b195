//! A file that is given up when the disk is full, so that what ends a run can still be recorded.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

/// Its size in bytes.
const SIZE: usize = 1024 * 1024;

fn path(state_dir: &Path) -> PathBuf {
    state_dir.join("ballast")
}

/// Whether it was put aside.
#[must_use]
pub fn is_laid(state_dir: &Path) -> bool {
    path(state_dir).is_file()
}

/// Put it aside, for its owner only. Failing to is no error.
pub(super) fn lay(state_dir: &Path) {
    let made = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path(state_dir));
    if let Ok(mut file) = made
        && file.write_all(&vec![0; SIZE]).is_err()
    {
        // No room to spare: give back what was taken.
        drop_it(state_dir);
    }
}

/// Give it up; tells whether there was one.
pub(super) fn drop_it(state_dir: &Path) -> bool {
    fs::remove_file(path(state_dir)).is_ok()
}
