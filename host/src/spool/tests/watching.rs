//! That changes are noticed, none is lost, and the clock is enough where nothing else is.

use std::fs;
use std::future::Future;
use std::sync::mpsc;
use std::time::Duration;

use super::*;

/// Far longer than any notice takes; a test that needs it has failed.
const LONG: Duration = Duration::from_secs(30);
/// Long enough for a notice that should not come.
const SHORT: Duration = Duration::from_millis(50);

fn run<T>(future: impl Future<Output = T>) -> T {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_all().build().unwrap().block_on(future)
}

/// Wait for changes until nothing changes any more.
async fn settle_down(watch: &mut Watch) {
    while watch.changed(SHORT).await {}
}

#[test]
fn an_append_by_another_thread_wakes() {
    let (_dir, spool) = spool();
    let attempt = attempt(&spool);
    let mut log = attempt.progress();
    let (go_tx, go_rx) = mpsc::channel::<u32>();
    let writer = std::thread::spawn(move || {
        while let Ok(item) = go_rx.recv() {
            log.append(&item);
        }
    });
    run(async {
        let mut watch = Watch::new(&[attempt.path()]);
        let mut reader = attempt.read_progress();
        for item in 0..20 {
            go_tx.send(item).unwrap();
            let seen = async {
                loop {
                    if let Some(seen) = reader.next_item::<u32>().unwrap() {
                        return seen;
                    }
                    assert!(watch.changed(LONG).await, "no notice");
                }
            };
            let seen = tokio::time::timeout(Duration::from_secs(1), seen).await;
            assert_eq!(seen, Ok(item));
        }
    });
    drop(go_tx);
    writer.join().unwrap();
}

#[test]
#[cfg(target_os = "linux")]
fn nothing_is_lost_between_two_waits_and_a_burst_is_one_change() {
    let (_dir, spool) = spool();
    let attempt = attempt(&spool);
    run(async {
        let mut watch = Watch::new(&[attempt.path()]);
        assert!(!watch.changed(SHORT).await, "nothing happened");
        for turn in 0..5 {
            let mut log = attempt.progress();
            for item in 0..100 {
                log.append(&item);
            }
            drop(log);
            assert!(watch.changed(LONG).await, "turn {turn}");
            assert!(!watch.changed(SHORT).await, "turn {turn}: one change");
        }
    });
}

#[test]
#[cfg(target_os = "linux")]
fn a_wait_that_is_given_up_loses_nothing() {
    let (_dir, spool) = spool();
    let attempt = attempt(&spool);
    run(async {
        let mut watch = Watch::new(&[attempt.path()]);
        for _ in 0..20 {
            attempt.write_process(&1).unwrap();
            // Polled once, with the notice ready or nearly so, and dropped.
            let given_up = tokio::select! {
                biased;
                changed = watch.changed(LONG) => !changed,
                () = std::future::ready(()) => true,
            };
            if given_up {
                assert!(watch.changed(LONG).await);
            }
            settle_down(&mut watch).await;
        }
    });
}

#[test]
#[cfg(target_os = "linux")]
fn the_end_of_a_claim_wakes() {
    let (_dir, spool) = spool();
    let attempt = attempt(&spool);
    let claim = attempt.claim().unwrap();
    run(async {
        let mut watch = Watch::new(&[attempt.path()]);
        assert!(attempt.is_claimed().unwrap());
        assert!(!watch.changed(SHORT).await, "looking is no change");
        drop(claim);
        assert!(watch.changed(LONG).await);
        assert!(!attempt.is_claimed().unwrap());
    });
}

#[test]
fn a_folder_that_comes_later_or_comes_again_is_watched() {
    let (dir, _spool) = spool();
    let late = dir.path().join("late");
    run(async {
        let mut watch = Watch::new(&[dir.path()]);
        watch.add(&late);
        watch.add(&late);
        assert!(watch.changed(LONG).await, "may have changed");
        for name in ["one", "two"] {
            fs::create_dir(&late).unwrap();
            settle_down(&mut watch).await;
            fs::write(late.join(name), "").unwrap();
            assert!(watch.changed(LONG).await);
            // Moved away: what happens there is somebody else's.
            fs::rename(&late, dir.path().join(name)).unwrap();
            assert!(watch.changed(LONG).await);
        }
    });
}

#[test]
fn without_notices_the_clock_wakes() {
    // Outside a runtime there are none to be had.
    let dir = TempDir::new().unwrap();
    let mut watch = Watch::new(&[dir.path()]);
    run(async {
        let woken = tokio::time::timeout(Duration::from_secs(5), watch.changed(LONG)).await;
        assert_eq!(woken, Ok(true));
    });
}
