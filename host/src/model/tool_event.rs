//! What a tool said, as its adapter understood it.
//!
//! Everything here comes out of a sandbox and is bounded there, yet its text stays hostile:
//! whoever shows it escapes it.

use super::{Basis, Failure, MicroUsd, Usage};

/// What numbers cover, and so how reports combine.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Scope {
    /// One reply of the model, by its id. Same id: replaces; different ids: add up.
    Message(String),
    /// Everything in this process so far. Replaces all before.
    Run,
    /// Everything since this session began, earlier processes included. The host subtracts.
    Session(String),
}

/// Tokens, as reported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsageReport {
    /// What the counts cover.
    pub scope: Scope,
    /// The counts.
    pub usage: Usage,
    /// False: a lower bound.
    pub settled: bool,
    /// The model they belong to, when known.
    pub model: Option<String>,
}

/// Money, as reported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CostReport {
    /// What the amount covers.
    pub scope: Scope,
    /// The amount.
    pub amount: MicroUsd,
    /// [`Basis::Billed`] or [`Basis::Reported`].
    pub basis: Basis,
    /// False: a lower bound.
    pub settled: bool,
}

/// The tool began a turn.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Started {
    /// Its session.
    pub session: Option<String>,
    /// The model that serves, when told here.
    pub model: Option<String>,
    /// The tool's version.
    pub tool_version: Option<String>,
}

/// Words of the model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// Texts with the same id belong to one message.
    pub id: Option<String>,
    /// The words.
    pub content: String,
    /// A piece of a message that is still being written.
    pub partial: bool,
    /// The model that wrote it, when told.
    pub model: Option<String>,
}

/// The agent uses one of its own tools.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolCall {
    /// Identity within the run.
    pub id: String,
    /// Name of the agent's tool.
    pub name: String,
    /// Arguments as JSON text, or a summary.
    pub input_json: String,
    /// Whether it can change anything; `None` counts as yes.
    pub changes_things: Option<bool>,
}

/// What the agent's tool gave back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolOutput {
    /// The call it answers.
    pub id: String,
    /// Whether it worked.
    pub ok: Option<bool>,
    /// Its output.
    pub content: String,
}

/// A quota the tool told about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limit {
    /// Its name.
    pub name: String,
    /// Millionths used.
    pub used_ppm: Option<u32>,
    /// When it resets, in milliseconds since the epoch.
    pub resets_at_ms: Option<u64>,
    /// Whether it stopped the run.
    pub hit: bool,
}

/// The tool's last word. A later one replaces an earlier one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finished {
    /// `done`, `failed`, `cancelled`; anything else counts as failed.
    pub outcome: String,
    /// The answer, when it is not the last complete text.
    pub final_text: Option<String>,
    /// Turns taken.
    pub turns: Option<u32>,
}

/// Something the vocabulary has no case for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// `unrecognised` for input the adapter does not know; otherwise open.
    pub kind: String,
    /// JSON text.
    pub json: String,
}

/// One thing that happened in the tool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ToolEventBody {
    /// A turn began.
    Started(Started),
    /// Words for the user.
    Text(Text),
    /// Words of reasoning.
    Thinking(Text),
    /// The agent acts.
    ToolCall(ToolCall),
    /// The act's result.
    ToolOutput(ToolOutput),
    /// Tokens.
    Usage(UsageReport),
    /// Money.
    Cost(CostReport),
    /// A quota.
    Limit(Limit),
    /// A failure, fatal or passing.
    Failure(Failure),
    /// The last word.
    Finished(Finished),
    /// Anything else.
    Note(Note),
}

/// An event with the chunk it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolEvent {
    /// The chunk's number; 0 when it comes from the end of the process.
    pub seq: u64,
    /// What happened.
    pub body: ToolEventBody,
}

/// What an adapter wants done next; the host may refuse.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Write these bytes to standard input.
    WriteStdin(Vec<u8>),
    /// Close standard input.
    CloseStdin,
    /// Begin the stop ladder.
    Interrupt,
    /// Not known to this host; refused visibly.
    Other(String, String),
}

/// What an adapter made of some output.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Step {
    /// What happened.
    pub events: Vec<ToolEvent>,
    /// What it wants done.
    pub actions: Vec<Action>,
}
