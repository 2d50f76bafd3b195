//! What is decided, and what is said about it.

use proptest::prelude::*;
use tollgate_policy_sdk::testing::{self, judged};
use tollgate_policy_sdk::{evaluate, validate};

use super::*;

fn command(program: &str, args: &[&str], cwd: &str) -> Request {
    let mut request = Request::empty(phase::RUN_EVENT);
    request.event = Some(r#"{"kind":"command"}"#.to_owned());
    request.program = Some(program.to_owned());
    request.args = args.iter().map(|arg| (*arg).to_owned()).collect();
    request.cwd = Some(cwd.to_owned());
    request
}

fn asked(config: &str, request: &Request) -> Verdict {
    evaluate::<Guard>(config, request).expect("a verdict")
}

/// Codes and messages of a denial; none when it passes.
fn told(config: &str, request: &Request) -> Vec<(String, String)> {
    let verdict = asked(config, request);
    let denied = verdict.decision == Decision::Deny;
    assert!(denied || verdict == Verdict::pass(), "{verdict:?}");
    let reasons = verdict.reasons.into_iter();
    reasons.map(|it| (it.code, it.message)).collect()
}

fn codes(config: &str, request: &Request) -> Vec<String> {
    let told = told(config, request).into_iter();
    told.map(|(code, _)| code).collect()
}

#[test]
fn dangerous_flags_are_denied_without_any_setting() {
    for args in [
        &["-p", "--dangerously-skip-permissions"][..],
        &["--permission-mode", "bypassPermissions", "{prompt}"],
        &["exec", "--dangerously-bypass-approvals-and-sandbox", "-"],
        &["exec", "-s", "danger-full-access", "-"],
        &["exec", "-c", "sandbox_mode=\"danger-full-access\""],
        &["--approval-mode=yolo"],
        &["--yolo"],
    ] {
        let request = command("claude", args, "/home/ann/code");
        assert_eq!(codes("{}", &request), ["flag_denied"], "{args:?}");
    }
    let usual = ["exec", "--json", "-s", "workspace-write", "-"];
    let request = command("codex", &usual, "/home/ann/code");
    assert_eq!(asked("{}", &request), Verdict::pass());
}

#[test]
fn a_flag_can_be_allowed_and_the_message_says_how() {
    let request = command("gemini", &["--yolo"], "/code");
    assert_eq!(
        told("{}", &request),
        [(
            "flag_denied".to_owned(),
            "the flag `--yolo` is denied; to allow it, add it to `allow_flags` of the policy guard"
                .to_owned()
        )]
    );
    assert!(told(r#"{"allow_flags": ["--yolo"]}"#, &request).is_empty());
    assert!(told(r#"{"deny_flags": []}"#, &request).is_empty());
    let own = r#"{"deny_flags": ["--model=gpt-6.1-sol"]}"#;
    let request = command("codex", &["--model", "gpt-6.1-sol"], "/code");
    assert_eq!(codes(own, &request), ["flag_denied"]);
}

#[test]
fn only_listed_programs_are_started() {
    let config = r#"{"programs": ["claude", "/opt/codex/bin/codex"]}"#;
    for (program, allowed) in [
        ("/usr/bin/claude", true),
        ("/opt/codex/bin/codex", true),
        ("/tmp/codex", false),
    ] {
        let request = command(program, &[], "/code");
        assert_eq!(told(config, &request).is_empty(), allowed, "{program}");
    }
    assert_eq!(
        told(config, &command("/tmp/codex", &[], "/code"))[0].1,
        "the program `/tmp/codex` is not allowed; to allow it, add it to `programs` of the policy guard"
    );
    let mut nameless = command("", &[], "/code");
    nameless.program = None;
    assert_eq!(codes(config, &nameless), ["program_denied"]);
    assert!(told("{}", &nameless).is_empty());
}

#[test]
fn directories_are_bounded_from_the_start() {
    let config =
        r#"{"directories": ["/home/ann"], "deny_directories": ["/home/ann/.", "/home/ann/.ssh"]}"#;
    for (cwd, allowed) in [
        ("/home/ann/code", true),
        ("/home/ann/code/", true),
        ("/home/ann", false),
        ("/home/ann/.ssh/keys", false),
        ("/home/anna", false),
        ("/home/ann/code/../.ssh", false),
        ("code", false),
        ("", false),
    ] {
        let running = command("claude", &[], cwd);
        let mut starting = Request::empty(phase::RUN_START);
        starting.cwd = Some(cwd.to_owned());
        for request in [&running, &starting] {
            let expected: &[&str] = if allowed { &[] } else { &["directory_denied"] };
            assert_eq!(codes(config, request), expected, "{cwd}");
        }
    }
    let mut nowhere = command("claude", &[], "");
    nowhere.cwd = None;
    assert_eq!(codes(config, &nowhere), ["directory_denied"]);
    assert!(told("{}", &command("claude", &[], "anywhere/..")).is_empty());
    let said = |cwd: &str| told(config, &command("claude", &[], cwd)).remove(0).1;
    assert_eq!(
        said("/srv"),
        "agents may not work in `/srv`; to allow it, add it to `directories` of the policy guard"
    );
    assert_eq!(
        said("/home/ann"),
        "agents may not work in `/home/ann`; to allow it, remove what covers it from `deny_directories` of the policy guard"
    );
}

#[test]
fn forbidden_tools_are_denied_when_they_are_used() {
    let config = r#"{"deny_tools": ["WebFetch"]}"#;
    let using = |event: &str| {
        let mut request = Request::empty(phase::RUN_EVENT);
        request.event = Some(event.to_owned());
        request
    };
    assert_eq!(
        told(config, &using(r#"{"kind":"tool-call","name":"webfetch"}"#)),
        [(
            "tool_denied".to_owned(),
            "the agent's tool `webfetch` is denied; to allow it, remove it from `deny_tools` of the policy guard".to_owned()
        )]
    );
    assert_eq!(
        codes(config, &using(r#"{"kind":"tool-call"}"#)),
        ["tool_denied"]
    );
    assert!(told(config, &using(r#"{"kind":"tool-call","name":"Bash"}"#)).is_empty());
    assert!(told(config, &using(r#"{"kind":"usage","name":"WebFetch"}"#)).is_empty());
    assert!(told("{}", &using(r#"{"kind":"tool-call"}"#)).is_empty());
}

#[test]
fn everything_out_of_bounds_is_told_at_once() {
    let config = r#"{"programs": ["claude"], "deny_directories": ["/etc"]}"#;
    let request = command("codex", &["--yolo", "-s", "danger-full-access"], "/etc");
    let mut codes = codes(config, &request);
    codes.sort();
    assert_eq!(
        codes,
        [
            "directory_denied",
            "flag_denied",
            "flag_denied",
            "program_denied"
        ]
    );
}

#[test]
fn an_entry_that_could_never_match_is_a_mistake() {
    for (config, expected) in [
        (
            r#"{"deny_flags": ["yolo"]}"#,
            "deny_flags[0]: `yolo` is not a flag (write it with its dashes)",
        ),
        (
            r#"{"allow_flags": ["-s danger-full-access"]}"#,
            "allow_flags[0]: it holds a space (write a flag and its value as --flag=value; two arguments are recognised, too)",
        ),
        (
            r#"{"programs": ["bin/claude"]}"#,
            "programs[0]: `bin/claude` is neither a name nor an absolute path (write a name such as claude, or the whole path \
             without `..`)",
        ),
        (
            r#"{"directories": ["~/code"]}"#,
            "directories[0]: `~/code` is not an absolute path (write the whole path, without ~ and `..`)",
        ),
        (
            r#"{"deny_directories": ["/"]}"#,
            "deny_directories[0]: it denies every directory there is (write /. for the root itself)",
        ),
        (
            r#"{"deny_tools": [""]}"#,
            "deny_tools[0]: it is no name (write the name as the agent prints it, such as WebFetch)",
        ),
        (
            r#"{"deny_flag": ["--yolo"]}"#,
            "deny_flag: this setting is not known (did you mean `deny_flags`?)",
        ),
        (
            r#"{"programs": "claude"}"#,
            "programs: must be a list, not \"claude\"",
        ),
    ] {
        let mistakes = validate::<Guard>(config);
        let [mistake] = &mistakes[..] else {
            panic!("{config}: {mistakes:?}");
        };
        let fix = mistake.fix.as_ref().map(|fix| format!(" ({fix})"));
        let told = format!(
            "{}: {}{}",
            mistake.path,
            mistake.message,
            fix.unwrap_or_default()
        );
        assert_eq!(told, expected);
    }
}

#[test]
fn hostile_names_are_bounded() {
    let long = "x".repeat(100_000);
    let request = command(&format!("/{long}\n\u{1b}[2J"), &[], "/code");
    let message = told(r#"{"programs": ["claude"]}"#, &request).remove(0).1;
    assert!(
        message.len() < 400 && !message.contains(char::is_control),
        "{message}"
    );
}

#[test]
fn it_is_a_sound_policy() {
    testing::holds::<Guard>(
        &[
            "{}",
            r#"{"programs": ["claude"], "directories": ["/home"], "deny_directories": ["/etc"], "deny_tools": ["Bash"]}"#,
        ],
        1024,
    );
}

#[test]
fn a_denied_flag_never_passes() {
    judged::<Guard>("{}", 4096, |request, verdict| {
        let command = request.event_kind().as_deref() == Some("command");
        let yolo = request.args.iter().any(|arg| arg == "--yolo");
        let denied = verdict.decision == Decision::Deny;
        prop_assert!(denied || !yolo || !command || request.phase != "run-event");
        Ok(())
    });
}
