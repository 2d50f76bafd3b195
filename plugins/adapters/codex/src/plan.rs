//! The command: `codex exec` with the prompt on standard input.
//!
//! Owns the flags and their order: what comes before `resume` belongs to `exec`, and some flags are known only there.
//! Never sees the prompt.

use tollgate_plugin_sdk::Plan;
use tollgate_plugin_sdk::contract::{
    Argument, Framing, Input, Invocation, Problem, PromptFraming, Task,
};
use tollgate_plugin_sdk::options::{is_uuid, plain};

use crate::options::{CodexOptions, Format};
use crate::read::Codex;

/// Codex takes at most this many characters.
const MOST_PROMPT_CHARACTERS: u64 = 1_048_576;
/// A character of UTF-8 has at most this many bytes, and bytes are all that is known of the prompt here.
const MOST_BYTES_OF_CHARACTER: u64 = 4;

/// How long it may take to leave after its turn; it usually takes 0.1 s, and 6 s to flush when it cannot reach the network.
const LINGER_MS: u32 = 10_000;

/// Plans the command and makes its reader.
pub(crate) fn plan(task: &Task) -> Result<Plan<Codex>, Problem> {
    let options = CodexOptions::parse(&task.options)?;
    if task.prompt_bytes > MOST_PROMPT_CHARACTERS * MOST_BYTES_OF_CHARACTER {
        return Err(Problem::Unsupported(format!(
            "the prompt has {} bytes, and codex takes at most {MOST_PROMPT_CHARACTERS} characters",
            task.prompt_bytes
        )));
    }
    let args = arguments(task, &options)?
        .into_iter()
        .map(Argument::Text)
        .collect();
    let invocation = Invocation {
        program: task.program.clone(),
        args,
        env: Vec::new(),
        input: Input::Prompt(PromptFraming {
            before: String::new(),
            after: String::new(),
            encoding: "raw".to_owned(),
        }),
        stdout: Framing::Lines,
        stderr: Framing::Lines,
        stop: Vec::new(),
        linger_ms: Some(LINGER_MS),
        extra: Vec::new(),
    };
    Ok(Plan {
        invocation,
        reader: Codex::new(options.format, task.resume.clone()),
    })
}

fn arguments(task: &Task, options: &CodexOptions) -> Result<Vec<String>, Problem> {
    let mut args = vec!["exec".to_owned()];
    let mut flag = |words: &[&str]| args.extend(words.iter().map(|word| (*word).to_owned()));
    if options.format == Format::Json {
        flag(&["--json"]);
    }
    flag(&["--color", "never"]);
    if options.skip_git_repo_check {
        flag(&["--skip-git-repo-check"]);
    }
    flag(&["-C", &task.cwd, "-s", options.sandbox]);
    flag(&[
        "-c",
        &format!("approval_policy=\"{}\"", options.approval_policy),
    ]);
    for (key, value) in &options.config {
        flag(&["-c", &format!("{key}={value}")]);
    }
    if let Some(profile) = &options.profile {
        flag(&["-p", profile]);
    }
    if let Some(model) = &task.model {
        plain("model", model)?;
        flag(&["-m", model]);
    }
    for extra in &options.extra_args {
        flag(&[extra]);
    }
    if let Some(session) = &task.resume {
        // With anything else Codex begins a new thread without a word.
        if !is_uuid(session) {
            return Err(Problem::Unsupported(format!(
                "the session to resume is not a UUID: {session:?}"
            )));
        }
        flag(&["resume", session]);
    }
    flag(&["-"]);
    Ok(args)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn task(options: &str) -> Task {
        Task {
            program: "codex".to_owned(),
            prompt_bytes: 6,
            prompt_head: "say hi".to_owned(),
            model: None,
            resume: None,
            cwd: "/project".to_owned(),
            max_cost_microusd: None,
            live_text: false,
            tool_version: None,
            options: options.to_owned(),
            extra: Vec::new(),
        }
    }

    fn planned(task: &Task) -> String {
        let args = plan(task).expect("a plan").invocation.args;
        let text = |argument: &Argument| match argument {
            Argument::Text(text) => text.clone(),
            other => panic!("{other:?}"),
        };
        args.iter().map(text).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn the_plain_command() {
        assert_eq!(
            planned(&task("")),
            "exec --json --color never --skip-git-repo-check -C /project -s workspace-write -c approval_policy=\"never\" -"
        );
    }

    #[test]
    fn everything_before_resume_belongs_to_exec() {
        let options = r#"{"sandbox":"read-only","approval_policy":"on-request","config":{"x.y":1},"profile":"ci",
            "skip_git_repo_check":false,"extra_args":["--ephemeral"]}"#;
        let mut task = task(options);
        task.model = Some("gpt-6.1-sol".to_owned());
        task.resume = Some("01a2020e-7562-7802-9267-4bad5dc2e2df".to_owned());
        assert_eq!(
            planned(&task),
            "exec --json --color never -C /project -s read-only -c approval_policy=\"on-request\" -c x.y=1 -p ci \
             -m gpt-6.1-sol --ephemeral resume 01a2020e-7562-7802-9267-4bad5dc2e2df -"
        );
    }

    #[test]
    fn what_codex_would_do_wrong_silently_is_refused() {
        let mut named = task("");
        named.resume = Some("last-week".to_owned());
        assert!(
            matches!(plan(&named), Err(Problem::Unsupported(text)) if text.contains("not a UUID"))
        );
        let mut large = task("");
        large.prompt_bytes = 10_000_000;
        assert!(
            matches!(plan(&large), Err(Problem::Unsupported(text)) if text.contains("1048576 characters"))
        );
        let mut empty = task("");
        empty.prompt_bytes = 0;
        assert!(plan(&empty).is_ok(), "codex sends an empty prompt");
    }
}
