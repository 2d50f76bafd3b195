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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use crate::model::{Unknown, Via};

    use super::*;

    /// One example of each type this version knows, and one it does not.
    #[expect(clippy::too_many_lines, reason = "a table, one row for each type")]
    fn bodies() -> Vec<(&'static str, Value)> {
        let target = json!({"tool": "claude", "model": "opus"});
        let with_target = |rest: Value| {
            let mut data = target.clone();
            if let (Value::Object(data), Value::Object(rest)) = (&mut data, rest) {
                data.extend(rest);
            }
            data
        };
        let usage = json!({"input_tokens": 1, "output_tokens": null, "cache_read_tokens": 3,
            "cache_write_tokens": null, "reasoning_tokens": 5});
        let cost = json!({"usd_micros": 7, "basis": "imputed", "at_least": true});
        vec![
            ("log.opened", json!({"version": "0.1.0"})),
            ("log.segment_sealed", json!({"next": 9})),
            ("log.segment_opened", json!({"previous": 1})),
            ("log.repaired", json!({"offset": 1, "bytes": 2})),
            (
                "config.loaded",
                json!({"digest": "d", "files": [{"name": "a", "sha256": "s"}]}),
            ),
            (
                "run.submitted",
                json!({"agent": "a", "task_type": "t", "prompt_bytes": 1, "prompt_tokens": 2,
                    "cwd": "/x", "privacy": "full",
                    "prompt": {"path": "p", "bytes": 1, "sha256": "s"}, "config": "d"}),
            ),
            (
                "run.finished",
                json!({"outcome": "timed_out", "exit_code": 124, "attempts": 2,
                    "duration_ms": 5}),
            ),
            (
                "routing.decided",
                with_target(json!({"reason": {"code": "c", "message": "m"},
                    "fallback_used": true, "original": target, "candidates": [
                        {"tool": "t", "model": "m", "origin": "o", "rejected":
                            {"code": "c", "message": "m"}}],
                    "estimate_uusd": 4})),
            ),
            (
                "routing.fell_back",
                json!({"from": target, "to": target, "code": "auth"}),
            ),
            (
                "attempt.intent",
                with_target(
                    json!({"adapter": {"id": "i", "version": "v", "sha256": "s"},
                    "program": "/p", "n_args": 3, "timeout_ms": 9, "resume": "r",
                    "marker": "01890a5d-ac96-774b-bcce-b302099a8057"}),
                ),
            ),
            (
                "attempt.started",
                json!({"pid": 1, "pgid": 1, "start_ticks": 5}),
            ),
            ("attempt.spawn_failed", json!({"code": "spawn-failed"})),
            (
                "attempt.usage",
                json!({"usage": usage, "exactness": "at_least", "cost": cost}),
            ),
            (
                "attempt.warned",
                json!({"code": "c", "facts": {"n": 1, "x": [1.5, null]}}),
            ),
            ("attempt.cancel_requested", json!({"reason": "timeout"})),
            ("attempt.signalled", json!({"signal": "SIGINT", "step": 1})),
            (
                "attempt.exited",
                with_target(
                    json!({"outcome": "failed", "failure_code": "auth", "exit_code": 1,
                    "signal": 9, "duration_ms": 5, "usage": usage, "exactness": "exact",
                    "cost": cost, "served_model": "m", "session_id": "s", "session_totals":
                        {"tool": "t", "session": "s", "usage": usage, "cost_uusd": 1},
                    "n_lines": 1, "n_unrecognised": 0,
                    "output": {"path": "p", "bytes": 1, "sha256": "s"}}),
                ),
            ),
            (
                "moon.landed",
                json!({"z": 1, "a": [true, "\u{0}\n\u{2028}ü"]}),
            ),
        ]
    }

    fn event(body: Body) -> Event {
        Event {
            log: "9f31c2aa".to_owned(),
            seq: 48_213,
            id: Uuid::from_u128(7),
            at: "2026-10-12T09:14:03.120441Z".parse().unwrap(),
            boot: "a1b2c3d4".to_owned(),
            mono_us: 81_234_567,
            node: "m-7f".to_owned(),
            batch: (0, 3),
            run: None,
            invocation: None,
            attempt: None,
            actor: Actor {
                kind: "system".to_owned(),
                name: "shim".to_owned(),
                via: Via::Shim,
            },
            key: None,
            cause: None,
            body,
        }
    }

    fn round_trip(event: &Event, command: Option<&Digest>) -> Entry {
        let mut line = Vec::new();
        encode(event, command, &mut line).unwrap();
        assert_eq!(line.pop(), Some(b'\n'));
        assert!(
            !line.iter().any(u8::is_ascii_control),
            "no raw control characters"
        );
        decode(&line).unwrap()
    }

    #[test]
    fn every_body_survives_a_round_trip() {
        for (name, data) in bodies() {
            let body = Body::from_parts(name, 1, data.clone());
            let is_unknown = matches!(body, Body::Unknown(Unknown { .. }));
            assert_eq!(
                is_unknown,
                name == "moon.landed",
                "{name} is read as its type"
            );
            assert_eq!(
                body.to_data().unwrap(),
                data,
                "{name} keeps all of its data"
            );
            let event = event(body);
            assert_eq!(round_trip(&event, None).event, event);
        }
    }

    #[test]
    fn a_line_looks_as_documented() {
        let mut event = event(Body::from_parts(
            "attempt.signalled",
            1,
            bodies()[15].1.clone(),
        ));
        event.run = Some("RUN-20261012-004".into());
        event.invocation = Some(InvocationNumber(1));
        event.attempt = Some(2);
        event.cause = Some(48_190);
        let mut line = Vec::new();
        encode(&event, None, &mut line).unwrap();
        let text = String::from_utf8(line).unwrap();
        let expected = r#"{"v":1,"log":"9f31c2aa","seq":48213,"id":"00000000-0000-0000-0000-000000000007","ts":"2026-10-12T09:14:03.120441Z","boot":"a1b2c3d4","mono_us":81234567,"node":"m-7f","type":"attempt.signalled","tv":1,"b":[0,3],"run_id":"RUN-20261012-004","inv":"i1","att":2,"actor":{"kind":"system","name":"shim","via":"shim"},"cause":48190,"data":{"signal":"SIGINT","step":1},"crc":""#;
        assert!(text.starts_with(expected), "{text}");
        assert_eq!(text.len(), expected.len() + 8 + 3);
    }

    proptest! {
        #[test]
        fn any_envelope_survives_a_round_trip(
            (seq, mono_us, cause) in any::<(u64, u64, Option<u64>)>(),
            micros in 0_i64..253_402_207_200_000_000,
            (name, kind, key, digest) in any::<(String, String, Option<String>, Option<String>)>(),
            (run, invocation, attempt) in any::<(Option<String>, Option<u32>, Option<u32>)>(),
            data in "\\PC*",
        ) {
            let mut event = event(Body::Unknown(Unknown {
                name: format!("x.{name}"),
                version: 3,
                data: json!({ "text": data }),
            }));
            (event.seq, event.mono_us, event.cause) = (seq, mono_us, cause);
            event.at = Timestamp::from_microsecond(micros).unwrap();
            (event.actor.name, event.actor.kind) = (name, kind);
            event.key = key.map(IdempotencyKey::new);
            event.run = run.map(RunId::new);
            event.invocation = invocation.map(InvocationNumber);
            event.attempt = attempt;
            let digest = digest.map(Digest::new);
            let entry = round_trip(&event, digest.as_ref());
            prop_assert_eq!(entry.event, event);
            prop_assert_eq!(entry.command, digest);
        }

        #[test]
        fn no_line_at_all_makes_it_panic(line in prop::collection::vec(any::<u8>(), 0..200)) {
            prop_assert!(decode(&line).is_err());
        }
    }
}
