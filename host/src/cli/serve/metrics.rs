//! Figures for Prometheus, in its text format 0.0.4.
//!
//! Sums come from the index; what is at work now from the record. Names of agents and models become
//! labels, escaped as the format asks.

use std::fmt::Write as _;

use crate::cli::failure::Failure;
use crate::cli::open;
use crate::cli::run::record::failed;
use crate::query::{GroupBy, StatsFilter, StatsGroup};
use crate::web::Answer;

use super::house::House;

/// All of them.
pub(super) fn metrics(house: &House) -> Result<Answer, Failure> {
    let record = house.record()?;
    let query = &record.query;
    let seq = query.as_of_seq().map_err(|error| failed(&error))?;
    let mut page = Page::default();
    page.begin("tollgate_runs", "gauge", "Runs on record by status.");
    for (status, n) in query.counts().map_err(|error| failed(&error))? {
        page.sample(
            "tollgate_runs",
            &[("status", status.as_str())],
            &n.to_string(),
        );
    }
    let everything = StatsFilter::default();
    let models = query.stats(&everything, GroupBy::Model);
    let models = models.map_err(|error| failed(&error))?.groups;
    of_models(&models, &mut page);
    at_work(house, &mut page)?;
    page.begin(
        "tollgate_index_seq",
        "gauge",
        "The last event that the index knows.",
    );
    page.sample("tollgate_index_seq", &[], &seq.unwrap_or(0).to_string());
    let text = Answer::text("text/plain; version=0.0.4; charset=utf-8", page.0);
    Ok(Answer { seq, ..text })
}

/// What each model cost and read.
fn of_models(models: &[StatsGroup], page: &mut Page) {
    page.begin(
        "tollgate_cost_usd_total",
        "counter",
        "Known cost in US dollars.",
    );
    for group in models {
        let dollars = micros(group.totals.cost_uusd);
        page.sample(
            "tollgate_cost_usd_total",
            &[("model", &group.name)],
            &dollars,
        );
    }
    page.begin(
        "tollgate_cost_unknown_attempts_total",
        "counter",
        "Attempts whose cost nobody told.",
    );
    for group in models {
        let n = group.totals.n_unknown_cost.to_string();
        page.sample(
            "tollgate_cost_unknown_attempts_total",
            &[("model", &group.name)],
            &n,
        );
    }
    page.begin("tollgate_tokens_total", "counter", "Known tokens by kind.");
    for group in models {
        let totals = &group.totals;
        for (kind, n) in [
            ("input", totals.input_tokens),
            ("output", totals.output_tokens),
            ("cache_read", totals.cache_read_tokens),
            ("cache_write", totals.cache_write_tokens),
        ] {
            let labels = [("model", group.name.as_str()), ("type", kind)];
            page.sample("tollgate_tokens_total", &labels, &n.to_string());
        }
    }
}

fn at_work(house: &House, page: &mut Page) -> Result<(), Failure> {
    let counted = house.desk.view(|ledger| {
        let all = ledger.work().count();
        let active = ledger
            .work()
            .filter(|it| it.attempt.state.holds_slot())
            .count();
        (active, all - active)
    });
    let (active, queued) = counted.map_err(|error| open::engine(&error))?;
    page.begin("tollgate_attempts", "gauge", "Attempts that are not over.");
    page.sample(
        "tollgate_attempts",
        &[("state", "active")],
        &active.to_string(),
    );
    page.sample(
        "tollgate_attempts",
        &[("state", "queued")],
        &queued.to_string(),
    );
    Ok(())
}

/// Micro-dollars as dollars, exactly.
fn micros(amount: i64) -> String {
    format!("{}.{:06}", amount / 1_000_000, amount % 1_000_000)
}

#[derive(Default)]
struct Page(String);

impl Page {
    fn begin(&mut self, name: &str, kind: &str, help: &str) {
        // Writing to a String cannot fail.
        let _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    fn sample(&mut self, name: &str, labels: &[(&str, &str)], value: &str) {
        let labels: Vec<String> = labels
            .iter()
            .map(|(name, value)| format!("{name}=\"{}\"", escaped(value)))
            .collect();
        let labels = match labels.as_slice() {
            [] => String::new(),
            labels => format!("{{{}}}", labels.join(",")),
        };
        let _ = writeln!(self.0, "{name}{labels} {value}");
    }
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_cannot_end_its_line() {
        let mut page = Page::default();
        page.sample("m", &[("model", "a\"b\\c\nd")], &micros(1_500_000));
        assert_eq!(page.0, "m{model=\"a\\\"b\\\\c\\nd\"} 1.500000\n");
    }
}
