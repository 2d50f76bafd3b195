//! How one attempt goes from intent to its end, as decisions without effects.
//!
//! Pure: facts in, outcome out. The engine gathers the facts and performs what follows.

mod answer;
mod fallback;
mod outcome;
mod served;
mod workflow;

pub use answer::{ANSWER_CAP, Answer, Shown};
pub use fallback::{Effects, may_fall_back};
pub use outcome::{AttemptFacts, conclude, exit_code};
pub use served::is_same_model;
pub use workflow::{Next, StepFact, StepState, for_resume, next_steps};
