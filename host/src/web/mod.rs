//! The HTTP interface and the local dashboard: an adapter between HTTP and a [`Service`].
//!
//! It knows HTTP, its own values, and two traits; it decides nothing about runs, reads no file but
//! its own token's, and reaches no other machine.

mod answer;
mod assets;
mod body;
mod command;
mod connection;
mod desk;
mod dispatch;
mod documents;
mod error;
mod given;
mod guard;
mod kind;
mod lanes;
mod live;
mod log;
mod names;
mod options;
mod parameters;
mod patience;
mod problem;
mod question;
mod render;
mod route;
mod routes;
mod server;
mod service;
mod token;

#[cfg(test)]
mod tests;

pub use answer::{Answer, Done, LogSlice, Payload, Status};
pub use command::{Command, Permission, RunRequest, TaskMove, TaskPriority};
pub use documents::reference;
pub use error::WebError;
pub use live::{Hub, LiveEvent, Topic};
pub use options::{Limits, ServeOptions};
pub use problem::{CODES, Class, Problem, class};
pub use question::{
    CostFormat, CostGroup, CostsQuery, ExportFormat, LogStream, OriginPage, Question, RunStatus,
    RunsQuery,
};
pub use server::serve;
pub use service::{Notice, Service};
pub use token::{Token, TokenFile};
