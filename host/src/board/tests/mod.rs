//! The board on real files: what is read, shown, refused, changed, and noticed.

mod changing;
mod moving;
mod noticing;
mod portfolio;
mod reading;
mod spec_text;

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tempfile::TempDir;

use super::{Board, BoardView, Folders, Portfolio, Problem, Task};
use crate::model::{Clock, FixedClock};

/// A folder with a board in it.
struct Yard {
    dir: TempDir,
    clock: Arc<FixedClock>,
    board: Board,
}

impl Yard {
    /// An empty one. Its clock is an hour ahead of the files, which are therefore never too fresh.
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let clock = Arc::new(FixedClock::at(file_time(dir.path())));
        clock.advance(Duration::from_secs(3600));
        let board = Board::open(dir.path(), &Folders::default(), clock_of(&clock));
        Self { dir, clock, board }
    }

    /// Another process's view of the same files.
    fn another(&self) -> Board {
        Board::open(self.dir.path(), &Folders::default(), clock_of(&self.clock))
    }

    fn put(&self, path: &str, text: impl AsRef<[u8]>) {
        let path = self.dir.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// A task file below the folder of tasks, with the fields that every task needs.
    fn task(&self, place: &str, status: &str, more: &str) {
        let name = place.rsplit('/').next().unwrap();
        let id = name.rsplit_once('.').unwrap().0;
        let text = format!("id: {id}\nagent: amy\nstatus: {status}\nartefacts: []\n{more}");
        self.put(&format!("work/collaboration/{place}"), text);
    }

    fn spec(&self, place: &str, id: &str, more: &str) {
        let text = format!("---\nid: {id}\ntitle: Title of {id}\n{more}---\n# {id}\n");
        self.put(&format!("specifications/{place}"), text);
    }

    fn text(&self, place: &str) -> String {
        fs::read_to_string(self.dir.path().join("work/collaboration").join(place)).unwrap()
    }

    fn has(&self, place: &str) -> bool {
        self.dir
            .path()
            .join("work/collaboration")
            .join(place)
            .exists()
    }

    fn view(&self) -> Arc<BoardView> {
        self.board.load()
    }

    fn portfolio(&self) -> Portfolio {
        self.view().portfolio()
    }

    fn shown(&self, id: &str) -> Task {
        self.view().task(id).unwrap().clone()
    }

    fn etag(&self, id: &str) -> String {
        self.shown(id).etag
    }

    /// The problems as a page lists them.
    fn problems(&self) -> String {
        let lines: Vec<String> = self.view().problems.iter().map(said).collect();
        lines.join("\n")
    }

    /// Every file below the root with what is in it.
    fn everything(&self) -> Vec<(String, Vec<u8>)> {
        let mut all = Vec::new();
        let mut folders = vec![self.dir.path().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    let name = path.strip_prefix(self.dir.path()).unwrap();
                    all.push((name.display().to_string(), fs::read(&path).unwrap()));
                }
            }
        }
        all.sort();
        all
    }
}

fn said(problem: &Problem) -> String {
    let line = problem
        .line
        .map_or_else(String::new, |line| format!(":{line}"));
    let severity = format!("{:?}", problem.severity).to_lowercase();
    format!(
        "{}{line}: {severity}: {} -> {}",
        problem.path, problem.message, problem.fix
    )
}

fn clock_of(clock: &Arc<FixedClock>) -> Arc<dyn Clock> {
    let shared: Arc<FixedClock> = Arc::clone(clock);
    shared
}

/// Now, as the file system sees it.
fn file_time(folder: &Path) -> Timestamp {
    let path = folder.join(".now");
    fs::write(&path, "").unwrap();
    let time = fs::metadata(&path).unwrap().modified().unwrap();
    fs::remove_file(path).unwrap();
    Timestamp::try_from(time).unwrap()
}
