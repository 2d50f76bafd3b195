//! Single values of a row, and back: targets, times, and words of the shared vocabulary.

use jiff::Timestamp;
use rusqlite::Row;
use rusqlite::types::Type;

use crate::model::{
    AttemptOutcome, AttemptState, Basis, Exactness, LostReason, ModelName, RunStatus, Target,
    TaskId, ToolName,
};

use super::attempt::AdapterName;
use super::unsigned::Unsigned;

pub(super) fn words(target: Option<&Target>) -> (&str, &str) {
    target.map_or(("", ""), |target| {
        (target.tool.as_str(), target.model.as_str())
    })
}

/// No target is stored as two empty texts.
pub(super) fn target_from(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<Target>> {
    let (tool, model): (String, String) = (row.get(column)?, row.get(column + 1)?);
    Ok((!tool.is_empty() || !model.is_empty()).then(|| Target {
        tool: ToolName::new(tool),
        model: ModelName::new(model),
    }))
}

pub(super) fn number_from(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<u64>> {
    let number: Option<Unsigned> = row.get(column)?;
    Ok(number.map(|number| number.0))
}

pub(super) fn timestamp_from(row: &Row<'_>, column: usize) -> rusqlite::Result<Timestamp> {
    let micros: i64 = row.get(column)?;
    Timestamp::from_microsecond(micros)
        .map_err(|_| rusqlite::Error::IntegralValueOutOfRange(column, micros))
}

/// A time that may be missing.
pub(super) fn time_from(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<Timestamp>> {
    let micros: Option<i64> = row.get(column)?;
    micros.map(|_| timestamp_from(row, column)).transpose()
}

/// The empty text stands for a state that is not known.
pub(super) fn state_from(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<AttemptState>> {
    let word: String = row.get(column)?;
    if word.is_empty() {
        return Ok(None);
    }
    AttemptState::from_word(&word)
        .map(Some)
        .ok_or_else(|| unknown_word(column))
}

pub(super) fn status_from(row: &Row<'_>, column: usize) -> rusqlite::Result<RunStatus> {
    let word: String = row.get(column)?;
    RunStatus::from_word(&word).ok_or_else(|| unknown_word(column))
}

pub(super) fn lost_reason_from(
    row: &Row<'_>,
    column: usize,
) -> rusqlite::Result<Option<LostReason>> {
    let word: Option<String> = row.get(column)?;
    word.map(|word| {
        [
            LostReason::Reboot,
            LostReason::SupervisorDied,
            LostReason::IdentityMismatch,
        ]
        .into_iter()
        .find(|reason| reason.as_str() == word)
        .ok_or_else(|| unknown_word(column))
    })
    .transpose()
}

/// Names of tasks, one a line; NULL stands for none.
pub(super) fn tasks_word(tasks: &[TaskId]) -> Option<String> {
    let names: Vec<&str> = tasks.iter().map(TaskId::as_str).collect();
    (!names.is_empty()).then(|| names.join("\n"))
}

pub(super) fn tasks_from(row: &Row<'_>, column: usize) -> rusqlite::Result<Vec<TaskId>> {
    let names: Option<String> = row.get(column)?;
    let names = names.unwrap_or_default();
    Ok(names.lines().map(TaskId::new).collect())
}

/// The empty text stands for no adapter.
pub(super) fn adapter_word(adapter: Option<&AdapterName>) -> String {
    adapter.map_or_else(String::new, |it| {
        format!("{}\n{}\n{}", it.id, it.version, it.sha256_head)
    })
}

pub(super) fn adapter_from(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<AdapterName>> {
    let word: String = row.get(column)?;
    let mut parts = word.split('\n').map(str::to_owned);
    let parts = (parts.next(), parts.next(), parts.next());
    let (Some(id), Some(version), Some(sha256_head)) = parts else {
        return Ok(None);
    };
    Ok(Some(AdapterName {
        id,
        version,
        sha256_head,
    }))
}

pub(super) fn outcome_from(
    row: &Row<'_>,
    column: usize,
) -> rusqlite::Result<Option<AttemptOutcome>> {
    const ALL: [AttemptOutcome; 6] = [
        AttemptOutcome::Done,
        AttemptOutcome::Failed,
        AttemptOutcome::Cancelled,
        AttemptOutcome::TimedOut,
        AttemptOutcome::OverBudget,
        AttemptOutcome::Lost,
    ];
    let word: Option<String> = row.get(column)?;
    word.map(|word| {
        let known = ALL.into_iter().find(|outcome| outcome.as_str() == word);
        known.ok_or_else(|| unknown_word(column))
    })
    .transpose()
}

pub(super) fn basis_from(row: &Row<'_>, column: usize) -> rusqlite::Result<Basis> {
    let word: String = row.get(column)?;
    [
        Basis::Billed,
        Basis::Reported,
        Basis::Imputed,
        Basis::Unknown,
    ]
    .into_iter()
    .find(|basis| basis.as_str() == word)
    .ok_or_else(|| unknown_word(column))
}

pub(super) fn exactness_from(row: &Row<'_>, column: usize) -> rusqlite::Result<Exactness> {
    let word: String = row.get(column)?;
    [Exactness::Exact, Exactness::AtLeast, Exactness::Unknown]
        .into_iter()
        .find(|exactness| exactness_word(*exactness) == word)
        .ok_or_else(|| unknown_word(column))
}

pub(super) fn exactness_word(exactness: Exactness) -> &'static str {
    match exactness {
        Exactness::Exact => "exact",
        Exactness::AtLeast => "at_least",
        Exactness::Unknown => "unknown",
    }
}

pub(super) fn unknown_word(column: usize) -> rusqlite::Error {
    rusqlite::Error::InvalidColumnType(column, "word".to_owned(), Type::Text)
}
