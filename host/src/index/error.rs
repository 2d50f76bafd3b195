//! What this room could not do.

use std::io;
use std::path::PathBuf;

/// Something the index could not do. The journal is not affected.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IndexError {
    /// This SQLite can lose committed data (the WAL-reset bug, fixed in 3.51.3).
    #[error("use SQLite {found}: versions before 3.51.3 can lose committed data")]
    OldLibrary {
        /// The version that was loaded.
        found: String,
    },
    /// Another process is writing the index; it can be read meanwhile.
    #[error("write the index: another process is at it")]
    Busy,
    /// There is no index of this log yet.
    #[error("find an index of log {log}")]
    Missing {
        /// The log.
        log: String,
    },
    /// A file of the index could not be used.
    #[error("use `{}`", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The file is damaged; it is built anew when it is next opened for writing.
    #[error("read the index, which is damaged")]
    Corrupt {
        /// What SQLite says.
        #[source]
        source: rusqlite::Error,
    },
    /// SQLite would not do it.
    #[error("{doing}")]
    Sqlite {
        /// What was being done.
        doing: &'static str,
        /// Why not.
        #[source]
        source: rusqlite::Error,
    },
}

impl IndexError {
    /// For `map_err`: what was being done, and what SQLite says.
    pub(super) fn doing(doing: &'static str) -> impl Fn(rusqlite::Error) -> Self {
        move |source| match source.sqlite_error_code() {
            Some(rusqlite::ErrorCode::DatabaseCorrupt | rusqlite::ErrorCode::NotADatabase) => {
                Self::Corrupt { source }
            }
            _ => Self::Sqlite { doing, source },
        }
    }
}
