//! A model API on the loopback interface, so that real tools can be run offline.
//!
//! Owns the two wire formats the tools speak (Anthropic Messages, `OpenAI` Responses), the
//! scenarios a server plays, and the ledger of what it was asked. Every completed reply is
//! billed the same, so a test knows the true total from the number of completed replies.
//! Never a model: it answers what the scenario says, whatever the prompt was.

mod answer;
mod http;
mod ledger;
mod messages;
mod responses;
mod scenario;
mod server;

pub use ledger::{Ending, Recorded};
pub use scenario::{Failure, Play, REPLY, Scenario, billed, numbered_text};
pub use server::MockApi;
