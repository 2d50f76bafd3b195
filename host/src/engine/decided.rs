//! A routing decision as it is put on record.

use crate::model::{Decision, PrivacyLevel, RoutingDecided};

/// The decision for the record; its sentences tell the prompt's size, so they stay out at privacy
/// level `none`.
pub(super) fn decided(decision: &Decision, privacy: PrivacyLevel) -> RoutingDecided {
    let mut decided = RoutingDecided {
        target: decision.target.clone(),
        reason: decision.reason.clone(),
        fallback_used: decision.fallback_used,
        original: decision.original.clone(),
        preferred: None,
        candidates: decision.candidates.clone(),
        estimate_uusd: decision.estimate,
    };
    if privacy == PrivacyLevel::None {
        decided.reason.message.clear();
        decided.estimate_uusd = None;
        for rejected in decided
            .candidates
            .iter_mut()
            .filter_map(|c| c.rejected.as_mut())
        {
            rejected.message.clear();
        }
    }
    decided
}
