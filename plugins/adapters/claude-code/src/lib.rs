//! Tollgate's adapter for Claude Code.
//!
//! Plans `claude -p` with the prompt on standard input and reads its JSON stream. Written for 2.1.330, whose output the
//! recordings in `tests/fixtures/cli/claude` hold; what is known of older versions is said where it matters.
//!
//! | file | idea |
//! |---|---|
//! | `options` | what `tools.yaml` may say |
//! | `plan` | the command |
//! | `line` | the fields of a line that matter |
//! | `read` | a line, and what it sets off |
//! | `messages` | texts and tool calls, whole and in pieces |
//! | `outcome` | the result line: did it succeed, and what is the answer |
//! | `ledger` | what was used, and how sure that is |
//! | `failure` | what went wrong, as a code |
//!
//! Never trusts `subtype` or the exit status for success, never sums what repeats, and never calls a count exact when an
//! attempt was lost on the way.

mod failure;
mod ledger;
mod line;
mod messages;
mod options;
mod outcome;
mod plan;
mod read;

use tollgate_plugin_sdk::prelude::*;

pub use crate::read::ClaudeCode;

impl Adapter for ClaudeCode {
    fn describe() -> About {
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        About {
            id: "claude-code".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            summary: "Claude Code, run without a person through its JSON stream".to_owned(),
            programs: words(&["claude"]),
            features: words(&["resume", "stream", "cost", "tool-events", "max-cost"]),
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

tollgate_plugin_sdk::export_adapter!(ClaudeCode);
