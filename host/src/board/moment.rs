//! Moments as task files write them: ISO 8601 in UTC, with a `Z`.
//!
//! Never reads a clock.

use jiff::Timestamp;

/// Whether `text` is a moment such as `2026-02-09T04:40:00Z`.
pub(super) fn is_well_written(text: &str) -> bool {
    text.ends_with('Z') && text.contains('T') && text.parse::<Timestamp>().is_ok()
}

/// The same moment as it should be written; `None` when it cannot be told which is meant.
pub(super) fn suggestion(text: &str) -> Option<String> {
    let joined = match text.trim().split_once(' ') {
        Some((date, time)) if !text.contains('T') => format!("{date}T{time}"),
        _ => text.trim().to_owned(),
    };
    let day = if joined.contains('T') {
        joined
    } else {
        format!("{joined}T00:00:00")
    };
    let forms = [day.clone(), format!("{day}Z")];
    let moment = forms.iter().find_map(|form| form.parse().ok())?;
    Some(written(moment))
}

/// A moment as it is written into a file: whole seconds, as the origin's scripts do.
pub(super) fn written(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_utc_with_a_z_is_well_written() {
        assert!(is_well_written("2026-02-09T04:40:00Z"));
        assert!(is_well_written("2026-02-09T21:14:03.401055Z"));
        for text in [
            "2026-02-09 04:40:00",
            "2026-02-09T04:40:00",
            "2026-02-09T04:40:00+00:00",
            "2026-02-09",
            "2026-13-09T04:40:00Z",
            "soon",
            "",
        ] {
            assert!(!is_well_written(text), "{text}");
        }
    }

    #[test]
    fn a_fix_is_suggested_for_the_usual_slips() {
        for (text, fixed) in [
            ("2026-02-09 04:40:00+00:00", "2026-02-09T04:40:00Z"),
            ("2026-02-09T04:40:00", "2026-02-09T04:40:00Z"),
            ("2026-02-09T04:40:00+02:00", "2026-02-09T02:40:00Z"),
            ("2026-02-09", "2026-02-09T00:00:00Z"),
        ] {
            assert_eq!(suggestion(text).as_deref(), Some(fixed), "{text}");
        }
        assert_eq!(suggestion("soon"), None);
    }
}
