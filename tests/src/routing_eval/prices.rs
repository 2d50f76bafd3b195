//! List prices of a cheap and a dear model, from the catalogue that ships.

use super::curve::Costs;
use super::rows::Row;

/// Pairs of models that are compared: far apart, and near to each other.
pub(super) const PAIRS: [(&str, &str); 2] = [
    ("claude-haiku-5-5", "claude-opus-5-5"),
    ("claude-haiku-4-5", "claude-opus-5-5"),
];

/// US dollars per million tokens.
#[derive(Debug, Clone, Copy)]
pub(super) struct Price {
    pub(super) input: f64,
    pub(super) output: f64,
}

/// The price of `model`.
///
/// # Errors
/// It is not in the catalogue.
pub(super) fn price(model: &str) -> Result<Price, String> {
    let catalogue: serde_json::Value =
        serde_yaml::from_str(include_str!("../../../config/models.yaml"))
            .map_err(|error| format!("config/models.yaml: {error}"))?;
    let prices = &catalogue["models"][model]["price_per_million_tokens"];
    let of = |kind: &str| {
        let known = prices[kind].as_f64();
        known.ok_or_else(|| format!("config/models.yaml has no {kind} price of '{model}'"))
    };
    Ok(Price {
        input: of("input")?,
        output: of("output")?,
    })
}

/// What each row costs at either model; nothing where the lengths of the answers are not told.
pub(super) fn costs(rows: &[Row], cheap: Price, dear: Price) -> Box<Costs> {
    let cost = |row: &Row| {
        let Some((weak, strong)) = row.answer_tokens else {
            return (0.0, 0.0);
        };
        let of = |price: Price, answer: u64| {
            price.input * row.prompt_tokens as f64 + price.output * answer as f64
        };
        (of(cheap, weak), of(dear, strong))
    };
    rows.iter().map(cost).collect()
}
