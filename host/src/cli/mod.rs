//! The command line: one file per command, one place for failures, one for printing.
//!
//! It reads arguments, asks the rooms below, and shows what they say. It decides nothing about
//! routing, money, or outcomes.

mod answer_file;
mod args;
mod board;
mod breaker;
mod budget;
mod config;
mod consent;
mod demo;
mod doctor;
mod dry_run;
mod escape;
mod exec;
mod failure;
mod front;
mod init;
mod journal;
mod limits;
mod list;
mod narrate;
mod open;
mod opinions;
mod policy;
mod prices;
mod prompt;
mod refusal;
mod run;
mod savings;
mod screen;
mod serve;
mod simulate;
mod stand_in;
mod stats;
mod stats_args;
mod supervise;
mod table;
mod telemetry;
mod values;
mod why;
mod workflow;

pub use front::main;
