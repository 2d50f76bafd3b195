//! A process that moves tasks of a board back and forth and says so, for tests that kill it.
//!
//! Usage: `board-mover ROOT COUNT SEED ID...`. After each of COUNT moves it prints `ID LANE` with the
//! lane that the task is in now; an error is printed to standard error and ends it with 1.

use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use tollgate::board::{Board, Folders, Lane, Move};
use tollgate::model::SystemClock;
use tollgate_tests::Lcg;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().collect();
    let number = |at: usize| arguments[at].parse::<u64>().expect("a number");
    let board = Board::open(
        Path::new(&arguments[1]),
        &Folders::default(),
        Arc::new(SystemClock),
    );
    let mut random = Lcg::new(number(3));
    let ids = &arguments[4..];
    for _ in 0..number(2) {
        let id = &ids[usize::try_from(random.below(ids.len() as u64)).expect("small")];
        match step(&board, id) {
            Ok(lane) => {
                println!("{id} {}", lane.folder());
                std::io::stdout().flush().expect("a reader");
            }
            Err(message) => {
                eprintln!("{id}: {message}");
                return ExitCode::FAILURE;
            }
        }
    }
    ExitCode::SUCCESS
}

/// Into the fridge and out again.
fn step(board: &Board, id: &str) -> Result<Lane, String> {
    let task = board.task(id).map_err(|error| error.to_string())?.task;
    let to = match task.lane {
        Lane::Assigned => Move::Freeze {
            reason: "it is a test".to_owned(),
        },
        _ => Move::Start { agent: None },
    };
    let moved = board.move_task(id, &to, Some(&task.etag));
    moved
        .map(|task| task.lane)
        .map_err(|error| error.to_string())
}
