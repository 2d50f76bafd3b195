//! A process that moves tasks is killed at random moments; no task is lost, cut, or made up.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use tollgate::board::{Board, Folders, Lane};
use tollgate::model::SystemClock;
use tollgate_tests::Lcg;

const MOVER: &str = env!("CARGO_BIN_EXE_board-mover");
const IDS: [&str; 6] = ["a", "b", "c", "d", "e", "f"];

fn text(id: &str) -> String {
    let prose = "  A long description, so that a file takes more than one page.\n".repeat(200);
    format!("# {id}\nid: {id}\nagent: amy\nstatus: new\nartefacts: []\ndescription: |\n{prose}")
}

/// Let it make some moves, kill it at a random moment of a later one, and give what it said it did.
fn kill(root: &Path, seed: u64, random: &mut Lcg) -> Vec<(String, String)> {
    let mut child = Command::new(MOVER)
        .arg(root)
        .args(["1000000", &seed.to_string()])
        .args(IDS)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the mover");
    let mut said = BufReader::new(child.stdout.take().expect("its output")).lines();
    let pair = |line: String| {
        let (id, lane) = line.split_once(' ').expect("ID LANE");
        (id.to_owned(), lane.to_owned())
    };
    let n_moves = usize::try_from(1 + random.below(3)).expect("small");
    let mut moves: Vec<_> = (&mut said)
        .take(n_moves)
        .map(|line| pair(line.expect("a line")))
        .collect();
    // A move takes some milliseconds; this is anywhere within the next ones.
    thread::sleep(Duration::from_micros(random.below(60_000)));
    child.kill().expect("a kill");
    // What it said between the last line read and the kill counts as well.
    moves.extend(
        said.map_while(Result::ok)
            .filter(|line| line.contains(' '))
            .map(pair),
    );
    let status = child.wait().expect("its end");
    assert_eq!(status.signal(), Some(9), "it was to be killed: {status}");
    assert!(moves.len() >= n_moves);
    moves
}

#[test]
fn a_mover_that_is_killed_loses_no_task_and_cuts_none() {
    let n_kills =
        std::env::var("TOLLGATE_TEST_MOVES_KILLED").map_or(40, |n| n.parse().expect("a number"));
    let dir = tempfile::tempdir().unwrap();
    let inbox = dir.path().join("work/collaboration/inbox");
    fs::create_dir_all(&inbox).unwrap();
    for id in IDS {
        fs::write(inbox.join(format!("{id}.yaml")), text(id)).unwrap();
    }
    let mut lanes: BTreeMap<String, Lane> = IDS.map(|id| (id.to_owned(), Lane::Inbox)).into();
    let mut random = Lcg::new(7);
    let (mut n_doubles, mut n_unsaid) = (0, 0);
    for seed in 0..n_kills {
        for (id, lane) in kill(dir.path(), seed, &mut random) {
            let lane = Lane::ALL.into_iter().find(|one| one.folder() == lane);
            lanes.insert(id, lane.expect("a lane"));
        }
        let board = Board::open(dir.path(), &Folders::default(), Arc::new(SystemClock));
        let view = board.load();
        assert_eq!(view.tasks.len(), IDS.len(), "{:#?}", view.problems);
        let mut moved = Vec::new();
        for task in &view.tasks {
            let whole = board.task(&task.id).unwrap().text;
            assert!(whole.ends_with("one page.\n") || whole.contains("one page.\nassigned_at"));
            if lanes[&task.id] != task.lane {
                moved.push(task.id.clone());
                lanes.insert(task.id.clone(), task.lane);
            }
        }
        // At most one move was under way: done but not said, or half done and said to be so.
        assert!(
            moved.len() + view.problems.len() <= 2,
            "{moved:?} {:#?}",
            view.problems
        );
        assert!(view.problems.len() <= 1, "{:#?}", view.problems);
        n_unsaid += moved.len();
        for problem in &view.problems {
            assert!(problem.message.contains("is also in"), "{problem:?}");
            n_doubles += 1;
            fs::remove_file(dir.path().join(&problem.path)).unwrap();
        }
    }
    println!("{n_kills} kills, {n_doubles} halfway, {n_unsaid} done and not said");
    // Each kill comes at a random moment of a move; some must have come in the middle of one.
    assert!(n_doubles + n_unsaid > 0);
    let view = Board::open(dir.path(), &Folders::default(), Arc::new(SystemClock)).load();
    assert_eq!((view.tasks.len(), view.problems.len()), (IDS.len(), 0));
}
