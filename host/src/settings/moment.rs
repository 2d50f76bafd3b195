//! Moments and time zones as configuration writes them.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::{Offset, TimeZone};

const UTC: &str = "UTC";

/// A day (`2026-12-01`), which begins at midnight UTC, or a moment (`2026-12-01T09:30:00Z`).
pub(crate) fn parse(text: &str) -> Option<Timestamp> {
    if text.len() == "2026-12-01".len() {
        let day: Date = text.parse().ok()?;
        return Offset::UTC.to_timestamp(day.at(0, 0, 0, 0)).ok();
    }
    text.parse().ok()
}

/// The shortest text that [`parse`] takes for `moment`, to the second.
pub(crate) fn show(moment: Timestamp) -> String {
    let text = moment.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    match text.strip_suffix("T00:00:00Z") {
        Some(day) => day.to_owned(),
        None => text,
    }
}

/// The name of a zone as the list of zones spells it, if it is known on this machine.
pub(crate) fn zone(name: &str) -> Option<String> {
    // Known without a list.
    if name == UTC {
        return Some(UTC.to_owned());
    }
    let zone = TimeZone::get(name).ok()?;
    zone.iana_name().map(str::to_owned)
}

/// The name of a zone other than UTC.
pub(crate) fn zone_unless_utc(name: &str) -> Option<String> {
    zone(name).filter(|name| name != UTC)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_moments_survive() {
        for text in ["2026-12-01", "2026-12-01T09:30:00Z", "1970-01-01"] {
            assert_eq!(show(parse(text).unwrap()), text);
        }
        let berlin = parse("2026-12-01T10:30:00+01:00").unwrap();
        assert_eq!(show(berlin), "2026-12-01T09:30:00Z");
        for wrong in [
            "",
            "2026-13-01",
            "2026-02-30",
            "1.12.2026",
            "2026-12-1",
            "2026-12-01T09:30",
            "tomorrow",
        ] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn zones_have_names() {
        assert_eq!(zone("UTC").as_deref(), Some("UTC"));
        assert_eq!(zone_unless_utc("UTC"), None);
        assert_eq!(zone("Europe/Berlin").as_deref(), Some("Europe/Berlin"));
        for wrong in ["", "Mars/Olympus", "../../etc/passwd", "UTC+1"] {
            assert_eq!(zone(wrong), None, "{wrong}");
        }
    }
}
