//! A prompt reaches the tool as exactly one prompt, or gets a clear error. It never becomes a flag.

use serde_json::{Value, json};
use tollgate_tests::house::TestHouse;
use tollgate_tests::setup::Setup;
use tollgate_tests::speech::{Claude, CodexTotals, SESSION, codex, reading_to};

/// Prompts that have been taken for something else before.
const AWKWARD: &[&str] = &[
    r#"hi" --dangerously-skip-permissions "x"#,
    "-x",
    "--",
    "--help",
    "-",
    "it's",
    "$(touch pwned) `touch pwned` ; touch pwned | x > y < z && w",
    "{prompt} {model} {prompt_file} {{binary}} %s ${HOME}",
    "two\nlines\r\nand a tab\t",
    "\n",
    " leading and trailing ",
    "ünï — 日本語 🦀 \u{2028}\u{202e}\u{feff}",
    "@file.txt",
    "!ls",
    "# heading",
];

/// The ways in: what the command line holds, and what stdin does.
#[derive(Debug, Clone, Copy)]
enum Way {
    Argument,
    File,
    Stdin,
}

const WAYS: [Way; 3] = [Way::Argument, Way::File, Way::Stdin];

fn send(house: &TestHouse, agent: &str, prompt: &[u8], way: Way) -> tollgate_tests::house::Outcome {
    let _ = std::fs::remove_file(house.path("work/seen"));
    let call = |more: &[&str]| {
        let args = ["exec", "-a", agent, "--json"];
        house.call(args.into_iter().chain(more.iter().copied()))
    };
    match way {
        Way::Argument => {
            let text = std::str::from_utf8(prompt).expect("an argument");
            call(&["--", text]).run()
        }
        Way::File => {
            house.write("work/prompt.md", prompt);
            call(&["--prompt-file", "prompt.md"]).run()
        }
        Way::Stdin => call(&[]).stdin(prompt).run(),
    }
}

/// Four tools that write down what reaches them: by stdin (three adapters) and by file.
fn listeners() -> TestHouse {
    let house = TestHouse::new();
    Setup::new()
        .model("m", 10.0, 30.0, 1_000_000_000)
        .claude("claude", &["m"])
        .codex("codex", &["m"])
        .template("plain", &["m"], &["--model", "{model}"])
        .template("filed", &["m"], &["--file", "{prompt_file}"])
        .agent("claude", &["claude:m"])
        .agent("codex", &["codex:m"])
        .agent("plain", &["plain:m"])
        .agent("filed", &["filed:m"])
        .write(&house);
    let seen = house.path("work/seen");
    let args = house.path("work/args").to_string_lossy().into_owned();
    let with_args = |mut script: Vec<String>| {
        script.splice(0..0, ["--echo-args-to".to_owned(), args.clone()]);
        script
    };
    let said = |script| with_args(reading_to(&seen, script));
    let answer = || ["--emit-line", "ok"].map(str::to_owned).to_vec();
    house.tool("claude", &said(Claude::says("ok").script()));
    let turn = codex(SESSION, "ok", &CodexTotals::after(1));
    house.tool("codex", &said(turn));
    house.tool("plain", &said(answer()));
    let mut filed = [
        "--copy-prompt-file",
        "{after:--file}",
        seen.to_str().unwrap(),
    ]
    .map(str::to_owned)
    .to_vec();
    filed.extend(answer());
    house.tool("filed", &with_args(filed));
    house
}

#[test]
fn awkward_prompts_arrive_byte_for_byte_and_never_as_arguments() {
    let house = listeners();
    for agent in ["claude", "codex", "plain", "filed"] {
        for (number, prompt) in AWKWARD.iter().enumerate() {
            // Every prompt goes every way over the agents; all combinations would take long.
            let way = WAYS[(number + agent.len()) % WAYS.len()];
            let context = format!("{agent}, {way:?}, {prompt:?}");
            let outcome = send(&house, agent, prompt.as_bytes(), way);
            assert_eq!(outcome.status, Some(0), "{context}\n{}", outcome.stdout);
            let seen = std::fs::read(house.path("work/seen")).expect("a prompt");
            assert_eq!(String::from_utf8(seen).as_deref(), Ok(*prompt), "{context}");
            let argv: Vec<String> = serde_json::from_str(&house.read("work/args")).unwrap();
            let as_argument = argv[1..].iter().filter(|arg| *arg == prompt).count();
            // Codex is told by `-` to read its stdin.
            let allowed = usize::from(agent == "codex" && *prompt == "-");
            assert_eq!(as_argument, allowed, "{context}: {argv:?}");
        }
    }
    assert!(!house.path("work/pwned").exists());
}

#[test]
fn a_leading_slash_is_kept_from_being_a_command_and_that_is_said() {
    let house = listeners();
    let report = send(&house, "claude", b"/cost of living", Way::Argument)
        .success()
        .json();
    assert_eq!(house.read("work/seen"), " /cost of living");
    let warnings = report["warnings"].to_string();
    assert!(warnings.contains("space"), "{warnings}");
    let report = send(&house, "plain", b"/cost of living", Way::Argument)
        .success()
        .json();
    assert_eq!(house.read("work/seen"), "/cost of living");
    assert_eq!(report["warnings"], json!([]));
}

#[test]
fn a_prompt_without_dashes_before_it_is_an_option_to_us_and_a_usage_error() {
    let house = listeners();
    let refused = house
        .run(["exec", "-a", "plain", "--json", "-x"])
        .exit(2)
        .json();
    assert_eq!(refused["error"]["code"], "usage");
    assert!(!house.path("work/seen").exists());
}

#[test]
fn a_prompt_may_be_an_argument_only_after_two_dashes_or_its_flag() {
    let house = TestHouse::new();
    Setup::new()
        .template("dashes", &["m"], &["--fast", "--", "{prompt}"])
        .template("flagged", &["m"], &["--message", "{prompt}"])
        .with("flagged", json!({"prompt_as_value_of": "--message"}))
        .agent("dashes", &["dashes:m"])
        .agent("flagged", &["flagged:m"])
        .write(&house);
    let args = house.path("work/args").to_string_lossy().into_owned();
    for (tool, before) in [
        ("dashes", &["--fast", "--"][..]),
        ("flagged", &["--message"]),
    ] {
        house.tool(tool, &["--echo-args-to", &args, "--emit-line", "ok"]);
        for prompt in AWKWARD {
            let _ = std::fs::remove_file(&args);
            let outcome = send(&house, tool, prompt.as_bytes(), Way::Stdin);
            if tool == "flagged" && prompt.starts_with('-') {
                // A tool could take it for an option all the same.
                let said = outcome.exit(1).stdout;
                assert!(said.contains("--message"), "{said}");
                assert!(!house.path("work/args").exists());
                continue;
            }
            outcome.success();
            let argv: Vec<String> = serde_json::from_str(&house.read("work/args")).unwrap();
            let expected: Vec<&str> = before.iter().copied().chain([*prompt]).collect();
            assert_eq!(argv[1..], expected, "{tool}");
        }
    }
}

#[test]
fn a_bare_prompt_argument_is_refused() {
    let house = TestHouse::new();
    Setup::new()
        .template("bare", &["m"], &["--message", "{prompt}"])
        .agent("dev", &["bare:m"])
        .write(&house);
    let ran = house.path("work/ran").to_string_lossy().into_owned();
    house.tool("bare", &["--touch", &ran]);
    let outcome = house.run(["exec", "-a", "dev", "--yolo"]);
    assert_ne!(outcome.status, Some(0));
    let outcome = house.run(["exec", "-a", "dev", "hi"]).exit(1);
    assert!(outcome.stderr.contains("prompt"), "{}", outcome.stderr);
    assert!(!house.path("work/ran").exists());
}

#[test]
fn ten_megabytes_arrive_whole() {
    let house = listeners();
    let prompt = "0123456789abcde\n".repeat(10 * 1024 * 1024 / 16);
    for (agent, way) in [
        ("plain", Way::Stdin),
        ("plain", Way::File),
        ("filed", Way::Stdin),
    ] {
        let _ = send(&house, agent, prompt.as_bytes(), way).success();
        assert!(house.read("work/seen") == prompt, "{agent} {way:?}");
    }
}

#[test]
fn more_than_a_tool_takes_is_refused_with_its_limit() {
    let house = listeners();
    let most = "x".repeat(10_000_000);
    let _ = send(&house, "claude", most.as_bytes(), Way::Stdin).success();
    assert!(house.read("work/seen") == most);
    for (agent, bytes, words) in [
        ("claude", 10_000_001, "10 MB"),
        ("codex", 10_000_000, "1048576 characters"),
    ] {
        let outcome = send(&house, agent, "x".repeat(bytes).as_bytes(), Way::Stdin).exit(1);
        assert!(
            outcome.stdout.contains(words),
            "{agent}: {}",
            outcome.stdout
        );
        assert!(!house.path("work/seen").exists(), "{agent}");
    }
}

#[test]
fn an_empty_prompt_is_refused_before_anything_is_tried() {
    let house = listeners();
    for agent in ["claude", "codex"] {
        for way in WAYS {
            let refused = send(&house, agent, b"", way).exit(1).json();
            assert_eq!(refused["error"]["code"], "bad_prompt", "{way:?}: {refused}");
            let message = refused["error"]["message"].as_str().unwrap();
            assert!(message.contains("empty"), "{message}");
            assert!(!house.path("work/seen").exists(), "{way:?}");
        }
    }
    assert!(house.events().is_empty(), "nothing to put on record");
}

#[test]
fn bytes_that_are_no_text_are_refused_with_their_place() {
    let house = listeners();
    for way in [Way::File, Way::Stdin] {
        let refused = send(&house, "plain", b"abc\xff\xfedef", way).exit(1).json();
        assert_eq!(refused["error"]["code"], "bad_prompt");
        let message = refused["error"]["message"].as_str().unwrap();
        assert!(
            message.contains("UTF-8") && message.contains('3'),
            "{message}"
        );
        assert!(!house.path("work/seen").exists());
    }
}

#[test]
fn a_nul_arrives_or_is_refused_and_never_cuts_the_prompt() {
    let house = listeners();
    for agent in ["claude", "codex", "plain", "filed"] {
        for way in [Way::File, Way::Stdin] {
            let outcome = send(&house, agent, b"before\0after", way);
            if outcome.status == Some(0) {
                assert_eq!(house.read("work/seen"), "before\0after", "{agent}");
            } else {
                let document: Value = outcome.exit(1).json();
                assert_eq!(document["error"]["code"], "bad_prompt", "{agent}");
                assert!(!house.path("work/seen").exists());
            }
        }
    }
}

#[test]
fn a_tool_that_never_reads_its_prompt_is_no_trouble() {
    let house = listeners();
    house.tool("claude", &Claude::says("ok").script());
    let prompt = "x".repeat(5_000_000);
    let outcome = send(&house, "claude", prompt.as_bytes(), Way::Stdin).success();
    assert_eq!(outcome.json()["output"], "ok");
}

#[test]
fn a_prompt_file_of_one_dash_is_stdin() {
    let house = listeners();
    house
        .call(["exec", "-a", "plain", "--prompt-file", "-"])
        .stdin("from stdin")
        .run()
        .success();
    assert_eq!(house.read("work/seen"), "from stdin");
}

#[test]
fn an_argument_wins_and_stdin_is_left_alone() {
    let house = listeners();
    house
        .call(["exec", "-a", "plain", "from the argument"])
        .stdin("from stdin")
        .run()
        .success();
    assert_eq!(house.read("work/seen"), "from the argument");
}

#[cfg(unix)]
#[test]
fn the_prompt_is_nowhere_to_be_read_by_others() {
    use std::os::unix::fs::PermissionsExt;
    let house = listeners();
    let args = house.path("work/args").to_string_lossy().into_owned();
    let mode = house.path("work/mode");
    house.tool(
        "filed",
        &[
            "--echo-args-to",
            &args,
            "--wait-for-file",
            mode.to_str().unwrap(),
            "--emit-line",
            "ok",
        ],
    );
    let child = house
        .call(["exec", "-a", "filed", "the secret prompt"])
        .start();
    let start = std::time::Instant::now();
    while !house.path("work/args").exists() {
        assert!(start.elapsed().as_secs() < 20, "the tool did not start");
        std::thread::yield_now();
    }
    let argv: Vec<String> = serde_json::from_str(&house.read("work/args")).unwrap();
    let file = std::path::Path::new(&argv[2]);
    let found = std::fs::metadata(file).unwrap().permissions().mode() & 0o777;
    assert_eq!(found, 0o600);
    assert_eq!(std::fs::read_to_string(file).unwrap(), "the secret prompt");
    std::fs::write(&mode, "").unwrap();
    assert!(child.wait_with_output().unwrap().status.success());
    assert!(!file.exists(), "the prompt file is left behind");
}

#[test]
fn an_answer_of_5_mb_from_a_plain_program_arrives_whole() {
    let house = TestHouse::new();
    Setup::new()
        .template("plain", &["m"], &["{model}"])
        .agent("dev", &["plain:m"])
        .write(&house);
    let line = "x".repeat(150);
    let text: String = (0..33_000).map(|_| format!("{line}\n")).collect();
    let file = house.write("work/long.txt", &text);
    house.tool(
        "plain",
        &["--read-stdin", "--emit-file", &file.display().to_string()],
    );
    let outcome = house.run(["exec", "-a", "dev", "hi"]).success();
    assert_eq!(outcome.stdout.len(), text.len());
}
