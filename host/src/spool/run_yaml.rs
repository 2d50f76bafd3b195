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
