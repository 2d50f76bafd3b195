//! What a tool leaves behind, and what happens when the host goes first.

use rustix::process::{
    Pid, Signal, WaitId, WaitIdOptions, kill_process, test_kill_process, waitid,
};
use tokio::time::Instant;

use super::*;

fn pid(text: &str) -> Pid {
    Pid::from_raw(text.parse().unwrap()).unwrap()
}

fn is_gone(pid: Pid) -> bool {
    test_kill_process(pid).is_err()
}

/// Run a script that prints `left PID` once its left-over is on its own and then waits to be told.
async fn leaving(script: &str) -> (Story, Pid, Duration) {
    adopt_orphans().unwrap();
    let spec = sh(script).reading(&Input::Session(RAW), "");
    let mut told = None;
    let story = run_with(spec, Caps::default(), |child, line| {
        if line.starts_with("left") {
            told = Some(Instant::now());
            child.write_stdin(b"go\n".to_vec()).unwrap();
        }
    })
    .await;
    let line = story
        .stdout()
        .into_iter()
        .find(|line| line.starts_with("left"))
        .unwrap();
    (
        story,
        pid(line.trim_start_matches("left ")),
        told.unwrap().elapsed(),
    )
}

#[tokio::test]
async fn a_left_over_in_the_group_that_holds_the_output_is_ended() {
    let script = "trap '' TERM INT; sleep 1000 & echo left $!; read x; echo done";
    let (story, left, took) = leaving(script).await;
    assert_eq!(story.stdout().last().unwrap(), "done");
    assert_eq!((story.code(), story.drained), (Some(0), Some(true)));
    assert_eq!(
        story.ended.map(|end| (end.tree_empty, end.swept)),
        Some((true, 0))
    );
    assert!(is_gone(left) && took < Duration::from_secs(2), "{took:?}");
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_left_over_in_a_session_of_its_own_is_swept() {
    let script = "setsid sh -c 'trap \"\" TERM; echo left $$; exec sleep 1000' & read x";
    let (story, left, took) = leaving(script).await;
    assert_eq!(
        story.ended.map(|end| (end.tree_empty, end.swept)),
        Some((true, 1))
    );
    assert_eq!(story.drained, Some(true));
    assert!(is_gone(left) && took < Duration::from_secs(2), "{took:?}");
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn one_that_keeps_forking_away_is_caught() {
    let root = tempfile::tempdir().unwrap();
    let hop = root.path().join("hop");
    std::fs::write(&hop, "setsid sh \"$0\" &\n").unwrap();
    let hop = hop.display();
    let script = format!("setsid sh -c 'echo left $$; exec sh {hop}' & read x");
    let (story, _, _) = leaving(&script).await;
    let end = story.ended.unwrap();
    assert!(end.tree_empty && end.swept >= 1, "{end:?}");
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn output_is_not_waited_for_when_one_that_cannot_be_found_holds_it() {
    let script = "env -i setsid sh -c 'echo left $$; exec sleep 1000' & read x; echo done";
    let (story, left, took) = leaving(script).await;
    assert!(!is_gone(left), "without its mark it is not ours to end");
    kill_process(left, Signal::KILL).unwrap();
    assert_eq!(story.stdout().last().unwrap(), "done");
    assert_eq!(story.drained, Some(false));
    assert!(
        took >= Duration::from_millis(500) && took < Duration::from_secs(2),
        "{took:?}"
    );
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn nobody_elses_process_is_swept() {
    let mut bystander =
        RunningChild::spawn(sh("echo up; exec sleep 1000"), Caps::default()).unwrap();
    assert!(matches!(
        bystander.next().await,
        Some(ProcessEvent::Output(_))
    ));
    assert_eq!(
        sweep(Uuid::now_v7()),
        Swept {
            ended: 0,
            clean: true
        }
    );
    run(sh("exit 0")).await;
    assert!(!is_gone(pid(&bystander.identity().pid.to_string())));
}

/// How a child of ours ended, waiting for it; `None` when it was reaped already.
fn fate(pid: Pid) -> Option<i32> {
    let status = waitid(WaitId::Pid(pid), WaitIdOptions::EXITED).ok()??;
    status.terminating_signal()
}

#[tokio::test]
async fn dropping_it_ends_it() {
    let child = RunningChild::spawn(sh("trap '' INT TERM; sleep 1000"), Caps::default()).unwrap();
    let pid = pid(&child.identity().pid.to_string());
    drop(child);
    assert!(matches!(fate(pid), None | Some(libc::SIGKILL)));
}

#[cfg(target_os = "linux")]
#[test]
fn it_dies_with_the_host_and_what_it_leaves_is_found_by_its_mark() {
    let host = std::thread::spawn(|| {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let spec = sh("trap '' HUP INT TERM; sleep 1000 & echo ready; wait");
            let marker = spec.marker;
            let mut child = RunningChild::spawn(spec, Caps::default()).unwrap();
            let pid = pid(&child.identity().pid.to_string());
            assert!(matches!(child.next().await, Some(ProcessEvent::Output(_))));
            std::mem::forget(child); // as when the host is killed
            (pid, marker)
        })
    });
    let (pid, marker) = host.join().unwrap();
    assert_eq!(fate(pid), Some(libc::SIGKILL));
    assert_eq!(
        sweep(marker),
        Swept {
            ended: 1,
            clean: true
        }
    );
}
