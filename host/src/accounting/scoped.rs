//! Combining reports of one kind by what they cover.
//!
//! Tools report per message, per process, and per session, often several of these in one stream.

use std::collections::BTreeMap;

use crate::model::Scope;

/// A number, or several, that can be added.
pub(super) trait Amount: Clone + Default {
    /// The sum of both.
    fn plus(&self, other: &Self) -> Self;
}

/// A report as it counts so far: the amount, and whether it can still grow.
type Reported<T> = (T, bool);

/// The reports of one kind, folded.
#[derive(Debug, Clone, Default)]
pub(super) struct Scoped<T> {
    /// Replies since the last total, by id: an id reported again replaces itself.
    messages: BTreeMap<String, Reported<T>>,
    /// The last total of this process.
    run: Option<Reported<T>>,
    /// The last total of the session.
    session: Option<(String, Reported<T>)>,
}

/// What the reports add up to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Total<T> {
    /// Nothing was reported.
    Nothing,
    /// This attempt's amount, and whether it is final.
    Run(T, bool),
    /// The session's amount, earlier runs included, and whether it is final; what was reported
    /// since by message is kept apart.
    Session(String, T, bool, T),
}

impl<T: Amount> Scoped<T> {
    /// Take in one report.
    pub(super) fn add(&mut self, scope: &Scope, amount: T, settled: bool) {
        match scope {
            Scope::Message(id) => {
                self.messages.insert(id.clone(), (amount, settled));
            }
            Scope::Run => {
                self.messages.clear();
                self.run = Some((amount, settled));
            }
            Scope::Session(id) => {
                self.messages.clear();
                self.session = Some((id.clone(), (amount, settled)));
            }
        }
    }

    /// What all reports add up to. A total of the run is preferred to one of the session, because
    /// it needs no subtraction.
    pub(super) fn total(&self) -> Total<T> {
        let (since, since_settled) = self.messages.values().fold(
            (T::default(), true),
            |(sum, all_settled), (amount, settled)| (sum.plus(amount), all_settled && *settled),
        );
        match (&self.run, &self.session) {
            (Some((amount, settled)), _) => {
                Total::Run(amount.plus(&since), *settled && since_settled)
            }
            (None, Some((id, (amount, settled)))) => {
                Total::Session(id.clone(), amount.clone(), *settled && since_settled, since)
            }
            (None, None) if self.messages.is_empty() => Total::Nothing,
            (None, None) => Total::Run(since, since_settled),
        }
    }

    /// The session's own total, for the next run that resumes it.
    pub(super) fn session(&self) -> Option<(&str, &T)> {
        self.session
            .as_ref()
            .map(|(id, (amount, _))| (id.as_str(), amount))
    }
}
