//! Values of options: amounts, durations, reasons.
//!
//! Each is read exactly or refused with an example of how it is written.

use std::time::Duration;

/// Read a dollar amount such as `0.25` or `$2` into whole micro-dollars.
pub(super) fn parse_usd(text: &str) -> Result<crate::model::MicroUsd, String> {
    let wrong = || format!("`{text}` is not an amount in US dollars such as 0.25");
    let plain = text.strip_prefix('$').unwrap_or(text);
    let (whole, part) = plain.split_once('.').unwrap_or((plain, ""));
    if part.len() > 6 {
        return Err(format!("`{text}` is finer than a millionth of a dollar"));
    }
    if (whole.is_empty() && part.is_empty())
        || !whole
            .chars()
            .chain(part.chars())
            .all(|c| c.is_ascii_digit())
    {
        return Err(wrong());
    }
    let number = |digits: &str| match digits {
        "" => Ok(0),
        digits => digits.parse::<u64>().map_err(|_| wrong()),
    };
    let micros = number(&format!("{part:0<6}"))?;
    let total = number(whole)?
        .checked_mul(1_000_000)
        .and_then(|whole| whole.checked_add(micros))
        .ok_or_else(wrong)?;
    if total == 0 {
        return Err("the cap must be above zero".to_owned());
    }
    Ok(crate::model::MicroUsd(total))
}

/// A reason that somebody will read later: not empty, and short enough for one line of the record.
pub(super) fn parse_justification(text: &str) -> Result<String, String> {
    let text = text.trim();
    match text.len() {
        0 => Err("it says nothing".to_owned()),
        1..=1_000 => Ok(text.to_owned()),
        bytes => Err(format!("it has {bytes} bytes, at most 1,000 are kept")),
    }
}

/// Read the name of a task.
pub(super) fn parse_task(text: &str) -> Result<crate::model::TaskId, String> {
    crate::model::TaskId::parse(text)
}

/// Read a duration such as `90s`, `30m`, `2h`, `500ms`, or plain seconds.
pub(super) fn parse_duration(text: &str) -> Result<Duration, String> {
    let wrong = || format!("`{text}` is not a duration such as 90s, 30m, or 2h");
    let split = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    let (digits, unit) = text.split_at(split);
    let count: u64 = digits.parse().map_err(|_| wrong())?;
    let millis = match unit {
        "ms" => Some(count),
        "s" | "" => count.checked_mul(1_000),
        "m" => count.checked_mul(60_000),
        "h" => count.checked_mul(3_600_000),
        _ => return Err(wrong()),
    };
    match millis {
        None => Err(wrong()),
        Some(0) => Err("the timeout must be above zero".to_owned()),
        Some(millis) => Ok(Duration::from_millis(millis)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_and_durations_are_read_exactly() {
        assert_eq!(parse_usd("0.25").map(|m| m.0), Ok(250_000));
        assert_eq!(parse_usd("$2").map(|m| m.0), Ok(2_000_000));
        assert_eq!(parse_usd(".000001").map(|m| m.0), Ok(1));
        for wrong in ["", ".", "-1", "1e3", "0", "0.0000001", "99999999999999999"] {
            assert!(parse_usd(wrong).is_err(), "{wrong}");
        }
        assert_eq!(parse_duration("90"), Ok(Duration::from_secs(90)));
        assert_eq!(parse_duration("2h"), Ok(Duration::from_secs(7200)));
        assert_eq!(parse_duration("500ms"), Ok(Duration::from_millis(500)));
        for wrong in ["", "s", "-1s", "1d", "1.5h", "0", "99999999999999999999s"] {
            assert!(parse_duration(wrong).is_err(), "{wrong}");
        }
    }
}
