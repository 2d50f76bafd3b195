//! What an attempt wrote, piece by piece, as the tool wrote it.
//!
//! The bytes are hostile; they leave as plain text, and nothing here looks into them.

use serde_json::{Value, json};

use crate::cli::failure::{Code, Failure};
use crate::cli::open;
use crate::cli::run::document;
use crate::cli::run::record::{OnRecord, failed};
use crate::engine::EngineError;
use crate::model::{AttemptRef, Source};
use crate::web::{Answer, LogSlice, LogStream, Payload};

use super::asked;
use super::house::House;

/// One attempt.
pub(super) fn attempt(record: &OnRecord, id: &str) -> Result<Value, Failure> {
    let name = asked::attempt(id)?;
    let view = record
        .query
        .attempt(&name)
        .map_err(|error| failed(&error))?;
    let view = view.ok_or_else(|| unknown(&name))?;
    let mut document = document::attempt(&view);
    document["attempt_id"] = json!(name.to_string());
    document["invocation_id"] = json!(name.invocation_id());
    document["run_id"] = json!(name.run);
    Ok(document)
}

/// A piece of its log.
pub(super) fn slice(
    house: &House,
    (id, stream): (&str, LogStream),
    offset: u64,
    limit: u64,
) -> Result<Answer, Failure> {
    let name = asked::attempt(id)?;
    let source = match stream {
        LogStream::Stdout => Source::Stdout,
        LogStream::Stderr => Source::Stderr,
    };
    // Looked at first: what is over writes no more, so an end that is seen is the end.
    let over = is_over(house, &name)?;
    let folder = house.desk.spool.invocation(&name.run, name.invocation);
    let folder = folder.attempt(name.number);
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let part = folder.read_log(source, offset, limit);
    let part = part.map_err(|error| open::engine(&EngineError::Spool(error)))?;
    let size = folder
        .log_path(source)
        .and_then(|path| path.metadata().ok())
        .map_or(0, |it| it.len());
    if size == 0 && over && !folder.has_content() {
        return Err(not_kept(&name));
    }
    let next = part.next_offset();
    Ok(Answer {
        body: Payload::Log(LogSlice {
            offset: part.offset,
            next,
            size,
            complete: over && next >= size,
            left_out: 0,
            bytes: part.bytes,
        }),
        seq: None,
        etag: None,
    })
}

/// What it answered, once it has.
pub(super) fn answer(house: &House, id: &str) -> Result<Answer, Failure> {
    let name = asked::attempt(id)?;
    let folder = house.desk.spool.invocation(&name.run, name.invocation);
    let answer = folder.attempt(name.number).answer();
    let answer = answer.map_err(|error| open::engine(&EngineError::Spool(error)))?;
    let text = answer.ok_or_else(|| not_kept(&name))?;
    Ok(Answer::text("text/plain; charset=utf-8", text))
}

fn is_over(house: &House, name: &AttemptRef) -> Result<bool, Failure> {
    let open = house.desk.view(|ledger| {
        ledger
            .open(&name.run, name.invocation)
            .and_then(|open| open.attempt.as_ref())
            .is_some_and(|attempt| attempt.number <= name.number)
    });
    open.map(|open| !open).map_err(|error| open::engine(&error))
}

fn unknown(name: &AttemptRef) -> Failure {
    Failure::new(
        Code::UnknownRun,
        format!("there is no attempt {name} on record"),
    )
}

fn not_kept(name: &AttemptRef) -> Failure {
    Failure::new(
        Code::NotKept,
        format!("nothing that attempt {name} said is kept"),
    )
    .hint("submitted runs keep it until retention_days; exec prints it and keeps nothing")
}
