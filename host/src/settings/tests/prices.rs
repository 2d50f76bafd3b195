//! Prices: of a model itself, from a day on, and from lists.

use super::*;
use crate::model::{Model, Price};

const ONE: &str = "\
taken: 2026-11-22
models:
  opus: { provider: anthropic, context_window: 1000, input: 1, output: 2, later: [{ from: '2026-12-01', input: 3, output: 4, cache_read: 0.125 }] }
  vendor/flash: { input: 5, output: 6 }
";

fn with(models: &str, list: &str) -> House {
    let house = House::with(&[
        ("models.yaml", models),
        ("agents.yaml", "agents: {}\n"),
        ("tools.yaml", "tools: {}\n"),
    ]);
    if !list.is_empty() {
        house.file("prices.yaml", list);
    }
    house
}

fn input_at(model: &Model, day: &str) -> u64 {
    let prices = model.prices_at(crate::settings::moment::parse(day).unwrap());
    prices.input.unwrap().0
}

#[test]
fn prices_change_on_the_day_that_is_given() {
    let house = with(
        "models:\n  m:\n    provider: x\n    context_window: 5\n    price_per_million_tokens: { input: 1, output: 1 }\n    prices_from:\n      - { from: 2027-01-01, cost_per_1k_tokens: { input: 0.003, output: 1 } }\n      - { from: 2026-12-01T09:00:00Z, price_per_million_tokens: { input: 2, output: 1 } }\n",
        "",
    );
    let model = &house.load().unwrap().settings.models["m"];
    for (day, input) in [
        ("2026-11-30", 1_000_000),
        ("2026-12-01", 1_000_000),
        ("2026-12-01T09:00:00Z", 2_000_000),
        ("2026-12-31", 2_000_000),
        ("2027-01-01", 3_000_000),
    ] {
        assert_eq!(input_at(model, day), input, "{day}");
    }
}

#[test]
fn a_list_says_what_a_model_leaves_out() {
    let house = with(
        "models:\n  opus: {}\n  flash: { provider: me, context_window: 7 }\n",
        ONE,
    );
    assert_eq!(house.complaints(), "");
    let loaded = house.load().unwrap();
    let opus = &loaded.settings.models["opus"];
    assert_eq!(
        (opus.provider.as_str(), opus.context_window),
        ("anthropic", 1000)
    );
    assert_eq!(input_at(opus, "2026-11-30"), 1_000_000);
    assert_eq!(input_at(opus, "2026-12-01"), 3_000_000);
    assert_eq!(opus.later[0].prices.cache_read, Some(Price(125_000)));
    let flash = &loaded.settings.models["flash"];
    assert_eq!(
        (flash.provider.as_str(), input_at(flash, "2030-01-01")),
        ("me", 5_000_000)
    );
    let shown = show(&loaded);
    assert_eq!(
        shown
            .matches("    prices: # from prices.yaml of 2026-11-22\n")
            .count(),
        2,
        "{shown}"
    );
}

#[test]
fn what_a_model_says_itself_wins() {
    let house = with(
        "models:\n  opus: { price_per_million_tokens: { input: 9, output: 9 }, provider: me, context_window: 3 }\n  other: { provider: me, context_window: 1, price_per_million_tokens: { input: 0, output: 0 } }\n",
        ONE,
    );
    let loaded = house.load().unwrap();
    let opus = &loaded.settings.models["opus"];
    assert_eq!((opus.provider.as_str(), opus.context_window), ("me", 3));
    assert_eq!(
        input_at(opus, "2030-01-01"),
        9_000_000,
        "the list's later prices do not count"
    );
    assert!(loaded.price_origins.is_empty());
    assert!(!show(&loaded).contains('#'));
}

#[test]
fn own_dated_prices_end_those_of_the_list() {
    let later = |day: &str| {
        format!(
            "models:\n  opus:\n    prices_from: [{{ from: {day}, price_per_million_tokens: {{ input: 8, output: 8 }} }}]\n"
        )
    };
    let model = |text: &str| with(text, ONE).load().unwrap().settings.models["opus"].clone();
    let early = model(&later("2026-11-25"));
    assert_eq!(input_at(&early, "2026-11-24"), 1_000_000);
    assert_eq!(input_at(&early, "2026-12-02"), 8_000_000);
    let late = model(&later("2027-01-01"));
    assert_eq!(input_at(&late, "2026-12-02"), 3_000_000);
    assert_eq!(input_at(&late, "2027-01-02"), 8_000_000);
}

#[test]
fn the_catalogue_of_the_program_is_asked_last() {
    let models = "models:\n  claude-opus-5-5: {}\n  gemini-3.8-flash: {}\n";
    let loaded = with(models, "").load().unwrap();
    let opus = &loaded.settings.models["claude-opus-5-5"];
    assert_eq!(opus.prices.output, Some(Price(20_000_000)));
    assert_eq!(
        loaded.settings.models["gemini-3.8-flash"].provider,
        "google"
    );
    let origin = loaded.price_origins["claude-opus-5-5"];
    assert_eq!(origin.to_string(), "from the catalogue of 2026-11-22");
    let own = "taken: 2027-01-01\nmodels: { claude-opus-5-5: { input: 1, output: 1 } }\n";
    let loaded = with(models, own).load().unwrap();
    let opus = &loaded.settings.models["claude-opus-5-5"];
    assert_eq!(opus.prices.output, Some(Price(1_000_000)));
}

#[test]
fn every_mistake_about_prices_has_its_place() {
    let complaints: Vec<String> = [
        ("models:\n  claude-opus-55: {}\n  gemini-3.8-flash: { contxt_window: 5 }\n", ""),
        ("models:\n  opus:\n    prices_from:\n      - { from: tomorrow, price_per_million_tokens: { input: 1, output: 1 } }\n      - { from: 2026-12-01 }\n      - { from: 2026-12-01, cost_per_1k_tokens: { input: 1 } }\n", ONE),
        ("models:\n  opus: {}\n", "taken: 22.11.2026\nmodels:\n  opus: { input: 1.0000001, later: [{ from: 2026-12-01, input: 1, output: 1 }, { from: 2026-12-01T00:00:00Z, input: 1, output: 1 }] }\n  a b: { input: 1, output: 1 }\n"),
        ("models:\n  opus: {}\n  mine: {}\n", "taken: [\n"),
    ]
    .iter()
    .map(|(models, list)| with(models, list).complaints())
    .collect();
    insta::assert_snapshot!(complaints.join("\n\n"), @r"
    config/models.yaml:2:19: error: Missing 'price_per_million_tokens' or 'cost_per_1k_tokens'; no price list knows this model (models.claude-opus-55)
      fix: did you mean 'claude-opus-5-5'? Else add its prices
    config/models.yaml:3:23: error: Unknown field 'contxt_window' (models.gemini-3.8-flash.contxt_window)
      allowed: provider, price_per_million_tokens, cost_per_1k_tokens, prices_from, context_window, task_suitability, deprecated, superseded_by, retired, retired_date, note
      fix: did you mean 'context_window'?

    config/models.yaml:4:17: error: Expected a day, found the text 'tomorrow' (models.opus.prices_from[0].from)
      fix: write a day such as 2026-12-01, which begins at midnight UTC, or a moment such as 2026-12-01T09:30:00Z
    config/models.yaml:5:9: error: Missing 'price_per_million_tokens' or 'cost_per_1k_tokens' (models.opus.prices_from[1])
      allowed: price_per_million_tokens, cost_per_1k_tokens
      fix: add 'price_per_million_tokens:'
    config/models.yaml:6:17: error: Other prices begin at the same moment (models.opus.prices_from[2].from)
      fix: remove one of the two, or change its day
    config/models.yaml:6:49: error: Missing required field 'output' (models.opus.prices_from[2].cost_per_1k_tokens.output)
      fix: add 'output:'. Output tokens, reasoning included unless it has its own price.

    config/models.yaml:2:9: error: Missing required field 'provider' (models.opus.provider)
      fix: add 'provider:'; no price list knows it
    config/models.yaml:2:9: error: Missing required field 'context_window' (models.opus.context_window)
      fix: add 'context_window:'; no price list knows it
    config/prices.yaml:1:8: error: Expected a day, found the text '22.11.2026' (taken)
      fix: write a day such as 2026-12-01, which begins at midnight UTC, or a moment such as 2026-12-01T09:30:00Z
    config/prices.yaml:3:9: error: Missing required field 'output' (models.opus.output)
      fix: add 'output:'. Output tokens, reasoning included unless it has its own price.
    config/prices.yaml:3:18: error: 1.0000001 has more decimals than can be kept (models.opus.input)
      fix: write a number from 0 to 1000000 with at most 6 decimals
    config/prices.yaml:3:88: error: Other prices begin at the same moment (models.opus.later[1].from)
      fix: remove one of the two
    config/prices.yaml:4:3: error: The name 'a b' contains white space or control characters (models.a b)
      fix: choose another name

    config/prices.yaml:2:1: error: Invalid YAML: while parsing a node, did not find expected node content
      fix: check indentation, colons and quotes here and on the line before
    ");
}
