//! What this room could not do.

use std::io;
use std::path::PathBuf;

/// Something that could not be done with a working directory.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TreeError {
    /// The directory itself could not be read. What cannot be read below it is no error.
    #[error("look at the working directory `{}`", path.display())]
    Root {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
}
