//! The room as a whole, with real processes.
//!
//! Order comes from lines and pipes, never from waiting for a while: a script says that it is ready
//! before anything is done to it.

pub(super) mod alone;
mod launch;
mod leftovers;
mod output;
mod stopping;
mod supervisor;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use uuid::Uuid;

use super::*;
use crate::model::{
    Chunk, ExitStatus, Framing, Input, PromptEncoding, PromptFraming, Source, StopSignal, StopStep,
};

const RAW: PromptFraming = PromptFraming {
    before: String::new(),
    after: String::new(),
    encoding: PromptEncoding::Raw,
};

/// A shell script with nothing to read and ample time.
fn sh(script: &str) -> CommandSpec {
    CommandSpec {
        program: "/bin/sh".into(),
        args: ["-c", script].map(Into::into).into(),
        env: vec![(
            "PATH".into(),
            "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin".into(),
        )],
        cwd: "/".into(),
        stdin: StdinPlan::Null,
        stdout: Framing::Lines,
        stderr: Framing::Lines,
        output_file: None,
        stop: Ladder::new(&[]),
        linger: Duration::from_secs(60),
        timeout: Duration::from_secs(60),
        marker: Uuid::now_v7(),
    }
    .marked()
}

impl CommandSpec {
    fn marked(mut self) -> Self {
        self.env
            .push((MARKER.into(), self.marker.to_string().into()));
        self
    }

    fn reading(mut self, input: &Input, prompt: &str) -> Self {
        self.stdin = StdinPlan::new(input, &Arc::from(prompt));
        self
    }

    fn stopped_by(mut self, steps: &[(StopSignal, u64)]) -> Self {
        let step = |&(signal, ms)| StopStep {
            signal,
            wait: Duration::from_millis(ms),
        };
        self.stop = Ladder::new(&steps.iter().map(step).collect::<Vec<_>>());
        self
    }
}

/// Everything that happened.
#[derive(Default)]
struct Story {
    chunks: Vec<Chunk>,
    /// The other events, in order, as text.
    steps: Vec<String>,
    exited: Option<ExitStatus>,
    ended: Option<Ended>,
    stdin: Option<(u64, bool)>,
    drained: Option<bool>,
}

impl Story {
    fn lines(&self, source: Source) -> Vec<String> {
        let from = self.chunks.iter().filter(|chunk| chunk.source == source);
        from.map(|chunk| String::from_utf8_lossy(&chunk.data).into_owned())
            .collect()
    }

    fn stdout(&self) -> Vec<String> {
        self.lines(Source::Stdout)
    }

    fn code(&self) -> Option<i32> {
        self.exited.expect("it exited").code
    }

    fn signal(&self) -> Option<i32> {
        self.exited.expect("it exited").signal
    }

    fn add(&mut self, event: ProcessEvent) {
        match event {
            ProcessEvent::Output(chunks) => self.chunks.extend(chunks),
            ProcessEvent::StdinClosed { bytes, complete } => self.stdin = Some((bytes, complete)),
            ProcessEvent::Exited(status) => self.exited = Some(status),
            ProcessEvent::Drained { complete } => self.drained = Some(complete),
            ProcessEvent::Ended(ended) => self.ended = Some(ended),
            ProcessEvent::Signalled {
                signal,
                step,
                delivered: true,
            } => {
                self.steps.push(format!("{} {step}", signal.as_str()));
            }
            other => self.steps.push(format!("{other:?}")),
        }
    }
}

async fn run(spec: CommandSpec) -> Story {
    run_with(spec, Caps::default(), |_, _| ()).await
}

/// Run to the end; `react` sees each line as it comes.
async fn run_with(
    spec: CommandSpec,
    caps: Caps,
    react: impl FnMut(&mut RunningChild, &str),
) -> Story {
    run_under(Tenure::Shared, spec, caps, react).await
}

/// Run to the end, in a process that is shared or all for it.
async fn run_under(
    tenure: Tenure,
    spec: CommandSpec,
    caps: Caps,
    mut react: impl FnMut(&mut RunningChild, &str),
) -> Story {
    let mut child = RunningChild::spawn_under(tenure, spec, caps).unwrap();
    let mut story = Story::default();
    while let Some(event) = child.next().await {
        if let ProcessEvent::Output(chunks) = &event {
            for chunk in chunks {
                react(&mut child, &String::from_utf8_lossy(&chunk.data));
            }
        }
        story.add(event);
    }
    assert!(child.next().await.is_none(), "nothing follows the end");
    assert!(story.ended.is_some());
    story
}

/// What a plan comes to, for a program that was found at `program`.
fn inputs<'a>(program: &'a Path, prompt: &'a Arc<str>, env: EnvGrants<'a>) -> LaunchInputs<'a> {
    LaunchInputs {
        binary: "tool",
        program,
        prompt_as_value_of: None,
        env,
        host_env: &[],
        prompt,
        prompt_file: None,
        output_file: None,
        cwd: Path::new("/"),
        timeout: Duration::from_secs(60),
        marker: Uuid::now_v7(),
    }
}

const NOTHING: &BTreeMap<String, String> = &BTreeMap::new();
const NO_GRANTS: EnvGrants<'static> = EnvGrants {
    inherit: &[],
    set: NOTHING,
    secrets: NOTHING,
};
