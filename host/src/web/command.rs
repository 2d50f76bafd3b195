//! What can be done, as values: one [`Command`] for each route that changes something.
//!
//! The values were checked against the route table. Whether something may be done is decided by
//! whoever performs it, with the rules that hold for the command line, too.

use super::names::named;

/// Something to do. It is on record before it is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Start a run.
    Submit {
        /// The same key with the same request is the same run; 1 to 200 visible ASCII characters.
        key: String,
        /// What is asked for.
        request: RunRequest,
    },
    /// Say where a request would go; starts nothing.
    Route(RunRequest),
    /// End a run or one of its invocations.
    Stop {
        /// The run.
        run: String,
        /// Only this invocation, as in `i1`.
        invocation: Option<String>,
        /// At once instead of step by step.
        kill: bool,
    },
    /// Try again what failed.
    Retry {
        /// The run.
        run: String,
        /// Only this invocation, as in `i1`.
        invocation: Option<String>,
        /// What was agreed to beforehand.
        permission: Permission,
    },
    /// Remove the prompts, logs, and answers of a run; its record stays.
    Forget {
        /// The run.
        run: String,
    },
    /// Give a task another priority.
    SetPriority {
        /// The task.
        task: String,
        /// The priority, in lower case.
        priority: TaskPriority,
        /// The version that was seen; `None` on the paths of the program that came before.
        if_match: Option<String>,
    },
    /// Tie a task to a specification.
    SetSpecification {
        /// The task.
        task: String,
        /// Path of the specification: relative, without `.` and `..`; `None` ties it to none.
        specification: Option<String>,
        /// Title of one of its features.
        feature: Option<String>,
        /// The version that was seen; `None` on the paths of the program that came before.
        if_match: Option<String>,
    },
    /// Move a task along.
    MoveTask {
        /// The task.
        task: String,
        /// Where it goes.
        to: TaskMove,
        /// Who has it.
        agent: Option<String>,
        /// What came of it.
        summary: Option<String>,
        /// The version that was seen.
        if_match: Option<String>,
    },
    /// Close a breaker by hand.
    ResetBreaker {
        /// Its key.
        key: String,
    },
    /// Judge past requests by other rules.
    Simulate {
        /// How far back, as in `30d`.
        since: Option<String>,
        /// The text of another `policies.yaml`.
        config: Option<String>,
    },
    /// Check a configuration; nothing is stored.
    ValidateConfig {
        /// File name and text of each file; `None` for the configuration in force.
        files: Option<Vec<(String, String)>>,
    },
    /// Make the index anew from the record.
    RebuildIndex,
}

/// What is asked of an agent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RunRequest {
    /// Who is asked.
    pub agent: String,
    /// What is asked; at most 10 Mi characters and 12 MiB.
    pub prompt: String,
    /// Which kind of task it is.
    pub task_type: Option<String>,
    /// This tool and no other.
    pub tool: Option<String>,
    /// This model and no other.
    pub model: Option<String>,
    /// The most it may cost, in dollars, as decimal digits with at most six places.
    pub max_cost_usd: Option<String>,
    /// The longest it may take, as in `10m`.
    pub timeout: Option<String>,
    /// The conversation to go on with.
    pub resume: Option<String>,
    /// The tasks that it is for; at most 100.
    pub tasks: Vec<String>,
    /// What was agreed to beforehand.
    pub permission: Permission,
}

/// What the person who asks has agreed to beforehand.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Permission {
    /// Questions of policies are answered with yes.
    pub consent: bool,
    /// Limits that may be overridden are.
    pub force: bool,
    /// Why; goes on record.
    pub justification: Option<String>,
}

named!(
    /// How urgent a task is.
    TaskPriority {
        /// Before everything else.
        Critical = "critical",
        /// Soon.
        High = "high",
        /// In between.
        Medium = "medium",
        /// As it comes.
        Normal = "normal",
        /// When there is nothing else.
        Low = "low",
    }
);

named!(
    /// A step of a task.
    TaskMove {
        /// Somebody begins.
        Start = "start",
        /// It is done.
        Complete = "complete",
        /// It is set aside.
        Freeze = "freeze",
    }
);
