//! How much of a run is kept: no words of prompt and answer unless they were asked for.

use serde_json::Value;
use tollgate_tests::house::TestHouse;
use tollgate_tests::setup::Setup;
use tollgate_tests::speech::{Claude, SESSION};

const PROMPT: &str = "xyzzy-the-prompt ünï";
const ANSWER: &str = "plugh-the-answer ünï";
const CONTEXT: &str = "frotz-the-context";

fn run_with(level: Option<&str>) -> TestHouse {
    let house = TestHouse::new();
    let setup = Setup::claude_dev();
    match level {
        Some(level) => setup.privacy(level),
        None => setup,
    }
    .write(&house);
    let mut script =
        Claude::says("nitfol").acted("Read", &serde_json::json!({"file_path": "bozbar"}));
    script.extend(
        [
            "--emit-err",
            "gnusto-on-stderr",
            "--emit-line",
            "rezrov, no JSON",
        ]
        .map(str::to_owned),
    );
    script.extend(Claude::says(ANSWER).script());
    house.tool("claude", &script);
    house.write("work/context.md", CONTEXT);
    house
        .run(["exec", "-a", "dev", "--context", "context.md", PROMPT])
        .success();
    // A failure whose words come from the model or the service.
    house.tool(
        "claude",
        &tollgate_tests::speech::recording("claude/refusal"),
    );
    house.run(["exec", "-a", "dev", PROMPT]).exit(1);
    house.run(["stats", "--daily"]).success();
    house
}

/// The files of the state directory that hold these bytes.
fn holders(house: &TestHouse, text: &str) -> Vec<String> {
    let files = house.state_files().into_iter();
    files
        .filter(|(_, bytes)| {
            bytes
                .windows(text.len())
                .any(|window| window == text.as_bytes())
        })
        .map(|(path, _)| path.to_string_lossy().into_owned())
        .collect()
}

fn data(house: &TestHouse, kind: &str) -> Value {
    let event = house
        .events()
        .into_iter()
        .find(|event| event["type"] == kind);
    event.unwrap_or_else(|| panic!("no {kind}"))["data"].clone()
}

#[test]
fn by_default_no_word_of_prompt_or_answer_is_kept_anywhere() {
    for level in [None, Some("metadata"), Some("none")] {
        let house = run_with(level);
        let words = [
            "xyzzy",
            "plugh",
            "frotz",
            "nitfol",
            "bozbar",
            "gnusto",
            "rezrov",
            "violates our Usage Policy",
        ];
        for word in words {
            assert_eq!(
                holders(&house, word),
                [] as [String; 0],
                "{level:?}: {word}"
            );
        }
        let left: Vec<_> = house.path("tmp").read_dir().unwrap().collect();
        assert!(left.is_empty(), "left behind: {left:?}");
    }
}

#[test]
fn metadata_keeps_sizes_sessions_and_paths() {
    let house = run_with(None);
    let submitted = data(&house, "run.submitted");
    assert_eq!(submitted["privacy"], "metadata");
    assert!(submitted["prompt_bytes"].as_u64().unwrap() >= PROMPT.len() as u64);
    assert!(submitted["cwd"].as_str().unwrap().ends_with("/work"));
    assert_eq!(data(&house, "attempt.exited")["session_id"], SESSION);
    assert!(
        data(&house, "attempt.intent")["program"]
            .as_str()
            .unwrap()
            .ends_with("/bin/claude")
    );
}

#[test]
fn none_keeps_neither_place_nor_session_nor_path() {
    let house = run_with(Some("none"));
    assert_eq!(data(&house, "run.submitted")["privacy"], "none");
    assert_eq!(holders(&house, SESSION), [] as [String; 0]);
    let place = house.path("");
    let place = std::fs::canonicalize(&place).unwrap();
    assert_eq!(holders(&house, place.to_str().unwrap()), [] as [String; 0]);
    let exited = data(&house, "attempt.exited");
    assert_eq!(exited["outcome"], "done");
    assert_eq!(exited["usage"]["input_tokens"], 1_000);
}

#[cfg(unix)]
#[test]
fn full_keeps_prompt_and_answer_in_files_of_the_owner_and_not_in_the_journal() {
    use std::os::unix::fs::PermissionsExt;
    let house = run_with(Some("full"));
    let (submitted, exited) = (
        data(&house, "run.submitted"),
        data(&house, "attempt.exited"),
    );
    for (kept, words) in [(&submitted["prompt"], PROMPT), (&exited["output"], ANSWER)] {
        let inside = format!("state/{}", kept["path"].as_str().expect("a path"));
        let text = house.read(&inside);
        assert!(text.contains(words), "{inside}: {text}");
        assert_eq!(kept["bytes"], text.len());
        let mode = std::fs::metadata(house.path(&inside))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    for word in ["xyzzy", "plugh"] {
        let found = holders(&house, word);
        let journal = house.path("state/log").to_string_lossy().into_owned();
        assert!(!found.is_empty());
        assert!(
            found.iter().all(|path| !path.starts_with(&journal)),
            "{found:?}"
        );
    }
}

#[test]
fn telemetry_switched_off_still_accounts() {
    let house = TestHouse::new();
    Setup::claude_dev().write(&house);
    house.write("config/telemetry.yaml", "enabled: false\n");
    house.tool("claude", &Claude::says(ANSWER).script());
    house.run(["exec", "-a", "dev", PROMPT]).success();
    assert_eq!(data(&house, "run.submitted")["privacy"], "none");
    assert_eq!(data(&house, "attempt.exited")["cost"]["usd_micros"], 10_000);
}
