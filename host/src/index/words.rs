//! What a run can be found by: the words that somebody may remember of it. Pure.
//!
//! Words are collected event by event and never taken back, so a run is found by a target that
//! failed as well as by the one that took over. It never holds a prompt, an answer, or a path.

use crate::model::{Body, RunId, Target};

use super::invocation::proper;

/// The most that is kept for one run, in bytes. What a run of hundreds of requests says beyond that
/// does not find it.
const MOST: usize = 4096;

/// Words in lower case, one a line: the run, agents, tools, models, tasks, the workflow, and codes
/// of failures.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Words(String);

impl Words {
    /// Of a run of which nothing else is known.
    pub(super) fn new(run: &RunId) -> Self {
        let mut words = Self::default();
        words.add(run.as_str());
        words
    }

    /// As it was stored.
    pub(super) fn stored(text: String) -> Self {
        Self(text)
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    /// What is looked for, as it is looked for: a piece of a word, whatever its case.
    pub(super) fn wanted(text: &str) -> String {
        text.trim().to_lowercase()
    }

    /// Take in what an event names.
    pub(super) fn take(&mut self, body: &Body) {
        match body {
            Body::RunSubmitted(submitted) => {
                self.add(submitted.agent.as_str());
                for task in proper(&submitted.tasks) {
                    self.add(task.as_str());
                }
            }
            Body::WorkflowStarted(started) => self.add(&started.name),
            Body::RoutingDecided(decided) => self.add_target(&decided.target),
            Body::RoutingFellBack(fell_back) => {
                self.add_target(&fell_back.to);
                self.add(fell_back.code.as_str());
            }
            Body::AttemptIntent(intent) => self.add_target(&intent.target),
            Body::AttemptSpawnFailed(failed) => self.add(failed.code.as_str()),
            Body::AttemptExited(exited) => {
                self.add_target(&exited.target);
                if let Some(code) = &exited.failure_code {
                    self.add(code.as_str());
                }
            }
            Body::AttemptLost(lost) => self.add_target(&lost.target),
            _ => {}
        }
    }

    fn add_target(&mut self, target: &Target) {
        self.add(target.tool.as_str());
        self.add(target.model.as_str());
    }

    fn has(&self, word: &str) -> bool {
        self.0.split('\n').any(|known| known == word)
    }

    fn add(&mut self, word: &str) {
        // Most words are there already, as they are.
        if word.is_empty() || self.has(word) {
            return;
        }
        // A word that had several lines would be several words.
        let word = word.to_lowercase().replace('\n', " ");
        if self.has(&word) || self.0.len() + word.len() >= MOST {
            return;
        }
        if !self.0.is_empty() {
            self.0.push('\n');
        }
        self.0.push_str(&word);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_kept_once_in_lower_case_and_bounded() {
        let mut words = Words::new(&RunId::new("RUN-20261122-001"));
        for word in ["Ärger", "ärger", "", "two\nlines", "run-20261122-001"] {
            words.add(word);
        }
        assert_eq!(words.as_str(), "run-20261122-001\närger\ntwo lines");
        assert_eq!(Words::wanted("  ÄRG "), "ärg");
        for n in 0..10_000 {
            words.add(&format!("task-{n}"));
        }
        assert!(words.as_str().len() <= MOST);
    }
}
