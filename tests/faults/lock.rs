//! Whoever holds the lock of the record too long does not stop a tool that costs money.

use std::fs::File;
use std::time::{Duration, Instant};

use tollgate::model::AttemptOutcome;
use tollgate_tests::house::TestHouse;
use tollgate_tests::setup::Setup;
use tollgate_tests::speech::Claude;

use super::ground::{run_of, supervisor_of, text, told, until_so};

/// Longer than a command waits for the lock.
const TOO_LONG: Duration = Duration::from_millis(6_500);

#[test]
fn a_tool_outlives_a_lock_that_is_held_for_longer_than_commands_wait() {
    let house = TestHouse::new();
    Setup::claude_dev().write(&house);
    let [ready, gate, spoke] =
        ["ready", "gate", "spoke"].map(|name| text(&house.path(&format!("work/{name}"))));
    let said = Claude::says("forty-two").script();
    let mut script: Vec<String> = vec![said[0].clone()];
    script.extend(["--touch".to_owned(), ready]);
    script.extend(["--wait-for-file".to_owned(), gate]);
    script.extend(said[1..].iter().cloned());
    script.extend(["--touch".to_owned(), spoke]);
    house.tool("claude", &script);
    let run = run_of(&house.run(["run", "submit", "-a", "dev", "hi"]).success());
    until_so("the tool", || house.path("work/ready").exists());
    super::ground::until_state(&house, &run, tollgate::model::AttemptState::Running);
    let supervisor = supervisor_of(&house, &run);

    let lock = File::options()
        .write(true)
        .open(house.path("state/log/LOCK"))
        .expect("the lock of the record");
    lock.lock().expect("a lock");
    std::fs::write(house.path("work/gate"), "").expect("a gate");
    until_so("the tool's words", || house.path("work/spoke").exists());
    // The fault: tokens are to be put on record, and cannot be.
    let start = Instant::now();
    until_so("a long time", || start.elapsed() > TOO_LONG);
    let lives = tollgate_tests::occupants::supervisors(&house.path("state"));
    assert!(lives.contains(&supervisor), "the supervisor gave up");
    lock.unlock().expect("no lock");

    let waited = house.run(["run", "wait", run.as_str()]).success();
    assert_eq!(waited.stdout, "forty-two\n");
    assert_eq!(told(&house).outcome(&run), Some(AttemptOutcome::Done));
}
