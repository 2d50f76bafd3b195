//! `tollgate task`: the tasks of the board, and taking one a step further.

use serde_json::json;

use super::{TaskCommand, failed, open, tell_problems};
use crate::board::{Move, Task};
use crate::cli::args::Global;
use crate::cli::escape::one_line;
use crate::cli::failure::Failure;
use crate::cli::screen::Screen;
use crate::cli::table::Table;

/// Longest title that is shown.
const WIDTH: usize = 60;

/// Do what was asked.
pub(super) fn run(command: &TaskCommand, global: &Global, screen: Screen) -> Result<(), Failure> {
    let (task, step, board) = match command {
        TaskCommand::List { all, board } => {
            let view = open(global, board)?.load();
            return list(&view, *all, screen);
        }
        TaskCommand::Start { task, agent, board } => {
            let agent = agent.clone();
            (task, Move::Start { agent }, board)
        }
        TaskCommand::Complete {
            task,
            summary,
            artefact,
            board,
        } => {
            let step = Move::Complete {
                summary: summary.clone(),
                artefacts: artefact.clone(),
            };
            (task, step, board)
        }
        TaskCommand::Freeze {
            task,
            reason,
            board,
        } => {
            let reason = reason.clone();
            (task, Move::Freeze { reason }, board)
        }
    };
    let moved = open(global, board)?.move_task(task, &step, None);
    let moved = moved.map_err(|error| failed(&error))?;
    if screen.json() {
        screen.document(&serde_json::to_value(&moved).unwrap_or_default());
    } else {
        let status = moved.status.as_str().replace('_', " ");
        screen.result(&format!(
            "{}: {status}, {}",
            one_line(&moved.id, 100),
            moved.path
        ));
    }
    Ok(())
}

fn list(view: &crate::board::BoardView, all: bool, screen: Screen) -> Result<(), Failure> {
    let wanted = |task: &&Task| all || task.status.is_open();
    let mut tasks: Vec<&Task> = view.tasks.iter().filter(wanted).collect();
    tasks.sort_by_key(|task| (task.priority, &task.id));
    if screen.json() {
        screen.document(&json!({ "tasks": tasks, "problems": view.problems }));
        return Ok(());
    }
    tell_problems(view, screen);
    if tasks.is_empty() {
        screen.result("no tasks");
        return Ok(());
    }
    let mut table = Table::new(["Task", "Priority", "Status", "Agent", "Title"]);
    for task in tasks {
        table.row([
            task.id.clone(),
            task.priority.as_str().to_owned(),
            task.status.as_str().replace('_', " "),
            task.agent.clone().unwrap_or_else(|| "-".to_owned()),
            one_line(&task.title, WIDTH),
        ]);
    }
    screen.result(&table.to_string());
    Ok(())
}
