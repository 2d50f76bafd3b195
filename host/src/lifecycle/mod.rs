//! How attempts and runs go from submission to their end, as decisions without effects.
//!
//! Pure: facts in, decisions out. What state follows which, which status a run has, who may start,
//! what became of an attempt whose supervisor is gone, what an end means, and which words are the
//! answer. The engine gathers the facts and performs what follows; the index asks the same
//! functions, so that a record means the same whenever it is read.

mod admission;
mod answer;
mod attempt;
mod breaker;
mod breaker_rules;
mod failure_class;
mod fallback;
mod fate;
mod next;
mod outcome;
mod run;
mod served;
mod workflow;

pub use admission::{Waiting, admissible};
pub use answer::{ANSWER_CAP, Answer, Shown};
pub use attempt::{AttemptEvent, Illegal, advance};
pub use breaker::{Accounts, Breaker, BreakerState, Breakers, OpenBreaker};
pub use breaker_rules::Ended;
pub use failure_class::{FailureClass, class};
pub use fallback::{Effects, may_fall_back};
pub use fate::{Evidence, Fate, SETTLING, fate};
pub use next::{Failed, NextStep, next_step};
pub use outcome::{AttemptFacts, conclude, exit_code};
pub use run::{Plan, is_cancel, run_status, status_after};
pub use served::is_same_model;
pub use workflow::{Next, StepFact, StepState, for_resume, next_steps};
