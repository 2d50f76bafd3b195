//! `run.yaml`: a run as other programs of a team read it.
//!
//! Pure text from plain values. Every string is written as in JSON, which is YAML in every
//! version, so nothing that somebody typed can become a key, a tag, or a second document. This
//! file never decides a status and never reads a `run.yaml` back.

use std::fmt::{self, Write as _};

use jiff::Timestamp;

use crate::model::{AgentName, RunId};

/// What a `run.yaml` says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunYaml {
    /// The run.
    pub id: RunId,
    /// When it was submitted.
    pub created_at: Timestamp,
    /// Where it stands.
    pub status: RunYamlStatus,
    /// The part of the work it belongs to.
    pub phase: Option<String>,
    /// The role it was given to, when it is one.
    pub agent_role: Option<AgentName>,
    /// What it is to do, in order.
    pub tasks: Vec<RunYamlTask>,
    /// What came of it, in a sentence.
    pub summary: String,
}

/// A task of a run. A reference: the task is kept elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunYamlTask {
    /// Its name.
    pub task_id: String,
    /// Where it stands, when that is known.
    pub status: Option<String>,
}

/// Where a run stands, in the words of `run.yaml`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunYamlStatus {
    /// Nothing of it was started.
    Pending,
    /// Something of it is going on.
    Running,
    /// All of it is done.
    Completed,
    /// It was called off.
    Cancelled,
    /// Something of it failed.
    Error,
}

impl RunYamlStatus {
    /// The word in the file.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Running => "running",
            Self::Completed => "completed",
            Self::Cancelled => "cancelled",
            Self::Error => "error",
        }
    }
}

impl fmt::Display for RunYaml {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "id: {}", Quoted(self.id.as_str()))?;
        writeln!(f, "created_at: {}", Quoted(&self.created_at.to_string()))?;
        writeln!(f, "status: {}", self.status.as_str())?;
        if let Some(phase) = &self.phase {
            writeln!(f, "phase: {}", Quoted(phase))?;
        }
        if let Some(role) = &self.agent_role {
            writeln!(f, "agent_role: {}", Quoted(role.as_str()))?;
        }
        if self.tasks.is_empty() {
            writeln!(f, "tasks: []")?;
        } else {
            writeln!(f, "tasks:")?;
        }
        for task in &self.tasks {
            writeln!(f, "  - task_id: {}", Quoted(&task.task_id))?;
            if let Some(status) = &task.status {
                writeln!(f, "    status: {}", Quoted(status))?;
            }
        }
        writeln!(f, "summary: {}", Quoted(&self.summary))
    }
}

/// A string in double quotes, with escapes that JSON and every version of YAML share.
struct Quoted<'a>(&'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_char('"')?;
        for c in self.0.chars() {
            match c {
                '"' | '\\' => write!(f, "\\{c}")?,
                '\n' => f.write_str("\\n")?,
                '\t' => f.write_str("\\t")?,
                // JSON lets the others stand; YAML 1.1 takes them for line breaks or refuses them.
                c if c.is_control()
                    || matches!(
                        c,
                        '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}'
                    ) =>
                {
                    write!(f, "\\u{:04x}", u32::from(c))?;
                }
                c => f.write_char(c)?,
            }
        }
        f.write_char('"')
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn run() -> RunYaml {
        RunYaml {
            id: RunId::from("RUN-20261122-001"),
            created_at: "2026-11-22T10:00:00Z".parse().unwrap(),
            status: RunYamlStatus::Running,
            phase: None,
            agent_role: None,
            tasks: Vec::new(),
            summary: String::new(),
        }
    }

    #[test]
    fn a_run_without_anything() {
        insta::assert_snapshot!(run(), @r#"
        id: "RUN-20261122-001"
        created_at: "2026-11-22T10:00:00Z"
        status: running
        tasks: []
        summary: ""
        "#);
    }

    #[test]
    fn a_run_with_everything_and_words_that_look_like_yaml() {
        let run = RunYaml {
            phase: Some("phase: 1 # no".to_owned()),
            agent_role: Some(AgentName::from("backend-dev")),
            tasks: vec![
                RunYamlTask {
                    task_id: "2026-11-22T1000-backend-dev-login".to_owned(),
                    status: Some("done".to_owned()),
                },
                RunYamlTask {
                    task_id: "no".to_owned(),
                    status: None,
                },
            ],
            summary: "2/3 \"tasks\"\n---\nstatus: completed \\ \u{7f}\u{85}\u{2028}\u{1f600} é"
                .to_owned(),
            ..run()
        };
        insta::assert_snapshot!(run, @r#"
        id: "RUN-20261122-001"
        created_at: "2026-11-22T10:00:00Z"
        status: running
        phase: "phase: 1 # no"
        agent_role: "backend-dev"
        tasks:
          - task_id: "2026-11-22T1000-backend-dev-login"
            status: "done"
          - task_id: "no"
        summary: "2/3 \"tasks\"\n---\nstatus: completed \\ \u007f\u0085\u2028😀 é"
        "#);
    }

    proptest! {
        #[test]
        fn any_string_is_one_line_and_means_itself(text in any::<String>()) {
            let quoted = Quoted(&text).to_string();
            prop_assert_eq!(quoted.lines().count(), 1);
            prop_assert!(!quoted.chars().any(|c| c.is_control()));
            let back: String = serde_json::from_str(&quoted).unwrap();
            prop_assert_eq!(back, text);
        }
    }
}
