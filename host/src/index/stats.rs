//! Statistics: sums over a time, in groups.

use std::collections::BTreeMap;

use jiff::civil::Date;
use rusqlite::{Connection, ToSql};

use crate::model::{AgentName, RunId};

use super::error::IndexError;
use super::rows;
use super::totals::Totals;

/// After all days.
pub(super) const NO_END: &str = "a";

/// Which requests count.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StatsFilter {
    /// From this day on, in UTC.
    pub since: Option<Date>,
    /// Before this day, in UTC.
    pub until: Option<Date>,
    /// Of this agent.
    pub agent: Option<AgentName>,
    /// Of this run.
    pub run: Option<RunId>,
}

/// What the groups are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum GroupBy {
    /// No groups.
    #[default]
    None,
    /// Who asked.
    Agent,
    /// The tool; tokens and money count for the tool that used them, a request for its last one.
    Tool,
    /// The requested model; counted as for tools.
    Model,
    /// The UTC day of the request, `2026-10-12`.
    Day,
    /// The ISO week, `2026-W42`.
    Week,
    /// The month, `2026-10`.
    Month,
    /// The run.
    Run,
}

/// One group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatsGroup {
    /// Its name; empty for requests that have none.
    pub name: String,
    /// Its sums.
    pub totals: Totals,
}

/// The answer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StatsReport {
    /// Over all groups.
    pub totals: Totals,
    /// Days, weeks, months and runs by name; others by cost, dearest first.
    pub groups: Vec<StatsGroup>,
}

pub(super) fn stats(
    connection: &Connection,
    filter: &StatsFilter,
    group_by: GroupBy,
) -> Result<StatsReport, IndexError> {
    // Runs are not among the columns of the daily sums, but have sums of their own.
    let groups = if group_by == GroupBy::Run && filter.run.is_none() && filter.agent.is_none() {
        from_runs(connection, filter)?
    } else if filter.run.is_some() || group_by == GroupBy::Run {
        from_invocations(connection, filter, group_by)?
    } else {
        from_daily_sums(connection, filter, group_by)?
    };
    Ok(report(groups, group_by))
}

fn report(groups: BTreeMap<String, Totals>, group_by: GroupBy) -> StatsReport {
    let totals = groups
        .values()
        .fold(Totals::default(), |sum, totals| sum.plus(totals));
    let mut groups: Vec<StatsGroup> = groups
        .into_iter()
        .filter(|_| group_by != GroupBy::None)
        .map(|(name, totals)| StatsGroup { name, totals })
        .collect();
    if matches!(group_by, GroupBy::Agent | GroupBy::Tool | GroupBy::Model) {
        groups.sort_by_key(|group| std::cmp::Reverse(group.totals.cost_uusd));
    }
    StatsReport { totals, groups }
}

fn from_daily_sums(
    connection: &Connection,
    filter: &StatsFilter,
    group_by: GroupBy,
) -> Result<BTreeMap<String, Totals>, IndexError> {
    let failed = IndexError::doing("sum up");
    let name = match group_by {
        GroupBy::None | GroupBy::Run => "''",
        GroupBy::Agent => "agent",
        GroupBy::Tool => "tool",
        GroupBy::Model => "model",
        GroupBy::Day => "day",
        GroupBy::Week => "strftime('%G-W%V', day)",
        GroupBy::Month => "substr(day, 1, 7)",
    };
    let sums: Vec<String> = Totals::COLUMNS
        .iter()
        .map(|column| format!("sum({column})"))
        .collect();
    let (condition, parameters) = conditions(filter);
    let sql = format!(
        "SELECT {name}, {} FROM costs_daily {condition} GROUP BY 1",
        sums.join(", ")
    );
    let mut query = connection.prepare_cached(&sql).map_err(&failed)?;
    let parameters: Vec<&dyn ToSql> = parameters.iter().map(|text| text as &dyn ToSql).collect();
    let rows = query
        .query_map(parameters.as_slice(), |row| {
            Ok((row.get(0)?, Totals::from_row(row, 1)?))
        })
        .map_err(&failed)?;
    rows.collect::<rusqlite::Result<_>>().map_err(&failed)
}

/// The sums of each run. Those that reach over an end of the time that is asked for are summed up
/// from their requests.
fn from_runs(
    connection: &Connection,
    filter: &StatsFilter,
) -> Result<BTreeMap<String, Totals>, IndexError> {
    let failed = IndexError::doing("sum up runs");
    let since = filter.since.map_or(String::new(), |day| day.to_string());
    let until = filter
        .until
        .map_or(NO_END.to_owned(), |day| day.to_string());
    let sql = format!(
        "SELECT run, {} FROM runs WHERE first_day >= ?1 AND last_day < ?2 AND n_invocations > 0",
        Totals::COLUMNS.join(", ")
    );
    let mut query = connection.prepare_cached(&sql).map_err(&failed)?;
    let mut groups: BTreeMap<String, Totals> = query
        .query_map([&since, &until], |row| {
            Ok((row.get(0)?, Totals::from_row(row, 1)?))
        })
        .and_then(Iterator::collect::<rusqlite::Result<_>>)
        .map_err(&failed)?;
    if filter.since.is_none() && filter.until.is_none() {
        return Ok(groups);
    }
    let reaching_over = "WHERE day >= ?1 AND day < ?2 AND run IN (SELECT run FROM runs \
         WHERE (first_day < ?1 AND last_day >= ?1) OR (first_day < ?2 AND last_day >= ?2))";
    for invocation in rows::select(connection, reaching_over, &[&since, &until])? {
        let sum = groups.entry(invocation.run.to_string()).or_default();
        for (_, totals) in invocation.contributions() {
            *sum = sum.plus(&totals);
        }
    }
    Ok(groups)
}

/// The same sums from the requests themselves: slower, but knows runs.
pub(super) fn from_invocations(
    connection: &Connection,
    filter: &StatsFilter,
    group_by: GroupBy,
) -> Result<BTreeMap<String, Totals>, IndexError> {
    let (condition, parameters) = conditions(filter);
    let parameters: Vec<&dyn ToSql> = parameters.iter().map(|text| text as &dyn ToSql).collect();
    let mut groups: BTreeMap<String, Totals> = BTreeMap::new();
    for invocation in rows::select(connection, &condition, &parameters)? {
        for (bucket, totals) in invocation.contributions() {
            let name = match group_by {
                GroupBy::None => String::new(),
                GroupBy::Agent => bucket.agent,
                GroupBy::Tool => bucket.tool,
                GroupBy::Model => bucket.model,
                GroupBy::Day => bucket.day,
                GroupBy::Week => week(&bucket.day),
                GroupBy::Month => bucket.day.get(..7).unwrap_or_default().to_owned(),
                GroupBy::Run => invocation.run.to_string(),
            };
            let sum = groups.entry(name).or_default();
            *sum = sum.plus(&totals);
        }
    }
    Ok(groups)
}

fn week(day: &str) -> String {
    let Ok(date) = day.parse::<Date>() else {
        return String::new();
    };
    let week = date.iso_week_date();
    format!("{:04}-W{:02}", week.year(), week.week())
}

pub(super) fn conditions(filter: &StatsFilter) -> (String, Vec<String>) {
    let given = [
        ("day >= ?", filter.since.map(|day| day.to_string())),
        ("day < ?", filter.until.map(|day| day.to_string())),
        ("agent = ?", filter.agent.as_ref().map(ToString::to_string)),
        ("run = ?", filter.run.as_ref().map(ToString::to_string)),
    ];
    let mut conditions = Vec::new();
    let mut parameters = Vec::new();
    for (condition, parameter) in given {
        if let Some(parameter) = parameter {
            conditions.push(condition);
            parameters.push(parameter);
        }
    }
    if conditions.is_empty() {
        return (String::new(), parameters);
    }
    (format!("WHERE {}", conditions.join(" AND ")), parameters)
}
