//! Policies: older spellings become today's, and misplaced parts move to the top level.

use super::tree::{keep_known, map, put, scalar, take};
use crate::model::excerpt;
use crate::settings::collector::Collector;
use crate::settings::files::FileKind;
use crate::settings::yaml::{Content, Node};

/// Parts that older files nest under `policies`, or under one policy, where they had no effect.
const TOP_LEVEL: [&str; 2] = ["cost_optimization", "rate_limiting"];

/// Rewrite `root`, the whole of `policies.yaml`.
pub(super) fn rewrite(root: &mut Node, notes: &mut Collector) {
    let Some(mut policies) = take(root, "policies") else {
        return;
    };
    for part in TOP_LEVEL {
        let nested = take(&mut policies, part).or_else(|| {
            let Content::Map(entries) = &mut policies.content else {
                return None;
            };
            entries
                .iter_mut()
                .find_map(|entry| take(&mut entry.value, part))
        });
        if let Some(nested) = nested {
            notes
                .warning(
                    nested.at,
                    part,
                    format!("'{part}' moved to the top level, where it takes effect"),
                )
                .fix("check that its values are what you want");
            put(root, part, nested);
        }
    }
    if let Content::Map(entries) = &mut policies.content {
        for entry in entries {
            let path = format!("policies.{}", excerpt(&entry.key));
            rewrite_policy(&mut entry.value);
            keep_known(
                &mut entry.value,
                super::source::entries_object(FileKind::Policies),
                &path,
                notes,
            );
        }
    }
    put(root, "policies", policies);
}

fn rewrite_policy(policy: &mut Node) {
    let at = policy.at;
    let mut limit = take(policy, "limit").unwrap_or_else(|| map(at));
    let mut enforcement = take(policy, "enforcement").unwrap_or_else(|| map(at));
    if let Some(percent) = take(policy, "alert_threshold_percent") {
        put(&mut limit, "threshold_percent", percent);
    }
    let blocks =
        take(policy, "block_over_budget").or_else(|| take(&mut enforcement, "block_over_budget"));
    if let Some(blocks) = blocks.and_then(|b| b.scalar()?.truth()) {
        put(
            &mut limit,
            "type",
            scalar(at, if blocks { "hard" } else { "soft" }, false),
        );
    }
    if let Some(amount) = take(&mut enforcement, "require_justification_over_usd") {
        put(policy, "require_justification_over_usd", amount);
    }
    if !limit.entries().is_empty() {
        put(policy, "limit", limit);
    }
}
