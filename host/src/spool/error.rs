//! What this room could not do.

use std::io;
use std::path::PathBuf;

/// Something that could not be done with the files of runs.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SpoolError {
    /// A folder could not be made.
    #[error("create the folder `{}`", path.display())]
    Create {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A file could not be written.
    #[error("write `{}`", path.display())]
    Write {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The device did not confirm what was written.
    #[error("sync `{}` to its device", path.display())]
    Sync {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A file or folder could not be read.
    #[error("read `{}`", path.display())]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A file or folder could not be removed.
    #[error("remove `{}`", path.display())]
    Remove {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// What was staged could not be put into its run.
    #[error("move `{}` to `{}`", from.display(), to.display())]
    Settle {
        /// Where it was staged.
        from: PathBuf,
        /// Where it belongs.
        to: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The claim on an attempt could not be asked for.
    #[error("use the claim `{}`", path.display())]
    Claim {
        /// Its file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A value cannot be expressed in JSON.
    #[error("express the content of `{}` as JSON", path.display())]
    Encode {
        /// The file it was for.
        path: PathBuf,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
    /// A file holds something else than was written there.
    #[error("understand the content of `{}`", path.display())]
    Decode {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
}
