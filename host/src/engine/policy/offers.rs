//! The targets between which policies may choose.

use crate::model::{Decision, Target};
use crate::routing::Alternative;

/// A target that a policy may choose, with where it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::engine) struct Offer {
    /// The target.
    pub(in crate::engine) target: Target,
    /// Tags that say where it comes from.
    pub(in crate::engine) origins: Vec<&'static str>,
}

/// Everything that `decision` leaves open: its own target first, then other models of the same
/// tool, then the fallback chain. What cannot be used is not offered.
pub(in crate::engine) fn offers(decision: &Decision, alternatives: &[Alternative]) -> Vec<Offer> {
    let chosen = match decision.reason.code.as_str() {
        "task_type" => "origin:task_type",
        "fallback" => "origin:fallback",
        "pinned" => "origin:pinned",
        _ => "origin:preferred",
    };
    let mut offers = vec![Offer {
        target: decision.target.clone(),
        origins: vec![chosen],
    }];
    for alternative in alternatives {
        let is_chosen = alternative.target == decision.target;
        if alternative.rejected.is_some() && !is_chosen {
            continue;
        }
        if alternative.simple {
            tag(&mut offers, &alternative.target, "origin:simple");
        }
        if alternative.complex {
            tag(&mut offers, &alternative.target, "origin:complex");
        }
    }
    for target in &decision.next {
        tag(&mut offers, target, "origin:fallback");
    }
    offers
}

fn tag(offers: &mut Vec<Offer>, target: &Target, origin: &'static str) {
    match offers.iter_mut().find(|offer| offer.target == *target) {
        Some(offer) => offer.origins.push(origin),
        None => offers.push(Offer {
            target: target.clone(),
            origins: vec![origin],
        }),
    }
}
