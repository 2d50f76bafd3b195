//! Through a directory, entry by entry, within bounds.
//!
//! Owns which entries are looked into and when it is too much. It keeps its own stack, so that a
//! deep tree costs memory and not the program, and it never follows a symbolic link.

use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::model::{Clock, Digest};

use super::error::TreeError;
use super::git;
use super::stamp::{FileStamp, Stamp, is_special};

/// Directories that hold what is made from other files, with a file in them that proves it. They can
/// hold hundreds of thousands of files; that they come or go is seen, what changes in them is not.
const DERIVED: &[(&str, Option<&str>)] = &[
    ("node_modules", None),
    ("target", Some("CACHEDIR.TAG")),
    (".venv", Some("pyvenv.cfg")),
    ("venv", Some("pyvenv.cfg")),
    ("__pycache__", None),
];

/// After so many entries the clock is asked.
const ENTRIES_PER_LOOK: usize = 256;

/// How much is looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TreeLimits {
    /// Files, directories, and links in all.
    pub entries: usize,
    /// Wall time for one look. A single call that hangs, as on a dead network mount, is not cut off.
    pub time: Duration,
    /// The longest file, in bytes, whose content is read when its times prove nothing.
    pub content: u64,
    /// Paths that are not looked at, such as the program's own state: the directory's path as it is
    /// given, and what follows it.
    pub left_out: Vec<PathBuf>,
}

impl Default for TreeLimits {
    fn default() -> Self {
        Self {
            entries: 50_000,
            time: Duration::from_secs(2),
            content: 1 << 20,
            left_out: Vec::new(),
        }
    }
}

/// One entry: its path below the root, in bytes, and its stamp.
pub(super) type Entry = (Box<[u8]>, Stamp);

/// What a walk came to.
#[derive(Debug)]
pub(super) struct Walked {
    /// Every entry, in the order of paths.
    pub(super) entries: Vec<Entry>,
    /// Directories and entries that could not be looked at.
    pub(super) n_hidden: usize,
}

/// A walk under way.
pub(super) struct Walk<'a> {
    root: &'a Path,
    limits: &'a TreeLimits,
    clock: &'a dyn Clock,
    began: Duration,
    device: u64,
    folders: Vec<PathBuf>,
    found: Walked,
}

/// It was too much.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TooMuch;

impl<'a> Walk<'a> {
    pub(super) fn new(
        root: &'a Path,
        limits: &'a TreeLimits,
        clock: &'a dyn Clock,
    ) -> Result<Self, TreeError> {
        let cannot = |source| TreeError::Root {
            path: root.to_owned(),
            source,
        };
        let device = fs::metadata(root).map_err(cannot)?.dev();
        // Read once for its errors: below the root what cannot be read is only not known.
        fs::read_dir(root).map_err(cannot)?;
        Ok(Self {
            root,
            limits,
            clock,
            began: clock.monotonic(),
            device,
            folders: vec![root.to_owned()],
            found: Walked {
                entries: Vec::new(),
                n_hidden: 0,
            },
        })
    }

    /// See it through.
    pub(super) fn finish(mut self) -> Result<Walked, TooMuch> {
        while let Some(folder) = self.folders.pop() {
            self.enter(&folder)?;
        }
        self.found.entries.sort_unstable_by(|a, b| a.0.cmp(&b.0));
        Ok(self.found)
    }

    /// Whether the time is used up.
    pub(super) fn is_late(limits: &TreeLimits, clock: &dyn Clock, began: Duration) -> bool {
        clock.monotonic().saturating_sub(began) > limits.time
    }

    fn enter(&mut self, folder: &Path) -> Result<(), TooMuch> {
        let Ok(entries) = fs::read_dir(folder) else {
            self.found.n_hidden += 1;
            return Ok(());
        };
        for entry in entries {
            let Ok(entry) = entry else {
                self.found.n_hidden += 1;
                return Ok(());
            };
            let path = entry.path();
            if self.limits.left_out.contains(&path) {
                continue;
            }
            match entry.metadata() {
                Ok(metadata) => self.look(path, &metadata)?,
                // Gone between two calls: it is not there, and that is all that counts.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(_) => self.found.n_hidden += 1,
            }
        }
        Ok(())
    }

    fn look(&mut self, path: PathBuf, metadata: &fs::Metadata) -> Result<(), TooMuch> {
        let stamp = FileStamp::of(metadata);
        let kind = metadata.file_type();
        if path.file_name().is_some_and(|name| name == ".git") {
            return self.keep(&path, Stamp::Git(git::state(&path)));
        }
        if kind.is_file() {
            return self.keep(&path, Stamp::File(stamp));
        }
        if kind.is_symlink() {
            let target = fs::read_link(&path).unwrap_or_default();
            let digest = Digest::of(target.as_os_str().as_bytes());
            return self.keep(&path, Stamp::Link(digest));
        }
        if is_special(kind) {
            return self.keep(&path, Stamp::Other(stamp));
        }
        let mode = stamp.mode();
        self.keep(&path, Stamp::Folder { mode })?;
        if metadata.dev() != self.device {
            self.found.n_hidden += 1;
        } else if !is_derived(&path) {
            self.folders.push(path);
        }
        Ok(())
    }

    fn keep(&mut self, path: &Path, stamp: Stamp) -> Result<(), TooMuch> {
        let n = self.found.entries.len();
        let late = n.is_multiple_of(ENTRIES_PER_LOOK)
            && Self::is_late(self.limits, self.clock, self.began);
        if n >= self.limits.entries || late {
            return Err(TooMuch);
        }
        let inside = path.strip_prefix(self.root).unwrap_or(path);
        self.found
            .entries
            .push((inside.as_os_str().as_bytes().into(), stamp));
        Ok(())
    }
}

fn is_derived(folder: &Path) -> bool {
    let name = folder.file_name().unwrap_or_default();
    DERIVED
        .iter()
        .filter(|(derived, _)| name == *derived)
        .any(|(_, proof)| proof.is_none_or(|file| folder.join(file).exists()))
}
