//! What comes back: lines, numbers, caps, the answer file, and how little memory that takes.

use super::*;

#[tokio::test]
async fn both_streams_come_line_by_line_with_one_numbering() {
    let story = run(sh(
        "echo one; echo two >&2; printf 'three\\r\\nfo\\377ur'; exit 7",
    ))
    .await;
    assert_eq!(story.stdout(), ["one", "three\r", "fo\u{fffd}ur"]);
    assert_eq!(story.lines(Source::Stderr), ["two"]);
    assert_eq!(
        story
            .chunks
            .iter()
            .map(|chunk| chunk.seq)
            .collect::<Vec<_>>(),
        [1, 2, 3, 4]
    );
    assert_eq!(
        (story.code(), story.signal(), story.drained),
        (Some(7), None, Some(true))
    );
    let ended = story.ended.unwrap();
    assert_eq!(
        (ended.status, ended.reason, ended.swept),
        (story.exited, None, 0)
    );
    assert!(ended.tree_empty);
}

#[tokio::test]
async fn an_exit_by_signal_is_told_as_one() {
    for signal in [libc::SIGTERM, libc::SIGKILL, libc::SIGABRT] {
        let story = run(sh(&format!("kill -{signal} $$; sleep 1000"))).await;
        assert_eq!((story.code(), story.signal()), (None, Some(signal)));
    }
}

#[tokio::test]
async fn a_line_of_6_mb_is_one_chunk() {
    let story = run(sh(
        "head -c 6291456 /dev/zero | tr '\\0' x; echo; echo next",
    ))
    .await;
    assert_eq!(story.chunks.len(), 2);
    assert_eq!(
        (story.chunks[0].data.len(), &story.chunks[0].cut),
        (6 << 20, &None)
    );
    assert_eq!(story.chunks[1].data, b"next");
}

#[tokio::test]
async fn a_stream_has_a_cap_and_the_tool_goes_on() {
    let caps = Caps {
        stream: 10,
        ..Caps::default()
    };
    let spec = sh("echo 1234567; echo 9abcdefg; head -c 1000000 /dev/zero; echo on >&2");
    let story = run_with(spec, caps, |_, _| ()).await;
    assert_eq!(story.stdout(), ["1234567", "9a"]);
    assert_eq!(story.lines(Source::Stderr), ["on"]);
    assert_eq!(
        story.steps,
        ["OutputCapReached { source: Stdout, cap: 10 }"]
    );
    assert_eq!(story.code(), Some(0));
}

#[tokio::test]
async fn the_answer_file_comes_last() {
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("answer");
    let mut spec = sh(&format!(
        "printf 'two\\nlines' > {}; echo out",
        path.display()
    ));
    spec.output_file = Some(path.clone());
    let story = run(spec).await;
    assert_eq!(story.lines(Source::OutputFile), ["two\nlines"]);
    assert_eq!(story.chunks.last().unwrap().seq, 2);

    let mut spec = sh(&format!("rm {0}; ln -s /etc/passwd {0}", path.display()));
    spec.output_file = Some(path);
    let story = run(spec).await;
    assert!(story.chunks.is_empty());
    assert!(
        story.steps[0].starts_with("AnswerUnreadable"),
        "{:?}",
        story.steps
    );
}

#[tokio::test]
async fn a_reader_who_takes_time_loses_nothing() {
    // The tool is gone long before its last output is read.
    let mut child = RunningChild::spawn(sh("seq 1 10000"), Caps::default()).unwrap();
    let pid = rustix::process::Pid::from_raw(child.identity().pid.cast_signed()).unwrap();
    let mut n_lines = 0;
    while let Some(event) = child.next().await {
        match event {
            ProcessEvent::Output(chunks) => n_lines += chunks.len(),
            ProcessEvent::Exited(_) => tokio::time::sleep(Duration::from_millis(600)).await,
            _ => {}
        }
    }
    assert_eq!(n_lines, 10_000);
    assert!(rustix::process::test_kill_process(pid).is_err());
}

/// Memory is a matter of the whole process, so the measuring is done in one of its own.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn neither_a_gigabyte_nor_an_endless_line_grows_memory() {
    for script in [
        "head -c 1073741824 /dev/zero",
        "yes 0123456789012345678901234567890123456789012345678901234567890 | head -c 1073741824",
        "head -c 104857600 /dev/zero | tr '\\0' x; echo; echo end",
    ] {
        let mut spec = sh("");
        spec.program = std::env::current_exe().unwrap();
        spec.args = [
            "--exact",
            "--ignored",
            "--nocapture",
            "process::tests::output::peak_of_a_flood",
        ]
        .map(Into::into)
        .into();
        spec.env.push(("FLOOD".into(), script.into()));
        let lines = run(spec).await.stdout();
        let peak = lines
            .iter()
            .find_map(|line| line.strip_prefix("grown by KiB: "));
        let peak: u64 = peak.unwrap_or_else(|| panic!("{lines:?}")).parse().unwrap();
        assert!(peak < 32 << 10, "{script} took {peak} KiB");
    }
}

#[cfg(target_os = "linux")]
#[expect(clippy::print_stdout, reason = "read by the test that starts this one")]
#[expect(
    clippy::disallowed_methods,
    reason = "the test above says which flood is wanted"
)]
#[tokio::test]
#[ignore = "started by the test above, in a process of its own"]
async fn peak_of_a_flood() {
    let peak = || -> u64 {
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix("VmHWM:"))
            .unwrap();
        line.trim().trim_end_matches(" kB").parse().unwrap()
    };
    let before = peak();
    let script = std::env::var("FLOOD").unwrap();
    let mut child = RunningChild::spawn(sh(&script), Caps::default()).unwrap();
    let mut n_bytes = 0;
    while let Some(event) = child.next().await {
        if let ProcessEvent::Output(chunks) = event {
            let whole = |chunk: &Chunk| chunk.cut.as_ref().map(|cut| cut.total_bytes);
            let sizes = chunks
                .iter()
                .map(|chunk| whole(chunk).unwrap_or(chunk.data.len() as u64));
            n_bytes += sizes.sum::<u64>();
        }
    }
    assert!(n_bytes >= 100 << 20, "{n_bytes}");
    println!("\ngrown by KiB: {}", peak() - before);
}
