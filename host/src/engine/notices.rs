//! What the user should know about an attempt: shown at once, and on record as facts.
//!
//! The record holds counts and names, never words of the tool.

use serde_json::{Map, Value};

use crate::model::{AttemptWarned, Exactness, MicroUsd};

use super::drive::Drive;
use super::progress::{Warning, Watcher as _};

impl Drive<'_, '_> {
    /// Say so when a session's totals cannot be split, since its tokens are then unknown.
    pub(super) fn tell_unknown_usage(&mut self) {
        let tally = self.tally();
        let totals_only = tally.exactness == Exactness::Unknown && tally.session.is_some();
        if totals_only {
            self.warn(Warning::new(
                "usage_unknown",
                "the tool tells only the session's totals, and what the session had used before \
                 is not on record",
            ));
        }
    }

    /// Say so when a cap on spending was not kept, or could not be.
    pub(super) fn tell_cap(&mut self) {
        let cap = self.purse.cap().filter(|_| self.facts.status.is_some());
        let Some(cap) = cap.map(MicroUsd) else {
            return;
        };
        let cost = self.tally().cost;
        match cost.amount {
            Some(spent) if spent > cap => {
                let message = format!("it cost {spent}, more than the cap of {cap}");
                let facts = [("cost_uusd", spent.0.into()), ("cap_uusd", cap.0.into())];
                self.warn_with(Warning::new("over_cap", message), &facts);
            }
            Some(_) if !cost.at_least => {}
            _ => self.warn(Warning::new(
                "cap_not_checked",
                format!("the cap of {cap} could not be kept: the tool did not tell all it cost"),
            )),
        }
    }

    /// Add a warning: to the report, the screen, and the record, once each.
    pub(super) fn warn(&mut self, warning: Warning) {
        self.warn_with(warning, &[]);
    }

    /// Show a warning that has an event of its own on record.
    pub(super) fn show(&mut self, warning: Warning) {
        if let Some(progress) = self.reading.warn(warning) {
            self.viewing.see(progress);
        }
    }

    /// Report a served model that is not the one that was asked for.
    pub(super) fn compare_models(&mut self, wanted: &str, same: impl Fn(&str, &str) -> bool) {
        let Some(served) = self.reading.served_model.clone() else {
            return;
        };
        if wanted.is_empty() || same(wanted, &served) {
            return;
        }
        let message = format!("asked for model '{wanted}', served by '{served}'");
        let facts = [("requested", wanted.into()), ("served", served.into())];
        self.warn_with(Warning::new("model_differs", message), &facts);
    }

    /// Say how much of the output the adapter did not understand.
    pub(super) fn tell_unrecognised(&mut self) {
        let (unrecognised, all) = (self.reading.n_unrecognised, self.reading.n_lines);
        if unrecognised == 0 {
            return;
        }
        let message = format!("the adapter did not understand {unrecognised} of {all} lines");
        let facts = [("lines", unrecognised.into()), ("of", all.into())];
        self.warn_with(Warning::new("unrecognised", message), &facts);
    }

    fn warn_with(&mut self, warning: Warning, facts: &[(&str, Value)]) {
        let code = warning.code.clone();
        let Some(progress) = self.reading.warn(warning) else {
            return;
        };
        self.viewing.see(progress);
        let facts = facts
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.clone()))
            .collect::<Map<_, _>>();
        self.record.add(AttemptWarned { code, facts });
    }
}
