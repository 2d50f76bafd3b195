//! Notices of change from the Linux kernel.
//!
//! One set of signatures with `without_inotify.rs`. The kernel queues what happens while nobody
//! waits, so nothing is lost between two waits.

use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::path::Path;

use rustix::fs::inotify::{self, CreateFlags, ReadFlags, Reader, WatchFlags};
use rustix::io::Errno;
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use tokio::runtime::Handle;

/// How many notices are taken before somebody is told; the rest comes right after.
const AT_ONCE: usize = 1024;

/// The kernel's queue.
#[derive(Debug)]
pub(super) struct Notices {
    queue: AsyncFd<OwnedFd>,
}

impl Notices {
    /// A queue; `None` when there is none to be had.
    #[expect(
        deprecated,
        reason = "its unsafe replacement asks for what `OwnedFd` promises: one descriptor, open as long as it is owned"
    )]
    pub(super) fn new() -> Option<Self> {
        // Outside a runtime a queue cannot be waited for.
        Handle::try_current().ok()?;
        let queue = inotify::init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK).ok()?;
        let queue = AsyncFd::with_interest(queue, Interest::READABLE).ok()?;
        Some(Self { queue })
    }

    /// Whether a queue and a watch are to be had.
    pub(super) fn works() -> bool {
        let queue = inotify::init(CreateFlags::CLOEXEC);
        queue.is_ok_and(|queue| inotify::add_watch(&queue, "/", WatchFlags::DELETE_SELF).is_ok())
    }

    /// Ask for notice of what happens directly in a folder; `None` when that cannot be had.
    pub(super) fn watch(&self, folder: &Path) -> Option<i32> {
        let flags = WatchFlags::CREATE
            | WatchFlags::MODIFY
            | WatchFlags::CLOSE_WRITE
            | WatchFlags::DELETE
            | WatchFlags::MOVE
            | WatchFlags::DELETE_SELF
            | WatchFlags::MOVE_SELF
            | WatchFlags::ONLYDIR;
        inotify::add_watch(self.queue.get_ref(), folder, flags).ok()
    }

    /// Wait for a notice and take all that are there; says which folders are not where they were.
    pub(super) async fn next(&mut self) -> Vec<i32> {
        loop {
            let Ok(mut ready) = self.queue.readable().await else {
                // The runtime is shutting down.
                return std::future::pending().await;
            };
            let (n_taken, lost, is_empty) = take(self.queue.get_ref());
            if is_empty {
                ready.clear_ready();
            }
            if n_taken > 0 {
                for watch in &lost {
                    // A folder that was moved is still watched, but under another name.
                    let _ = inotify::remove_watch(self.queue.get_ref(), *watch);
                }
                return lost;
            }
        }
    }
}

fn take(queue: &OwnedFd) -> (usize, Vec<i32>, bool) {
    let moved = ReadFlags::IGNORED | ReadFlags::DELETE_SELF | ReadFlags::MOVE_SELF;
    let mut buffer = [MaybeUninit::uninit(); 4096];
    let mut reader = Reader::new(queue, &mut buffer);
    let (mut n_taken, mut lost) = (0, Vec::new());
    loop {
        match reader.next() {
            Ok(notice) => {
                n_taken += 1;
                if notice.events().intersects(moved) {
                    lost.push(notice.wd());
                }
            }
            Err(Errno::INTR) => {}
            Err(_) => return (n_taken, lost, true),
        }
        if n_taken >= AT_ONCE && reader.is_buffer_empty() {
            return (n_taken, lost, false);
        }
    }
}
