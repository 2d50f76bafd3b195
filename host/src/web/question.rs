//! What can be read, as values: one [`Question`] for each reading route.
//!
//! The values were checked against the route table before they stand here: bounds, formats, and
//! closed sets hold. Whether something exists is for whoever answers.

use super::names::named;

/// Something to read. Answering it never changes anything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Question {
    /// The landing page: what runs, what needs somebody, what it costs.
    Overview,
    /// A page of the list of runs.
    Runs(RunsQuery),
    /// One run with its invocations and attempts.
    Run {
        /// The run, as the client spelled it.
        run: String,
    },
    /// Why a run was routed, judged, and ended as it was.
    Why {
        /// The run.
        run: String,
    },
    /// The record's lines about a run.
    RunEvents {
        /// The run.
        run: String,
        /// Only events with a greater sequence number.
        after: Option<u64>,
        /// At most so many; 1 to 1000.
        limit: u32,
    },
    /// A run in a format for other programs.
    Export {
        /// The run.
        run: String,
        /// Which format.
        format: ExportFormat,
    },
    /// One attempt.
    Attempt {
        /// The attempt, as in `RUN-20261123-001.i1.a1`.
        id: String,
    },
    /// A piece of what an attempt's tool printed.
    Log {
        /// The attempt.
        id: String,
        /// Which of its streams.
        stream: LogStream,
        /// The first byte.
        offset: u64,
        /// At most so many bytes; 0 (only the figures are wanted) to 1 MiB.
        limit: u64,
    },
    /// The answer of an attempt, as text.
    AnswerText {
        /// The attempt.
        id: String,
    },
    /// What things cost, by group.
    Costs(CostsQuery),
    /// The limits, what is set aside, and what they do not know of.
    Budgets,
    /// The configured agents.
    Agents,
    /// The configured tools.
    Tools,
    /// The configured models.
    Models,
    /// The policies in force and their last verdicts.
    Policies,
    /// The components and how they are doing.
    Plugins,
    /// The breakers that are not closed.
    Breakers,
    /// Initiatives with their specifications and tasks.
    Initiatives,
    /// One specification.
    Spec {
        /// Relative, without `.` and `..`; links are the reader's to refuse.
        path: String,
    },
    /// The tasks of the board.
    Tasks {
        /// Whether finished tasks are wanted, too.
        include_done: bool,
    },
    /// One task.
    Task {
        /// The task.
        id: String,
    },
    /// What `tollgate doctor` finds.
    Doctor,
    /// Figures for Prometheus, in its text format.
    Metrics,
    /// A page in the shape of the program that came before.
    Origin(OriginPage),
}

/// Which runs are wanted. Everything that is given must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RunsQuery {
    /// Runs in this state.
    pub status: Option<RunStatus>,
    /// Runs of this agent.
    pub agent: Option<String>,
    /// Runs that used this tool.
    pub tool: Option<String>,
    /// Runs that used this model.
    pub model: Option<String>,
    /// Runs for tasks of this initiative.
    pub initiative: Option<String>,
    /// Runs for this task.
    pub task: Option<String>,
    /// Found in the id, agent, tool, model, workflow, or failure code; at most 100 characters.
    pub q: Option<String>,
    /// Only runs older than this one, which is not among them.
    pub before: Option<String>,
    /// At most so many; 1 to 200.
    pub limit: u32,
}

/// Which costs are wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CostsQuery {
    /// What a line of the answer stands for.
    pub group: CostGroup,
    /// The first day, as `YYYY-MM-DD`.
    pub since: Option<String>,
    /// The last day, as `YYYY-MM-DD`.
    pub until: Option<String>,
    /// Of this agent alone.
    pub agent: Option<String>,
    /// How it is written.
    pub format: CostFormat,
}

/// A page in the shape of the program that came before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OriginPage {
    /// Counts of tasks and costs.
    Stats,
    /// The board.
    Tasks {
        /// Whether finished tasks are wanted, too.
        include_done: bool,
    },
    /// The finished tasks.
    FinishedTasks,
    /// Initiatives with their specifications and tasks.
    Portfolio,
    /// The agents and their tasks.
    AgentsPortfolio,
}

named!(
    /// The state of a run.
    RunStatus {
        /// On record, nothing started.
        Submitted = "submitted",
        /// Something is at work.
        Running = "running",
        /// Over, and everything worked.
        Done = "done",
        /// Over, and something did not work.
        Failed = "failed",
        /// Over, because somebody ended it.
        Cancelled = "cancelled",
    }
);

named!(
    /// How a run is exported.
    ExportFormat {
        /// One document with everything in it.
        Json = "json",
        /// Its own lines of the journal.
        Jsonl = "jsonl",
        /// Its events under the names of the program that came before.
        OriginJsonl = "origin-jsonl",
        /// `run.yaml`.
        Yaml = "yaml",
        /// Spans for OpenTelemetry.
        Otlp = "otlp",
    }
);

named!(
    /// One of a program's output streams.
    LogStream {
        /// Standard output.
        Stdout = "stdout",
        /// Standard error.
        Stderr = "stderr",
    }
);

named!(
    /// What a line of the costs stands for.
    CostGroup {
        /// A day.
        Day = "day",
        /// A week.
        Week = "week",
        /// A month.
        Month = "month",
        /// An agent.
        Agent = "agent",
        /// A tool.
        Tool = "tool",
        /// A model.
        Model = "model",
        /// A run.
        Run = "run",
        /// An initiative.
        Initiative = "initiative",
    }
);

named!(
    /// How costs are written.
    CostFormat {
        /// A document.
        Json = "json",
        /// A table.
        Csv = "csv",
    }
);
