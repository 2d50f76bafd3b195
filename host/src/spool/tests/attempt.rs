//! The files of one attempt: claims, exits, progress, logs, and what was planted in their place.

use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::{MetadataExt as _, symlink};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use super::*;
use crate::model::Source;

#[test]
fn a_claim_is_held_by_one_and_lost_when_it_is_closed() {
    let (_dir, spool) = spool();
    let attempt = attempt(&spool);
    assert!(!attempt.is_claimed().unwrap());
    let claim = attempt.claim().unwrap().unwrap();
    assert!(attempt.claim().unwrap().is_none());
    assert!(attempt.is_claimed().unwrap());
    drop(claim);
    assert!(!attempt.is_claimed().unwrap());
    assert!(attempt.claim().unwrap().is_some());
}

#[test]
fn a_claim_that_was_handed_on_lives_as_long_as_the_last_descriptor() {
    let (_dir, spool) = spool();
    let attempt = attempt(&spool);
    let file = attempt.claim().unwrap().unwrap().into_file();
    let child = file.try_clone().unwrap();
    drop(file);
    assert!(attempt.is_claimed().unwrap());
    let adopted = attempt.adopt_claim(child).unwrap().unwrap();
    assert!(attempt.is_claimed().unwrap());

    let other = File::open(attempt.path().join("claim")).unwrap();
    assert!(
        attempt.adopt_claim(other).unwrap().is_none(),
        "does not hold it"
    );
    let stranger = tempfile::tempfile().unwrap();
    assert!(
        attempt.adopt_claim(stranger).unwrap().is_none(),
        "another file"
    );
    drop(adopted);
    assert!(!attempt.is_claimed().unwrap());
}

#[test]
fn looking_at_a_claim_keeps_nobody_from_taking_it() {
    let (_dir, spool) = spool();
    let attempt = attempt(&spool);
    drop(attempt.claim().unwrap());
    let done = AtomicBool::new(false);
    let n_looks = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                attempt.is_claimed().unwrap();
                n_looks.fetch_add(1, Ordering::Relaxed);
            }
        });
        while n_looks.load(Ordering::Relaxed) == 0 {
            std::thread::yield_now();
        }
        for turn in 0..200 {
            let claim = attempt.claim().unwrap();
            assert!(claim.is_some(), "turn {turn}");
        }
        done.store(true, Ordering::Relaxed);
    });
}

#[test]
fn a_claim_is_never_there_without_its_holder() {
    let (_dir, spool) = spool();
    let attempt = attempt(&spool);
    let path = attempt.path().join("claim");
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                let claim = attempt.claim().unwrap().expect("the first one");
                // Its name goes before the lock does, as it never would.
                fs::remove_file(&path).unwrap();
                drop(claim);
            }
        });
        let mut n_held = 0;
        while n_held < 50 {
            if let Ok(file) = File::open(&path) {
                // Free means that the name was gone by then, or it would have been free before.
                let is_free = file.try_lock_shared().is_ok();
                assert!(!is_free || file.metadata().unwrap().nlink() == 0);
                n_held += u32::from(!is_free);
            }
        }
        done.store(true, Ordering::Relaxed);
    });
    assert_eq!(tree(attempt.path()), Vec::<String>::new(), "nothing aside");
}

#[test]
fn a_claim_whose_file_was_removed_is_taken_on_the_new_one() {
    let (_dir, spool) = spool();
    let attempt = attempt(&spool);
    let old = attempt.claim().unwrap().unwrap();
    fs::remove_file(attempt.path().join("claim")).unwrap();
    assert!(!attempt.is_claimed().unwrap(), "no file: nobody");
    assert!(attempt.claim().unwrap().is_some());
    drop(old);
}

#[test]
fn an_exit_is_whole_absent_or_damaged() {
    let (_dir, spool) = spool();
    let attempt = attempt(&spool);
    assert!(matches!(attempt.exit::<u32>(), Ok(Found::Absent)));
    attempt.write_exit(&7, Keep::Durable).unwrap();
    attempt.write_process(&"me").unwrap();
    assert!(matches!(attempt.exit::<u32>(), Ok(Found::Whole(7))));
    assert_eq!(attempt.process::<String>().unwrap().whole().unwrap(), "me");
    let path = attempt.path().join("exit.json");
    for content in ["", "{\"code\":", "[1]"] {
        fs::write(&path, content).unwrap();
        assert!(
            matches!(attempt.exit::<u32>(), Ok(Found::Damaged(_))),
            "{content}"
        );
    }
    // A folder in its place is no exit either, and nothing that could not be looked at.
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    assert!(matches!(attempt.exit::<u32>(), Ok(Found::Damaged(_))));
    assert_eq!(
        tree(attempt.path()),
        ["exit.json", "process.json"],
        "nothing aside"
    );
}

#[test]
fn a_link_in_the_place_of_a_file_is_not_followed() {
    let (dir, spool) = spool();
    let attempt = attempt(&spool);
    let folder = spool.invocation(&RunId::from(RUN), InvocationNumber(1));
    let victim = dir.path().join("victim");
    fs::write(&victim, "7").unwrap();
    let names = [
        "claim",
        "exit.json",
        "process.json",
        "progress.jsonl",
        "stdout.log",
        "answer",
        "supervisor.log",
    ];
    for name in names {
        symlink(&victim, attempt.path().join(name)).unwrap();
    }
    folder.forget_prompt().unwrap();
    symlink(&victim, folder.path().join("prompt")).unwrap();

    assert!(matches!(folder.prompt(), Err(SpoolError::Read { .. })));
    assert!(matches!(attempt.answer(), Err(SpoolError::Read { .. })));
    assert!(matches!(attempt.exit::<u32>(), Ok(Found::Damaged(_))));
    assert!(matches!(attempt.claim(), Err(SpoolError::Claim { .. })));
    assert!(matches!(
        attempt.is_claimed(),
        Err(SpoolError::Claim { .. })
    ));
    assert!(attempt.supervisor_log().is_err());
    assert!(attempt.read_progress().next_item::<u32>().is_err());
    assert!(attempt.last_bytes(Source::Stdout, 9).is_err());
    let mut progress = attempt.progress();
    progress.append(&"planted");
    assert!(progress.error().is_some());
    let mut log = attempt.log(Source::Stdout);
    log.write(b"planted");
    assert!(log.finish().error.is_some());
    // What is replaced takes the link's place.
    attempt.write_exit(&8, Keep::Fast).unwrap();
    attempt.write_answer("mine", Keep::Fast).unwrap();
    assert_eq!(attempt.exit::<u32>().unwrap().whole(), Some(8));
    assert_eq!(attempt.answer().unwrap().as_deref(), Some("mine"));
    folder.forget_all().unwrap();
    assert_eq!(fs::read_to_string(victim).unwrap(), "7");
}

#[test]
fn a_pipe_in_the_place_of_a_file_holds_nobody_up() {
    let (_dir, spool) = spool();
    let attempt = attempt(&spool);
    for name in ["exit.json", "progress.jsonl"] {
        let mode = rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR;
        let kind = rustix::fs::FileType::Fifo;
        rustix::fs::mknodat(rustix::fs::CWD, attempt.path().join(name), kind, mode, 0).unwrap();
    }
    assert!(matches!(attempt.exit::<u32>(), Ok(Found::Damaged(_))));
    assert!(attempt.read_progress().next_item::<u32>().is_err());
    assert!(attempt.progress().error().is_some());
}

#[test]
fn progress_is_followed_while_it_is_written() {
    let (_dir, spool) = spool();
    let attempt = attempt(&spool);
    let mut reader = attempt.read_progress();
    assert_eq!(reader.next_item::<u32>().unwrap(), None, "no file yet");
    let mut log = attempt.progress();
    for item in 0..10_000_u32 {
        log.append(&item);
        if item % 1000 == 0 {
            assert!(reader.next_item::<u32>().unwrap().is_some());
        }
    }
    assert!(log.error().is_none());
    let mut n_rest = 0;
    while reader.next_item::<u32>().unwrap().is_some() {
        n_rest += 1;
    }
    assert_eq!(n_rest, 10_000 - 10);
    assert_eq!(reader.n_skipped(), 0);
}

#[test]
fn a_torn_line_is_skipped_wherever_it_was_cut() {
    for cut in 0..=8 {
        let (_dir, spool) = spool();
        let attempt = attempt(&spool);
        let mut reader = attempt.read_progress();
        attempt.progress().append(&"one");
        let path = attempt.path().join("progress.jsonl");
        let mut torn = OpenOptions::new().append(true).open(path).unwrap();
        torn.write_all(&b"\"second\""[..cut]).unwrap();
        assert_eq!(
            reader.next_item::<String>().unwrap().as_deref(),
            Some("one")
        );
        assert_eq!(
            reader.next_item::<String>().unwrap(),
            None,
            "does not end yet"
        );
        attempt.progress().append(&"three");
        // A line that lacked nothing but its newline is as good as any.
        if cut == 8 {
            assert_eq!(
                reader.next_item::<String>().unwrap().as_deref(),
                Some("second")
            );
        }
        assert_eq!(
            reader.next_item::<String>().unwrap().as_deref(),
            Some("three")
        );
        assert_eq!(reader.n_skipped(), u64::from((1..8).contains(&cut)));
    }
}

#[test]
fn a_line_that_is_too_long_is_passed_over_in_bounded_memory() {
    let (_dir, spool) = spool();
    let attempt = attempt(&spool);
    let mut log = attempt.progress();
    log.append(&"x".repeat(MAX_PROGRESS_LINE));
    assert!(log.error().is_some(), "not written, and told");
    log.append(&"after");
    let path = attempt.path().join("progress.jsonl");
    let mut planted = OpenOptions::new().append(true).open(path).unwrap();
    planted
        .write_all(&vec![b'1'; 2 * MAX_PROGRESS_LINE + 5])
        .unwrap();
    planted.write_all(b"\n2\n").unwrap();
    let mut reader = attempt.read_progress();
    assert_eq!(
        reader.next_item::<String>().unwrap().as_deref(),
        Some("after")
    );
    assert_eq!(reader.next_item::<u32>().unwrap(), Some(2));
    assert_eq!(reader.next_item::<u32>().unwrap(), None);
    assert_eq!(reader.n_skipped(), 1);
}

#[test]
fn a_log_is_read_in_pieces_and_from_its_end() {
    let (_dir, spool) = spool();
    let attempt = attempt(&spool);
    let nothing = attempt.read_log(Source::Stderr, 5, 9).unwrap();
    assert_eq!((nothing.next_offset(), nothing.bytes.len()), (5, 0));
    let mut log = attempt.log(Source::Stderr);
    log.write(b"0123456789");
    assert!(!log.is_cut());
    let part = attempt.read_log(Source::Stderr, 0, 4).unwrap();
    assert_eq!(
        (part.next_offset(), part.bytes.as_slice()),
        (4, &b"0123"[..])
    );
    let part = attempt.read_log(Source::Stderr, 4, 99).unwrap();
    assert_eq!(
        (part.next_offset(), part.bytes.as_slice()),
        (10, &b"456789"[..])
    );
    let part = attempt.read_log(Source::Stderr, 99, 99).unwrap();
    assert_eq!((part.next_offset(), part.bytes.len()), (99, 0));
    let part = attempt.last_bytes(Source::Stderr, 3).unwrap();
    assert_eq!((part.offset, part.bytes.as_slice()), (7, &b"789"[..]));
    let part = attempt.last_bytes(Source::Stderr, 300).unwrap();
    assert_eq!((part.offset, part.bytes.len()), (0, 10));
    let end = log.finish();
    assert_eq!((end.n_bytes, end.left_out), (10, 0));
    attempt
        .supervisor_log()
        .unwrap()
        .write_all(b"panicked")
        .unwrap();
    assert_eq!(attempt.last_supervisor_bytes(3).unwrap().bytes, b"ked");
}
