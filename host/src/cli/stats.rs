//! `tollgate stats`: what ran and what it cost.

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan, tz::TimeZone};
use serde_json::{Value, json};

use crate::engine::refresh_index;
use crate::model::{AgentName, Basis, Clock, Cost, MicroUsd, SystemClock, sentence};
use crate::query::{GroupBy, Query, QueryError, StatsFilter, StatsReport, Totals};

use super::args::{By, Format, Global, StatsArgs};
use super::failure::{Code, Failure};
use super::open::{self, Ground};
use super::savings;
use super::screen::Screen;
use super::table::Table;

/// Which days, and how they are called.
struct Period {
    title: String,
    since: Option<Date>,
}

/// Print the statistics.
pub(super) fn run(args: &StatsArgs, global: &Global, screen: Screen) -> Result<(), Failure> {
    let ground = Ground::find(global)?;
    let state_dir = &ground.places.state_dir;
    let clock = SystemClock;
    let indexed = refresh_index(state_dir, &clock).map_err(|error| open::engine(&error))?;
    if let Some(reason) = indexed.rebuilt.filter(|reason| *reason != "missing") {
        screen.note(&format!("the index was made anew ({reason})"));
    }
    let query = Query::open(state_dir, indexed.log.as_deref()).map_err(|e| failed(&e))?;
    let period = period(args, clock.now())?;
    let filter = StatsFilter {
        since: period.since,
        agent: args.agent.as_deref().map(AgentName::new),
        ..StatsFilter::default()
    };
    let ask = |by| query.stats(&filter, by).map_err(|error| failed(&error));
    let groups = match args.by {
        Some(by) => vec![(name_of(by), ask(group_by(by))?)],
        None => vec![
            ("agent", ask(GroupBy::Agent)?),
            ("model", ask(GroupBy::Model)?),
        ],
    };
    let format = if screen.json() {
        Format::Json
    } else {
        args.format
    };
    match format {
        Format::Table => screen.result(&table(&period, &groups)),
        Format::Json => screen.document(&document(&period, &groups)),
        Format::Csv => screen.bytes(&csv(args, &ask)?),
    }
    Ok(())
}

/// The days that the options name; everything when they name none.
fn period(args: &StatsArgs, now: Timestamp) -> Result<Period, Failure> {
    let today = now.to_zoned(TimeZone::UTC).date();
    let from = |title: &str, since: Date| Period {
        title: format!("{title} (UTC)"),
        since: Some(since),
    };
    if args.daily {
        return Ok(from(&format!("Daily report, {today}"), today));
    }
    if args.weekly {
        let since = today.saturating_sub(6.days());
        return Ok(from(&format!("Weekly report, {since} to {today}"), since));
    }
    if args.monthly {
        let title = format!("Monthly report, {}", today.strftime("%B %Y"));
        return Ok(from(&title, today.first_of_month()));
    }
    let Some(text) = &args.since else {
        return Ok(Period {
            title: "All runs".to_owned(),
            since: None,
        });
    };
    let since = since(text, today).ok_or_else(|| {
        Failure::new(
            Code::Usage,
            format!("`{text}` is neither a day nor a number of days"),
        )
        .hint("such as --since 2026-11-01 or --since 30d")
    })?;
    Ok(from(&format!("Since {since}"), since))
}

/// The day that `2026-11-01` or `30d` names.
pub(super) fn since(text: &str, today: Date) -> Option<Date> {
    if let Some(days) = text.strip_suffix('d') {
        let days: i64 = days
            .parse()
            .ok()
            .filter(|days| (0..=36_500).contains(days))?;
        return Some(today.saturating_sub(days.days()));
    }
    text.parse().ok()
}

fn group_by(by: By) -> GroupBy {
    match by {
        By::Agent => GroupBy::Agent,
        By::Tool => GroupBy::Tool,
        By::Model => GroupBy::Model,
        By::Day => GroupBy::Day,
        By::Run => GroupBy::Run,
    }
}

fn name_of(by: By) -> &'static str {
    match by {
        By::Agent => "agent",
        By::Tool => "tool",
        By::Model => "model",
        By::Day => "day",
        By::Run => "run",
    }
}

pub(super) fn failed(error: &QueryError) -> Failure {
    Failure::new(Code::Io, format!("failed to {}", sentence(error)))
        .hint("tollgate index rebuild makes the index anew; the record itself is not touched")
}

/// The report for people.
fn table(period: &Period, groups: &[(&str, StatsReport)]) -> String {
    let Some((_, first)) = groups.first() else {
        return String::new();
    };
    let mut text = format!("{}\n\n{}", period.title, summary(&first.totals));
    for (name, report) in groups {
        if report.groups.is_empty() {
            continue;
        }
        text.push('\n');
        let title = format!("By {name}");
        let mut table = Table::new([title.as_str(), "Invocations", "Tokens", "Cost", "Share"]);
        for group in &report.groups {
            table.row([
                if group.name.is_empty() {
                    "(none)".to_owned()
                } else {
                    group.name.clone()
                },
                count(group.totals.n_invocations),
                tokens(&group.totals),
                money(&group.totals),
                share(&group.totals, &first.totals),
            ]);
        }
        text.push_str(&table.to_string());
        text.push('\n');
    }
    text.trim_end().to_owned()
}

/// The sums over everything.
fn summary(totals: &Totals) -> String {
    let parts: Vec<String> = [
        (totals.n_failed, "not done"),
        (totals.n_unfinished(), "without an end on record"),
    ]
    .into_iter()
    .filter(|(n, _)| *n > 0)
    .map(|(n, what)| format!("{} {what}", count(n)))
    .collect();
    let others = if parts.is_empty() {
        String::new()
    } else {
        format!(" ({})", parts.join(", "))
    };
    let average = totals
        .average_cost()
        .map_or_else(|| "-".to_owned(), precise);
    let of = if totals.cost_is_at_least() {
        ", where it is known"
    } else {
        ""
    };
    let mut text = format!("  Invocations   {}{others}\n", count(totals.n_invocations));
    text.push_str(&format!("  Tokens        {}\n", tokens(totals)));
    text.push_str(&format!("  Cost          {}\n", money(totals)));
    text.push_str(&format!("  Average       {average} per invocation{of}\n"));
    if totals.n_unknown_cost > 0 {
        text.push_str(&format!(
            "  Not counted   {} attempt{} of unknown cost\n",
            count(totals.n_unknown_cost),
            if totals.n_unknown_cost == 1 { "" } else { "s" }
        ));
    }
    text.push_str(&savings::line(totals));
    text
}

pub(super) fn count(number: i64) -> String {
    thousands(u64::try_from(number).unwrap_or(0))
}

fn tokens(totals: &Totals) -> String {
    let known = count(totals.total_tokens);
    if !totals.has_tokens() {
        "?".to_owned()
    } else if totals.tokens_are_at_least() {
        format!("≥{known}")
    } else {
        known
    }
}

/// The known cost; a bare `?` when nothing is known at all.
fn money(totals: &Totals) -> String {
    if !totals.has_cost() {
        "?".to_owned()
    } else if totals.cost_is_at_least() {
        format!("≥{}", totals.cost())
    } else {
        totals.cost().to_string()
    }
}

/// Dollars with three decimals below a dollar, as averages are read.
fn precise(amount: MicroUsd) -> String {
    if amount.0 >= 1_000_000 {
        return amount.to_string();
    }
    let mills = (amount.0 + 500) / 1_000;
    if mills == 0 && amount.0 > 0 {
        return amount.to_string();
    }
    format!("$0.{mills:03}")
}

fn share(part: &Totals, whole: &Totals) -> String {
    if !part.has_cost() {
        return "?".to_owned();
    }
    let (part, whole) = (u128::from(part.cost().0), u128::from(whole.cost().0));
    if whole == 0 {
        return "-".to_owned();
    }
    format!("{} %", (part * 200 + whole) / (whole * 2))
}

fn document(period: &Period, groups: &[(&str, StatsReport)]) -> Value {
    let totals = groups
        .first()
        .map(|(_, report)| report.totals)
        .unwrap_or_default();
    let mut by = serde_json::Map::new();
    for (name, report) in groups {
        let rows: Vec<Value> = report
            .groups
            .iter()
            .map(|group| {
                let mut row = totals_document(&group.totals);
                row[*name] = group.name.clone().into();
                row
            })
            .collect();
        by.insert((*name).to_owned(), rows.into());
    }
    json!({
        "title": period.title,
        "since": period.since.map(|day| day.to_string()),
        "totals": totals_document(&totals),
        "savings_method": savings::METHOD,
        "by": by,
    })
}

pub(super) fn totals_document(totals: &Totals) -> Value {
    let tokens = |count: i64| totals.has_tokens().then_some(count);
    let cost = |uusd: i64| totals.has_cost().then_some(uusd);
    let bases: Vec<&str> = totals.bases().into_iter().map(Basis::as_str).collect();
    json!({
        "invocations": totals.n_invocations,
        "done": totals.n_done,
        "failed": totals.n_failed,
        "unfinished": totals.n_unfinished(),
        "attempts": totals.n_attempts,
        "input_tokens": tokens(totals.input_tokens),
        "output_tokens": tokens(totals.output_tokens),
        "cache_read_tokens": tokens(totals.cache_read_tokens),
        "cache_write_tokens": tokens(totals.cache_write_tokens),
        "reasoning_tokens": tokens(totals.reasoning_tokens),
        "total_tokens": tokens(totals.total_tokens),
        "tokens_at_least": totals.tokens_are_at_least(),
        "cost_usd_micros": cost(totals.cost_uusd),
        "cost_at_least": totals.cost_is_at_least(),
        "cost_bases": bases,
        "billed_usd_micros": cost(totals.billed_uusd),
        "reported_usd_micros": cost(totals.reported_uusd),
        "imputed_usd_micros": cost(totals.imputed_uusd),
        "unknown_cost_attempts": totals.n_unknown_cost,
        "average_usd_micros": totals.average_cost().map(|cost| cost.0),
        "mean_duration_ms": totals.mean_duration().map(|mean| u64::try_from(mean.as_millis()).unwrap_or(u64::MAX)),
        "saved_usd_micros": totals.saved_uusd(),
        "compared_attempts": totals.n_compared,
        "not_compared_attempts": totals.n_not_compared,
    })
}

/// One table only, since a file has one header: grouped by agent unless asked otherwise.
fn csv(
    args: &StatsArgs,
    ask: &impl Fn(GroupBy) -> Result<StatsReport, Failure>,
) -> Result<Vec<u8>, Failure> {
    let by = args.by.unwrap_or(By::Agent);
    let report = ask(group_by(by))?;
    let unwritable = |error: csv::Error| Failure::new(Code::Io, error.to_string());
    let mut rows = csv::Writer::from_writer(Vec::new());
    let columns = totals_document(&Totals::default());
    let names: Vec<String> = columns
        .as_object()
        .map(|object| object.keys().cloned().collect())
        .unwrap_or_default();
    let header = std::iter::once(name_of(by)).chain(names.iter().map(String::as_str));
    rows.write_record(header).map_err(unwritable)?;
    for group in &report.groups {
        let values = totals_document(&group.totals);
        let cells = names.iter().map(|name| cell(&values[name.as_str()]));
        let row = std::iter::once(group.name.clone()).chain(cells);
        rows.write_record(row).map_err(unwritable)?;
    }
    rows.into_inner()
        .map_err(|error| Failure::new(Code::Io, error.to_string()))
}

/// A value as a cell of a table for programs; unknown is empty.
pub(super) fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(items) => items
            .iter()
            .filter_map(Value::as_str)
            .collect::<Vec<_>>()
            .join(" "),
        other => other.to_string(),
    }
}

/// `1234567` as `1,234,567`.
pub(super) fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// Milliseconds as people say them.
pub(super) fn duration(millis: u64) -> String {
    match millis {
        0..1_000 => format!("{millis} ms"),
        1_000..60_000 => format!("{}.{} s", millis / 1_000, millis % 1_000 / 100),
        60_000..3_600_000 => format!("{} min {} s", millis / 60_000, millis % 60_000 / 1_000),
        _ => format!(
            "{} h {} min",
            millis / 3_600_000,
            millis % 3_600_000 / 60_000
        ),
    }
}

/// An amount with where it comes from.
pub(super) fn cost(cost: &Cost) -> String {
    match cost.amount {
        Some(amount) if cost.at_least => format!("at least {amount} {}", cost.basis.as_str()),
        Some(amount) => format!("{amount} {}", cost.basis.as_str()),
        None => format!("cost {}", Basis::Unknown.as_str()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_as_people_write_them() {
        assert_eq!(thousands(0), "0");
        assert_eq!(thousands(999), "999");
        assert_eq!(thousands(125_000), "125,000");
        assert_eq!(thousands(1_234_567), "1,234,567");
        assert_eq!(precise(MicroUsd(69_000)), "$0.069");
        assert_eq!(precise(MicroUsd(12)), "$0.000012");
        assert_eq!(duration(61_000), "1 min 1 s");
    }

    #[test]
    fn a_period_is_a_day_or_a_number_of_days() {
        let today: Date = "2026-11-22".parse().expect("a day");
        assert_eq!(since("2026-11-01", today), "2026-11-01".parse().ok());
        assert_eq!(since("30d", today), "2026-10-23".parse().ok());
        assert_eq!(since("-1d", today), None);
        assert_eq!(since("yesterday", today), None);
    }
}
