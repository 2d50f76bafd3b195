//! What the engine can fail to do before, around, and after an attempt.
//!
//! An attempt that fails is not an error of the engine: it is a result, and it is recorded.

use std::io;
use std::path::PathBuf;

use crate::index::IndexError;
use crate::journal::JournalError;
use crate::model::{AttemptState, PromptTooLong, Question, RunId};
use crate::process::ProcessError;
use crate::routing::RoutingError;
use crate::spool::SpoolError;

use super::denied::Denied;
use super::policy::ChainProblem;

/// Why a command of the engine came to nothing.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EngineError {
    /// No target could be chosen.
    #[error(transparent)]
    Routing(#[from] RoutingError),
    /// A policy, a limit, or the user is against it.
    #[error("take the request on: {}", denied(.0))]
    Denied(Box<Denied>),
    /// The user must be asked first.
    #[error("take the request on before its questions are answered")]
    Questions {
        /// Each with the policy that asks.
        questions: Vec<(String, Question)>,
    },
    /// Policies do not take their configuration.
    #[error("use the configuration of the policies")]
    PolicyConfig {
        /// What they say about it.
        problems: Vec<ChainProblem>,
    },
    /// A policy cannot be tried.
    #[error("try policy '{policy}': {why}")]
    Candidate {
        /// Its name in the chain, or where it is.
        policy: String,
        /// Why.
        why: String,
    },
    /// Others kept taking the room that was seen.
    #[error("find room for it: other requests kept taking what was free; try again")]
    Crowded,
    /// The record could not be written. Nothing was started that is not on record.
    #[error("write the record")]
    Record(#[source] JournalError),
    /// The record could not be read.
    #[error("read the record")]
    ReadRecord(#[source] JournalError),
    /// Whoever asked for a copy of the record does not take it.
    #[error("write the copy")]
    WriteOut(#[source] io::Error),
    /// The index could not be brought up to date.
    #[error("bring the index up to date")]
    Index(#[source] IndexError),
    /// The signals of this process cannot be heard.
    #[error("listen for signals")]
    Listen(#[source] ProcessError),
    /// The system refuses what waiting needs.
    #[error("wait for the tool")]
    Runtime(#[source] io::Error),
    /// The files of an attempt could not be written or read.
    #[error(transparent)]
    Spool(SpoolError),
    /// A supervisor was started by somebody who holds no claim.
    #[error("supervise an attempt: this command is started by tollgate itself")]
    NotHandedOver,
    /// What was written does not say what it must.
    #[error("find the attempt on record")]
    NothingWritten,
    /// The run is not known, or ended too long ago.
    #[error("find run {run} among those that are not over or were the last")]
    NoSuchRun {
        /// The run.
        run: RunId,
    },
    /// Somebody else drives the workflow.
    #[error("drive the workflow of run {run}: somebody else does")]
    Driven {
        /// The run.
        run: RunId,
    },
    /// The run follows no workflow.
    #[error("resume run {run}, which follows no workflow")]
    NoWorkflow {
        /// The run.
        run: RunId,
    },
    /// The workflow is not the one that the run began with.
    #[error("resume run {run} with a workflow that changed since it began")]
    WorkflowChanged {
        /// The run.
        run: RunId,
    },
    /// All of it is done.
    #[error("resume run {run}, all of which is done")]
    NothingToResume {
        /// The run.
        run: RunId,
    },
    /// The answers of earlier steps and the prompt are too long together.
    #[error("put the prompt of step '{step}' together")]
    StepPrompt {
        /// The step.
        step: String,
        /// Why.
        #[source]
        source: PromptTooLong,
    },
    /// An answer that a step needs is gone.
    #[error(
        "find the answer of step '{needed}', which step '{step}' needs: it is not kept any more"
    )]
    StepAnswer {
        /// The step.
        step: String,
        /// The one whose answer it needs.
        needed: String,
    },
    /// Only what is over can be tried again.
    #[error("try run {run} again before it is over")]
    NotOver {
        /// The run.
        run: RunId,
    },
    /// It may have done its work.
    #[error("try run {run} again, which is {}", state.as_str())]
    NotRepeated {
        /// The run.
        run: RunId,
        /// Where it stands.
        state: AttemptState,
    },
    /// What was asked, or its prompt, is gone.
    #[error("find what run {run} asked: it is not kept")]
    NotKept {
        /// The run.
        run: RunId,
    },
    /// The run is being cancelled.
    #[error("add to run {run}, which was cancelled")]
    RunCancelled {
        /// The run.
        run: RunId,
    },
    /// Nothing of this name is kept from use.
    #[error("use '{key}' again: it is not kept from use")]
    NoSuchBreaker {
        /// What was named.
        key: String,
        /// What is kept from use.
        known: Vec<String>,
    },
    /// A prompt or an answer could not be kept.
    #[error("keep content in {path}")]
    Keep {
        /// Where.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
}

fn denied(denied: &Denied) -> &str {
    let first = denied.reasons.first();
    first.map_or("it was denied", |reason| reason.message.as_str())
}
