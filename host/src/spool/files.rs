//! How this room touches files: private modes, no links followed, whole or not there.
//!
//! Paths below `runs/` can be predicted, and tools run as the same user: a link or a pipe that was
//! put in a file's place is refused, not followed. This file never decides what a file is for.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use rustix::fs::OFlags;
use rustix::io::Errno;
use serde::de::DeserializeOwned;

use super::error::SpoolError;
use super::found::Found;
use super::place::Keep;

/// Open a regular file, mode 0600 if it is made. Neither a link to somebody's secrets nor a pipe
/// that never ends: those are errors of the kind `InvalidInput`.
pub(super) fn open(options: &mut OpenOptions, path: &Path) -> io::Result<File> {
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let flags = i32::try_from(flags.bits()).unwrap_or_default();
    let not_regular = || io::Error::new(io::ErrorKind::InvalidInput, "not a regular file");
    match options.mode(0o600).custom_flags(flags).open(path) {
        Ok(file) if file.metadata()?.is_file() => Ok(file),
        Ok(_) => Err(not_regular()),
        // A link; a folder; a pipe or socket that nobody reads.
        Err(error) if is(&error, &[Errno::LOOP, Errno::ISDIR, Errno::NXIO]) => Err(not_regular()),
        Err(error) => Err(error),
    }
}

fn is(error: &io::Error, any: &[Errno]) -> bool {
    any.iter()
        .any(|errno| error.raw_os_error() == Some(errno.raw_os_error()))
}

/// Open for reading; `None` when there is no such file.
pub(super) fn open_to_read(path: &Path) -> io::Result<Option<File>> {
    match open(OpenOptions::new().read(true), path) {
        Ok(file) => Ok(Some(file)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// All of a file as text; `None` when there is no such file.
pub(super) fn read_text(path: &Path) -> Result<Option<String>, SpoolError> {
    let read = open_to_read(path).and_then(|file| match file {
        Some(mut file) => {
            let mut text = String::new();
            file.read_to_string(&mut text).map(|_| Some(text))
        }
        None => Ok(None),
    });
    read.map_err(|source| SpoolError::Read {
        path: path.to_owned(),
        source,
    })
}

/// The value in a JSON file. Only what could not be looked at is an error: a reader must not take
/// "too many open files" for a missing file.
pub(super) fn read_json<T: DeserializeOwned>(path: &Path) -> Result<Found<T>, SpoolError> {
    let failed = |source: io::Error| SpoolError::Read {
        path: path.to_owned(),
        source,
    };
    let mut file = match open_to_read(path) {
        Ok(Some(file)) => file,
        Ok(None) => return Ok(Found::Absent),
        Err(source) if source.kind() == io::ErrorKind::InvalidInput => {
            return Ok(Found::Damaged(failed(source)));
        }
        Err(source) => return Err(failed(source)),
    };
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).map_err(failed)?;
    Ok(match serde_json::from_slice(&bytes) {
        Ok(value) => Found::Whole(value),
        Err(source) => Found::Damaged(SpoolError::Decode {
            path: path.to_owned(),
            source,
        }),
    })
}

/// A value as the bytes of the file `path`.
pub(super) fn to_json<T: serde::Serialize>(path: &Path, value: &T) -> Result<Vec<u8>, SpoolError> {
    serde_json::to_vec(value).map_err(|source| SpoolError::Encode {
        path: path.to_owned(),
        source,
    })
}

/// Write a file that does not exist yet; its name is not synced.
pub(super) fn write_new(path: &Path, bytes: &[u8], keep: Keep) -> Result<(), SpoolError> {
    let failed = |source| SpoolError::Write {
        path: path.to_owned(),
        source,
    };
    let mut file = open(OpenOptions::new().write(true).create_new(true), path).map_err(failed)?;
    file.write_all(bytes).map_err(failed)?;
    match keep {
        Keep::Durable => file.sync_data().map_err(|source| SpoolError::Sync {
            path: path.to_owned(),
            source,
        }),
        Keep::Fast => Ok(()),
    }
}

/// Put `bytes` in the place of whatever `folder/name` is, so that a reader sees the old or the new.
pub(super) fn replace(
    folder: &Path,
    name: &str,
    bytes: &[u8],
    keep: Keep,
) -> Result<(), SpoolError> {
    static COUNTER: AtomicU64 = AtomicU64::new(0);
    let unique = COUNTER.fetch_add(1, Ordering::Relaxed);
    let temporary = folder.join(format!(".{name}.{}-{unique}.new", std::process::id()));
    // A process with our number may have died here before us.
    remove(&temporary)?;
    let path = folder.join(name);
    let replaced = write_new(&temporary, bytes, keep).and_then(|()| {
        fs::rename(&temporary, &path).map_err(|source| SpoolError::Write { path, source })
    });
    if let Err(error) = replaced {
        // A full disk: leave no half file to fill it further.
        drop(fs::remove_file(&temporary));
        return Err(error);
    }
    match keep {
        Keep::Durable => sync_folder(folder),
        Keep::Fast => Ok(()),
    }
}

/// Make a folder that only its owner may enter; one that is there is as good. Not its parents.
pub(super) fn make_folder(path: &Path) -> Result<(), SpoolError> {
    let failed = |source| SpoolError::Create {
        path: path.to_owned(),
        source,
    };
    match DirBuilder::new().mode(0o700).create(path) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && is_folder(path) => Ok(()),
        Err(error) => Err(failed(error)),
    }
}

/// Whether a folder, not a link to one, is there.
pub(super) fn is_folder(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|meta| meta.is_dir())
}

/// Make the names in a folder durable.
pub(super) fn sync_folder(path: &Path) -> Result<(), SpoolError> {
    File::open(path)
        .and_then(|folder| folder.sync_all())
        .map_err(|source| SpoolError::Sync {
            path: path.to_owned(),
            source,
        })
}

/// Remove a file; one that is not there is as good.
pub(super) fn remove(path: &Path) -> Result<(), SpoolError> {
    gone(path, fs::remove_file(path))
}

/// Remove a folder and what is in it, links and not what they point to.
pub(super) fn remove_folder(path: &Path) -> Result<(), SpoolError> {
    gone(path, fs::remove_dir_all(path))
}

fn gone(path: &Path, removed: io::Result<()>) -> Result<(), SpoolError> {
    match removed {
        Err(source) if source.kind() != io::ErrorKind::NotFound => Err(SpoolError::Remove {
            path: path.to_owned(),
            source,
        }),
        _ => Ok(()),
    }
}

/// The names in a folder; none when it is not there. Names that are not text are nobody's here.
pub(super) fn names(folder: &Path) -> Result<Vec<String>, SpoolError> {
    let failed = |source| SpoolError::Read {
        path: folder.to_owned(),
        source,
    };
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(failed(error)),
    };
    let mut names = Vec::new();
    for entry in entries {
        names.extend(entry.map_err(failed)?.file_name().into_string());
    }
    Ok(names)
}
