//! The command line as it is written down for people: commands, options, help texts.
//!
//! Nothing here acts; each command has a file of its own.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};

use crate::model::{RunId, TaskId};

pub(crate) use super::board::{InitiativeCommand, TaskCommand};
pub(crate) use super::policy::args::PolicyCommand;
use super::prices::UpdatePricesArgs;
pub(crate) use super::run::args::{PriorityArg, RunCommand, RunPart};
use super::run::args::{parse_part, parse_run};
use super::serve::ServeArgs;
pub(crate) use super::stats_args::{By, Format, StatsArgs};
pub(crate) use super::telemetry::args::TelemetryCommand;
use super::values::{parse_duration, parse_justification, parse_task, parse_usd};

const AFTER_HELP: &str = "\
Exit status: 0 done · 1 refused or failed · 2 usage · 70 a bug of ours · 74 the record could not
be written · 124 timed out · 130 cancelled. With --json the error's code tells which.

Start here: tollgate demo, then tollgate init.";

/// A local control plane for LLM command-line agents.
#[derive(Debug, Parser)]
#[command(name = "tollgate", version, about, after_help = AFTER_HELP, propagate_version = true)]
#[command(disable_help_subcommand = true)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Options that every command takes.
#[derive(Debug, Clone, Args)]
pub(crate) struct Global {
    /// Read the configuration from this directory (and trust it).
    #[arg(
        long,
        global = true,
        value_name = "DIR",
        help_heading = "Global options"
    )]
    pub(crate) config_dir: Option<PathBuf>,
    /// Keep the journal and its index in this directory.
    #[arg(
        long,
        global = true,
        value_name = "DIR",
        help_heading = "Global options"
    )]
    pub(crate) state_dir: Option<PathBuf>,
    /// Print one JSON document on stdout, errors too.
    #[arg(long, global = true, help_heading = "Global options")]
    pub(crate) json: bool,
    /// Never colour the output (NO_COLOR does the same).
    #[arg(long, global = true, help_heading = "Global options")]
    pub(crate) no_color: bool,
    /// Say only what went wrong.
    #[arg(short, long, global = true, help_heading = "Global options")]
    pub(crate) quiet: bool,
    /// Say more: candidates, adapter, timings.
    #[arg(
        short,
        long,
        global = true,
        conflicts_with = "quiet",
        help_heading = "Global options"
    )]
    pub(crate) verbose: bool,
}

/// What can be asked for.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// A guided first run with a bundled stand-in tool; nothing to install.
    Demo,
    /// Write a configuration for the tools found here (= config init).
    Init(InitArgs),
    /// Send a prompt to an agent and print the answer.
    Exec(Box<ExecArgs>),
    /// Requests that run by themselves: submit, watch, cancel.
    #[command(subcommand)]
    Run(RunCommand),
    /// Requests that follow each other, as one run.
    #[command(subcommand)]
    Workflow(WorkflowCommand),
    /// What ran and what it cost.
    Stats(StatsArgs),
    /// Why a request went where it went: targets, policies, limits, and what followed.
    Why {
        /// The run, or one of its requests: RUN-20261122-001, RUN-20261122-001.i2.
        #[arg(value_parser = parse_part)]
        run: RunPart,
    },
    /// Who is asked before a request, and what they said.
    #[command(subcommand)]
    Policy(PolicyCommand),
    /// What is spent, what is set aside, and what is left.
    #[command(subcommand)]
    Budget(BudgetCommand),
    /// What is kept from use for a while because it failed.
    #[command(subcommand)]
    Breaker(BreakerCommand),
    /// Check, write, show, and trust the configuration.
    #[command(subcommand)]
    Config(ConfigCommand),
    /// The agents of the configuration.
    #[command(subcommand)]
    Agent(ListCommand),
    /// The tools of the configuration, and whether they are here.
    #[command(subcommand)]
    Tool(ListCommand),
    /// The models of the configuration, with their prices.
    #[command(subcommand)]
    Model(ModelCommand),
    /// Work as files: initiatives, their specifications, and how far they have come.
    #[command(subcommand)]
    Initiative(InitiativeCommand),
    /// The tasks of the board: list them, take one a step further.
    #[command(subcommand)]
    Task(TaskCommand),
    /// The dashboard and its API, on this machine only.
    Serve(ServeArgs),
    /// What an OpenTelemetry collector is told of all this; off unless you name one.
    #[command(subcommand)]
    Telemetry(TelemetryCommand),
    /// The append-only record.
    #[command(subcommand)]
    Journal(JournalCommand),
    /// The index over the record; can be thrown away.
    #[command(subcommand)]
    Index(IndexCommand),
    /// Own one attempt; started by tollgate itself.
    #[command(name = "__supervise", hide = true)]
    Supervise {
        /// Where the record lives.
        state_dir: PathBuf,
        /// The attempt, such as RUN-20261122-001.i1.a1.
        attempt: crate::model::AttemptRef,
    },
    /// Look for what is not in order: record, runs, files, tools, this machine.
    Doctor(DoctorArgs),
    /// Print a completion script for a shell.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
    /// Print the version.
    Version,
}

/// What is asked, and of whom.
#[derive(Debug, Args)]
pub(crate) struct RequestArgs {
    /// The agent that asks: a role in agents.yaml.
    #[arg(short, long)]
    pub(crate) agent: String,
    /// The prompt; left out, it is read from --prompt-file or from standard input.
    #[arg(conflicts_with = "prompt_file", allow_hyphen_values = false)]
    pub(crate) prompt: Option<String>,
    /// Read the prompt from this file (`-` for standard input).
    #[arg(long, value_name = "FILE")]
    pub(crate) prompt_file: Option<PathBuf>,
    /// Kind of task; may choose the model.
    #[arg(long, value_name = "TYPE")]
    pub(crate) task_type: Option<String>,
    /// A task that it is for, by its name; may be repeated.
    #[arg(long = "task", value_name = "ID", value_parser = parse_task)]
    pub(crate) tasks: Vec<TaskId>,
    /// Put this file before the prompt as context; may be repeated.
    #[arg(long, value_name = "FILE")]
    pub(crate) context: Vec<PathBuf>,
    /// Join this run instead of starting one: its requests belong together.
    #[arg(long, value_name = "RUN", value_parser = parse_run)]
    pub(crate) run: Option<RunId>,
    /// Insist on this tool; switches the fallback off.
    #[arg(long)]
    pub(crate) tool: Option<String>,
    /// Insist on this model; switches the fallback off.
    #[arg(long)]
    pub(crate) model: Option<String>,
    /// The first choice or nothing.
    #[arg(long)]
    pub(crate) no_fallback: bool,
    /// Stop the tool when it has cost this much, in US dollars.
    #[arg(long, value_name = "USD", value_parser = parse_usd)]
    pub(crate) max_cost: Option<crate::model::MicroUsd>,
    /// Stop the tool after this long, such as 90s, 30m, 2h.
    #[arg(long, value_name = "DUR", value_parser = parse_duration)]
    pub(crate) timeout: Option<Duration>,
    /// Go on with a session of the tool.
    #[arg(long, value_name = "SESSION")]
    pub(crate) resume: Option<String>,
    /// Who goes first when all slots are taken.
    #[arg(long, value_enum, default_value_t = PriorityArg::Normal)]
    pub(crate) priority: PriorityArg,
    /// Answer yes to whatever a policy asks.
    #[arg(long)]
    pub(crate) yes: bool,
    /// Go ahead where a policy may be overridden; needs --justification, which is recorded.
    #[arg(long, requires = "justification")]
    pub(crate) force: bool,
    /// Why: kept with the run on record.
    #[arg(long, value_name = "TEXT", value_parser = parse_justification)]
    pub(crate) justification: Option<String>,
}

/// Options of `exec`.
#[derive(Debug, Args)]
pub(crate) struct ExecArgs {
    #[command(flatten)]
    pub(crate) request: RequestArgs,
    /// Write the answer to this file as well.
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Print the answer piece by piece as the model writes it.
    #[arg(long)]
    pub(crate) stream: bool,
    /// Decide and explain, but run nothing and record nothing.
    #[arg(long)]
    pub(crate) dry_run: bool,
}

/// Commands on workflows.
#[derive(Debug, Subcommand)]
pub(crate) enum WorkflowCommand {
    /// Run the steps of a workflow file, side by side where nothing forbids it.
    Run(WorkflowRunArgs),
    /// Check a workflow file and report every mistake at once.
    Check {
        /// The file.
        file: PathBuf,
    },
}

/// Options of `workflow run`.
#[derive(Debug, Args)]
pub(crate) struct WorkflowRunArgs {
    /// The workflow's file; with --resume, by default the one that the run began with.
    pub(crate) file: Option<PathBuf>,
    /// Go on with this run: what is done is not repeated.
    #[arg(long, value_name = "RUN", value_parser = parse_run)]
    pub(crate) resume: Option<RunId>,
}

/// Options of `init`.
#[derive(Debug, Args)]
pub(crate) struct InitArgs {
    /// Which configuration to write; see `config templates`.
    #[arg(long, default_value = "quick-start")]
    pub(crate) template: String,
    /// Where to; by default the directory that --config-dir names, else `.tollgate` here.
    #[arg(long, value_name = "DIR")]
    pub(crate) output: Option<PathBuf>,
    /// Replace files that are there.
    #[arg(long)]
    pub(crate) force: bool,
}

/// Commands on the configuration.
#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Check every file and report every mistake at once.
    Validate,
    /// Write a configuration for the tools found here.
    Init(InitArgs),
    /// Print the settings in force, or one file as it is.
    Show {
        /// agents, tools, models, policies, telemetry.
        file: Option<String>,
    },
    /// Print the JSON Schema of a file, for editors.
    Schema {
        /// agents, tools, models, policies, telemetry, workflow.
        file: Option<String>,
    },
    /// The configurations that `init` can write.
    Templates,
    /// Turn files of the older layout into the present one.
    Migrate {
        /// Directory with the old files.
        from: PathBuf,
        /// Directory for the new ones.
        #[arg(long, value_name = "DIR")]
        output: PathBuf,
        /// Replace files that are there.
        #[arg(long)]
        force: bool,
    },
    /// Allow this project's configuration to name programs.
    Trust,
}

/// Options of `doctor`.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct DoctorArgs {
    /// Mend what can be mended safely; without it nothing is changed.
    #[arg(long)]
    pub(crate) fix: bool,
}

/// Commands on models.
#[derive(Debug, Subcommand)]
pub(crate) enum ModelCommand {
    /// List them.
    List,
    /// Read a price list into prices.yaml; what ran before keeps its prices.
    UpdatePrices(UpdatePricesArgs),
}

/// Listing.
#[derive(Debug, Clone, Copy, Subcommand)]
pub(crate) enum ListCommand {
    /// List them.
    List,
}

/// Commands on budgets.
#[derive(Debug, Clone, Copy, Subcommand)]
pub(crate) enum BudgetCommand {
    /// Every limit: where it stands, how fast it is used, and when it will be used up.
    Show,
}

/// Commands on breakers.
#[derive(Debug, Subcommand)]
pub(crate) enum BreakerCommand {
    /// Accounts, tools, and models that failed and have not worked since.
    List,
    /// Use one of them again at once; say so when you have seen to the trouble.
    Reset {
        /// Its key, as `breaker list` shows it: an account, a tool, or tool:model.
        key: String,
    },
}

/// Commands on the journal.
#[derive(Debug, Subcommand)]
pub(crate) enum JournalCommand {
    /// Read every line and account for every byte.
    Verify,
    /// Print every good record as it stands, one JSON object a line.
    Export,
}

/// Commands on the index.
#[derive(Debug, Clone, Copy, Subcommand)]
pub(crate) enum IndexCommand {
    /// Make it anew from the journal.
    Rebuild,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
