//! What it cost, in groups: the same sums as `tollgate stats`, one table at a time.

use jiff::ToSpan as _;
use serde_json::{Value, json};

use crate::cli::failure::{Code, Failure};
use crate::cli::run::record::failed;
use crate::cli::{savings, stats};
use crate::model::AgentName;
use crate::query::{GroupBy, Query, StatsFilter, StatsGroup, StatsReport};
use crate::web::{Answer, CostFormat, CostGroup, CostsQuery};

use super::house::House;
use super::{asked, board, reading};

/// The sums that are asked for.
pub(super) fn costs(house: &House, query: &CostsQuery) -> Result<Answer, Failure> {
    let record = house.record()?;
    let seq = record.query.as_of_seq().map_err(|error| failed(&error))?;
    let filter = StatsFilter {
        since: asked::day("since", query.since.as_deref())?,
        // The last day counts; the filter ends before its day.
        until: asked::day("until", query.until.as_deref())?.map(|day| day.saturating_add(1.day())),
        agent: query.agent.as_deref().map(AgentName::new),
        run: None,
    };
    let report = match query.group {
        CostGroup::Initiative => of_initiatives(house, &record.query, &filter)?,
        group => {
            let by = group_by(group);
            record
                .query
                .stats(&filter, by)
                .map_err(|error| failed(&error))?
        }
    };
    let mut groups: Vec<Value> = report.groups.iter().map(row).collect();
    let mut names = vec!["name"];
    if query.group == CostGroup::Initiative {
        add_titles(house, &mut groups);
        names.push("title");
    }
    let group = query.group.as_str();
    if query.format == CostFormat::Csv {
        let table = Answer::text("text/csv; charset=utf-8", csv(group, &names, &groups)?);
        return Ok(reading::as_of(table, seq));
    }
    let document = json!({
        "group": group,
        "since": query.since,
        "until": query.until,
        "groups": groups,
        "totals": stats::totals_document(&report.totals),
        "savings_method": savings::METHOD,
    });
    Ok(reading::as_of(Answer::json(document), seq))
}

fn group_by(group: CostGroup) -> GroupBy {
    match group {
        CostGroup::Day => GroupBy::Day,
        CostGroup::Week => GroupBy::Week,
        CostGroup::Month => GroupBy::Month,
        CostGroup::Agent => GroupBy::Agent,
        CostGroup::Tool => GroupBy::Tool,
        CostGroup::Model => GroupBy::Model,
        CostGroup::Run => GroupBy::Run,
        CostGroup::Initiative => GroupBy::None,
    }
}

/// A run for tasks of several initiatives counts in each; the total is over all runs.
fn of_initiatives(
    house: &House,
    query: &Query,
    filter: &StatsFilter,
) -> Result<StatsReport, Failure> {
    let tasks = board::tasks_by_initiative(house)?;
    let report = query.initiatives(&tasks, filter);
    let report = report.map_err(|error| failed(&error))?;
    let groups = report.groups.into_iter().map(|(name, it)| StatsGroup {
        name,
        totals: it.totals,
    });
    Ok(StatsReport {
        totals: report.all,
        groups: groups.collect(),
    })
}

fn row(group: &StatsGroup) -> Value {
    let mut row = json!({ "name": group.name });
    if let (Some(row), Value::Object(sums)) =
        (row.as_object_mut(), stats::totals_document(&group.totals))
    {
        row.extend(sums);
    }
    row
}

/// What the board calls them; no title for one that is not there any more.
fn add_titles(house: &House, rows: &mut [Value]) {
    let known = house.board.view().portfolio().initiatives;
    for row in rows {
        let title = known
            .iter()
            .find(|it| row["name"] == it.id.as_str())
            .map(|it| it.title.as_str());
        row["title"] = title.into();
    }
}

/// `names` are the columns before the sums; the first is called like the group.
fn csv(group: &str, names: &[&str], rows: &[Value]) -> Result<String, Failure> {
    let unwritable = |error: csv::Error| Failure::new(Code::Io, error.to_string());
    let sums = stats::totals_document(&crate::query::Totals::default());
    let sums = sums.as_object().into_iter().flatten();
    let columns: Vec<&str> = names
        .iter()
        .copied()
        .chain(sums.map(|(name, _)| name.as_str()))
        .collect();
    let mut out = csv::Writer::from_writer(Vec::new());
    let header = std::iter::once(group).chain(columns.iter().skip(1).copied());
    out.write_record(header).map_err(unwritable)?;
    for row in rows {
        let cells = columns.iter().map(|name| stats::cell(&row[*name]));
        out.write_record(cells).map_err(unwritable)?;
    }
    let bytes = out.into_inner();
    let bytes = bytes.map_err(|error| Failure::new(Code::Io, error.to_string()))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
