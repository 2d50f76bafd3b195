//! Row 19: a tool that ignores every polite request.

use std::time::Duration;

use rustix::process::Signal;
use tollgate::model::{AttemptOutcome, Body};
use tollgate_tests::pids::{is_running, read_pid};

use super::ground::{between, events_of, house_of, submit, text, until_so};

fn near(measured: Duration, wanted: u64) {
    let wanted = Duration::from_secs(wanted);
    let off = measured.abs_diff(wanted);
    assert!(off <= Duration::from_millis(200), "{measured:?}");
}

#[test]
fn a_deaf_tool_gets_sigterm_after_10_seconds_and_sigkill_after_15() {
    let house = house_of(&[
        "--ignore-int",
        "--ignore-term",
        "--pid-file",
        "{arg:2}",
        "--hang",
    ]);
    let pid_file = house.path("work/pid");
    let run = submit(&house, &text(&pid_file));
    until_so("the tool's pid", || pid_file.exists());
    let tool = read_pid(&pid_file);

    house.run(["run", "cancel", run.as_str()]).success();

    assert!(!is_running(tool));
    let events = events_of(&house, &run);
    let asked = events
        .iter()
        .find(|event| matches!(event.body, Body::AttemptCancelRequested(_)));
    let asked = asked.expect("a wish");
    let steps: Vec<_> = events
        .iter()
        .filter_map(|event| match &event.body {
            Body::AttemptSignalled(step) => Some((step.signal.as_str(), step.step, event)),
            _ => None,
        })
        .collect();
    let [(int, 1, first), (term, 2, second), (kill, 3, third)] = steps[..] else {
        panic!("{steps:#?}")
    };
    assert_eq!((int, term, kill), ("SIGINT", "SIGTERM", "SIGKILL"));
    near(between(asked, first), 0);
    near(between(first, second), 10);
    near(between(first, third), 15);

    let exited = events.iter().find_map(|event| match &event.body {
        Body::AttemptExited(exited) => Some((event, exited)),
        _ => None,
    });
    let (gone, exited) = exited.expect("an end");
    near(between(third, gone), 0);
    assert_eq!(
        (exited.outcome, exited.signal, exited.tree_empty),
        (
            AttemptOutcome::Cancelled,
            Some(Signal::KILL.as_raw()),
            Some(true)
        )
    );
    let last = events.iter().find_map(|event| match &event.body {
        Body::RunFinished(finished) => Some((finished.outcome, finished.exit_code)),
        _ => None,
    });
    assert_eq!(last, Some((AttemptOutcome::Cancelled, 130)));
}
