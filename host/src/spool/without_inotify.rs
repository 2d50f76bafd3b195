//! No notices of change: whoever waits looks again after a while.
//!
//! One set of signatures with `inotify.rs`.

use std::path::Path;

/// A queue that cannot be had here.
#[derive(Debug)]
pub(super) enum Notices {}

impl Notices {
    /// There is none.
    pub(super) fn new() -> Option<Self> {
        None
    }

    /// They are not.
    pub(super) fn works() -> bool {
        false
    }

    /// Never asked.
    pub(super) fn watch(&self, _folder: &Path) -> Option<i32> {
        match *self {}
    }

    /// Never waited for.
    pub(super) async fn next(&mut self) -> Vec<i32> {
        match *self {}
    }
}
