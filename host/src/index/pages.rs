//! Pages of runs and requests: newest first, a page at a time, by what people ask for.
//!
//! The number of a run's first event is its key, so every index has "newest first" within it.
//! Nothing is sorted. What is looked for by a word, or by several marks at once, is found by going
//! back in one narrow index until the page is full; `DESIGN.md` has the figures.

use rusqlite::ToSql;

use crate::model::{
    AgentName, AttemptRef, InvocationNumber, ModelName, RunId, RunStatus, TaskId, ToolName,
};

use super::error::IndexError;
use super::invocation::Invocation;
use super::reader::IndexReader;
use super::rows;
use super::run::RunRow;
use super::run_rows;
use super::tasks;
use super::unsigned::Unsigned;
use super::words::Words;

/// Which requests to list: newest first, a page at a time.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Page {
    /// Only older than this id: the last one of the page before.
    pub before: Option<u64>,
    /// At most so many.
    pub limit: u32,
    /// Only of this agent.
    pub agent: Option<AgentName>,
}

/// Which runs to list: newest first, a page at a time. What is not named is not asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RunPage {
    /// Only older than this id: the last one of the page before.
    pub before: Option<u64>,
    /// At most so many.
    pub limit: u32,
    /// What they have in common.
    pub marks: RunMarks,
}

/// What runs that are asked for have in common: all of what is named.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RunMarks {
    /// This status.
    pub status: Option<RunStatus>,
    /// This agent began them.
    pub agent: Option<AgentName>,
    /// Their latest request went to this tool.
    pub tool: Option<ToolName>,
    /// Their latest request went to this model.
    pub model: Option<ModelName>,
    /// They are for at least one of these tasks; an empty list has no runs.
    pub tasks: Option<Vec<TaskId>>,
    /// One of their words has this in it, whatever its case: run, agents, tools, models, tasks,
    /// workflow, or codes of failures, of all requests. Nothing but spaces is not asked for.
    pub text: Option<String>,
    /// They wait or are at work.
    pub active_only: bool,
}

/// A question to the table of runs, as it grows.
struct Asked<'p> {
    conditions: Vec<String>,
    parameters: Vec<Box<dyn ToSql + 'p>>,
    /// For each mark, the index that has the runs with it in their order.
    indexes: Vec<&'static str>,
}

impl<'p> Asked<'p> {
    fn new(page: &RunPage) -> Self {
        let before = Unsigned(page.before.unwrap_or(u64::MAX));
        Self {
            conditions: vec!["id < ?1".to_owned()],
            parameters: vec![Box::new(before), Box::new(page.limit)],
            indexes: Vec::new(),
        }
    }

    /// `condition` with `?` for what is asked.
    fn and(&mut self, condition: &str, value: impl ToSql + 'p) {
        self.parameters.push(Box::new(value));
        let place = format!("?{}", self.parameters.len());
        self.conditions.push(condition.replacen('?', &place, 1));
    }

    fn mark(&mut self, column: &str, value: Option<&'p str>, index: &'static str) {
        if let Some(value) = value {
            self.and(&format!("{column} = ?"), value);
            self.indexes.push(index);
        }
    }
}

/// The rest of a question to the table of runs, and its parameters.
pub(super) fn question(page: &RunPage) -> (String, Vec<Box<dyn ToSql + '_>>) {
    const ORDER: &str = "ORDER BY id DESC LIMIT ?2";
    const WIDE: &str = "runs_wide";
    let marks = &page.marks;
    let mut asked = Asked::new(page);
    let status = marks.status.map(RunStatus::as_str);
    let agent = marks.agent.as_ref().map(AgentName::as_str);
    let tool = marks.tool.as_ref().map(ToolName::as_str);
    let model = marks.model.as_ref().map(ModelName::as_str);
    asked.mark("status", status, "runs_by_status");
    asked.mark("agent", agent, "runs_by_agent");
    asked.mark("tool", tool, "runs_by_tool");
    asked.mark("model", model, "runs_by_model");
    let text = marks.text.as_deref().map(Words::wanted);
    if let Some(text) = text.filter(|text| !text.is_empty()) {
        asked.and("instr(words, ?) > 0", text);
        asked.indexes = vec![WIDE];
    }
    if asked.indexes.len() > 1 {
        asked.indexes = vec![WIDE];
    }
    if marks.active_only {
        // Few runs are active, however many there have been.
        asked.conditions.push("active = 1".to_owned());
        asked.indexes = vec!["runs_active"];
    }
    if let Some(wanted) = &marks.tasks {
        let of_tasks = "id IN (SELECT run FROM run_tasks WHERE task IN \
                        (SELECT value FROM json_each(?)))";
        asked.and(of_tasks, tasks::wanted(wanted));
        asked.indexes.clear();
    }
    let conditions = asked.conditions.join(" AND ");
    let rest = match asked.indexes.first() {
        None => format!("WHERE {conditions} {ORDER}"),
        // The narrow index says which; their rows are looked up when the page is full.
        Some(&WIDE) => format!(
            "WHERE id IN (SELECT id FROM runs INDEXED BY {WIDE} WHERE {conditions} {ORDER}) \
             ORDER BY id DESC"
        ),
        Some(index) => format!("INDEXED BY {index} WHERE {conditions} {ORDER}"),
    };
    (rest, asked.parameters)
}

impl IndexReader {
    /// A page of requests, newest first.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub fn invocations(&self, page: &Page) -> Result<Vec<Invocation>, IndexError> {
        let before = Unsigned(page.before.unwrap_or(u64::MAX));
        match &page.agent {
            Some(agent) => {
                let agent = agent.as_str();
                let parameters: [&dyn ToSql; 3] = [&before, &page.limit, &agent];
                let condition = "WHERE agent = ?3 AND id < ?1 ORDER BY id DESC LIMIT ?2";
                rows::select(self.connection(), condition, &parameters)
            }
            None => {
                let parameters: [&dyn ToSql; 2] = [&before, &page.limit];
                let condition = "WHERE id < ?1 ORDER BY id DESC LIMIT ?2";
                rows::select(self.connection(), condition, &parameters)
            }
        }
    }

    /// A page of runs, newest first.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub fn runs(&self, page: &RunPage) -> Result<Vec<RunRow>, IndexError> {
        let (rest, parameters) = question(page);
        let parameters: Vec<&dyn ToSql> = parameters.iter().map(AsRef::as_ref).collect();
        run_rows::select(self.connection(), &rest, &parameters)
    }

    /// The runs that came to their end last, the latest first.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub fn finished(&self, limit: u32) -> Result<Vec<RunRow>, IndexError> {
        let rest = "INDEXED BY runs_finished WHERE status IN ('done', 'failed', 'cancelled') \
                    AND ended_at IS NOT NULL ORDER BY ended_at DESC LIMIT ?1";
        run_rows::select(self.connection(), rest, &[&limit])
    }

    /// The attempts of a run that are at work: the latest of each request that is.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub fn at_work(&self, run: &RunId) -> Result<Vec<AttemptRef>, IndexError> {
        let failed = IndexError::doing("list the attempts at work");
        let mut query = self
            .connection()
            .prepare_cached(
                "SELECT number, \
                 (SELECT max(number) FROM attempts WHERE invocation = invocations.id) \
                 FROM invocations WHERE run = ?1 \
                 AND state IN ('starting', 'running', 'cancelling') ORDER BY number",
            )
            .map_err(&failed)?;
        let rows = query
            .query_map([run.as_str()], |row| {
                Ok(AttemptRef {
                    run: run.clone(),
                    invocation: InvocationNumber(row.get(0)?),
                    number: row.get::<_, Option<u32>>(1)?.unwrap_or(1),
                })
            })
            .map_err(&failed)?;
        rows.collect::<rusqlite::Result<_>>().map_err(&failed)
    }

    /// The names of the newest runs, newest first.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub fn run_names(&self, limit: u32) -> Result<Vec<RunId>, IndexError> {
        let failed = IndexError::doing("list the names of runs");
        let mut query = self
            .connection()
            .prepare_cached("SELECT run FROM runs ORDER BY id DESC LIMIT ?1")
            .map_err(&failed)?;
        let rows = query
            .query_map([limit], |row| row.get::<_, String>(0).map(RunId::new))
            .map_err(&failed)?;
        rows.collect::<rusqlite::Result<_>>().map_err(&failed)
    }
}
