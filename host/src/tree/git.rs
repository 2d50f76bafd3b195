//! What a git repository has checked out and staged, as one digest.
//!
//! Objects, logs, and everything that git does for itself are left out: `git status`, `gc`, and
//! `fetch` change nothing here. It reads files and runs no program.

use std::fs::{self, File};
use std::io::Read as _;
use std::path::{Path, PathBuf};

use crate::model::Digest;

use super::index_entries;

/// No file of a repository that is read here is longer, or else its metadata must do.
const MOST: u64 = 64 << 20;

/// The state of the repository that `dot_git` belongs to: a directory, or a file that names one.
pub(super) fn state(dot_git: &Path) -> Digest {
    let folder = folder(dot_git);
    let common = match read(&folder.join("commondir")) {
        Some(text) => folder.join(line(&text)),
        None => folder.clone(),
    };
    let head = read(&folder.join("HEAD")).unwrap_or_default();
    let commit = line(&head)
        .strip_prefix("ref: ")
        .map(|name| commit_of(&common, name));
    let staged = read(&folder.join("index")).map(|index| index_entries::digest(&index));
    let parts = format!("{}\n{commit:?}\n{staged:?}", line(&head));
    Digest::of(parts.as_bytes())
}

fn folder(dot_git: &Path) -> PathBuf {
    if dot_git.is_dir() {
        return dot_git.to_owned();
    }
    let text = read(dot_git).unwrap_or_default();
    let named = line(&text).trim_start_matches("gitdir:").trim().to_owned();
    dot_git.parent().unwrap_or(dot_git).join(named)
}

/// The commit that a branch is at. `gc` moves it from a file of its own into `packed-refs`.
fn commit_of(common: &Path, name: &str) -> String {
    if let Some(own) = read(&common.join(name)) {
        return line(&own).to_owned();
    }
    let packed = read(&common.join("packed-refs")).unwrap_or_default();
    let packed = String::from_utf8_lossy(&packed);
    let found = packed
        .lines()
        .filter_map(|line| line.split_once(' '))
        .find(|(_, packed)| *packed == name);
    found.map_or_else(String::new, |(commit, _)| commit.to_owned())
}

/// The first line, without what is not text.
fn line(bytes: &[u8]) -> &str {
    let end = bytes.iter().position(|byte| *byte == b'\n');
    let first = &bytes[..end.unwrap_or(bytes.len())];
    std::str::from_utf8(first).unwrap_or_default().trim_end()
}

/// A regular file's content; opening anything else could wait for ever.
fn read(path: &Path) -> Option<Vec<u8>> {
    let metadata = fs::metadata(path).ok()?;
    if !metadata.is_file() || metadata.len() > MOST {
        return None;
    }
    let mut content = Vec::new();
    let file = File::open(path).ok()?;
    file.take(MOST).read_to_end(&mut content).ok()?;
    Some(content)
}
