//! What was read of each file, so that only files that were touched are read again.
//!
//! A file counts as untouched when its stamp is the same and was old enough when it was read; one
//! that was written a moment before is read once more and compared by its digest.

use std::collections::{BTreeSet, HashMap};
use std::ffi::OsStr;
use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;

use super::folder::{Folder, NotRead};
use super::front_matter::HEAD_BYTES;
use super::problem::Problem;
use super::scan::{Folders, Found, Present, Seen, What, walk};
use super::spec::{self, Read};
use super::stamp::Stamp;
use super::task::{self, MAX_BYTES, Place, Task};
use super::view::{BoardView, Parts};
use crate::model::Digest;

/// Everything that was read so far.
#[derive(Debug, Default)]
pub(super) struct Cache {
    files: HashMap<String, Kept>,
    /// What the walk itself came upon.
    problems: Vec<Problem>,
    present: Present,
    view: Option<Arc<BoardView>>,
}

/// What was read of one file.
#[derive(Debug)]
struct Kept {
    stamp: Stamp,
    /// Its times proved nothing yet when it was read.
    is_fresh: bool,
    digest: Option<Digest>,
    content: Content,
    problems: Vec<Problem>,
}

#[derive(Debug)]
enum Content {
    Spec { inner: String, read: Read },
    Task(Box<Task>),
    Nothing,
}

impl Cache {
    /// Read what was touched since the last time, and put everything together.
    pub(super) fn refresh(
        &mut self,
        root: &Path,
        folders: &Folders,
        now: Timestamp,
    ) -> Arc<BoardView> {
        let mut old = std::mem::take(&mut self.files);
        let mut problems = Vec::new();
        let mut is_touched = self.view.is_none();
        let files = &mut self.files;
        let present = walk(root, folders, &mut |seen| match seen {
            Seen::Problem(problem) => problems.push(problem),
            Seen::File {
                folder,
                name,
                found,
            } => {
                let kept = old.remove(&found.path);
                let (kept, is_new) = look(folder, name, &found, kept, now);
                is_touched |= is_new;
                files.insert(found.path, kept);
            }
        });
        is_touched |= !old.is_empty() || present != self.present || problems != self.problems;
        (self.problems, self.present) = (problems, present);
        match &self.view {
            Some(view) if !is_touched => Arc::clone(view),
            _ => {
                let view = Arc::new(self.assemble(&folders.specifications));
                self.view = Some(Arc::clone(&view));
                view
            }
        }
    }

    fn assemble(&self, folder: &Path) -> BoardView {
        let mut parts = Parts {
            problems: self.problems.clone(),
            ..Parts::default()
        };
        let mut documents = BTreeSet::new();
        for kept in self.files.values() {
            parts.problems.extend_from_slice(&kept.problems);
            match &kept.content {
                Content::Task(task) => parts.tasks.push(Task::clone(task)),
                Content::Spec { inner, read } => match read {
                    Read::Spec(spec) => parts.specs.push(spec::Spec::clone(spec)),
                    Read::Plain => drop(documents.insert(inner.clone())),
                    Read::Bad => drop(parts.bad_specs.insert(inner.clone())),
                },
                Content::Nothing => {}
            }
        }
        parts.documents = documents.into_iter().collect();
        BoardView::new(parts, self.present, folder)
    }
}

/// What is known of a file now, and whether that is new.
fn look(
    folder: &Folder,
    name: &OsStr,
    found: &Found,
    kept: Option<Kept>,
    now: Timestamp,
) -> (Kept, bool) {
    let same = kept.filter(|kept| kept.stamp == found.stamp);
    let same = match same {
        Some(kept) if !kept.is_fresh => return (kept, false),
        other => other,
    };
    let (bytes, stamp) = match bytes(folder, name, found) {
        Ok(read) => read,
        Err(not_read) => return (unread(found, not_read), true),
    };
    let digest = Digest::of(&bytes);
    let is_fresh = stamp.is_too_fresh(now);
    if let Some(kept) = same
        && kept.stamp == stamp
        && kept.digest.as_ref() == Some(&digest)
    {
        return (Kept { is_fresh, ..kept }, false);
    }
    let (content, problems) = content(&bytes, &digest, found, stamp);
    let kept = Kept {
        stamp,
        is_fresh,
        digest: Some(digest),
        content,
        problems,
    };
    (kept, true)
}

fn bytes(folder: &Folder, name: &OsStr, found: &Found) -> Result<(Vec<u8>, Stamp), NotRead> {
    match found.what {
        What::Spec => folder.head(name, HEAD_BYTES),
        What::Task { .. } => folder.read(name, MAX_BYTES),
    }
}

fn content(bytes: &[u8], digest: &Digest, found: &Found, stamp: Stamp) -> (Content, Vec<Problem>) {
    match &found.what {
        What::Spec => {
            let (read, problems) = spec::read(bytes, &found.path, &found.inner);
            let inner = found.inner.clone();
            (Content::Spec { inner, read }, problems)
        }
        What::Task { lane, agent } => {
            let place = Place {
                path: &found.path,
                lane: *lane,
                agent: agent.as_deref(),
                etag: digest.as_str(),
                updated_at: stamp.modified(),
            };
            let (task, problems) = read_task(bytes, place);
            let content = task.map_or(Content::Nothing, |task| Content::Task(Box::new(task)));
            (content, problems)
        }
    }
}

/// Read a task from the bytes of its file.
pub(super) fn read_task(bytes: &[u8], place: Place<'_>) -> (Option<Task>, Vec<Problem>) {
    match std::str::from_utf8(bytes) {
        Ok(text) => task::read(text, place),
        Err(error) => (None, vec![not_utf8(place.path, bytes, error)]),
    }
}

/// Where a file stops being UTF-8.
pub(super) fn not_utf8(path: &str, bytes: &[u8], error: std::str::Utf8Error) -> Problem {
    let before = &bytes[..error.valid_up_to()];
    let n_lines = before.iter().filter(|byte| **byte == b'\n').count() + 1;
    let line = u32::try_from(n_lines).unwrap_or(u32::MAX);
    Problem::error(
        path,
        Some(line),
        "The file is not UTF-8",
        "save the file as UTF-8",
    )
}

/// What is kept of a file that cannot be read.
fn unread(found: &Found, why: NotRead) -> Kept {
    Kept {
        stamp: found.stamp,
        // Read again next time: what is wrong may lie outside the file, such as the permissions.
        is_fresh: true,
        digest: None,
        content: match &found.what {
            What::Spec => Content::Spec {
                inner: found.inner.clone(),
                read: Read::Bad,
            },
            What::Task { .. } => Content::Nothing,
        },
        problems: not_read(&found.path, why).into_iter().collect(),
    }
}

/// Why a file cannot be read, to show; nothing about one that is gone.
pub(super) fn not_read(path: &str, why: NotRead) -> Option<Problem> {
    let (message, fix) = match why {
        NotRead::Gone => return None,
        NotRead::Link => (
            "Symbolic links are not followed".to_owned(),
            "put the file itself there",
        ),
        NotRead::NotAFile => ("Not a file".to_owned(), "put a file there"),
        NotRead::TooLarge => (
            "The file is larger than 1 MiB".to_owned(),
            "move long texts to a file of their own",
        ),
        NotRead::Io(error) => (
            format!("The file cannot be read: {error}"),
            "check its permissions",
        ),
    };
    Some(Problem::error(path, None, message, fix))
}
