//! What a board of 25 specifications and 250 task files of mixed quality takes to read and to change.

use std::sync::Arc;
use std::time::Duration;

use tollgate::board::{Board, Folders};
use tollgate::model::{Clock as _, FixedClock, SystemClock};

use crate::board_tree::plant;

use super::Trouble;
use super::ground::folder;
use super::options::Options;
use super::table::{Table, figures};
use super::timing::repeated;

const TIMES: usize = 50;

pub(super) fn run(options: &Options) -> Result<(), Trouble> {
    let dir = folder(&options.dir)?;
    plant(dir.path(), 25, 250, 1);
    let open = |clock| Board::open(dir.path(), &Folders::default(), clock);
    let board = open(Arc::new(SystemClock));
    // Files are read anew as long as their times prove nothing, which is for two seconds.
    let later = FixedClock::at(SystemClock.now() + Duration::from_secs(3600));
    let settled = open(Arc::new(later));
    let view = board.load();
    let task = view.tasks.iter().find(|task| task.editable);
    let id = task.ok_or("no task can be changed")?.id.clone();
    let mut table = Table::new(&["what", "least", "median", "p99", "times"]);
    let mut add = |name: &str, once: &dyn Fn() -> Result<(), Trouble>| -> Result<(), Trouble> {
        let [least, median, p99, times] = figures(&repeated(TIMES, once)?);
        table.row([name.to_owned(), least, median, p99, times]);
        Ok(())
    };
    add("all of it, nothing known before", &|| {
        drop(open(Arc::new(SystemClock)).load());
        Ok(())
    })?;
    add("again, files just written", &|| {
        drop(board.load());
        Ok(())
    })?;
    add("again, files at rest", &|| {
        drop(settled.load());
        Ok(())
    })?;
    add("whether anything changed", &|| {
        drop(board.fingerprint());
        Ok(())
    })?;
    add("initiatives and their progress", &|| {
        drop(view.portfolio());
        Ok(())
    })?;
    add("one priority changed, synced", &|| {
        let now = board.task(&id)?.task;
        let other = if now.priority.as_str() == "low" {
            "high"
        } else {
            "low"
        };
        board.set_priority(&id, other, &now.etag).map(drop)?;
        Ok(())
    })?;
    table.print();
    Ok(())
}
