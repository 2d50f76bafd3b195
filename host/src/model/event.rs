//! The journal's vocabulary: the envelope of an event and the body of each type.
//!
//! The journal (the room) writes and reads these; it adds the checksum, which is not part of the
//! value. Types and fields that this version does not know are kept, never dropped.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::{
    AttemptAdmitted, AttemptCancelRequested, AttemptExited, AttemptIntent, AttemptLost,
    AttemptQueued, AttemptRetried, AttemptSignalled, AttemptSpawnFailed, AttemptStarted,
    AttemptUsage, AttemptWarned, AttemptWithdrawn, BreakerClosed, BreakerOpened, BudgetDenied,
    BudgetOverridden, BudgetReleased, BudgetReserved, BudgetSettled, BudgetWarned, ConfigLoaded,
    IdempotencyKey, InvocationNumber, LogOpened, LogRepaired, LogSegmentOpened, LogSegmentSealed,
    PolicyJudged, PolicyLoaded, PolicyRejected, RoutingDecided, RoutingFellBack,
    RunCancelRequested, RunFinished, RunId, RunSubmitted, WorkflowFinished, WorkflowInterrupted,
    WorkflowResumed, WorkflowStarted,
};

/// Version of the envelope that this program writes. A reader refuses higher ones.
pub const ENVELOPE_VERSION: u32 = 1;

/// Who caused an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// `user`, `agent`, `system`, `api`.
    pub kind: String,
    /// Name, such as the login name or the agent.
    pub name: String,
    /// The way in.
    pub via: Via,
}

/// The way a command came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Via {
    /// The command line.
    Cli,
    /// The HTTP API.
    Http,
    /// A background server.
    Daemon,
    /// An attempt's supervisor.
    Shim,
    /// Recovery after a crash.
    Recovery,
    /// A way that this version does not know.
    #[serde(other)]
    Other,
}

/// What a command wants written; the journal adds everything else.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    /// The run it belongs to.
    pub run: Option<RunId>,
    /// The request within the run.
    pub invocation: Option<InvocationNumber>,
    /// The attempt within the request, from 1.
    pub attempt: Option<u32>,
    /// What happened.
    pub body: Body,
}

impl Draft {
    /// A draft that belongs to no run.
    #[must_use]
    pub fn global(body: Body) -> Self {
        Self {
            run: None,
            invocation: None,
            attempt: None,
            body,
        }
    }
}

/// One line of the journal.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// The log it belongs to: 8 hex digits.
    pub log: String,
    /// Dense, from 1, assigned under the journal's lock.
    pub seq: u64,
    /// Global identity (UUID version 7).
    pub id: Uuid,
    /// When it was written; never earlier than the event before. For display and windows only.
    pub at: Timestamp,
    /// Boot of the machine that wrote it: 8 hex digits.
    pub boot: String,
    /// Microseconds since that boot.
    pub mono_us: u64,
    /// Machine that wrote it.
    pub node: String,
    /// Position within its batch and the batch's size.
    pub batch: (u32, u32),
    /// The run it belongs to.
    pub run: Option<RunId>,
    /// The request within the run.
    pub invocation: Option<InvocationNumber>,
    /// The attempt within the request.
    pub attempt: Option<u32>,
    /// Who caused it.
    pub actor: Actor,
    /// Key of the command that wrote it.
    pub key: Option<IdempotencyKey>,
    /// Sequence number of the event that caused it.
    pub cause: Option<u64>,
    /// What happened.
    pub body: Body,
}

/// An event of a type that this version does not know.
#[derive(Debug, Clone, PartialEq)]
pub struct Unknown {
    /// Its dotted name.
    pub name: String,
    /// Its type version.
    pub version: u32,
    /// Its data, as it was.
    pub data: Value,
}

macro_rules! bodies {
    ($($(#[$doc:meta])* $variant:ident = $name:literal @ $version:literal,)*) => {
        /// What happened, by type. Past tense; the dotted name is what stands in the journal.
        #[expect(
            clippy::large_enum_variant,
            reason = "one at a time is handled, and a box would be in every pattern"
        )]
        #[derive(Debug, Clone, PartialEq)]
        #[non_exhaustive]
        pub enum Body {
            $($(#[$doc])* $variant($variant),)*
            /// A type that this version does not know.
            Unknown(Unknown),
        }

        impl Body {
            /// The dotted name of the type.
            #[must_use]
            pub fn name(&self) -> &str {
                match self {
                    $(Self::$variant(_) => $name,)*
                    Self::Unknown(unknown) => &unknown.name,
                }
            }

            /// The version of the type.
            #[must_use]
            pub fn version(&self) -> u32 {
                match self {
                    $(Self::$variant(_) => $version,)*
                    Self::Unknown(unknown) => unknown.version,
                }
            }

            /// The data as a JSON value.
            ///
            /// # Errors
            /// When a value cannot be expressed in JSON; no body of ours holds such a value.
            pub fn to_data(&self) -> Result<Value, serde_json::Error> {
                match self {
                    $(Self::$variant(body) => serde_json::to_value(body),)*
                    Self::Unknown(unknown) => Ok(unknown.data.clone()),
                }
            }

            /// Read a body back. A type, a newer type version, or data that this version cannot
            /// read is kept as [`Body::Unknown`].
            #[must_use]
            pub fn from_parts(name: &str, version: u32, data: Value) -> Self {
                match (name, version) {
                    $(($name, $version) => match $variant::deserialize(&data) {
                        Ok(body) => Self::$variant(body),
                        Err(_) => Self::Unknown(Unknown { name: name.to_owned(), version, data }),
                    },)*
                    _ => Self::Unknown(Unknown { name: name.to_owned(), version, data }),
                }
            }
        }

        $(impl From<$variant> for Body {
            fn from(body: $variant) -> Self {
                Self::$variant(body)
            }
        })*
    };
}

bodies! {
    /// The first event of every log.
    LogOpened = "log.opened" @ 1,
    /// The last event of a full segment.
    LogSegmentSealed = "log.segment_sealed" @ 1,
    /// The first event of a later segment.
    LogSegmentOpened = "log.segment_opened" @ 1,
    /// A torn line was closed off.
    LogRepaired = "log.repaired" @ 1,
    /// A configuration was used that the log had not seen.
    ConfigLoaded = "config.loaded" @ 1,
    /// A request was accepted.
    RunSubmitted = "run.submitted" @ 1,
    /// A request was answered, or not.
    RunFinished = "run.finished" @ 1,
    /// Somebody wants the whole run stopped.
    RunCancelRequested = "run.cancel_requested" @ 1,
    /// A run follows a plan of steps. Belongs to the run as a whole.
    WorkflowStarted = "workflow.started" @ 1,
    /// Nobody drives the plan any more; what ran is on record, the rest was never started.
    WorkflowInterrupted = "workflow.interrupted" @ 1,
    /// Somebody drives the plan again.
    WorkflowResumed = "workflow.resumed" @ 1,
    /// The plan came to its end.
    WorkflowFinished = "workflow.finished" @ 1,
    /// A target was chosen.
    RoutingDecided = "routing.decided" @ 1,
    /// Another target takes over.
    RoutingFellBack = "routing.fell_back" @ 1,
    /// The policies were asked.
    PolicyJudged = "policy.judged" @ 1,
    /// A policy answers with another component than before.
    PolicyLoaded = "policy.loaded" @ 1,
    /// A policy's component cannot be used.
    PolicyRejected = "policy.rejected" @ 1,
    /// Money, tokens, and a request are set aside for an attempt.
    BudgetReserved = "budget.reserved" @ 1,
    /// An attempt is over, and this is what it counts for.
    BudgetSettled = "budget.settled" @ 1,
    /// What was set aside is free again; nothing was started.
    BudgetReleased = "budget.released" @ 1,
    /// A limit did not allow something.
    BudgetDenied = "budget.denied" @ 1,
    /// A limit is near, or was passed.
    BudgetWarned = "budget.warned" @ 1,
    /// Somebody went beyond a limit knowingly.
    BudgetOverridden = "budget.overridden" @ 1,
    /// Something is not used for a while.
    BreakerOpened = "breaker.opened" @ 1,
    /// It is used again.
    BreakerClosed = "breaker.closed" @ 1,
    /// The same target is tried again.
    AttemptRetried = "attempt.retried" @ 1,
    /// An attempt waits for a slot.
    AttemptQueued = "attempt.queued" @ 1,
    /// An attempt holds a slot, and its supervisor is about to be started.
    AttemptAdmitted = "attempt.admitted" @ 1,
    /// A waiting attempt was taken out of the queue; nothing was started for it.
    AttemptWithdrawn = "attempt.withdrawn" @ 1,
    /// A process is about to be started. Durable before it is.
    AttemptIntent = "attempt.intent" @ 1,
    /// The process runs.
    AttemptStarted = "attempt.started" @ 1,
    /// The process could not be started.
    AttemptSpawnFailed = "attempt.spawn_failed" @ 1,
    /// Tokens and money so far.
    AttemptUsage = "attempt.usage" @ 1,
    /// Something the user should know.
    AttemptWarned = "attempt.warned" @ 1,
    /// Somebody wants it stopped.
    AttemptCancelRequested = "attempt.cancel_requested" @ 1,
    /// A step of the stop ladder was taken.
    AttemptSignalled = "attempt.signalled" @ 1,
    /// The process is gone.
    AttemptExited = "attempt.exited" @ 1,
    /// Nobody can tell how the attempt ended; nothing of it is left.
    AttemptLost = "attempt.lost" @ 1,
}
