//! What follows a failure, and what happens where no cost can be told.

use super::limits::in_force;
use super::value;
use crate::model::{AfterChanges, FallbackRules, OnUnpriced, Settings};
use crate::settings::collector::Collector;
use crate::settings::yaml::Node;

/// The rules; the profile in force is in `settings` already.
pub(super) fn read(root: &Node, settings: &Settings, notes: &mut Collector) -> FallbackRules {
    let default = FallbackRules {
        on_rate_limit: in_force(settings)
            .is_none_or(|(_, profile)| profile.auto_fallback_on_rate_limit),
        ..FallbackRules::default()
    };
    let Some(node) = root.get("fallback") else {
        return default;
    };
    let retries = value::whole(node, "retries").and_then(|n| u32::try_from(n).ok());
    let wait = |field, default| value::duration(node, field).unwrap_or(default);
    let rules = FallbackRules {
        after_changes: after_changes(node).unwrap_or_default(),
        retries: retries.unwrap_or(default.retries),
        first_wait: wait("first_wait", default.first_wait),
        longest_wait: wait("longest_wait", default.longest_wait),
        ..default
    };
    let is_written = |field: &&str| node.get(field).is_some();
    let mut written = ["first_wait", "longest_wait"]
        .into_iter()
        .filter(is_written);
    // A time that is none was noted as such.
    let are_times = written.clone().all(|f| value::duration(node, f).is_some());
    if let Some(field) = written.next()
        && are_times
        && rules.first_wait > rules.longest_wait
    {
        let at = node.get(field).map_or(node.at, |node| node.at);
        notes
            .error(
                at,
                &format!("fallback.{field}"),
                format!(
                    "The first wait ({:?}) is longer than the longest ({:?})",
                    rules.first_wait, rules.longest_wait
                ),
            )
            .fix("make 'first_wait' shorter, or 'longest_wait' longer");
    }
    rules
}

fn after_changes(node: &Node) -> Option<AfterChanges> {
    match value::text(node, "after_changes")?.as_str() {
        "stop" => Some(AfterChanges::Stop),
        "continue" => Some(AfterChanges::Continue),
        "retry-clean" => Some(AfterChanges::RetryClean),
        _ => None,
    }
}

pub(super) fn on_unpriced(root: &Node) -> OnUnpriced {
    let reserve = root
        .get("on_unpriced")
        .and_then(|node| value::usd(node, "reserve_usd"));
    reserve.map_or(OnUnpriced::Refuse, OnUnpriced::Reserve)
}
