//! The command: `claude -p` with the prompt on standard input.
//!
//! Owns the flags. Never sees the prompt, so nothing in it can become a flag.

use tollgate_plugin_sdk::contract::{
    Argument, EnvValue, Framing, Input, Invocation, Problem, PromptFraming, Task,
};
use tollgate_plugin_sdk::options::{bad, plain};
use tollgate_plugin_sdk::{Plan, version};

use crate::options::{ClaudeOptions, Format};
use crate::read::ClaudeCode;

/// The tool says "piped stdin input exceeds 10MB"; the smaller meaning of that is safe.
const MOST_PROMPT_BYTES: u64 = 10_000_000;

/// How long it may take to leave after its result. Background tasks, which could hold it for minutes, are off.
const LINGER_MS: u32 = 5_000;

/// Plans the command and makes its reader.
pub(crate) fn plan(task: &Task) -> Result<Plan<ClaudeCode>, Problem> {
    let options = ClaudeOptions::parse(&task.options)?;
    let before = before_prompt(task)?;
    let args = arguments(task, &options)?
        .into_iter()
        .map(Argument::Text)
        .collect();
    let mut extra = Vec::new();
    if !before.is_empty() {
        extra.push(("prompt-prefix".to_owned(), SPACE_NOTE.to_owned()));
    }
    let invocation = Invocation {
        program: task.program.clone(),
        args,
        env: vec![(
            "CLAUDE_CODE_DISABLE_BACKGROUND_TASKS".to_owned(),
            EnvValue::Literal("1".to_owned()),
        )],
        input: Input::Prompt(PromptFraming {
            before: before.to_owned(),
            after: String::new(),
            encoding: "raw".to_owned(),
        }),
        stdout: Framing::Lines,
        stderr: Framing::Lines,
        stop: Vec::new(),
        linger_ms: Some(LINGER_MS),
        extra,
    };
    let version = task.tool_version.as_deref().map(version::parts);
    Ok(Plan {
        invocation,
        reader: ClaudeCode::new(options.format, task.resume.is_some(), version),
    })
}

const SPACE_NOTE: &str = "a space was put before the prompt, because Claude Code takes a leading `/` as a command of its own";

fn before_prompt(task: &Task) -> Result<&'static str, Problem> {
    // As measured: such a prompt prints a menu's text, costs nothing, and ends with exit status 0.
    let before = if task.prompt_head.starts_with('/') {
        " "
    } else {
        ""
    };
    if task.prompt_bytes == 0 {
        return Err(Problem::Unsupported(
            "the prompt is empty, and claude refuses an empty prompt".to_owned(),
        ));
    }
    if task.prompt_bytes + before.len() as u64 > MOST_PROMPT_BYTES {
        return Err(Problem::Unsupported(format!(
            "the prompt has {} bytes, and claude takes at most 10 MB ({MOST_PROMPT_BYTES} bytes) on standard input",
            task.prompt_bytes
        )));
    }
    Ok(before)
}

fn arguments(task: &Task, options: &ClaudeOptions) -> Result<Vec<String>, Problem> {
    let mut args = vec!["-p".to_owned()];
    let mut flag = |name: &str, value: Option<&str>| {
        args.push(name.to_owned());
        args.extend(value.map(str::to_owned));
    };
    match options.format {
        Format::StreamJson => {
            flag("--output-format", Some("stream-json"));
            flag("--verbose", None);
            // With a spending cap the counts of each reply are wanted as soon as they are known.
            if task.live_text || task.max_cost_microusd.is_some() {
                flag("--include-partial-messages", None);
            }
        }
        Format::Json => flag("--output-format", Some("json")),
        Format::Text => flag("--output-format", Some("text")),
    }
    if let Some(model) = &task.model {
        plain("model", model)?;
        flag("--model", Some(model));
    }
    if let Some(session) = &task.resume {
        plain("session to resume", session)?;
        flag("--resume", Some(session));
    }
    if let Some(session) = &options.session_id {
        if task.resume.is_some() {
            return Err(bad(
                "option `session_id` names a new session, but an earlier one is to be resumed",
            ));
        }
        flag("--session-id", Some(session));
    }
    if let Some(cap) = task.max_cost_microusd {
        flag("--max-budget-usd", Some(&dollars(cap)));
    }
    from_options(options, &mut flag);
    args.extend(options.extra_args.iter().cloned());
    Ok(args)
}

fn from_options(options: &ClaudeOptions, flag: &mut impl FnMut(&str, Option<&str>)) {
    if let Some(mode) = &options.permission_mode {
        flag("--permission-mode", Some(mode));
    }
    if let Some(prompts) = &options.permission_prompts {
        flag("--permission-prompts", Some(prompts));
    }
    if !options.allowed_tools.is_empty() {
        flag("--allowedTools", Some(&options.allowed_tools.join(",")));
    }
    if !options.disallowed_tools.is_empty() {
        flag(
            "--disallowedTools",
            Some(&options.disallowed_tools.join(",")),
        );
    }
    if let Some(turns) = options.max_turns {
        flag("--max-turns", Some(&turns.to_string()));
    }
    if let Some(sources) = &options.setting_sources {
        flag("--setting-sources", Some(&sources.join(",")));
    }
    if options.strict_mcp_config {
        flag("--strict-mcp-config", None);
    }
    if let Some(prompt) = &options.append_system_prompt {
        // One element, so that a text that begins with a dash stays a text.
        flag(&format!("--append-system-prompt={prompt}"), None);
    }
}

/// Micro-dollars as the decimal that the flag takes. Never 0, which the tool might read as "no cap".
fn dollars(micros: u64) -> String {
    let micros = micros.max(1);
    let text = format!("{}.{:06}", micros / 1_000_000, micros % 1_000_000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn task(options: &str) -> Task {
        Task {
            program: "/opt/claude".to_owned(),
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

    fn planned(task: &Task) -> (Vec<String>, Invocation) {
        let invocation = plan(task).expect("a plan").invocation;
        let text = |argument: &Argument| match argument {
            Argument::Text(text) => text.clone(),
            other => panic!("{other:?}"),
        };
        (invocation.args.iter().map(text).collect(), invocation)
    }

    fn refused(task: &Task) -> String {
        match plan(task).expect_err("refused") {
            Problem::Unsupported(text) | Problem::BadOptions(text) => text,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_plain_command() {
        let (args, invocation) = planned(&task(""));
        assert_eq!(args, ["-p", "--output-format", "stream-json", "--verbose"]);
        assert_eq!(invocation.program, "/opt/claude");
        let Input::Prompt(framing) = invocation.input else {
            panic!("not on stdin")
        };
        assert_eq!(
            (
                framing.before.as_str(),
                framing.after.as_str(),
                framing.encoding.as_str()
            ),
            ("", "", "raw")
        );
    }

    #[test]
    fn everything_at_once() {
        let options = r#"{"permission_mode":"dontAsk","permission_prompts":"none","allowed_tools":["Bash(git log:*)","Read"],
            "disallowed_tools":["WebFetch"],"max_turns":3,"setting_sources":[],"strict_mcp_config":true,
            "append_system_prompt":"-x","extra_args":["--betas","y"]}"#;
        let mut task = task(options);
        task.model = Some("claude-opus-5-5".to_owned());
        task.resume = Some("11111111-2222-4333-8444-555555555555".to_owned());
        task.max_cost_microusd = Some(20_000);
        let (args, _) = planned(&task);
        assert_eq!(
            args.join(" "),
            "-p --output-format stream-json --verbose --include-partial-messages --model claude-opus-5-5 --resume \
             11111111-2222-4333-8444-555555555555 --max-budget-usd 0.02 --permission-mode dontAsk --permission-prompts none \
             --allowedTools Bash(git log:*),Read --disallowedTools WebFetch --max-turns 3 --setting-sources  \
             --strict-mcp-config --append-system-prompt=-x --betas y"
        );
    }

    #[test]
    fn a_leading_slash_gets_a_space_and_a_word_about_it() {
        let mut task = task("");
        task.prompt_head = "/cost of living".to_owned();
        let (_, invocation) = planned(&task);
        let Input::Prompt(framing) = invocation.input else {
            panic!("not on stdin")
        };
        assert_eq!(framing.before, " ");
        assert_eq!(invocation.extra[0].0, "prompt-prefix");
    }

    #[test]
    fn what_claude_cannot_do_is_refused_before_it_starts() {
        let mut empty = task("");
        empty.prompt_bytes = 0;
        assert!(refused(&empty).contains("claude refuses an empty prompt"));
        let mut large = task("");
        large.prompt_bytes = MOST_PROMPT_BYTES;
        assert!(plan(&large).is_ok());
        large.prompt_bytes += 1;
        assert!(refused(&large).contains("10 MB"));
        let mut flag = task("");
        flag.model = Some("--dangerously-skip-permissions".to_owned());
        assert!(refused(&flag).contains("begins with `-`"));
        let mut both = task(r#"{"session_id":"11111111-2222-4333-8444-555555555555"}"#);
        assert!(plan(&both).is_ok());
        both.resume = Some("x".to_owned());
        assert!(refused(&both).contains("resumed"));
    }

    #[test]
    fn caps_are_exact_decimals() {
        for (micros, text) in [
            (0, "0.000001"),
            (1, "0.000001"),
            (20_000, "0.02"),
            (2_000_000, "2"),
            (1_234_567, "1.234567"),
        ] {
            assert_eq!(dollars(micros), text);
        }
    }
}
