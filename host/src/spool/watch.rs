//! Waiting for files to change without asking all the time.
//!
//! It says that something changed, never what: whoever waits looks at the files again. Where the
//! system gives no notice (another system than Linux, the limit of watches is reached, a folder is
//! not there yet) it wakes often enough that nobody notices. It opens no file in the folders.

use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::time::{Instant, sleep, sleep_until, timeout};

use super::notices::Notices;

/// How often one looks where the system gives no notice.
const POLL: Duration = Duration::from_millis(100);
/// The shortest time between two notices of change; a burst in between is one change.
const PAUSE: Duration = Duration::from_millis(3);

/// Wakes when something directly in one of its folders changes.
///
/// Make it first, look at the files next, wait last: then no change is lost, nor is one between
/// two waits. A change is a file that was made, written to, closed by a writer, renamed, or
/// removed. So the death of a supervisor is one, too; but its claim may seem held for a moment
/// longer.
#[derive(Debug)]
pub struct Watch {
    notices: Option<Notices>,
    folders: Vec<Folder>,
    quiet_until: Option<Instant>,
}

#[derive(Debug)]
struct Folder {
    path: PathBuf,
    /// How the system calls it; `None` while it gives no notice of it.
    watch: Option<i32>,
}

/// Whether the system gives notice of change; otherwise whoever waits looks every 100 ms.
#[must_use]
pub fn has_notices() -> bool {
    Notices::works()
}

impl Watch {
    /// Begin to watch. Belongs inside a tokio runtime whose input and timers are on.
    #[must_use]
    pub fn new(folders: &[&Path]) -> Self {
        let mut watch = Self {
            notices: Notices::new(),
            folders: Vec::new(),
            quiet_until: None,
        };
        for folder in folders {
            watch.add(folder);
        }
        watch
    }

    /// Watch another folder as well. Again is as good.
    pub fn add(&mut self, folder: &Path) {
        if self.folders.iter().any(|known| known.path == folder) {
            return;
        }
        self.folders.push(Folder {
            watch: self.notices.as_ref().and_then(|to| to.watch(folder)),
            path: folder.to_owned(),
        });
    }

    /// Wait until something has changed since the last time, or may have; `false` when `at_most`
    /// passed and nothing did. May be dropped at any moment.
    pub async fn changed(&mut self, at_most: Duration) -> bool {
        if self.watch_the_rest() {
            return true;
        }
        let is_blind = self.folders.iter().any(|folder| folder.watch.is_none());
        let at_most = if is_blind { at_most.min(POLL) } else { at_most };
        let Some(notices) = &mut self.notices else {
            sleep(at_most).await;
            return true;
        };
        let quiet_until = self.quiet_until;
        let noticed = timeout(at_most, async {
            if let Some(until) = quiet_until {
                sleep_until(until).await;
            }
            notices.next().await
        })
        .await;
        let Ok(lost) = noticed else {
            return is_blind;
        };
        for folder in &mut self.folders {
            if folder.watch.is_some_and(|watch| lost.contains(&watch)) {
                folder.watch = None;
            }
        }
        self.quiet_until = Some(Instant::now() + PAUSE);
        true
    }

    /// Try again what could not be watched; whether any of it can be now. Then it came to be, and
    /// changes in it went unnoticed.
    fn watch_the_rest(&mut self) -> bool {
        let Some(notices) = &self.notices else {
            return false;
        };
        let mut any = false;
        for folder in &mut self.folders {
            if folder.watch.is_none() {
                folder.watch = notices.watch(&folder.path);
                any |= folder.watch.is_some();
            }
        }
        any
    }
}
