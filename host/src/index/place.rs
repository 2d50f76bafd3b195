//! Where the index lives, and how its file is opened.

use std::fmt::Write as _;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use super::error::IndexError;
use super::schema::SCHEMA_VERSION;

/// 3.51.3, the first version without the WAL-reset bug, as SQLite counts.
const OLDEST_LIBRARY: i32 = 3_051_003;

/// How long to wait for another connection.
const BUSY: Duration = Duration::from_secs(5);

/// Pages that one reader keeps in memory, in KiB; negative, as SQLite wants it. With as many readers
/// as a server has threads for questions it stays within tens of megabytes.
const READER_CACHE: i32 = -4096;

/// `<state>/index`.
pub(super) fn dir(state_dir: &Path) -> PathBuf {
    state_dir.join("index")
}

/// The file for one log.
pub(super) fn file(state_dir: &Path, log: &str) -> PathBuf {
    dir(state_dir).join(format!("{log}-v{SCHEMA_VERSION}.sqlite3"))
}

/// SQLite's companion of a database file: `-wal` or `-shm`.
pub(super) fn companion(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// Which file has this name, as the file system tells files apart; `None` when none has.
pub(super) fn identity(path: &Path) -> Option<(u64, u64)> {
    let file = fs::metadata(path).ok()?;
    Some((file.dev(), file.ino()))
}

/// Make the directory, for its owner only.
pub(super) fn create_dir(state_dir: &Path) -> Result<PathBuf, IndexError> {
    let dir = dir(state_dir);
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(&dir)
        .map_err(|source| IndexError::File {
            path: dir.clone(),
            source,
        })?;
    Ok(dir)
}

/// Make an empty file, for its owner only; SQLite gives its companions the same mode.
pub(super) fn create_file(path: &Path) -> Result<(), IndexError> {
    fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .map(drop)
        .map_err(|source| IndexError::File {
            path: path.to_owned(),
            source,
        })
}

/// Remove a file that may not be there.
pub(super) fn remove(path: &Path) -> Result<(), IndexError> {
    match fs::remove_file(path) {
        Err(source) if source.kind() != io::ErrorKind::NotFound => Err(IndexError::File {
            path: path.to_owned(),
            source,
        }),
        _ => Ok(()),
    }
}

/// Refuse a library that can lose committed data. The bundled one is new enough; a packager may
/// have linked another.
pub(super) fn check_library(version: i32) -> Result<(), IndexError> {
    if version < OLDEST_LIBRARY {
        return Err(IndexError::OldLibrary {
            found: rusqlite::version().to_owned(),
        });
    }
    Ok(())
}

/// Open for writing a file that exists.
pub(super) fn open_for_writing(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY)?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(connection)
}

/// Open for a look that leaves no trace, not even in SQLite's own files. Only while nobody writes:
/// no lock is taken.
pub(super) fn open_for_a_glance(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let has_log = fs::metadata(companion(path, "-wal")).is_ok_and(|file| file.len() > 0);
    let connection = if has_log {
        // Exclusive and without locks: the map of the write-ahead log is then kept in memory.
        let connection = Connection::open_with_flags_and_vfs(path, flags, c"unix-none")?;
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
        connection.execute_batch("PRAGMA locking_mode = EXCLUSIVE;")?;
        connection
    } else {
        let name = format!("file:{}?immutable=1", escaped(path));
        Connection::open_with_flags(name, flags | OpenFlags::SQLITE_OPEN_URI)?
    };
    connection.pragma_update(None, "query_only", true)?;
    Ok(connection)
}

/// A path as it stands in a URI.
fn escaped(path: &Path) -> String {
    let mut text = String::new();
    for byte in path.as_os_str().as_bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'_' | b'.' => {
                text.push(char::from(*byte));
            }
            // Writing to a String cannot fail.
            _ => drop(write!(text, "%{byte:02X}")),
        }
    }
    text
}

/// Open for reading; nothing can be written through this connection.
pub(super) fn open_for_reading(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY)?;
    connection.pragma_update(None, "query_only", true)?;
    connection.pragma_update(None, "cache_size", READER_CACHE)?;
    connection.pragma_update(None, "mmap_size", 0)?;
    Ok(connection)
}
