//! What a person sees while a request is worked on.
//!
//! Answers go to stdout as they come, everything else to stderr. All of it is hostile text.

use crate::engine::{Progress, Watcher};
use crate::model::{Decision, Failure, Target};

use super::escape::one_line;
use super::screen::Screen;

/// Longest line of talk about a failure or a warning, in characters.
const LINE: usize = 400;

/// Shows progress on a screen.
pub(super) struct Narrator {
    screen: Screen,
    agent: String,
    /// Something of the answer was printed.
    answered: bool,
    ends_with_newline: bool,
    /// What runs, for the line that says how long it has been at it.
    running: String,
}

impl Narrator {
    pub(super) fn new(screen: Screen, agent: &str) -> Self {
        Self {
            screen,
            agent: agent.to_owned(),
            answered: false,
            ends_with_newline: true,
            running: String::new(),
        }
    }

    /// End the answer's last line.
    pub(super) fn end_answer(&mut self) {
        self.screen.clear_status();
        if self.answered && !self.ends_with_newline {
            self.screen.answer("\n");
            self.ends_with_newline = true;
        }
    }

    fn answer(&mut self, piece: &str) {
        if self.screen.json() || piece.is_empty() {
            return;
        }
        self.screen.answer(piece);
        self.answered = true;
        self.ends_with_newline = piece.ends_with('\n');
    }

    fn routed(&self, decision: &Decision) {
        if decision.fallback_used
            && let Some(original) = &decision.original
        {
            self.screen.warn(&unavailable(original.tool.as_str(), true));
        }
        self.screen.note(&format!(
            "{} → {} ({})",
            self.agent, decision.target, decision.reason.message
        ));
        if self.screen.verbose() {
            explain(decision, self.screen);
        }
    }

    fn queued(&self, ahead: usize) {
        let line = match ahead {
            0 => "waiting for a free slot".to_owned(),
            1 => "waiting for a free slot, behind 1 other".to_owned(),
            n => format!("waiting for a free slot, behind {n} others"),
        };
        self.screen.say(&line);
    }

    fn failed_over(&self, from: &Target, to: &Target, failure: &Failure, primary: bool) {
        let tool = from.tool.as_str();
        if from.tool == to.tool {
            self.screen.warn(&format!("{from} failed, trying {to}"));
        } else {
            self.screen.warn(&unavailable(tool, primary));
        }
        self.screen.note(&format!(
            "  {tool}: {} ({})",
            one_line(&failure.message, LINE),
            failure.code.as_str()
        ));
        self.screen.note(&format!("{} → {to}", self.agent));
    }
}

/// Every candidate with its reason.
pub(super) fn explain(decision: &Decision, screen: Screen) {
    for candidate in &decision.candidates {
        let why = candidate
            .rejected
            .as_ref()
            .map_or_else(|| "taken".to_owned(), |rejected| rejected.message.clone());
        screen.say(&format!(
            "  {:<18} {:<32} {why}",
            candidate.origin,
            candidate.target.to_string()
        ));
    }
}

fn unavailable(tool: &str, primary: bool) -> String {
    if primary {
        format!("Primary tool {tool} unavailable, trying fallback")
    } else {
        format!("Fallback tool {tool} unavailable, trying next")
    }
}

impl Watcher for Narrator {
    fn see(&mut self, progress: Progress) {
        if let Progress::Waiting { elapsed } = progress {
            // Never in the middle of an answer that is being written.
            if elapsed.as_secs() > 0 && self.ends_with_newline {
                self.screen
                    .status(&format!("{} · {} s", self.running, elapsed.as_secs()));
            }
            return;
        }
        self.screen.clear_status();
        match progress {
            Progress::Waiting { .. } => {}
            Progress::Queued { ahead } => self.queued(ahead),
            Progress::Routed(decision) => self.routed(&decision),
            Progress::Answer(piece) => self.answer(&piece),
            Progress::Commentary(words) => {
                self.screen
                    .note(super::escape::for_terminal(words.trim_end()).as_str());
            }
            Progress::Acting { name } => self.screen.note(&format!("· {}", one_line(&name, 80))),
            Progress::Trouble(failure) => self.screen.note(&format!(
                "· {}: {}",
                failure.code.as_str(),
                one_line(&failure.message, LINE)
            )),
            Progress::Warning(warning) => self.screen.warn(&one_line(&warning.message, LINE)),
            Progress::Plugin { level, message } => {
                if self.screen.verbose() || level == "error" {
                    self.screen
                        .note(&format!("adapter {level}: {}", one_line(&message, LINE)));
                }
            }
            Progress::Signalled { signal } if signal == "SIGINT" => self
                .screen
                .say("sent SIGINT; press Ctrl-C again to kill the tool now"),
            Progress::Signalled { signal } => {
                self.screen.note(&format!("sent {}", one_line(&signal, 16)));
            }
            Progress::FellBack {
                from,
                to,
                failure,
                primary,
            } => self.failed_over(&from, &to, &failure, primary),
            Progress::Retrying {
                target,
                failure,
                delay,
            } => self.screen.note(&format!(
                "{target}: {} ({}); trying again in {:.1} s",
                one_line(&failure.message, LINE),
                failure.code.as_str(),
                delay.as_secs_f64()
            )),
            Progress::Starting { attempt, target } => {
                self.running = target.to_string();
                if self.screen.verbose() {
                    let attempt = one_line(&attempt, 80);
                    self.screen.note(&format!("{attempt}: starting {target}"));
                }
            }
        }
    }
}
