//! What no plan may ask for, whatever the user's policy says.
//!
//! Owns the tables of variables and bounds. Checks data only; what the *user* grants beyond this
//! (names to inherit, secrets, places for the prompt) is checked by whoever knows the settings.

use std::time::Duration;

use super::error::Refusal;
use crate::model::{Argument, Command, CommandPlan, EnvValue, Input};

/// Arguments of one command.
const MAX_ARGS: usize = 4_096;
/// Variables of one command.
const MAX_VARS: usize = 256;
/// Linux gives one argument 32 pages, its terminating NUL included (`MAX_ARG_STRLEN`).
const MAX_ARG_BYTES: usize = (128 << 10) - 1;
/// All arguments and variables together; well below what Linux and macOS accept.
const MAX_TOTAL_BYTES: usize = 1 << 20;
/// Steps of a stop ladder.
const MAX_STOP_STEPS: usize = 8;
/// One step of a stop ladder.
const MAX_STOP_WAIT: Duration = Duration::from_secs(60);
/// Life after the last word.
const MAX_LINGER: Duration = Duration::from_secs(600);

/// Variables that make a program load code, run another program, or find other files than the
/// user meant. A trailing `*` stands for any ending. Compared without regard to case, because
/// some systems and tools do so.
const DENIED: [(&str, &str); 40] = [
    ("BASH_ENV", RUNS_CODE),
    ("BASH_FUNC_*", RUNS_CODE),
    ("CDPATH", FINDS),
    ("COMSPEC", RUNS_PROGRAM),
    ("DYLD_*", LOADS_CODE),
    ("EDITOR", RUNS_PROGRAM),
    ("ENV", RUNS_CODE),
    ("GCONV_PATH", LOADS_CODE),
    ("GIT_ASKPASS", RUNS_PROGRAM),
    ("GIT_CONFIG*", RUNS_PROGRAM),
    ("GIT_EDITOR", RUNS_PROGRAM),
    ("GIT_EXEC_PATH", RUNS_PROGRAM),
    ("GIT_EXTERNAL_DIFF", RUNS_PROGRAM),
    ("GIT_PAGER", RUNS_PROGRAM),
    ("GIT_PROXY_COMMAND", RUNS_PROGRAM),
    ("GIT_SSH*", RUNS_PROGRAM),
    ("HOME", FINDS),
    ("IFS", "changes how shells read commands"),
    ("JAVA_TOOL_OPTIONS", LOADS_CODE),
    ("JDK_JAVA_OPTIONS", LOADS_CODE),
    ("LD_*", LOADS_CODE),
    ("LOCPATH", LOADS_CODE),
    ("NODE_OPTIONS", LOADS_CODE),
    ("NODE_PATH", LOADS_CODE),
    ("PAGER", RUNS_PROGRAM),
    ("PATH", FINDS),
    ("PERL5DB", RUNS_CODE),
    ("PERL5LIB", LOADS_CODE),
    ("PERL5OPT", LOADS_CODE),
    ("PROMPT_COMMAND", RUNS_CODE),
    ("PS4", RUNS_CODE),
    ("PYTHONHOME", LOADS_CODE),
    ("PYTHONPATH", LOADS_CODE),
    ("PYTHONSTARTUP", RUNS_CODE),
    ("RUBYLIB", LOADS_CODE),
    ("RUBYOPT", LOADS_CODE),
    ("SHELL", RUNS_PROGRAM),
    ("SSH_ASKPASS", RUNS_PROGRAM),
    ("VISUAL", RUNS_PROGRAM),
    ("ZDOTDIR", RUNS_CODE),
];

const LOADS_CODE: &str = "makes programs load other code";
const RUNS_CODE: &str = "makes shells or interpreters run code";
const RUNS_PROGRAM: &str = "names a program that others run";
const FINDS: &str = "changes which programs and files are found";

/// Check `plan` against the program that is granted.
///
/// # Errors
/// The first part that is refused.
pub(super) fn check(plan: &CommandPlan, granted: &str) -> Result<(), Refusal> {
    check_program(&plan.program, granted)?;
    let args = check_args(&plan.args)?;
    let vars = check_vars(&plan.env)?;
    let found = args.saturating_add(vars);
    if found > MAX_TOTAL_BYTES {
        return Err(Refusal::TooLong {
            found,
            limit: MAX_TOTAL_BYTES,
        });
    }
    check_framing(&plan.input)?;
    check_waits(plan)
}

/// Check a command that an adapter wants run to learn about `granted`.
///
/// # Errors
/// The first part that is refused.
pub(super) fn check_command(command: &Command, granted: &str) -> Result<(), Refusal> {
    check_program(&command.program, granted)?;
    let args: Vec<_> = command.args.iter().cloned().map(Argument::Text).collect();
    check_args(&args).map(drop)
}

fn check_program(asked: &str, granted: &str) -> Result<(), Refusal> {
    if asked == granted {
        return Ok(());
    }
    Err(Refusal::Program {
        asked: asked.chars().take(256).collect(),
        granted: granted.to_owned(),
    })
}

/// Bytes of all arguments, each with its terminating NUL.
fn check_args(args: &[Argument]) -> Result<usize, Refusal> {
    at_most("arguments", args.len(), MAX_ARGS)?;
    let mut bytes = 0;
    for (place, argument) in args.iter().enumerate() {
        let Argument::Text(text) = argument else {
            continue;
        };
        let refused = |why| Refusal::Argument {
            index: place + 1,
            why,
        };
        if text.contains('\0') {
            return Err(refused("contains a NUL"));
        }
        if text.len() > MAX_ARG_BYTES {
            return Err(refused("is longer than 128 KiB"));
        }
        bytes += text.len() + 1;
    }
    Ok(bytes)
}

/// Bytes of all variables, each with `=` and its terminating NUL.
fn check_vars(vars: &[(String, EnvValue)]) -> Result<usize, Refusal> {
    at_most("variables", vars.len(), MAX_VARS)?;
    let mut bytes = 0;
    for (place, (name, value)) in vars.iter().enumerate() {
        let refused = |why| Refusal::Variable {
            name: name.chars().take(256).collect(),
            why,
        };
        if !is_name(name) {
            return Err(refused("is not the name of a variable"));
        }
        if let Some(why) = denied(name) {
            return Err(refused(why));
        }
        if vars[..place].iter().any(|(earlier, _)| earlier == name) {
            return Err(refused("is there twice"));
        }
        bytes += name.len() + 2;
        if let EnvValue::Literal(text) = value {
            if text.contains('\0') {
                return Err(refused("would hold a NUL"));
            }
            if text.len() > MAX_ARG_BYTES {
                return Err(refused("would be longer than 128 KiB"));
            }
            bytes += text.len();
        }
    }
    Ok(bytes)
}

fn check_framing(input: &Input) -> Result<(), Refusal> {
    let (Input::Prompt(framing) | Input::Session(framing)) = input else {
        return Ok(());
    };
    let found = framing.before.len().saturating_add(framing.after.len());
    if found > MAX_TOTAL_BYTES {
        return Err(Refusal::TooLong {
            found,
            limit: MAX_TOTAL_BYTES,
        });
    }
    Ok(())
}

fn check_waits(plan: &CommandPlan) -> Result<(), Refusal> {
    at_most("steps to stop the tool", plan.stop.len(), MAX_STOP_STEPS)?;
    let stops = plan
        .stop
        .iter()
        .map(|step| ("after a signal", step.wait, MAX_STOP_WAIT));
    let linger = plan
        .linger
        .map(|wait| ("after the tool's last word", wait, MAX_LINGER));
    for (what, found, limit) in stops.chain(linger) {
        if found > limit {
            return Err(Refusal::Wait { what, found, limit });
        }
    }
    Ok(())
}

fn at_most(what: &'static str, found: usize, limit: usize) -> Result<(), Refusal> {
    if found > limit {
        return Err(Refusal::TooMany { what, found, limit });
    }
    Ok(())
}

/// Letters, digits, and underscores, not beginning with a digit (POSIX), at most 128 bytes.
fn is_name(name: &str) -> bool {
    let bytes = name.as_bytes();
    bytes.len() <= 128
        && bytes
            .first()
            .is_some_and(|first| first.is_ascii_alphabetic() || *first == b'_')
        && bytes
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
}

fn denied(name: &str) -> Option<&'static str> {
    let matches = |pattern: &str| match pattern.strip_suffix('*') {
        Some(start) => name
            .get(..start.len())
            .is_some_and(|head| head.eq_ignore_ascii_case(start)),
        None => name.eq_ignore_ascii_case(pattern),
    };
    DENIED
        .iter()
        .find(|(pattern, _)| matches(pattern))
        .map(|(_, why)| *why)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Framing, StopSignal, StopStep};

    fn plan() -> CommandPlan {
        CommandPlan {
            program: "claude".to_owned(),
            args: vec![Argument::Text("-p".to_owned())],
            env: vec![("NO_COLOR".to_owned(), EnvValue::Literal("1".to_owned()))],
            input: Input::None,
            stdout: Framing::Lines,
            stderr: Framing::Lines,
            stop: Vec::new(),
            linger: None,
            extra: Vec::new(),
        }
    }

    fn refusal(change: impl FnOnce(&mut CommandPlan)) -> String {
        let mut plan = plan();
        change(&mut plan);
        check(&plan, "claude").unwrap_err().to_string()
    }

    #[test]
    fn an_ordinary_plan_passes() {
        assert_eq!(check(&plan(), "claude"), Ok(()));
    }

    #[test]
    fn only_the_granted_program_runs() {
        for program in [
            "/usr/bin/claude",
            "sh",
            "claude\0",
            "claude -p",
            "",
            "../claude",
        ] {
            let text = refusal(|plan| plan.program = program.to_owned());
            assert!(text.ends_with("only `claude` is granted"), "{text}");
        }
    }

    #[test]
    fn variables_that_change_what_runs_are_refused() {
        for name in [
            "PATH",
            "Path",
            "LD_PRELOAD",
            "LD_AUDIT",
            "DYLD_INSERT_LIBRARIES",
            "NODE_OPTIONS",
            "GIT_SSH_COMMAND",
            "BASH_FUNC_x",
            "IFS",
            "HOME",
            "GIT_CONFIG_COUNT",
        ] {
            for value in [
                EnvValue::Inherit,
                EnvValue::Literal("x".to_owned()),
                EnvValue::Secret("x".to_owned()),
            ] {
                let text = refusal(|plan| plan.env = vec![(name.to_owned(), value)]);
                assert!(text.starts_with("the adapter asked to set"), "{text}");
            }
        }
        for name in [
            "PATHS",
            "LDFLAGS",
            "ENVIRONMENT",
            "ANTHROPIC_BASE_URL",
            "GIT_AUTHOR_NAME",
        ] {
            assert_eq!(denied(name), None, "{name}");
        }
    }

    #[test]
    fn what_is_no_variable_is_refused() {
        for name in ["", "1A", "A=B", "A B", "A\0", "Ä", &"A".repeat(129)] {
            let text = refusal(|plan| plan.env = vec![(name.to_owned(), EnvValue::Inherit)]);
            assert!(text.ends_with("is not the name of a variable"), "{text}");
        }
        let twice = refusal(|plan| plan.env.push(plan.env[0].clone()));
        assert!(twice.ends_with("is there twice"), "{twice}");
    }

    #[test]
    fn arguments_are_bounded() {
        let text = refusal(|plan| plan.args = vec![Argument::Text("a\0b".to_owned())]);
        assert_eq!(text, "argument 1 of the adapter's plan contains a NUL");
        let text = refusal(|plan| plan.args = vec![Argument::Text("a".repeat(128 << 10))]);
        assert!(text.contains("longer than 128 KiB"), "{text}");
        let text = refusal(|plan| plan.args = vec![Argument::PromptFile; 5_000]);
        assert!(text.contains("5000 arguments"), "{text}");
        let text = refusal(|plan| plan.args = vec![Argument::Text("a".repeat(100_000)); 11]);
        assert!(text.contains("bytes of arguments"), "{text}");
    }

    #[test]
    fn nobody_waits_for_ever() {
        let step = StopStep {
            signal: StopSignal::Interrupt,
            wait: Duration::from_secs(61),
        };
        let text = refusal(|plan| plan.stop = vec![step]);
        assert!(text.contains("after a signal"), "{text}");
        let text = refusal(|plan| plan.linger = Some(Duration::from_secs(601)));
        assert!(text.contains("last word"), "{text}");
    }

    #[test]
    fn the_table_is_sorted() {
        assert!(DENIED.is_sorted_by_key(|(name, _)| *name));
    }
}
