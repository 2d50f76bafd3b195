//! A price list as the text of `prices.yaml`.

use std::fmt::Write as _;

use super::list::{ListedModel, PriceList};
use crate::model::Prices;
use crate::settings::{decimal, moment};

const HEAD: &str = "\
# yaml-language-server: $schema=schema/prices.schema.json
#
# Prices: what models cost for which models.yaml names no price, and how much fits into them.
#
# Written by 'tollgate model update-prices'; entries may be added or changed by hand, remarks are
# lost. Prices in models.yaml win over these, and these over the ones that come with the program.
#
# US dollars per million tokens: input (fresh), output (reasoning included unless 'reasoning' has a
# price of its own), cache_read, cache_write. A price that is missing is not known. Where a vendor
# charges more for long prompts, context_window is the length up to which the price holds. Prices
# under 'later' hold 'from' that day or moment on, so that what ran before keeps its price.
";

/// The whole file.
pub(super) fn render(list: &PriceList) -> String {
    let mut text = format!("{HEAD}\n# When the list was taken.\n");
    let taken = list.taken.map(moment::show).unwrap_or_default();
    // Writing to a String cannot fail.
    let _ = writeln!(text, "taken: {taken}");
    if let Some(source) = &list.source {
        let _ = writeln!(
            text,
            "# Where it is from; no effect.\nsource: {}",
            quoted(source)
        );
    }
    text.push_str("\nmodels:\n");
    for (name, model) in &list.models {
        let _ = writeln!(text, "  {}: {}", plain(name), entry(model));
    }
    if list.models.is_empty() {
        text.truncate(text.len() - 1);
        text.push_str(" {}\n");
    }
    text
}

fn entry(model: &ListedModel) -> String {
    let mut fields = Vec::new();
    if let Some(provider) = &model.provider {
        fields.push(format!("provider: {}", plain(provider)));
    }
    if let Some(window) = model.context_window {
        fields.push(format!("context_window: {window}"));
    }
    fields.extend(prices(&model.prices));
    if !model.later.is_empty() {
        let later = model.later.iter().map(|dated| {
            let mut fields = vec![format!("from: {}", quoted(&moment::show(dated.from)))];
            fields.extend(prices(&dated.prices));
            format!("{{ {} }}", fields.join(", "))
        });
        let later: Vec<String> = later.collect();
        fields.push(format!("later: [{}]", later.join(", ")));
    }
    format!("{{ {} }}", fields.join(", "))
}

fn prices(prices: &Prices) -> impl Iterator<Item = String> + use<> {
    [
        ("input", prices.input),
        ("output", prices.output),
        ("cache_read", prices.cache_read),
        ("cache_write", prices.cache_write),
        ("reasoning", prices.reasoning),
    ]
    .into_iter()
    .filter_map(|(kind, price)| Some(format!("{kind}: {}", decimal::dollars(price?.0))))
}

/// A name without quotes when it can only be read as itself.
fn plain(name: &str) -> String {
    let is_plain = name.starts_with(|c: char| c.is_ascii_lowercase())
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'/'))
        && !matches!(name, "null" | "true" | "false");
    if is_plain {
        return name.to_owned();
    }
    quoted(name)
}

/// A JSON string is also a YAML string.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
