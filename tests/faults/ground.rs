//! What the tests stand on: facts that are waited for, runs that are submitted, processes that are
//! killed.

use std::path::Path;
use std::process::Child;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use tollgate::model::{AttemptState, Event, RunId};
use tollgate_tests::house::{Outcome, TestHouse};
use tollgate_tests::occupants::{self, Supervisor};
use tollgate_tests::pids::wait_until_gone;
use tollgate_tests::setup::Setup;

use super::record::{Attempt, Told, events};

/// No fact takes longer than this, on however busy a machine.
pub(crate) const SOON: Duration = Duration::from_secs(60);

const POLL: Duration = Duration::from_millis(2);

/// Look until it is there.
pub(crate) fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(start.elapsed() < SOON, "did not come: {what}");
        std::thread::sleep(POLL);
    }
}

/// Look until it is so.
pub(crate) fn until_so(what: &str, mut look: impl FnMut() -> bool) {
    until(what, || look().then_some(()));
}

pub(crate) fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

/// A house with an agent `dev` on a tool `tool` whose first argument that is not `--` is its
/// prompt, so that a script can take it for a path: `{arg:2}`.
pub(crate) fn house_of(script: &[&str]) -> TestHouse {
    let house = TestHouse::new();
    setup().write(&house);
    house.tool("tool", script);
    house
}

pub(crate) fn setup() -> Setup {
    Setup::new()
        .template("tool", &["m"], &["--", "{prompt}"])
        .agent("dev", &["tool:m"])
}

pub(crate) fn state(house: &TestHouse) -> std::path::PathBuf {
    house.path("state")
}

pub(crate) fn told(house: &TestHouse) -> Told {
    Told::by(&state(house))
}

/// Submit a request of `dev`.
pub(crate) fn submit(house: &TestHouse, prompt: &str) -> RunId {
    run_of(&house.run(["run", "submit", "-a", "dev", prompt]).success())
}

/// The run that `run submit` printed.
pub(crate) fn run_of(outcome: &Outcome) -> RunId {
    let name = outcome.stdout.trim_end();
    assert!(name.starts_with("RUN-"), "{outcome:?}");
    RunId::new(name)
}

/// Wait until the first attempt of a run is in this state.
pub(crate) fn until_state(house: &TestHouse, run: &RunId, wanted: AttemptState) -> Attempt {
    until(&format!("{run} {wanted:?}"), || {
        let attempt = told(house).first(run)?.clone();
        (attempt.state == wanted).then_some(attempt)
    })
}

/// The supervisor of a run's first attempt, as `/proc` has it.
pub(crate) fn supervisor_of(house: &TestHouse, run: &RunId) -> Supervisor {
    let name = format!("{run}.i1.a1");
    until("its supervisor", || {
        let all = occupants::supervisors(&state(house));
        all.into_iter().find(|it| it.attempt == name)
    })
}

/// The events of one run.
pub(crate) fn events_of(house: &TestHouse, run: &RunId) -> Vec<Event> {
    let mut all = events(&state(house));
    all.retain(|event| event.run.as_ref() == Some(run));
    all
}

/// Kill a command of ours that must still be at work.
pub(crate) fn kill_9(mut child: Child) {
    assert!(
        matches!(child.try_wait(), Ok(None)),
        "it ended before it could be killed"
    );
    kill_process(Pid::from_child(&child), Signal::KILL).expect("a signal");
    let status = child.wait().expect("an end");
    let signal = std::os::unix::process::ExitStatusExt::signal(&status);
    assert_eq!(signal, Some(9), "{status:?}");
}

/// Kill a supervisor that must still be at work, and wait until it is gone.
pub(crate) fn kill_supervisor(house: &TestHouse, supervisor: &Supervisor) {
    assert!(
        occupants::kill_supervisor(&state(house), supervisor),
        "{supervisor:?} was gone"
    );
    // All the way: its claim is free only when it is dead.
    assert!(wait_until_gone(supervisor.pid, SOON));
}

/// Nobody runs from the folder of stand-in tools, whatever its environment or session.
pub(crate) fn assert_no_tools(house: &TestHouse) {
    let left = occupants::running_from(&house.path("bin"));
    assert!(left.is_empty(), "still there: {left:?}");
}

/// How much of something a test does: `usual`, unless the environment says more.
pub(crate) fn amount(variable: &str, usual: usize) -> usize {
    std::env::var(variable).map_or(usual, |text| text.parse().expect("a number"))
}

/// How long it took from one event to another, by the clock of the machine's boot.
pub(crate) fn between(first: &Event, second: &Event) -> Duration {
    assert_eq!(first.boot, second.boot);
    let micros = second.mono_us.checked_sub(first.mono_us);
    Duration::from_micros(micros.expect("time does not run backwards"))
}

#[test]
fn nobody_stays_in_a_house_that_is_gone_wherever_its_state_was() {
    let house = house_of(&["--pid-file", "{arg:2}", "--hang"]);
    let pid_file = house.path("home/pid");
    let args = ["run", "submit", "-a", "dev", &text(&pid_file)];
    let config = house.path("config");
    let submitted = house
        .call(args)
        .unnamed_dirs()
        .env("TOLLGATE_CONFIG_DIR", config)
        .run();
    let run = run_of(&submitted.success());
    until_so("the tool's pid", || pid_file.exists());
    let tool = tollgate_tests::pids::read_pid(&pid_file);
    let state_dir = house.path("home/.local/state/tollgate");
    let supervisors = occupants::supervisors(&state_dir);
    assert_eq!(supervisors.len(), 1, "{run}");
    drop(house);
    assert!(!tollgate_tests::pids::is_running(supervisors[0].pid));
    assert!(!tollgate_tests::pids::is_running(tool));
}
