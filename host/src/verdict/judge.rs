//! Following reroutes until nobody wants another target.
//!
//! Owns the rounds. Every target that is gone to was judged by all policies as the chosen one, so
//! a reroute cannot lead past a policy that minds its end.

use std::time::Duration;

use super::ruling::{Ruling, denial, questions, reroute, verdict};
use crate::model::{Opinion, PolicyDecision, PolicyReason, Question};

/// Reroutes that are followed; one more denies.
pub const MAX_HOPS: usize = 8;

/// What came of asking until nobody rerouted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judged {
    /// What comes of it. [`Ruling::Reroute`] is the last reroute, which was followed already.
    pub ruling: Ruling,
    /// The target at first, and every one that a reroute led to.
    pub path: Vec<u32>,
    /// What each policy said, of all rounds, in the order of asking.
    pub opinions: Vec<Opinion>,
    /// The target to use, unless the ruling is no: the end of the path.
    pub final_chosen: u32,
    /// The longest wait that anybody wanted whose target was gone to.
    pub delay: Duration,
    /// What was not done as a policy wanted it: `reroute_not_followed`.
    pub remarks: Vec<PolicyReason>,
}

/// Ask about `chosen`, and about whatever policies want instead, until nobody wants another target.
///
/// `ask` gets the target that is chosen and the ones before it, and brings the opinions of all
/// policies in the order of the chain. A denial ends it at once. A question stays, wherever the
/// reroutes of others lead; a policy that asks again replaces its own. A target that was chosen
/// before, or more than [`MAX_HOPS`] reroutes, denies with the code `reroute_loop`.
///
/// Where the user named the target (`pinned`), reroutes are remarked upon and not followed.
pub fn judge(
    chosen: u32,
    pinned: bool,
    mut ask: impl FnMut(u32, &[u32]) -> Vec<Opinion>,
) -> Judged {
    let mut rounds = Rounds::new(chosen);
    loop {
        let (current, before) = (rounds.current, &rounds.path[..rounds.path.len() - 1]);
        let round = ask(current, before);
        if let Some(ruling) = rounds.take(round, pinned) {
            return rounds.end(ruling);
        }
    }
}

/// What was heard so far.
struct Rounds {
    current: u32,
    path: Vec<u32>,
    /// Who led to each target after the first.
    guides: Vec<String>,
    opinions: Vec<Opinion>,
    questions: Vec<(String, Question)>,
    reasons: Vec<PolicyReason>,
    rerouted: Option<Ruling>,
    delay: Duration,
    remarks: Vec<PolicyReason>,
}

impl Rounds {
    fn new(chosen: u32) -> Self {
        Self {
            current: chosen,
            path: vec![chosen],
            guides: Vec::new(),
            opinions: Vec::new(),
            questions: Vec::new(),
            reasons: Vec::new(),
            rerouted: None,
            delay: Duration::ZERO,
            remarks: Vec::new(),
        }
    }

    /// One round. Returns what comes of it all, or nothing when there is another to ask about.
    fn take(&mut self, round: Vec<Opinion>, pinned: bool) -> Option<Ruling> {
        self.wait(&round);
        if pinned {
            self.remark(&round);
        }
        self.keep_questions(&round);
        let denied = round.iter().find_map(denial);
        let hop = reroute(&round, Some(self.current), pinned);
        self.opinions.extend(round);
        match (denied, hop) {
            (Some(denied), _) => Some(denied),
            (None, Some(hop)) => self.follow(hop),
            (None, None) => Some(self.verdict_of_all()),
        }
    }

    /// Those who want the target that is chosen anyway may want to wait for it.
    fn wait(&mut self, round: &[Opinion]) {
        for verdict in round.iter().filter_map(verdict) {
            match verdict.decision {
                PolicyDecision::Reroute { target, delay_ms } if target == self.current => {
                    self.delay = self.delay.max(Duration::from_millis(delay_ms));
                }
                _ => {}
            }
        }
    }

    fn remark(&mut self, round: &[Opinion]) {
        for opinion in round {
            let Some(verdict) = verdict(opinion) else {
                continue;
            };
            match verdict.decision {
                PolicyDecision::Reroute { target, .. } if target != self.current => {
                    self.remarks.push(PolicyReason {
                        code: "reroute_not_followed".to_owned(),
                        message: format!(
                            "policy '{}' wants target {target}, but the user named target {}",
                            opinion.policy, self.current
                        ),
                    });
                }
                _ => {}
            }
        }
    }

    fn keep_questions(&mut self, round: &[Opinion]) {
        let (questions, reasons) = questions(round);
        for (policy, question) in questions {
            match self
                .questions
                .iter_mut()
                .find(|(known, _)| *known == policy)
            {
                Some(earlier) => earlier.1 = question,
                None => self.questions.push((policy, question)),
            }
        }
        for reason in reasons {
            if !self.reasons.contains(&reason) {
                self.reasons.push(reason);
            }
        }
    }

    /// Go to another target, unless that would never end.
    fn follow(&mut self, hop: Ruling) -> Option<Ruling> {
        let Ruling::Reroute {
            by, target, delay, ..
        } = &hop
        else {
            return Some(hop);
        };
        self.guides.push(by.clone());
        if self.path.contains(target) || self.guides.len() > MAX_HOPS {
            return Some(self.no_end(by, *target));
        }
        self.current = *target;
        self.path.push(*target);
        self.delay = self.delay.max(*delay);
        self.rerouted = Some(hop);
        None
    }

    fn no_end(&self, by: &str, target: u32) -> Ruling {
        let circle = self.path.iter().position(|seen| *seen == target);
        let guides = &self.guides[circle.unwrap_or_default()..];
        let mut names: Vec<&str> = Vec::new();
        for guide in guides {
            if !names.contains(&guide.as_str()) {
                names.push(guide);
            }
        }
        let names = names.join("', '");
        let message = match circle {
            Some(_) => format!(
                "reroutes come back to target {target}, by '{names}': these policies disagree"
            ),
            None => format!("more than {MAX_HOPS} reroutes in a row, by '{names}'"),
        };
        Ruling::Deny {
            by: by.to_owned(),
            reasons: vec![PolicyReason {
                code: "reroute_loop".to_owned(),
                message,
            }],
        }
    }

    /// Nobody denies, and nobody wants another target.
    fn verdict_of_all(&mut self) -> Ruling {
        if self.questions.is_empty() {
            return self.rerouted.take().unwrap_or(Ruling::Proceed);
        }
        Ruling::Ask {
            questions: std::mem::take(&mut self.questions),
            reasons: std::mem::take(&mut self.reasons),
        }
    }

    fn end(self, ruling: Ruling) -> Judged {
        Judged {
            ruling,
            path: self.path,
            opinions: self.opinions,
            final_chosen: self.current,
            delay: self.delay,
            remarks: self.remarks,
        }
    }
}

#[cfg(test)]
#[path = "judge_tests.rs"]
mod tests;
