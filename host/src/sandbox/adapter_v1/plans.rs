//! Tasks in, plans out: the part of the contract before and around a run.
//!
//! Owns the conversion and the checks for sense. Never checks grants; that is `grants`.

use std::time::Duration;

use super::bindings::exports::tollgate::adapter::adapter as wit;
use super::text;
use crate::model::{
    AdapterAbout, AdapterTask, Argument, Chunk, Command, CommandPlan, Detection, EnvValue,
    ExitStatus, Framing, Input, ProbeOutput, PromptEncoding, PromptFraming, Source, StopSignal,
    StopStep,
};
use crate::sandbox::error::Problem;
use crate::sandbox::fault::GuestFault;
use crate::sandbox::identity;

/// Commands of one probe.
const MAX_PROBES: usize = 16;
/// Entries of a list of words: programs, features, notes, remarks.
const MAX_WORDS: usize = 64;

/// What an adapter says about itself, checked.
///
/// # Errors
/// What is wrong with it.
pub(in crate::sandbox) fn about(about: wit::About) -> Result<AdapterAbout, String> {
    identity::check(&about.id, &about.version)?;
    if about.programs.len() > MAX_WORDS || about.features.len() > MAX_WORDS {
        return Err(format!("more than {MAX_WORDS} programs or features"));
    }
    Ok(AdapterAbout {
        id: about.id,
        version: about.version,
        summary: text::sentence(about.summary),
        programs: about.programs.into_iter().map(text::name).collect(),
        features: about.features.into_iter().map(text::name).collect(),
    })
}

/// The commands of a probe.
///
/// # Errors
/// [`GuestFault::Malformed`] when there are too many.
pub(in crate::sandbox) fn commands(
    commands: Vec<wit::Command>,
) -> Result<Vec<Command>, GuestFault> {
    if commands.len() > MAX_PROBES {
        return Err(GuestFault::malformed(format!(
            "{} commands to learn a version; at most {MAX_PROBES} are run",
            commands.len()
        )));
    }
    let own = |command: wit::Command| Command {
        program: command.program,
        args: command.args,
    };
    Ok(commands.into_iter().map(own).collect())
}

/// Probe outputs for the guest, with their size.
pub(in crate::sandbox) fn probe_outputs(outputs: &[ProbeOutput]) -> (Vec<wit::ProbeOutput>, usize) {
    let size = outputs.iter().map(|o| o.stdout.len() + o.stderr.len());
    let size = size.sum();
    let theirs = |output: &ProbeOutput| wit::ProbeOutput {
        command: wit::Command {
            program: output.command.program.clone(),
            args: output.command.args.clone(),
        },
        exit_code: output.exit_code,
        stdout: output.stdout.clone(),
        stderr: output.stderr.clone(),
    };
    (outputs.iter().map(theirs).collect(), size)
}

/// What an adapter concludes about its tool.
pub(in crate::sandbox) fn detection(detection: wit::Detection) -> Detection {
    let notes = detection.notes.into_iter().take(MAX_WORDS);
    Detection {
        usable: detection.usable,
        version: detection.version.map(text::name),
        notes: notes.map(text::sentence).collect(),
    }
}

/// A task for the guest.
pub(in crate::sandbox) fn task(task: &AdapterTask) -> wit::Task {
    wit::Task {
        program: task.program.clone(),
        prompt_bytes: task.prompt_bytes,
        prompt_head: task.prompt_head.clone(),
        model: task.model.clone(),
        resume: task.resume.clone(),
        cwd: task.cwd.clone(),
        max_cost_microusd: task.max_cost_microusd,
        live_text: task.live_text,
        tool_version: task.tool_version.clone(),
        options: task.options.clone(),
        extra: Vec::new(),
    }
}

/// A plan, checked for sense but not against grants.
///
/// # Errors
/// [`GuestFault::Malformed`] for signals and encodings that do not exist.
pub(in crate::sandbox) fn command_plan(plan: wit::Invocation) -> Result<CommandPlan, GuestFault> {
    if plan.extra.len() > MAX_WORDS {
        return Err(GuestFault::malformed(format!(
            "{} remarks on a plan; at most {MAX_WORDS} are accepted",
            plan.extra.len()
        )));
    }
    let remark = |(name, value)| (text::name(name), text::sentence(value));
    Ok(CommandPlan {
        program: plan.program,
        args: plan.args.into_iter().map(argument).collect(),
        env: plan
            .env
            .into_iter()
            .map(|(name, value)| (name, env_value(value)))
            .collect(),
        input: input(plan.input)?,
        stdout: framing(plan.stdout),
        stderr: framing(plan.stderr),
        stop: plan
            .stop
            .into_iter()
            .map(stop_step)
            .collect::<Result<_, _>>()?,
        linger: plan.linger_ms.map(|ms| Duration::from_millis(ms.into())),
        extra: plan.extra.into_iter().map(remark).collect(),
    })
}

/// What an adapter finds wrong.
pub(in crate::sandbox) fn problem(problem: wit::Problem) -> Problem {
    match problem {
        wit::Problem::Unsupported(message) => Problem::Unsupported(text::sentence(message)),
        wit::Problem::BadOptions(message) => Problem::BadOptions(text::sentence(message)),
        wit::Problem::Protocol(message) => Problem::Protocol(text::sentence(message)),
        wit::Problem::Other((code, message)) => Problem::Other {
            code: text::name(code),
            message: text::sentence(message),
        },
    }
}

/// Chunks for the guest, with their size.
pub(in crate::sandbox) fn chunks(chunks: &[Chunk]) -> (Vec<wit::Chunk>, usize) {
    let size = |chunk: &Chunk| chunk.data.len() + chunk.cut.as_ref().map_or(0, |c| c.tail.len());
    let theirs = |chunk: &Chunk| wit::Chunk {
        source: match chunk.source {
            Source::Stdout => wit::Source::Stdout,
            Source::Stderr => wit::Source::Stderr,
            Source::OutputFile => wit::Source::OutputFile,
        },
        seq: chunk.seq,
        data: chunk.data.clone(),
        cut: chunk.cut.as_ref().map(|cut| wit::Cut {
            total_bytes: cut.total_bytes,
            tail: cut.tail.clone(),
        }),
    };
    (
        chunks.iter().map(theirs).collect(),
        chunks.iter().map(size).sum(),
    )
}

/// The end of the process for the guest.
pub(in crate::sandbox) fn exit(status: ExitStatus, reason: &str) -> wit::Exit {
    wit::Exit {
        code: status.code,
        signal: status.signal,
        reason: reason.to_owned(),
    }
}

fn argument(argument: wit::Argument) -> Argument {
    match argument {
        wit::Argument::Text(text) => Argument::Text(text),
        wit::Argument::PromptFile => Argument::PromptFile,
        wit::Argument::OutputFile => Argument::OutputFile,
        wit::Argument::Prompt => Argument::Prompt,
    }
}

fn env_value(value: wit::EnvValue) -> EnvValue {
    match value {
        wit::EnvValue::Literal(text) => EnvValue::Literal(text),
        wit::EnvValue::Inherit => EnvValue::Inherit,
        wit::EnvValue::Secret(name) => EnvValue::Secret(text::name(name)),
    }
}

fn input(input: wit::Input) -> Result<Input, GuestFault> {
    Ok(match input {
        wit::Input::None => Input::None,
        wit::Input::Prompt(framing) => Input::Prompt(prompt_framing(framing)?),
        wit::Input::Session(framing) => Input::Session(prompt_framing(framing)?),
    })
}

fn prompt_framing(framing: wit::PromptFraming) -> Result<PromptFraming, GuestFault> {
    let encoding = match framing.encoding.as_str() {
        "raw" => PromptEncoding::Raw,
        "json-string" => PromptEncoding::JsonString,
        _ => return Err(unknown("encoding of the prompt", framing.encoding)),
    };
    Ok(PromptFraming {
        before: framing.before,
        after: framing.after,
        encoding,
    })
}

fn framing(framing: wit::Framing) -> Framing {
    match framing {
        wit::Framing::Lines => Framing::Lines,
        wit::Framing::Raw => Framing::Raw,
    }
}

fn stop_step(step: wit::StopStep) -> Result<StopStep, GuestFault> {
    let signal = match step.signal.as_str() {
        "interrupt" => StopSignal::Interrupt,
        "terminate" => StopSignal::Terminate,
        "kill" => StopSignal::Kill,
        _ => return Err(unknown("signal", step.signal)),
    };
    Ok(StopStep {
        signal,
        wait: Duration::from_millis(step.wait_ms.into()),
    })
}

/// A word outside a set that this host must understand.
pub(super) fn unknown(what: &str, word: String) -> GuestFault {
    GuestFault::malformed(format!(
        "the {what} `{}`, which does not exist",
        text::name(word).escape_debug()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said() -> wit::About {
        wit::About {
            id: "codex".to_owned(),
            version: "1.0.0-rc.1+2".to_owned(),
            summary: "Codex".to_owned(),
            programs: vec!["codex".to_owned()],
            features: Vec::new(),
            extra: Vec::new(),
        }
    }

    #[test]
    fn an_id_is_a_plain_word() {
        assert_eq!(about(said()).unwrap().id, "codex");
        for id in [
            "",
            "../../x",
            "Codex",
            "a b",
            "a\u{1b}[31m",
            &"a".repeat(65),
        ] {
            let id = id.to_owned();
            let wrong = about(wit::About { id, ..said() }).unwrap_err();
            assert!(wrong.starts_with("the id `"), "{wrong}");
            assert!(!wrong.contains('\u{1b}'), "{wrong}");
        }
    }

    #[test]
    fn words_that_do_not_exist_are_malformed() {
        let step = |signal: &str| wit::StopStep {
            signal: signal.to_owned(),
            wait_ms: 10,
        };
        assert_eq!(stop_step(step("kill")).unwrap().signal, StopSignal::Kill);
        assert_eq!(
            stop_step(step("SIGSEGV")).unwrap_err().to_string(),
            "the plugin returned the signal `SIGSEGV`, which does not exist"
        );
        let framing = wit::PromptFraming {
            before: String::new(),
            after: String::new(),
            encoding: "shell".to_owned(),
        };
        assert!(input(wit::Input::Prompt(framing)).is_err());
    }

    #[test]
    fn the_size_of_chunks_counts_their_tails() {
        let chunk = Chunk {
            source: Source::Stdout,
            seq: 1,
            data: vec![0; 10],
            cut: Some(crate::model::Cut {
                total_bytes: 100,
                tail: vec![0; 5],
            }),
        };
        assert_eq!(chunks(&[chunk.clone(), chunk]).1, 30);
    }
}
