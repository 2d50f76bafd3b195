//! The cheap-model rule: a simple task goes to the cheapest model that its tool offers.
//!
//! It changes the model only, never the tool, and only when both prices speak for it.

use crate::model::{Model, ModelName, Rejection, Settings, Target};

use super::usable::reject;

/// What the rule says about one of `simple_task_models`.
pub(super) fn objection(
    candidate: &ModelName,
    current: &Target,
    settings: &Settings,
) -> Option<Rejection> {
    if *candidate == current.model {
        return Some(reject("same", "it is the model already chosen".to_owned()));
    }
    // Unknown models are objected to with every other target, by `usable`.
    let (Some(now), Some(then)) = (
        settings.models.get(&current.model),
        settings.models.get(candidate),
    ) else {
        return None;
    };
    match (full_price(now), full_price(then)) {
        (Some(now), Some(then)) => {
            let cheaper = then.0 <= now.0 && then.1 <= now.1 && then != now;
            (!cheaper).then(|| {
                reject(
                    "not_cheaper",
                    format!("it is not cheaper than '{}' by both prices", current.model),
                )
            })
        }
        _ => Some(reject("no_price", "a price is not known".to_owned())),
    }
}

/// Sorts models from cheap to dear by the sum of both prices.
pub(super) fn rank(model: &ModelName, settings: &Settings) -> u64 {
    settings
        .models
        .get(model)
        .and_then(full_price)
        .map_or(u64::MAX, |(input, output)| input.saturating_add(output))
}

fn full_price(model: &Model) -> Option<(u64, u64)> {
    Some((model.prices.input?.0, model.prices.output?.0))
}
