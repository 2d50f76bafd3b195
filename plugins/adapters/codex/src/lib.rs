//! Tollgate's adapter for Codex.
//!
//! Plans `codex exec --json` with the prompt on standard input and reads its JSON lines. Written for 0.169.0, whose
//! output the recordings in `tests/fixtures/cli/codex` hold.
//!
//! | file | idea |
//! |---|---|
//! | `options` | what `tools.yaml` may say |
//! | `plan` | the command |
//! | `line` | the fields of a line that matter |
//! | `read` | a line, and what it sets off |
//! | `items` | messages, reasoning, and tool calls |
//! | `failure` | prose to a code, because there is nothing else |
//!
//! Never takes a thread's total for a run's, a warning for a failure, or silence about usage for zero.

mod failure;
mod items;
mod line;
mod options;
mod plan;
mod read;

use tollgate_plugin_sdk::prelude::*;

pub use crate::read::Codex;

impl Adapter for Codex {
    fn describe() -> About {
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        About {
            id: "codex".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            summary: "OpenAI Codex, run without a person through `codex exec --json`".to_owned(),
            programs: words(&["codex"]),
            features: words(&["resume", "tool-events"]),
            extra: Vec::new(),
        }
    }

    fn plan(task: Task) -> Result<Plan<Self>, Problem> {
        plan::plan(&task)
    }

    fn push(&mut self, chunk: Chunk, events: &mut Events) -> Result<(), Problem> {
        self.read(&chunk, events);
        Ok(())
    }

    fn finish(&mut self, exit: Exit, events: &mut Events) -> Result<(), Problem> {
        self.end(&exit, events);
        Ok(())
    }
}

tollgate_plugin_sdk::export_adapter!(Codex);
