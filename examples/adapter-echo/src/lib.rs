//! An adapter for `echo-agent`, a made-up tool: it reads a prompt and prints lines such as `say: hello` and
//! `tokens: 12 34`. See `plugins/sdk/README.md` for how to build it.

use tollgate_plugin_sdk::event::{failure, finished, text};
use tollgate_plugin_sdk::prelude::*;

/// One run of `echo-agent`.
#[derive(Default)]
pub struct Echo {
    answered: bool,
}

impl Adapter for Echo {
    fn describe() -> About {
        About {
            id: "echo".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            summary: "A made-up tool that says what it is told".to_owned(),
            programs: vec!["echo-agent".to_owned()],
            features: vec![],
            extra: vec![],
        }
    }

    fn plan(task: Task) -> Result<Plan<Self>, Problem> {
        if task.resume.is_some() {
            return Err(Problem::Unsupported(
                "echo-agent has no sessions".to_owned(),
            ));
        }
        let invocation = Invocation {
            program: task.program,
            args: vec![Argument::Text("--lines".to_owned())],
            env: vec![],
            input: Input::Prompt(PromptFraming {
                before: String::new(),
                after: String::new(),
                encoding: "raw".to_owned(),
            }),
            stdout: Framing::Lines,
            stderr: Framing::Lines,
            stop: vec![],
            linger_ms: None,
            extra: vec![],
        };
        Ok(Plan {
            invocation,
            reader: Self::default(),
        })
    }

    fn push(&mut self, chunk: Chunk, events: &mut Events) -> Result<(), Problem> {
        let line = String::from_utf8_lossy(&chunk.data);
        if let Some(said) = line.strip_prefix("say: ") {
            events.push(text(None, said.to_owned(), None));
            self.answered = true;
        } else if let Some(counts) = line
            .strip_prefix("tokens: ")
            .and_then(|counts| counts.split_once(' '))
        {
            events.push(Usage {
                scope: "run".to_owned(),
                key: None,
                input: counts.0.parse().ok(),
                output: counts.1.parse().ok(),
                cache_read: None,
                cache_write: None,
                reasoning: None,
                settled: true,
                model: None,
                extra: vec![],
            });
        } else {
            events.unrecognised(chunk.source, "neither `say:` nor `tokens:`", &chunk.data);
        }
        Ok(())
    }

    fn finish(&mut self, exit: Exit, events: &mut Events) -> Result<(), Problem> {
        if self.answered && exit.code == Some(0) {
            events.push(finished("done"));
        } else {
            events.fail(failure("unknown", "echo-agent said nothing", true));
        }
        Ok(())
    }
}

tollgate_plugin_sdk::export_adapter!(Echo);

#[cfg(test)]
mod tests {
    use super::*;
    use tollgate_plugin_sdk::Run;

    #[test]
    fn what_it_says_is_the_answer() {
        let mut run = Run::<Echo>::default();
        run.plan(Task {
            program: "echo-agent".to_owned(),
            prompt_bytes: 5,
            prompt_head: "hello".to_owned(),
            model: None,
            resume: None,
            cwd: "/".to_owned(),
            max_cost_microusd: None,
            live_text: false,
            tool_version: None,
            options: "{}".to_owned(),
            extra: vec![],
        })
        .expect("a plan");
        let line = Chunk {
            source: Source::Stdout,
            seq: 1,
            data: b"say: hello".to_vec(),
            cut: None,
        };
        let said = run.push(vec![line]).expect("events").events;
        assert_eq!(said[0].body, text(None, "hello".to_owned(), None));
        let exit = Exit {
            code: Some(0),
            signal: None,
            reason: "exited".to_owned(),
        };
        assert_eq!(run.finish(exit).expect("events").events.len(), 1);
    }
}
