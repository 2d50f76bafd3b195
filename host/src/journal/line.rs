//! One event as one line of JSON, and back.
//!
//! The line's last member is `crc`: the CRC-32C of every byte before `,"crc":`. It guards against
//! torn and flipped bytes, not against an attacker. Nothing here reads or writes a file.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::model::{
    Actor, Body, Digest, ENVELOPE_VERSION, Event, IdempotencyKey, InvocationNumber, RunId,
};

use super::damage::DamageKind;
use super::error::JournalError;

/// Longest line, without its newline, in bytes.
pub const MAX_LINE: usize = 64 * 1024;

const CRC_MEMBER: &[u8] = b",\"crc\":\"";
const CRC_TAIL: usize = CRC_MEMBER.len() + 8 + 2;

/// An event as it stands in the log, with the digest of the keyed command that caused it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Entry {
    pub(super) event: Event,
    /// Digest of the command's body; present with `key`.
    pub(super) command: Option<Digest>,
    pub(super) crc: u32,
}

/// Why a line is not an event of ours.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum BadLine {
    Damaged(DamageKind),
    Newer(u64),
}

#[derive(Serialize)]
struct Written<'a> {
    v: u32,
    log: &'a str,
    seq: u64,
    id: Uuid,
    ts: String,
    boot: &'a str,
    mono_us: u64,
    node: &'a str,
    #[serde(rename = "type")]
    name: &'a str,
    tv: u32,
    b: (u32, u32),
    #[serde(skip_serializing_if = "Option::is_none")]
    run_id: Option<&'a RunId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    inv: Option<InvocationNumber>,
    #[serde(skip_serializing_if = "Option::is_none")]
    att: Option<u32>,
    actor: &'a Actor,
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<&'a IdempotencyKey>,
    #[serde(skip_serializing_if = "Option::is_none")]
    key_sha256: Option<&'a Digest>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cause: Option<u64>,
    data: Value,
}

#[derive(Deserialize)]
struct Parsed {
    v: u32,
    log: String,
    seq: u64,
    id: Uuid,
    ts: Timestamp,
    boot: String,
    mono_us: u64,
    node: String,
    #[serde(rename = "type")]
    name: String,
    tv: u32,
    b: (u32, u32),
    run_id: Option<RunId>,
    inv: Option<InvocationNumber>,
    att: Option<u32>,
    actor: Actor,
    key: Option<IdempotencyKey>,
    key_sha256: Option<Digest>,
    cause: Option<u64>,
    data: Value,
}

/// Append the line of `event`, newline included, to `buffer`.
///
/// # Errors
/// When it cannot be expressed in JSON or is longer than [`MAX_LINE`].
pub(super) fn encode(
    event: &Event,
    command: Option<&Digest>,
    buffer: &mut Vec<u8>,
) -> Result<(), JournalError> {
    let name = event.body.name();
    let failed = |source| JournalError::Encode {
        what: name.to_owned(),
        source,
    };
    let written = Written {
        v: ENVELOPE_VERSION,
        log: &event.log,
        seq: event.seq,
        id: event.id,
        ts: format!("{:.6}", event.at),
        boot: &event.boot,
        mono_us: event.mono_us,
        node: &event.node,
        name,
        tv: event.body.version(),
        b: event.batch,
        run_id: event.run.as_ref(),
        inv: event.invocation,
        att: event.attempt,
        actor: &event.actor,
        key: event.key.as_ref(),
        key_sha256: command,
        cause: event.cause,
        data: event.body.to_data().map_err(failed)?,
    };
    let start = buffer.len();
    serde_json::to_writer(&mut *buffer, &written).map_err(failed)?;
    buffer.pop(); // the closing brace, which comes after the checksum
    let crc = crc32c::crc32c(&buffer[start..]);
    buffer.extend_from_slice(CRC_MEMBER);
    buffer.extend_from_slice(format!("{crc:08x}\"}}\n").as_bytes());
    let bytes = buffer.len() - start - 1;
    if bytes > MAX_LINE {
        return Err(JournalError::LineTooLong {
            kind: name.to_owned(),
            bytes,
        });
    }
    Ok(())
}

/// Read one line, without its newline.
pub(super) fn decode(line: &[u8]) -> Result<Entry, BadLine> {
    let crc = checked_crc(line).map_err(BadLine::Damaged)?;
    let parsed: Parsed = match serde_json::from_slice(line) {
        Ok(parsed) => parsed,
        Err(error) => return Err(explain(line, &error)),
    };
    if parsed.v > ENVELOPE_VERSION {
        return Err(BadLine::Newer(u64::from(parsed.v)));
    }
    let event = Event {
        log: parsed.log,
        seq: parsed.seq,
        id: parsed.id,
        at: parsed.ts,
        boot: parsed.boot,
        mono_us: parsed.mono_us,
        node: parsed.node,
        batch: parsed.b,
        run: parsed.run_id,
        invocation: parsed.inv,
        attempt: parsed.att,
        actor: parsed.actor,
        key: parsed.key,
        cause: parsed.cause,
        body: Body::from_parts(&parsed.name, parsed.tv, parsed.data),
    };
    Ok(Entry {
        event,
        command: parsed.key_sha256,
        crc,
    })
}

/// The checksum that the line carries, when it is the right one.
fn checked_crc(line: &[u8]) -> Result<u32, DamageKind> {
    let covered = line
        .len()
        .checked_sub(CRC_TAIL)
        .ok_or(DamageKind::Torn)
        .map(|length| &line[..length])?;
    let digits = line[covered.len()..]
        .strip_prefix(CRC_MEMBER)
        .and_then(|rest| rest.strip_suffix(b"\"}"))
        .and_then(|digits| std::str::from_utf8(digits).ok())
        .ok_or(DamageKind::Torn)?;
    let crc = crc32c::crc32c(covered);
    if format!("{crc:08x}") == digits {
        Ok(crc)
    } else if std::str::from_utf8(line).is_err() {
        Err(DamageKind::BadUtf8)
    } else {
        Err(DamageKind::BadCrc)
    }
}

/// The checksum is right, so somebody meant this line: a newer program, or a foreign one.
fn explain(line: &[u8], error: &serde_json::Error) -> BadLine {
    #[derive(Deserialize)]
    struct VersionOnly {
        v: u64,
    }
    match serde_json::from_slice::<VersionOnly>(line) {
        Ok(only) if only.v > u64::from(ENVELOPE_VERSION) => BadLine::Newer(only.v),
        _ if error.is_data() => BadLine::Damaged(DamageKind::BadEnvelope),
        _ => BadLine::Damaged(DamageKind::NotJson),
    }
}
