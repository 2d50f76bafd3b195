//! From an adapter's plan and the user's grants to a command that can be run.
//!
//! Owns the check of every part of a plan: which program, which arguments, where the prompt may
//! stand, which variables, how long. Pure: it reads no file and no environment and starts nothing.
//! What comes out is complete; whoever runs it has nothing left to decide.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use uuid::Uuid;

use super::ProcessError;
use super::environment::{EnvGrants, environment};
use super::ladder::Ladder;
use super::stdin::StdinPlan;
use crate::model::{Argument, CommandPlan, Framing};

/// How long a tool may live on after its last word, when its adapter does not say.
pub const DEFAULT_LINGER: Duration = Duration::from_secs(5);

/// The longest argument that every system lets through: Linux takes 128 KiB with the closing NUL
/// (`MAX_ARG_STRLEN`).
pub const LONGEST_ARGUMENT: usize = (128 << 10) - 1;

/// A command, complete in every part.
#[derive(Clone)]
pub struct CommandSpec {
    /// The file to run; a path, never searched for.
    pub program: PathBuf,
    /// The arguments after the program's name.
    pub args: Vec<OsString>,
    /// The whole environment.
    pub env: Vec<(OsString, OsString)>,
    /// Where it runs.
    pub cwd: PathBuf,
    /// What it reads.
    pub stdin: StdinPlan,
    /// How its standard output is cut.
    pub stdout: Framing,
    /// How its standard error is cut.
    pub stderr: Framing,
    /// The file it may write its answer to.
    pub output_file: Option<PathBuf>,
    /// How it is stopped.
    pub stop: Ladder,
    /// How long it may live on after its last word.
    pub linger: Duration,
    /// Its wall-clock limit. Time the machine spends suspended does not count.
    pub timeout: Duration,
    /// The value of the variable that marks its processes.
    pub marker: Uuid,
}

impl fmt::Debug for CommandSpec {
    /// Without arguments and values: they hold prompts and keys.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CommandSpec")
            .field("program", &self.program)
            .field("n_args", &self.args.len())
            .field(
                "env",
                &self.env.iter().map(|(name, _)| name).collect::<Vec<_>>(),
            )
            .field("cwd", &self.cwd)
            .field("marker", &self.marker)
            .finish_non_exhaustive()
    }
}

/// What a plan meets: the user's grants, the request, and the machine.
#[derive(Clone, Copy)]
pub struct LaunchInputs<'a> {
    /// The program as the configuration names it; the plan must name the same.
    pub binary: &'a str,
    /// Where that program was found.
    pub program: &'a Path,
    /// The flag after which the prompt may stand as an argument.
    pub prompt_as_value_of: Option<&'a str>,
    /// Which variables the tool may see.
    pub env: EnvGrants<'a>,
    /// The host's own variables.
    pub host_env: &'a [(OsString, OsString)],
    /// The prompt.
    pub prompt: &'a Arc<str>,
    /// The prompt's file, if one was made.
    pub prompt_file: Option<&'a Path>,
    /// The answer's file, if one was made.
    pub output_file: Option<&'a Path>,
    /// Where the tool runs.
    pub cwd: &'a Path,
    /// Its wall-clock limit.
    pub timeout: Duration,
    /// What marks its processes; unique to the attempt.
    pub marker: Uuid,
}

/// Check a plan against what was granted, and complete it.
///
/// # Errors
///
/// Another program than the granted one; a prompt where it could be read as an option, or too long
/// for an argument; NUL bytes; variables that were not granted.
pub fn build(plan: &CommandPlan, inputs: &LaunchInputs<'_>) -> Result<CommandSpec, ProcessError> {
    if plan.program != inputs.binary {
        return Err(ProcessError::ProgramNotGranted {
            wanted: plan.program.clone(),
            granted: inputs.binary.to_owned(),
        });
    }
    no_nul(inputs.program.as_os_str(), "the program's path")?;
    no_nul(inputs.cwd.as_os_str(), "the working directory")?;
    let args = (0..plan.args.len()).map(|index| argument(&plan.args, index, inputs));
    Ok(CommandSpec {
        program: inputs.program.to_owned(),
        args: args.collect::<Result<_, _>>()?,
        env: environment(&plan.env, &inputs.env, inputs.host_env, inputs.marker)?,
        cwd: inputs.cwd.to_owned(),
        stdin: StdinPlan::new(&plan.input, inputs.prompt),
        stdout: plan.stdout,
        stderr: plan.stderr,
        output_file: inputs.output_file.map(Path::to_owned),
        stop: Ladder::new(&plan.stop),
        linger: plan.linger.unwrap_or(DEFAULT_LINGER),
        timeout: inputs.timeout,
        marker: inputs.marker,
    })
}

/// The one element that the argument at `index` becomes.
fn argument(
    args: &[Argument],
    index: usize,
    inputs: &LaunchInputs<'_>,
) -> Result<OsString, ProcessError> {
    let file = |path: Option<&Path>, what| {
        let path = path.ok_or(ProcessError::FileMissing { what })?;
        Ok(path.as_os_str().to_owned())
    };
    let (value, what) = match &args[index] {
        Argument::Text(text) => (OsString::from(text), "an argument"),
        Argument::PromptFile => (file(inputs.prompt_file, "prompt file")?, "a path"),
        Argument::OutputFile => (file(inputs.output_file, "output file")?, "a path"),
        Argument::Prompt => {
            may_stand_here(args, index, inputs)?;
            (OsString::from(&**inputs.prompt), "the prompt")
        }
    };
    no_nul(&value, what)?;
    if value.len() > LONGEST_ARGUMENT {
        let (bytes, limit) = (value.len(), LONGEST_ARGUMENT);
        return Err(ProcessError::ArgumentTooLong { what, bytes, limit });
    }
    Ok(value)
}

// Invariant: no prompt is ever read as an option. After `--` everything is an operand. After a
// flag a tool may still take a word with a leading dash for the next option, so none goes there.
fn may_stand_here(
    args: &[Argument],
    index: usize,
    inputs: &LaunchInputs<'_>,
) -> Result<(), ProcessError> {
    let before = index.checked_sub(1).and_then(|index| args.get(index));
    let Some(Argument::Text(before)) = before else {
        return Err(ProcessError::PromptNotGranted {
            position: index + 1,
        });
    };
    if before == "--" {
        return Ok(());
    }
    if inputs.prompt_as_value_of != Some(before) || before.is_empty() {
        return Err(ProcessError::PromptNotGranted {
            position: index + 1,
        });
    }
    if inputs.prompt.starts_with('-') {
        return Err(ProcessError::PromptLooksLikeFlag {
            flag: before.clone(),
        });
    }
    Ok(())
}

fn no_nul(value: &OsStr, what: &str) -> Result<(), ProcessError> {
    if value.as_bytes().contains(&0) {
        return Err(ProcessError::ContainsNul {
            what: what.to_owned(),
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::model::{Input, PromptEncoding, PromptFraming};

    fn text(text: &str) -> Argument {
        Argument::Text(text.to_owned())
    }

    fn plan(args: Vec<Argument>) -> CommandPlan {
        let raw = PromptFraming {
            before: String::new(),
            after: String::new(),
            encoding: PromptEncoding::Raw,
        };
        CommandPlan {
            program: "tool".to_owned(),
            args,
            env: Vec::new(),
            input: Input::Prompt(raw),
            stdout: Framing::Lines,
            stderr: Framing::Lines,
            stop: Vec::new(),
            linger: None,
            extra: Vec::new(),
        }
    }

    fn run(
        plan: &CommandPlan,
        prompt: &str,
        flag: Option<&str>,
    ) -> Result<Vec<String>, ProcessError> {
        let nothing = BTreeMap::new();
        let inputs = LaunchInputs {
            binary: "tool",
            program: Path::new("/bin/tool"),
            prompt_as_value_of: flag,
            env: EnvGrants {
                inherit: &[],
                set: &nothing,
                secrets: &nothing,
            },
            host_env: &[],
            prompt: &Arc::from(prompt),
            prompt_file: Some(Path::new("/p/prompt")),
            output_file: None,
            cwd: Path::new("/"),
            timeout: Duration::from_secs(1),
            marker: Uuid::nil(),
        };
        let spec = build(plan, &inputs)?;
        Ok(spec
            .args
            .into_iter()
            .map(|arg| arg.into_string().unwrap())
            .collect())
    }

    const INJECTION: &str = "hi\" --dangerously-skip-permissions \"x";

    #[test]
    fn each_argument_becomes_one_element() {
        let args = vec![
            text("-p"),
            text(""),
            text("a b;$(c) {prompt}"),
            Argument::PromptFile,
            text("--"),
            Argument::Prompt,
        ];
        let got = run(&plan(args), INJECTION, None).unwrap();
        assert_eq!(
            got,
            ["-p", "", "a b;$(c) {prompt}", "/p/prompt", "--", INJECTION]
        );
    }

    #[test]
    fn the_prompt_stands_after_two_dashes_or_the_named_flag_only() {
        let at = |before: &[&str]| {
            let mut args: Vec<_> = before.iter().map(|word| text(word)).collect();
            args.push(Argument::Prompt);
            plan(args)
        };
        for prompt in ["", "-", "--version", INJECTION, "ünï😀", "a\nb"] {
            assert_eq!(run(&at(&["--"]), prompt, None).unwrap(), ["--", prompt]);
        }
        assert_eq!(run(&at(&["-m"]), "hi", Some("-m")).unwrap(), ["-m", "hi"]);

        let refused = run(&at(&["-m"]), "--yolo", Some("-m")).unwrap_err();
        assert!(matches!(refused, ProcessError::PromptLooksLikeFlag { flag } if flag == "-m"));
        for (before, flag) in [
            (&[][..], None),
            (&["-m"][..], None),
            (&["--", "x"][..], None),
            (&["-m"][..], Some("-n")),
            (&[""][..], Some("")),
        ] {
            let refused = run(&at(before), "hi", flag).unwrap_err();
            assert!(
                matches!(refused, ProcessError::PromptNotGranted { .. }),
                "{before:?} {flag:?}"
            );
        }
        let twice = plan(vec![text("--"), Argument::Prompt, Argument::Prompt]);
        let refused = run(&twice, "hi", None).unwrap_err();
        assert!(matches!(
            refused,
            ProcessError::PromptNotGranted { position: 3 }
        ));
    }

    #[test]
    fn what_no_argument_can_carry_is_refused_with_another_way() {
        let after_dashes = plan(vec![text("--"), Argument::Prompt]);
        let fits = "x".repeat(LONGEST_ARGUMENT);
        assert_eq!(run(&after_dashes, &fits, None).unwrap()[1].len(), 131_071);
        let refused = run(&after_dashes, &(fits + "x"), None)
            .unwrap_err()
            .to_string();
        assert_eq!(
            refused,
            "pass the prompt of 131072 bytes as an argument, the limit is 131071; use stdin or a \
             prompt file"
        );
        let refused = run(&after_dashes, "a\0b", None).unwrap_err().to_string();
        assert_eq!(refused, "pass the prompt, it contains a NUL byte");
        let refused = run(&plan(vec![text("a\0b")]), "", None).unwrap_err();
        assert!(matches!(refused, ProcessError::ContainsNul { .. }));
    }

    #[test]
    fn a_plan_runs_the_granted_program_with_the_files_that_were_made() {
        let mut other = plan(vec![]);
        other.program = "sh".to_owned();
        let refused = run(&other, "", None).unwrap_err();
        assert!(
            matches!(refused, ProcessError::ProgramNotGranted { wanted, .. } if wanted == "sh")
        );
        let refused = run(&plan(vec![Argument::OutputFile]), "", None).unwrap_err();
        assert!(matches!(
            refused,
            ProcessError::FileMissing {
                what: "output file"
            }
        ));
    }

    #[test]
    fn debugging_shows_no_prompt_and_no_key() {
        let secret = "s3cret";
        let set = BTreeMap::from([("KEY".to_owned(), secret.to_owned())]);
        let nothing = BTreeMap::new();
        let inputs = LaunchInputs {
            binary: "tool",
            program: Path::new("/bin/tool"),
            prompt_as_value_of: None,
            env: EnvGrants {
                inherit: &[],
                set: &set,
                secrets: &nothing,
            },
            host_env: &[],
            prompt: &Arc::from(secret),
            prompt_file: None,
            output_file: None,
            cwd: Path::new("/"),
            timeout: Duration::from_secs(1),
            marker: Uuid::nil(),
        };
        let spec = build(&plan(vec![text("--"), Argument::Prompt]), &inputs).unwrap();
        let shown = format!("{spec:?}");
        assert!(shown.contains("KEY") && !shown.contains(secret), "{shown}");
    }

    proptest! {
        #[test]
        fn a_prompt_is_one_element_or_refused(prompt in "(?s).{0,40}", flag in any::<bool>()) {
            let before = if flag { "-m" } else { "--" };
            let command = plan(vec![text(before), Argument::Prompt, text("end")]);
            match run(&command, &prompt, Some("-m")) {
                Ok(args) => prop_assert_eq!(args, [before, prompt.as_str(), "end"]),
                Err(_) => prop_assert!(prompt.contains('\0') || (flag && prompt.starts_with('-'))),
            }
        }
    }
}
