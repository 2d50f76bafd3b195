//! Behaviour seen from outside, and the rules that the source itself must keep.

mod budgets;
mod chain;
mod config;
mod config_init;
mod consent;
mod contracts;
mod doctor;
mod door;
mod environment;
mod exec;
mod exec_document;
mod fallback;
mod floors;
mod foreign;
#[expect(dead_code, reason = "the hostile suite uses all of it")]
#[path = "../hostile/forge.rs"]
mod forge;
mod honesty;
#[expect(dead_code, reason = "the hostile suite uses all of it")]
#[path = "../hostile/image.rs"]
mod image;
mod journal;
mod model_choice;
mod policies;
#[expect(dead_code, reason = "the hostile suite uses all of it")]
#[path = "../hostile/policy_forge.rs"]
mod policy_forge;
mod privacy;
mod prompts;
mod query;
mod record;
mod recordings;
mod routing;
mod runs;
mod serve;
mod serve_board;
mod serve_curl;
mod serve_document;
mod sessions;
mod simulate;
mod stand_in;
mod standing;
mod stats;
mod stopping;
mod tail;
mod telemetry;
mod waiting;
mod why;
mod workflow;
