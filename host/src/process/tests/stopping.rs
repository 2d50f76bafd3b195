//! The ladder, the limits, and the last word.

use StopSignal::{Interrupt, Kill, Terminate};
use tokio::time::Instant;

use super::*;
use crate::model::StopReason;

const SHORT: &[(StopSignal, u64)] = &[(Interrupt, 30), (Terminate, 30), (Kill, 0)];

/// Stop the tool as soon as it says `ready`.
async fn stop_when_ready(spec: CommandSpec) -> Story {
    run_with(spec, Caps::default(), |child, line| {
        if line == "ready" {
            child.stop(StopReason::Interrupt);
        }
    })
    .await
}

#[tokio::test]
async fn a_tool_that_listens_is_asked_once() {
    let spec = sh("trap 'echo bye; exit 5' INT; echo ready; while :; do sleep 0.01; done");
    let story = stop_when_ready(spec).await;
    assert_eq!(story.steps, ["SIGINT 1"]);
    assert_eq!(
        (story.stdout(), story.code()),
        (vec!["ready".into(), "bye".into()], Some(5))
    );
    assert_eq!(story.ended.unwrap().reason, Some(StopReason::Interrupt));
}

#[tokio::test]
async fn a_tool_that_does_not_listen_climbs_the_ladder() {
    let ignoring_one = sh("trap '' INT; echo ready; sleep 1000").stopped_by(SHORT);
    let story = stop_when_ready(ignoring_one).await;
    assert_eq!(story.steps, ["SIGINT 1", "SIGTERM 2"]);
    assert_eq!(story.signal(), Some(libc::SIGTERM));

    let ignoring_both = sh("trap '' INT TERM; echo ready; sleep 1000").stopped_by(SHORT);
    let story = stop_when_ready(ignoring_both).await;
    assert_eq!(story.steps, ["SIGINT 1", "SIGTERM 2", "SIGKILL 3"]);
    assert_eq!(story.signal(), Some(libc::SIGKILL));
    assert!(
        story.ended.unwrap().tree_empty,
        "the sleep in its group is gone as well"
    );
}

#[tokio::test]
async fn the_second_wish_does_not_wait() {
    let spec = sh("trap '' INT TERM; echo ready; sleep 1000");
    let begun = Instant::now();
    let story = run_with(spec, Caps::default(), |child, line| {
        if line == "ready" {
            child.stop(StopReason::Interrupt);
            child.stop(StopReason::Adapter);
            child.kill(StopReason::Interrupt);
        }
    })
    .await;
    assert_eq!(story.steps, ["SIGKILL 3"]);
    assert_eq!(story.ended.unwrap().reason, Some(StopReason::Interrupt));
    assert!(begun.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn a_stopped_process_hears_the_request() {
    let spec = sh("echo ready; kill -STOP $$; sleep 1000");
    let story = stop_when_ready(spec).await;
    assert_eq!(
        (story.steps, story.exited.unwrap().signal),
        (vec!["SIGINT 1".into()], Some(2))
    );
}

#[tokio::test]
async fn time_runs_out_even_under_a_flood() {
    for script in ["sleep 1000", "yes", "yes >&2"] {
        let mut spec = sh(script).stopped_by(SHORT);
        spec.timeout = Duration::from_millis(50);
        let story = run(spec).await;
        assert_eq!(story.steps, ["TimedOut", "SIGINT 1"], "{script}");
        assert_eq!(story.ended.unwrap().reason, Some(StopReason::Timeout));
    }
}

#[tokio::test]
async fn one_who_lingers_after_the_last_word_is_ended() {
    let mut spec = sh("trap '' INT; echo last; sleep 1000");
    spec.linger = Duration::from_millis(20);
    let story = run_with(spec, Caps::default(), |child, line| {
        if line == "last" {
            child.finished();
        }
    })
    .await;
    assert_eq!(story.steps, ["Lingered", "SIGTERM 2"]);
    assert_eq!(story.ended.unwrap().reason, Some(StopReason::Lingered));
}

#[tokio::test]
async fn one_who_leaves_after_the_last_word_is_let_go() {
    let story = run_with(sh("echo last; exit 0"), Caps::default(), |child, _| {
        child.finished();
    })
    .await;
    assert_eq!((story.steps.len(), story.code()), (0, Some(0)));
    assert_eq!(story.ended.unwrap().reason, None);
}

#[tokio::test]
async fn giving_up_a_wait_loses_nothing() {
    let mut child =
        RunningChild::spawn(sh("seq 1 2000; sleep 0.05; seq 1 2000"), Caps::default()).unwrap();
    let mut n_lines = 0;
    loop {
        match tokio::time::timeout(Duration::from_micros(100), child.next()).await {
            Err(_) => {}
            Ok(None) => break,
            Ok(Some(ProcessEvent::Output(chunks))) => n_lines += chunks.len(),
            Ok(Some(_)) => {}
        }
    }
    assert_eq!(n_lines, 4000);
}
