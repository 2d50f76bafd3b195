//! Is a value a moment, or a time zone?

use super::value::{check_text, wrong_type};
use crate::model::excerpt;
use crate::settings::collector::Collector;
use crate::settings::moment;
use crate::settings::yaml::Node;

pub(super) fn check_moment(value: &Node, path: &str, notes: &mut Collector) {
    let is_moment = value
        .scalar()
        .is_some_and(|s| moment::parse(&s.text).is_some());
    if !is_moment {
        wrong_type(value, path, "a day", notes)
            .fix("write a day such as 2026-12-01, which begins at midnight UTC, or a moment such as 2026-12-01T09:30:00Z");
    }
}

pub(super) fn check_zone(value: &Node, path: &str, notes: &mut Collector) {
    check_text(value, path, notes);
    let Some(name) = value.text().filter(|name| !name.is_empty()) else {
        return;
    };
    if moment::zone(name).is_none() {
        notes
            .error(
                value.at,
                path,
                format!("Unknown time zone '{}'", excerpt(name)),
            )
            .fix("write a name such as Europe/Berlin or UTC; this machine's list of zones is the package tzdata");
    }
}
