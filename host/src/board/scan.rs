//! Through the folders of the board, file by file, within bounds.
//!
//! Owns which files are looked at and what their place says about them. It reads no file, follows no
//! symbolic link, and leaves out hidden files and all that is neither Markdown nor YAML.

use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};

use rustix::fs::FileType;

use super::folder::{Folder, Names};
use super::problem::Problem;
use super::stamp::Stamp;
use super::status::Lane;
use crate::model::{excerpt, is_treacherous};

/// Most specifications that are read.
const MAX_SPECS: usize = 1_000;
/// Most tasks that are read.
const MAX_TASKS: usize = 10_000;
/// Most names that are looked at in one folder.
const MAX_NAMES: usize = 20_000;
/// Most levels of folders below the folder of specifications, and below each lane.
const MAX_DEPTH: usize = 5;

/// Where the files of a project's board are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folders {
    /// Specifications, below the root; may be absolute.
    pub specifications: PathBuf,
    /// The folder of the lanes, below the root; may be absolute.
    pub tasks: PathBuf,
}

impl Default for Folders {
    fn default() -> Self {
        Self {
            specifications: PathBuf::from("specifications"),
            tasks: PathBuf::from("work/collaboration"),
        }
    }
}

/// A file that may be a specification or a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    /// Below the root, as it is shown.
    pub(super) path: String,
    /// Below the folder of specifications, or of the lanes.
    pub(super) inner: String,
    pub(super) what: What,
    pub(super) stamp: Stamp,
}

/// What the place of a file makes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum What {
    Spec,
    Task {
        lane: Lane,
        /// The agent whose folder it is in.
        agent: Option<String>,
    },
}

/// What a walk comes upon.
pub(super) enum Seen<'a> {
    File {
        folder: &'a Folder,
        name: &'a OsStr,
        found: Found,
    },
    Problem(Problem),
}

/// Which of the two folders are there.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Present {
    pub(super) specifications: bool,
    pub(super) tasks: bool,
}

/// Open one of the two folders; `None` when there is none. One that is named by a path below the
/// root is not reached through symbolic links: a repository could bring them along.
pub(super) fn open(root: &Path, folder: &Path) -> io::Result<Option<Folder>> {
    let opened = if folder.is_absolute() {
        Folder::open(folder)
    } else {
        Folder::open(root).and_then(|root| root.below(folder))
    };
    match opened {
        Ok(folder) => Ok(Some(folder)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// See everything there is, in an order that does not depend on the file system.
pub(super) fn walk(root: &Path, folders: &Folders, see: &mut dyn FnMut(Seen<'_>)) -> Present {
    let specifications = enter(root, &folders.specifications, see);
    if let Some((folder, shown)) = &specifications {
        let mut walk = Walk::new(What::Spec, shown, MAX_SPECS, see);
        walk.folder(folder, "", 0);
    }
    let tasks = enter(root, &folders.tasks, see);
    if let Some((folder, shown)) = &tasks {
        let mut left = MAX_TASKS;
        for lane in Lane::ALL {
            let what = What::Task { lane, agent: None };
            let mut walk = Walk::new(what, shown, left, see);
            match folder.child(OsStr::new(lane.folder())) {
                Ok(inside) => walk.folder(&inside, lane.folder(), 0),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => walk.unreadable(lane.folder(), &error),
            }
            left = walk.left;
        }
    }
    Present {
        specifications: specifications.is_some(),
        tasks: tasks.is_some(),
    }
}

/// A path as it is shown: with `/`, and what is not UTF-8 replaced.
pub(super) fn shown(folder: &Path) -> String {
    folder.to_string_lossy().trim_end_matches('/').to_owned()
}

fn enter(root: &Path, folder: &Path, see: &mut dyn FnMut(Seen<'_>)) -> Option<(Folder, String)> {
    let shown = shown(folder);
    match open(root, folder) {
        Ok(opened) => opened.map(|opened| (opened, shown)),
        Err(error) => {
            see(Seen::Problem(unreadable(&shown, &error)));
            None
        }
    }
}

fn unreadable(path: &str, error: &io::Error) -> Problem {
    Problem::error(
        path,
        None,
        format!("The folder cannot be read: {error}"),
        "make it a folder that you may read; symbolic links are not followed",
    )
}

/// A walk through one folder of specifications or one lane.
struct Walk<'a> {
    what: What,
    shown: &'a str,
    /// How many files may still be seen.
    left: usize,
    see: &'a mut dyn FnMut(Seen<'_>),
}

impl<'a> Walk<'a> {
    fn new(what: What, shown: &'a str, left: usize, see: &'a mut dyn FnMut(Seen<'_>)) -> Self {
        Self {
            what,
            shown,
            left,
            see,
        }
    }

    fn folder(&mut self, folder: &Folder, inner: &str, depth: usize) {
        let Names { names, is_cut } = match folder.names(MAX_NAMES) {
            Ok(names) => names,
            Err(error) => return self.unreadable(inner, &error),
        };
        if is_cut {
            self.problem(
                inner,
                format!("More than {MAX_NAMES} names in one folder; the rest is not read"),
                "move what is old to another folder",
            );
        }
        for name in names {
            let text = name.to_str().filter(|text| !text.contains(is_treacherous));
            let Some(text) = text else {
                let path = join(inner, &name.to_string_lossy());
                let message = "The name is not UTF-8 or has control characters, so it is not read";
                self.problem(&path, message.to_owned(), "give it another name");
                continue;
            };
            let path = join(inner, text);
            match folder.stamp(&name) {
                Ok(stamp) => self.look(folder, (&name, &path), stamp, depth),
                // Gone between two calls: it is not there, and that is all that counts.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => self.unreadable(&path, &error),
            }
        }
    }

    fn look(&mut self, folder: &Folder, at: (&OsStr, &str), stamp: Stamp, depth: usize) {
        let (name, inner) = at;
        if stamp.kind == FileType::Directory {
            return self.descend(folder, name, inner, depth);
        }
        // A link without an extension was probably meant as a folder.
        let is_link = stamp.kind == FileType::Symlink && !inner.contains('.');
        if !self.is_wanted(inner) && !is_link {
            return;
        }
        if stamp.kind != FileType::RegularFile {
            return self.problem(
                inner,
                "Neither a file nor a folder; symbolic links are not followed".to_owned(),
                "put the file itself there",
            );
        }
        if self.left == 0 {
            return;
        }
        self.left -= 1;
        if self.left == 0 {
            let most = match self.what {
                What::Spec => MAX_SPECS,
                What::Task { .. } => MAX_TASKS,
            };
            self.problem(
                inner,
                format!("{most} files are read and this is the last; there may be more"),
                "move what is old out of these folders",
            );
        }
        let found = Found {
            path: join(self.shown, inner),
            inner: inner.to_owned(),
            what: self.what_of(inner),
            stamp,
        };
        (self.see)(Seen::File {
            folder,
            name,
            found,
        });
    }

    fn descend(&mut self, folder: &Folder, name: &OsStr, inner: &str, depth: usize) {
        if depth >= MAX_DEPTH {
            return self.problem(
                inner,
                format!("More than {MAX_DEPTH} levels of folders; it is not looked into"),
                "move it further up",
            );
        }
        match folder.child(name) {
            Ok(inside) => self.folder(&inside, inner, depth + 1),
            Err(error) => self.unreadable(inner, &error),
        }
    }

    fn is_wanted(&self, inner: &str) -> bool {
        let extension = Path::new(inner).extension().and_then(OsStr::to_str);
        match self.what {
            What::Spec => extension == Some("md"),
            What::Task { .. } => matches!(extension, Some("yaml" | "yml")),
        }
    }

    fn what_of(&self, inner: &str) -> What {
        match &self.what {
            What::Spec => What::Spec,
            What::Task { lane, .. } => What::Task {
                lane: *lane,
                agent: agent_of(*lane, inner),
            },
        }
    }

    fn problem(&mut self, inner: &str, message: String, fix: &str) {
        let path = excerpt_path(&join(self.shown, inner));
        (self.see)(Seen::Problem(Problem::error(&path, None, message, fix)));
    }

    fn unreadable(&mut self, inner: &str, error: &io::Error) {
        let path = excerpt_path(&join(self.shown, inner));
        (self.see)(Seen::Problem(unreadable(&path, error)));
    }
}

/// The agent whose folder a file is in: `assigned/AGENT/…/FILE`.
fn agent_of(lane: Lane, inner: &str) -> Option<String> {
    let mut parts = inner.split('/').skip(1);
    let agent = parts.next()?;
    (lane.has_agents() && parts.next().is_some()).then(|| agent.to_owned())
}

fn join(folder: &str, name: &str) -> String {
    if folder.is_empty() {
        name.to_owned()
    } else {
        format!("{folder}/{name}")
    }
}

fn excerpt_path(path: &str) -> String {
    path.split('/').map(excerpt).collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::symlink;

    fn seen(root: &Path) -> (Vec<String>, Vec<String>) {
        let (mut files, mut problems) = (Vec::new(), Vec::new());
        walk(root, &Folders::default(), &mut |seen| match seen {
            Seen::File { found, .. } => {
                let agent = match &found.what {
                    What::Task {
                        agent: Some(agent), ..
                    } => format!(" ({agent})"),
                    _ => String::new(),
                };
                files.push(format!("{}{agent}", found.path));
            }
            Seen::Problem(problem) => {
                problems.push(format!("{}: {}", problem.path, problem.message));
            }
        });
        (files, problems)
    }

    fn put(root: &Path, path: &str) {
        let path = root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "").unwrap();
    }

    #[test]
    fn open_tasks_come_first_and_only_specifications_and_tasks_are_seen() {
        let dir = tempfile::tempdir().unwrap();
        for path in [
            "specifications/b/z.md",
            "specifications/a.md",
            "specifications/a.txt",
            "specifications/.draft.md",
            "work/collaboration/done/bob/d.yaml",
            "work/collaboration/done/e.yml",
            "work/collaboration/assigned/amy/sub/c.yaml",
            "work/collaboration/inbox/README.md",
            "work/collaboration/inbox/b.yaml",
            "work/collaboration/fridge/old/f.yaml",
            "work/collaboration/elsewhere/x.yaml",
            "work/collaboration/top.yaml",
        ] {
            put(dir.path(), path);
        }
        let (files, problems) = seen(dir.path());
        assert_eq!(
            files,
            [
                "specifications/a.md",
                "specifications/b/z.md",
                "work/collaboration/inbox/b.yaml",
                "work/collaboration/assigned/amy/sub/c.yaml (amy)",
                "work/collaboration/fridge/old/f.yaml",
                "work/collaboration/done/bob/d.yaml (bob)",
                "work/collaboration/done/e.yml",
            ]
        );
        assert_eq!(problems, Vec::<String>::new());
    }

    #[test]
    fn links_and_depths_are_reported_and_not_followed() {
        let dir = tempfile::tempdir().unwrap();
        put(dir.path(), "outside/secret.md");
        put(dir.path(), "specifications/1/2/3/4/5/deep.md");
        put(dir.path(), "specifications/1/2/3/4/5/6/deeper.md");
        symlink("../outside", dir.path().join("specifications/link.md")).unwrap();
        symlink("../outside", dir.path().join("specifications/folder")).unwrap();
        let (files, problems) = seen(dir.path());
        assert_eq!(files, ["specifications/1/2/3/4/5/deep.md"]);
        assert_eq!(
            problems,
            [
                "specifications/1/2/3/4/5/6: More than 5 levels of folders; it is not looked into",
                "specifications/folder: Neither a file nor a folder; symbolic links are not followed",
                "specifications/link.md: Neither a file nor a folder; symbolic links are not followed",
            ]
        );
    }

    #[test]
    fn names_that_could_play_tricks_are_left_out_and_shown_harmless() {
        use std::os::unix::ffi::OsStrExt as _;
        let dir = tempfile::tempdir().unwrap();
        put(dir.path(), "specifications/a\u{1b}[2J.md");
        put(dir.path(), "specifications/b\u{202e}dm.md");
        let bytes = OsStr::from_bytes(b"specifications/c\xff.md");
        fs::write(dir.path().join(bytes), "").unwrap();
        let (files, problems) = seen(dir.path());
        assert_eq!((files.len(), problems.len()), (0, 3));
        assert!(problems[0].starts_with("specifications/a\\u{1b}[2J.md: "));
    }

    #[test]
    fn a_folder_that_is_a_link_is_not_entered() {
        let dir = tempfile::tempdir().unwrap();
        put(dir.path(), "outside/secret.md");
        symlink("outside", dir.path().join("specifications")).unwrap();
        let (files, problems) = seen(dir.path());
        assert_eq!(files, Vec::<String>::new());
        assert_eq!(problems.len(), 1, "{problems:?}");
        assert!(problems[0].starts_with("specifications: The folder cannot be read"));
    }

    #[test]
    fn more_than_are_read_is_said() {
        let dir = tempfile::tempdir().unwrap();
        for n in 0..=MAX_SPECS {
            put(dir.path(), &format!("specifications/{n:04}.md"));
        }
        let (files, problems) = seen(dir.path());
        assert_eq!(files.len(), MAX_SPECS);
        assert_eq!(
            problems,
            ["specifications/0999.md: 1000 files are read and this is the last; there may be more"]
        );
    }

    #[test]
    fn no_folders_are_no_problem() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(seen(dir.path()), (vec![], vec![]));
    }
}
