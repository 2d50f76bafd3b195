//! `tollgate initiative` and `tollgate task`: work as files, and how far it has come.
//!
//! One file per command group. The files are the board's to read and to change.

use std::path::PathBuf;
use std::sync::Arc;

use clap::{Args, Subcommand};

use super::args::Global;
use super::escape::one_line;
use super::failure::{Code, Failure};
use super::open::Ground;
use super::screen::Screen;
use crate::board::{Board, BoardError, BoardView, Folders};
use crate::engine::TaskFiles;
use crate::model::{SystemClock, TaskId, sentence};

mod initiative;
mod task;

/// Problems that are shown; the JSON document has all.
const PROBLEMS: usize = 10;

/// Variables that name the folders.
const SPECIFICATIONS: &str = "TOLLGATE_SPECIFICATIONS";
const TASKS: &str = "TOLLGATE_TASKS";

/// Where the files are.
#[derive(Debug, Clone, Args)]
pub(crate) struct BoardArgs {
    /// Specifications: Markdown files with front matter.
    #[arg(
        long,
        value_name = "DIR",
        env = SPECIFICATIONS,
        default_value_os_t = Folders::default().specifications
    )]
    pub(crate) specifications: PathBuf,
    /// Tasks: YAML files in inbox, assigned/AGENT, done/AGENT, error, fridge.
    #[arg(
        long,
        value_name = "DIR",
        env = TASKS,
        default_value_os_t = Folders::default().tasks
    )]
    pub(crate) tasks: PathBuf,
}

impl BoardArgs {
    /// As the environment has it, for commands that have no options for it.
    pub(super) fn of(ground: &Ground) -> Self {
        let named = |name| ground.environment.get(name).map(PathBuf::from);
        let usual = Folders::default();
        Self {
            specifications: named(SPECIFICATIONS).unwrap_or(usual.specifications),
            tasks: named(TASKS).unwrap_or(usual.tasks),
        }
    }
}

/// The files of tasks that a request is for; none when it is for none.
pub(super) fn files_of(ground: &Ground, args: &BoardArgs, tasks: Vec<TaskId>) -> Option<TaskFiles> {
    let (root, folders) = folders(ground, args);
    (!tasks.is_empty()).then_some(TaskFiles {
        root,
        specifications: folders.specifications,
        folder: folders.tasks,
        tasks,
    })
}

/// Commands on initiatives.
#[derive(Debug, Subcommand)]
pub(crate) enum InitiativeCommand {
    /// Initiatives, with how far each has come.
    List {
        #[command(flatten)]
        board: BoardArgs,
    },
    /// One initiative: its specifications and their tasks.
    Show {
        /// The initiative, as `initiative list` shows it.
        initiative: String,
        #[command(flatten)]
        board: BoardArgs,
    },
}

/// Commands on tasks.
#[derive(Debug, Subcommand)]
pub(crate) enum TaskCommand {
    /// Tasks that are not done, the most urgent first.
    List {
        /// Those that are done, too.
        #[arg(long)]
        all: bool,
        #[command(flatten)]
        board: BoardArgs,
    },
    /// An agent begins with it: to assigned/AGENT, in progress.
    Start {
        /// The task.
        task: String,
        /// Who; by default the agent that the task names.
        #[arg(short, long)]
        agent: Option<String>,
        #[command(flatten)]
        board: BoardArgs,
    },
    /// It is done: to done/AGENT, with a result.
    Complete {
        /// The task.
        task: String,
        /// What was done.
        #[arg(short, long)]
        summary: Option<String>,
        /// A file that came of it; may be repeated.
        #[arg(long, value_name = "PATH")]
        artefact: Vec<String>,
        #[command(flatten)]
        board: BoardArgs,
    },
    /// Set it aside: to fridge.
    Freeze {
        /// The task.
        task: String,
        /// Why.
        #[arg(long)]
        reason: String,
        #[command(flatten)]
        board: BoardArgs,
    },
}

/// Do what was asked.
pub(super) fn initiatives(
    command: &InitiativeCommand,
    global: &Global,
    screen: Screen,
) -> Result<(), Failure> {
    match command {
        InitiativeCommand::List { board } => initiative::list(board, global, screen),
        InitiativeCommand::Show { initiative, board } => {
            initiative::show(initiative, board, global, screen)
        }
    }
}

/// Do what was asked.
pub(super) fn tasks(command: &TaskCommand, global: &Global, screen: Screen) -> Result<(), Failure> {
    task::run(command, global, screen)
}

/// The project that the files belong to, and where they are in it.
pub(super) fn folders(ground: &Ground, args: &BoardArgs) -> (PathBuf, Folders) {
    let config = &ground.places.config_dir;
    let is_project = config.file_name().is_some_and(|name| name == ".tollgate");
    let root = config.parent().filter(|_| is_project);
    let root = root.map_or_else(|| ground.environment.cwd.clone(), PathBuf::from);
    let folders = Folders {
        specifications: args.specifications.clone(),
        tasks: args.tasks.clone(),
    };
    (root, folders)
}

fn open(global: &Global, args: &BoardArgs) -> Result<Board, Failure> {
    let ground = Ground::find(global)?;
    let (root, folders) = folders(&ground, args);
    Ok(Board::open(&root, &folders, Arc::new(SystemClock)))
}

/// Files that cannot be used, or not as they are.
fn tell_problems(view: &BoardView, screen: Screen) {
    for it in view.problems.iter().take(PROBLEMS) {
        let line = it.line.map_or_else(String::new, |line| format!(":{line}"));
        let place = format!("{}{line}", one_line(&it.path, 200));
        let (message, fix) = (one_line(&it.message, 200), one_line(&it.fix, 200));
        screen.warn(&format!("{place}: {message}; fix: {fix}"));
    }
    if view.problems.len() > PROBLEMS {
        screen.warn(&format!(
            "{} more, see --json",
            view.problems.len() - PROBLEMS
        ));
    }
}

/// Why the board did not do it, for people.
fn failed(error: &BoardError) -> Failure {
    let code = match error {
        BoardError::Io { .. } => Code::Io,
        _ => Code::Board,
    };
    let message = match error {
        BoardError::Transition(_) => error.to_string(),
        _ => format!("failed to {}", sentence(error)),
    };
    match error.fix() {
        Some(fix) => Failure::new(code, message).hint(fix),
        None => Failure::new(code, message),
    }
}
