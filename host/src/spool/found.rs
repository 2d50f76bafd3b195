//! What stands in a place where a file may be, as three answers instead of two.

use super::error::SpoolError;

/// A file's content, or why there is none.
#[derive(Debug)]
pub enum Found<T> {
    /// It is there and whole.
    Whole(T),
    /// There is no such file.
    Absent,
    /// Something is there that was not written by this room: as good as absent, and worth telling.
    Damaged(SpoolError),
}

impl<T> Found<T> {
    /// The content, for callers to whom damaged is the same as absent.
    #[must_use]
    pub fn whole(self) -> Option<T> {
        match self {
            Self::Whole(content) => Some(content),
            Self::Absent | Self::Damaged(_) => None,
        }
    }
}
