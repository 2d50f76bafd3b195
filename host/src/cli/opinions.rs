//! What policies said, one line each.

use crate::model::{Opinion, PolicyJudged};

use super::escape::one_line;

/// Longest sentence that is shown, in characters.
const SENTENCE: usize = 300;

/// A line for each opinion, in the order of asking.
pub(super) fn lines(judged: &PolicyJudged) -> Vec<String> {
    judged.opinions.iter().map(line).collect()
}

fn line(opinion: &Opinion) -> String {
    let name = format!("policy {}", one_line(&opinion.policy, 40));
    let (word, why) = match (&opinion.verdict, &opinion.fault) {
        (Some(verdict), _) => {
            let reasons = verdict
                .reasons
                .iter()
                .map(|it| one_line(&it.message, SENTENCE));
            let why: Vec<String> = reasons.collect();
            (verdict.decision.as_str(), why.join("; "))
        }
        (None, Some(fault)) => ("failed", one_line(fault, SENTENCE)),
        (None, None) => ("failed", String::new()),
    };
    format!("{name:<24} {word:<8} {why}").trim_end().to_owned()
}
