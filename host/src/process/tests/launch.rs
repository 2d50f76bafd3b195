//! What a started program sees: arguments, environment, standard input, signals, descriptors.

use sha2::{Digest as _, Sha256};

use super::*;
use crate::model::{Argument, Command, CommandPlan};
use crate::process::unix::testing;

fn plan(args: &[Argument], input: Input) -> CommandPlan {
    CommandPlan {
        program: "tool".to_owned(),
        args: args.to_vec(),
        env: Vec::new(),
        input,
        stdout: Framing::Raw,
        stderr: Framing::Raw,
        stop: Vec::new(),
        linger: None,
        extra: Vec::new(),
    }
}

fn text(text: &str) -> Argument {
    Argument::Text(text.to_owned())
}

const PROMPTS: [&str; 6] = [
    "hi\" --dangerously-skip-permissions \"x",
    "-",
    "--version",
    "",
    "ünïcödé 😀\u{2028}",
    "a\nb\t$HOME `id`",
];

#[tokio::test]
async fn any_prompt_is_one_argument() {
    let script = "for a do printf '[%s]' \"$a\"; done";
    let args = [
        text("-c"),
        text(script),
        text("--"),
        Argument::Prompt,
        text("end"),
    ];
    for prompt in PROMPTS {
        let prompt = Arc::from(prompt);
        let inputs = inputs(Path::new("/bin/sh"), &prompt, NO_GRANTS);
        let spec = build(&plan(&args, Input::None), &inputs).unwrap();
        let story = run(spec).await;
        assert_eq!(story.stdout().concat(), format!("[{prompt}][end]"));
    }
}

#[tokio::test]
async fn any_prompt_is_standard_input() {
    for prompt in PROMPTS {
        let prompt = Arc::from(prompt);
        let inputs = inputs(Path::new("/bin/cat"), &prompt, NO_GRANTS);
        let story = run(build(&plan(&[], Input::Prompt(RAW)), &inputs).unwrap()).await;
        assert_eq!(story.stdout().concat(), *prompt);
        assert_eq!(story.stdin, Some((prompt.len() as u64, true)));
    }
}

#[tokio::test]
async fn a_prompt_of_10_mb_arrives_whole() {
    let prompt: String = (0..10 << 17).map(|n| format!("{n:07}\n")).collect();
    let sum: String = Sha256::digest(&prompt)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let story = run(sh("sha256sum").reading(&Input::Prompt(RAW), &prompt)).await;
    assert_eq!(story.stdout(), [format!("{sum}  -")]);
    assert_eq!(story.stdin, Some((10 << 20, true)));
}

#[tokio::test]
async fn a_tool_need_not_read_its_prompt() {
    let prompt = "x".repeat(10 << 20);
    let story = run(sh("exec <&-; echo done").reading(&Input::Prompt(RAW), &prompt)).await;
    assert_eq!(
        (story.stdout(), story.code()),
        (vec!["done".to_owned()], Some(0))
    );
    let (bytes, complete) = story.stdin.unwrap();
    assert!(bytes < 1 << 20 && !complete);
}

#[tokio::test]
async fn nothing_to_read_is_the_end_at_once() {
    let story = run(sh("cat; readlink /proc/self/fd/0")).await;
    assert_eq!(
        (story.stdout(), story.stdin),
        (vec!["/dev/null".to_owned()], None)
    );
}

#[tokio::test]
async fn a_session_reads_what_is_written_until_it_is_closed() {
    let spec = sh("while read -r line; do echo \"got $line\"; done; echo end");
    let framing = PromptFraming {
        after: "\n".to_owned(),
        ..RAW
    };
    let story = run_with(
        spec.reading(&Input::Session(framing), "first"),
        Caps::default(),
        |child, line| match line {
            "got first" => child.write_stdin(b"second\n".to_vec()).unwrap(),
            "got second" => child.close_stdin(),
            _ => {}
        },
    )
    .await;
    assert_eq!(story.stdout(), ["got first", "got second", "end"]);
    assert_eq!(story.stdin, Some((13, true)));
}

#[tokio::test]
async fn the_environment_is_the_commands_and_no_other() {
    let set = BTreeMap::from([("MODE".to_owned(), "two words".to_owned())]);
    let grants = EnvGrants {
        set: &set,
        ..NO_GRANTS
    };
    let prompt = Arc::from("");
    let host: Vec<_> = [("HOME", "/h"), ("OPENAI_API_KEY", "k"), ("TOLLGATE_X", "y")]
        .map(|(name, value)| (name.into(), value.into()))
        .into();
    let inputs = LaunchInputs {
        host_env: &host,
        ..inputs(Path::new("/usr/bin/env"), &prompt, grants)
    };
    let mut spec = build(&plan(&[], Input::None), &inputs).unwrap();
    spec.stdout = Framing::Lines;
    let marker = format!("TOLLGATE_ATTEMPT={}", inputs.marker);
    assert_eq!(
        run(spec).await.stdout(),
        ["HOME=/h", "MODE=two words", &marker]
    );
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_tool_starts_with_clean_signals_streams_and_a_session_of_its_own() {
    use std::os::fd::AsFd as _;

    testing::ignore(libc::SIGUSR2);
    testing::block(libc::SIGUSR1);
    let leak = std::fs::File::open("/dev/null").unwrap();
    rustix::io::fcntl_setfd(leak.as_fd(), rustix::io::FdFlags::empty()).unwrap();

    let script = "echo $$; cat /proc/self/stat; grep -E 'Sig(Ign|Blk)' /proc/self/status; \
                  ls /proc/self/fd; kill -USR2 $$; echo survived";
    let story = run(sh(script)).await;
    let lines = story.stdout();
    let stat: Vec<&str> = lines[1].split(' ').collect();
    assert_eq!(
        (stat[4], stat[5]),
        (&*lines[0], &*lines[0]),
        "it leads its group and session"
    );
    // The C library keeps 32 and 33 to itself and refuses to reset them.
    let kept_back = 0b11_u64 << 31;
    for (line, name) in lines[2..4].iter().zip(["SigBlk:	", "SigIgn:	"]) {
        let bits = u64::from_str_radix(line.strip_prefix(name).unwrap(), 16).unwrap();
        assert_eq!(bits & !kept_back, 0, "{line}");
    }
    assert_eq!(
        lines[4..],
        ["0", "1", "2", "3"],
        "the fourth is the listing itself"
    );
    assert_eq!(story.signal(), Some(libc::SIGUSR2));
}

#[tokio::test]
async fn who_it_is_is_known() {
    let mut own = None;
    let story = run_with(
        sh("echo $$ $(cut -d' ' -f22 /proc/$$/stat)"),
        Caps::default(),
        |child, _| {
            own = Some(child.identity());
        },
    )
    .await;
    let own = own.unwrap();
    assert_eq!(own.pid, own.pgid);
    assert_eq!(
        story.stdout(),
        [format!("{} {}", own.pid, own.start_ticks.unwrap())]
    );
}

#[tokio::test]
async fn what_cannot_be_started_says_why() {
    let root = tempfile::tempdir().unwrap();
    let script = root.path().join("script");
    std::fs::write(&script, "#!/no/such/interpreter\n").unwrap();
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(&script, mode).unwrap();

    let refusal = |change: &dyn Fn(&mut CommandSpec)| {
        let mut spec = sh("exit 0");
        change(&mut spec);
        RunningChild::spawn(spec, Caps::default()).err().unwrap()
    };
    let missing = refusal(&|spec| spec.program = "/no/such/tool".into());
    assert!(matches!(missing, ProcessError::Spawn { .. }), "{missing}");
    assert_eq!(missing.code().as_str(), "tool-missing");
    let cwd = refusal(&|spec| spec.cwd = "/no/such/place".into());
    assert!(
        matches!(cwd, ProcessError::NoWorkingDirectory { .. }),
        "{cwd}"
    );
    let interpreter = refusal(&|spec| spec.program = script.clone());
    assert!(
        matches!(interpreter, ProcessError::NoInterpreter { .. }),
        "{interpreter}"
    );
    let large = refusal(&|spec| spec.args = vec!["x".repeat(100_000).into(); 100]);
    assert!(matches!(large, ProcessError::TooLarge { .. }), "{large}");
    let codes = [cwd, interpreter, large].map(|refusal| refusal.code().as_str().to_owned());
    assert_eq!(codes, ["spawn-failed", "spawn-failed", "unsupported"]);
}

#[tokio::test]
async fn a_probe_hands_back_the_beginning_of_what_a_tool_says() {
    let ask = |script: &str, limit| {
        let args = vec!["-c".to_owned(), script.to_owned()];
        let command = Command {
            program: "tool".to_owned(),
            args,
        };
        async move {
            let inputs = ProbeInputs {
                binary: "tool",
                program: Path::new("/bin/sh"),
                env: NO_GRANTS,
                host_env: &[("PATH".into(), "/usr/bin:/bin".into())],
                cwd: Path::new("/"),
                marker: Uuid::now_v7(),
                limit,
            };
            probe(command, &inputs).await
        }
    };
    let output = ask("cat; echo 1.2.3; echo hm >&2; exit 3", PROBE_LIMIT)
        .await
        .unwrap();
    assert_eq!(
        (&output.stdout[..], &output.stderr[..]),
        (&b"1.2.3\n"[..], &b"hm\n"[..])
    );
    assert_eq!(output.exit_code, Some(3));

    let output = ask("head -c 1000000 /dev/zero", PROBE_LIMIT).await.unwrap();
    assert_eq!((output.stdout.len(), output.exit_code), (64 << 10, Some(0)));

    let late = ask("trap '' INT TERM; sleep 1000", Duration::from_millis(50))
        .await
        .unwrap_err();
    assert!(matches!(late, ProcessError::ProbeTimedOut { .. }), "{late}");
}
