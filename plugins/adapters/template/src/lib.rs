//! Tollgate's adapter for any tool that takes a prompt and prints an answer.
//!
//! The command and the places of the answer's parts come from `tools.yaml`; no code is needed.
//!
//! | file | idea |
//! |---|---|
//! | `options` | what `tools.yaml` may say |
//! | `arguments` | an argument list with placeholders |
//! | `plan` | the command |
//! | `path` | a place in a JSON document, and how to get there without reading the rest |
//! | `answer` | what a JSON document says, in places that are given or usual |
//! | `read` | text as it comes, JSON at the end |
//!
//! With text output, exit status 0 means done: such tools have no other way to say it. Never splits or quotes anything
//! like a shell: one element of the list is one argument.

mod answer;
mod arguments;
mod options;
mod path;
mod plan;
mod read;

use tollgate_plugin_sdk::prelude::*;

pub use crate::read::Template;

impl Adapter for Template {
    fn describe() -> About {
        About {
            id: "template".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            summary: "Any tool: its arguments and the fields of its output are given in tools.yaml"
                .to_owned(),
            programs: Vec::new(),
            features: vec!["stream".to_owned(), "cost".to_owned()],
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

tollgate_plugin_sdk::export_adapter!(Template);
