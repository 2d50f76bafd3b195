//! How one attempt goes from intent to its end, as decisions without effects.
//!
//! Pure: facts in, outcome out. The engine gathers the facts and performs what follows.

mod answer;
mod fallback;
mod outcome;
mod served;

pub use answer::{ANSWER_CAP, Answer, Shown};
pub use fallback::{Effects, may_fall_back};
pub use outcome::{AttemptFacts, conclude, exit_code};
pub use served::is_same_model;
