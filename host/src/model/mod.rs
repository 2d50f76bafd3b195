//! The nouns that every room shares: ids, money, tokens, settings, plans, events.
//!
//! Values only: nothing here reads a file, a clock, or the environment, starts a program,
//! or decides anything. Rooms meet in these types and nowhere else.

mod budget;
mod clock;
mod cursor;
mod decision;
mod event;
mod event_data;
mod excerpt;
mod failure;
mod handoff;
mod ids;
mod money;
mod otlp;
mod outcome;
mod plan;
mod policy;
mod policy_data;
mod prompt;
mod run_data;
mod settings;
mod state;
mod tool_event;
mod usage;
mod workflow;

pub use budget::{
    AfterChanges, Amounts, BudgetLimit, FallbackRules, LimitScope, Metric, OnUnpriced, Period,
};
pub use clock::{Clock, FixedClock, SystemClock};
pub use cursor::Cursor;
pub use decision::{Availability, Candidate, Decision, Reason, Rejection, Target};
pub use event::{Actor, Body, Draft, ENVELOPE_VERSION, Event, Unknown, Via};
pub use event_data::{
    AdapterIdentity, AttemptCancelRequested, AttemptExited, AttemptIntent, AttemptSignalled,
    AttemptSpawnFailed, AttemptStarted, AttemptUsage, AttemptWarned, ConfigLoaded, FileDigest,
    LogOpened, LogRepaired, LogSegmentOpened, LogSegmentSealed, OutputRef, RoutingDecided,
    RoutingFellBack, RunFinished, RunSubmitted, SessionTotals,
};
pub(crate) use excerpt::{excerpt, is_treacherous};
pub use failure::{Failure, FailureCode, sentence};
pub use handoff::{ChangedNames, FileChanges, Handoff, NAMES_KEPT, handoff_note};
pub use ids::{
    AgentName, AttemptRef, Digest, IdempotencyKey, InvocationNumber, ModelName, RunId, SessionId,
    TaskId, ToolName,
};
pub use money::{Basis, Cost, MicroUsd, Price, Prices};
pub use otlp::{NotAnEndpoint, Otlp, OtlpEndpoint, OtlpNames};
pub use outcome::{AttemptOutcome, ExitStatus, StopReason};
pub use plan::{
    AdapterAbout, AdapterTask, Argument, Chunk, Command, CommandPlan, Cut, Detection, EnvValue,
    Framing, Input, ProbeOutput, PromptEncoding, PromptFraming, Source, StopSignal, StopStep,
};
pub use policy::{
    Opinion, Phase, PolicyAbout, PolicyAttempt, PolicyDecision, PolicyDiagnostic, PolicyReason,
    PolicyRequest, PolicyTarget, PolicyWindow, Question, Verdict,
};
pub use policy_data::{
    AttemptRetried, BreakerClosed, BreakerOpened, BreakerScope, BudgetDenied, BudgetOverridden,
    BudgetReleased, BudgetReserved, BudgetSettled, BudgetWarned, LimitStand, PolicyJudged,
    PolicyLoaded, PolicyRejected,
};
pub use prompt::{ContextPart, PROMPT_CAP, PromptTooLong, context_block, with_context};
pub use run_data::{
    AttemptAdmitted, AttemptLost, AttemptQueued, AttemptWithdrawn, LostReason, OnFailure,
    ProcessRef, RunCancelRequested, StepName, WorkflowFinished, WorkflowInterrupted,
    WorkflowResumed, WorkflowStarted,
};
pub use settings::{
    Account, AdapterSource, Agent, Concurrency, CostOptimization, DatedPrices, InputMode,
    LimitKind, Model, PolicyEntry, PolicySource, PrivacyLevel, Profile, RateLimits, Settings,
    Telemetry, Tool,
};
pub use state::{AttemptState, Priority, RunStatus};
pub use tool_event::{
    Action, CostReport, Finished, Limit, Note, Scope, Started, Step, Text, ToolCall, ToolEvent,
    ToolEventBody, ToolOutput, UsageReport,
};
pub use usage::{Exactness, Usage};
pub use workflow::{StepPrompt, Workflow, WorkflowStep};
