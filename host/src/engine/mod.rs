//! Coordination: a request in, effects performed in the right order, a report out.
//!
//! The engine owns the order of things (record before act), not the decisions: those are
//! `routing`'s, `lifecycle`'s, and `accounting`'s. It never reads configuration files and never
//! prints.

mod adapters;
mod admit;
mod aftermath;
mod attempt;
mod breakers;
mod cancel;
mod catalogue;
mod closing;
mod content;
mod decided;
mod denied;
mod desk;
mod distribute;
mod doctor;
mod drive;
mod error;
mod exec;
mod exit_file;
mod finances;
mod follow;
mod follow_up;
mod following;
mod forget;
mod gate;
mod house;
mod launch;
mod ledger;
mod maintenance;
mod new_attempt;
mod notices;
mod origin;
mod origin_names;
mod outcome;
mod page;
mod policy;
mod prepare;
mod preview;
mod process_file;
mod progress;
mod purse;
mod raw;
mod reading;
mod record;
mod recover;
mod refuse;
mod report;
mod request;
mod retry;
mod run_end;
mod settle;
mod simulate;
mod spending;
mod start;
mod submit;
mod supervise;
mod tail;
mod task_files;
pub mod tell;
mod tidy;
mod turn;
mod viewing;
mod weigh;
mod weighed;
mod wishes;
mod workflow;

pub use crate::budget::{Beyond, Reservation, Standing, Window};
pub use crate::journal::{JournalError, VerifyReport};
pub use crate::lifecycle::{Breaker, BreakerState, exit_code};
pub use crate::process::MARKER;
pub use crate::routing::{RouteRequest, RoutingError};
pub use adapters::{InspectedAdapter, PluginLimits, adapters_in_force};
pub use breakers::breakers;
pub use cancel::{Cancel, Cancelled};
pub use catalogue::{Indexed, log_of, rebuild_index, refresh_index};
pub use denied::{Denied, DeniedLimit};
pub use desk::Desk;
pub use distribute::{DirectDistributor, Distributor, ExecutionHandle};
pub use doctor::{Area, Check, Examination, Mended, ToolProbe, Verdict, tool_checks};
pub use error::EngineError;
pub use exec::{look_on, typed, wait, within};
pub use exit_file::{End, ExitFile, Next};
pub use finances::{Finances, finances};
pub use follow::Follow;
pub use house::{Engine, EngineOptions, adapter_ids, availability};
pub use launch::{Asked, Kept, Launch};
pub use ledger::{
    KnownPlan, KnownRun, Ledger, OpenAttempt, OpenInvocation, OpenWork, Part, PlanState,
};
pub use maintenance::{export_journal, verify_journal};
pub use origin::{LogPaths, OriginLine, OriginLines};
pub use origin_names::{OriginKind, Vocabulary};
pub use outcome::Context;
pub use page::run_yaml;
pub use policy::{Chain, ChainProblem, Inspected, Link, chain_in_force, check_chain};
pub use preview::{Obstacle, Preview, preview};
pub use process_file::ProcessFile;
pub use progress::{Progress, Unwatched, Warning, Watcher};
pub use raw::RawLog;
pub use reading::Reading;
pub use recover::Recovered;
pub use report::{AttemptReport, ExecReport, UsageReport};
pub use request::{Consent, ExecRequest};
pub use retry::Retry;
pub use simulate::{
    Change, Course, Difference, Faults, NotJudged, PolicyTimes, Requests, Sides, Simulation,
    SimulationOrder, Spend, Swap, Tried, Unjudged, simulate,
};
pub use start::SUPERVISE;
pub use submit::{Submission, Submitted};
pub use supervise::supervise;
pub use tail::Tail;
pub use task_files::TaskFiles;
pub use workflow::{StepEvent, StepReport, Steps, WorkflowOrder, WorkflowReport};
