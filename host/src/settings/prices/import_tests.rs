//! Lists of others: what is taken over, what is left out, and what is no list.

use super::*;

fn read(text: &str) -> PriceImport {
    parse(text).unwrap()
}

/// One model with the fields `more` besides the least that it needs.
fn one(more: &str) -> ListedModel {
    let text = format!(
        r#"{{"m": {{"mode": "chat", "litellm_provider": "gemini", "max_input_tokens": 1000000, "input_cost_per_token": 5e-07, "output_cost_per_token": 3e-06{more}}}}}"#
    );
    let import = read(&text);
    assert_eq!(import.left_out, []);
    import.list.models["m"].clone()
}

#[test]
fn prices_per_token_become_exact_prices_per_million() {
    let model = one(
        r#", "cache_read_input_token_cost": 6e-09, "cache_creation_input_token_cost": 0.000001250000, "output_cost_per_reasoning_token": 1.5625E-5"#,
    );
    assert_eq!(
        model.prices,
        Prices {
            input: Some(Price(500_000)),
            output: Some(Price(3_000_000)),
            cache_read: Some(Price(6_000)),
            cache_write: Some(Price(1_250_000)),
            reasoning: Some(Price(15_625_000)),
        }
    );
    assert_eq!(model.provider.as_deref(), Some("google"));
    assert_eq!(model.context_window, Some(1_000_000));
}

#[test]
fn what_is_missing_is_not_known_and_zero_is_zero() {
    let model =
        one(r#", "cache_read_input_token_cost": null, "cache_creation_input_token_cost": 0.0"#);
    assert_eq!(model.prices.cache_read, None);
    assert_eq!(model.prices.cache_write, Some(Price(0)));
    assert_eq!(model.prices.reasoning, None);
    let said_twice = one(r#", "output_cost_per_reasoning_token": 0.000003"#);
    assert_eq!(said_twice.prices.reasoning, None);
}

#[test]
fn the_window_ends_where_more_tokens_cost_more() {
    for (more, window) in [
        (
            r#", "input_cost_per_token_above_200k_tokens": 1e-06"#,
            200_000,
        ),
        (
            r#", "input_cost_per_token_above_200k_tokens": 5e-07"#,
            1_000_000,
        ),
        (
            r#", "input_cost_per_token_above_200k_tokens": 4e-07"#,
            1_000_000,
        ),
        (
            r#", "input_cost_per_token_above_200k_tokens": null"#,
            1_000_000,
        ),
        (
            r#", "output_cost_per_token_above_272k_tokens": 4e-06, "input_cost_per_token_above_100k_tokens": 6e-07"#,
            100_000,
        ),
        (
            r#", "cache_read_input_token_cost_above_128k_tokens": 1e-09"#,
            128_000,
        ),
        (
            r#", "input_cost_per_token_above_2000k_tokens": 1"#,
            1_000_000,
        ),
        // Other kinds of service, and other things that are counted.
        (
            r#", "input_cost_per_token_above_200k_tokens_batches": 1"#,
            1_000_000,
        ),
        (
            r#", "cache_creation_input_token_cost_above_1hr": 1"#,
            1_000_000,
        ),
        (
            r#", "input_cost_per_character_above_128k_tokens": 1"#,
            1_000_000,
        ),
    ] {
        assert_eq!(one(more).context_window, Some(window), "{more}");
    }
}

#[test]
fn json_is_read_however_it_is_set() {
    let spaced = r#"{ "m": { "mode": "chat", "max_input_tokens": 5, "input_cost_per_token": 1e-6, "output_cost_per_token": 1E-06, "note": "a\/b \u00e9 \"c\": d", "x": [true, null, {}] } }"#;
    let expected = read(spaced).list;
    assert_eq!(expected.models.len(), 1);
    let minified: String = spaced
        .replace(": ", ":")
        .replace(", ", ",")
        .replace("{ ", "{");
    for text in [
        minified,
        spaced.replace(", ", ",\n\t\t").replace("{ ", "{\n\t"),
        spaced.replace(", ", ",\r\n    "),
        format!("\u{feff}{spaced}\n"),
    ] {
        assert_eq!(read(&text).list, expected, "{text}");
    }
}

#[test]
fn what_cannot_be_used_is_left_out_with_the_reason() {
    let model = |fields: &str| format!(r#"{{"mode": "chat", {fields}}}"#);
    let text = format!(
        r#"{{
            "a b": {},
            "fine": {},
            "free": {},
            "half": {},
            "no-window": {},
            "picture": {{"mode": "image_generation", "input_cost_per_token": "many"}},
            "nothing": {{}},
            "codex": {{"mode": "responses", "input_cost_per_token": 1e-6, "output_cost_per_token": 1e-6, "max_input_tokens": 5.0}},
            "too-fine": {}
        }}"#,
        model(r#""input_cost_per_token": 1e-6"#),
        model(
            r#""input_cost_per_token": 1e-6, "output_cost_per_token": 1e-6, "max_input_tokens": 5"#
        ),
        model(r#""input_cost_per_token": 0, "output_cost_per_token": 0.0, "max_input_tokens": 5"#),
        model(r#""input_cost_per_token": 1e-6, "max_input_tokens": 5"#),
        model(r#""input_cost_per_token": 1e-6, "output_cost_per_token": 1e-6"#),
        model(
            r#""input_cost_per_token": 3.0000000000000004e-07, "output_cost_per_token": 1e-6, "max_input_tokens": 5"#
        ),
    );
    let import = read(&text);
    let taken: Vec<&String> = import.list.models.keys().collect();
    assert_eq!(taken, ["codex", "fine"]);
    let left_out: Vec<String> = (import.left_out.iter())
        .map(|(name, why)| format!("{name}: {why}"))
        .collect();
    insta::assert_snapshot!(left_out.join("\n"), @r"
    a b: its name contains white space or control characters
    free: it costs nothing, which a list also says of what it does not know
    half: it has no price for input or none for output
    no-window: it has no max_input_tokens
    too-fine: input_cost_per_token has more decimals than can be kept: the number 3.0000000000000004e-07
    ");
}

#[test]
fn what_is_no_list_is_refused_with_the_place() {
    let places: Vec<String> = [
        "",
        "[1]",
        "{\"a\": {\"mode\": \"chat\"}",
        "{\"a\": 5}",
        "{\"a\": {\"mode\": \"chat\", \"input_cost_per_token\": \"5e-07\"}}",
        "{\"a\": {\"mode\": \"chat\", \"input_cost_per_token\": -1}}",
        "{\"a\": {\"mode\": \"chat\", \"output_cost_per_token\": 1e30}}",
        "{\"a\": {\"mode\": \"chat\", \"cache_read_input_token_cost\": {\"x\": 1}}}",
        "{\"a\": {\"mode\": \"chat\", \"input_cost_per_token\": 1, \"output_cost_per_token\": 1, \"max_input_tokens\": \"1M\"}}",
        "{\"a\": {\"mode\": \"chat\", \"input_cost_per_token\": 1, \"output_cost_per_token\": 1, \"max_input_tokens\": 5, \"input_cost_per_token_above_1k_tokens\": true}}",
    ]
    .iter()
    .map(|text| {
        let (place, reason) = parse(text).unwrap_err();
        format!("{place}: {reason}")
    })
    .collect();
    insta::assert_snapshot!(places.join("\n"), @r"
    the file: expected an object with a model per key, found nothing
    the file: expected an object with a model per key, found a list
    line 2, column 1: it is not JSON: while parsing a flow mapping, did not find expected ',' or '}'
    a (line 1, column 7): expected an object, found the number 5
    a.input_cost_per_token (line 1, column 48): expected a price in dollars per token, found the text '5e-07'
    a.input_cost_per_token (line 1, column 48): the number -1 is below zero
    a.output_cost_per_token (line 1, column 49): the number 1e30 is too large
    a.cache_read_input_token_cost (line 1, column 55): expected a price in dollars per token, found a map
    a.max_input_tokens (line 1, column 99): expected a number of tokens, found the text '1M'
    a.input_cost_per_token_above_1k_tokens (line 1, column 142): expected a price in dollars per token, found the truth value true
    ");
}

#[test]
fn files_that_cannot_be_read_are_told_apart() {
    let home = tempfile::tempdir().unwrap();
    let failed = |path: &Path| import(path, Timestamp::UNIX_EPOCH).unwrap_err();
    let gone = failed(&home.path().join("gone.json"));
    assert!(
        matches!(gone, SettingsError::Io { action: "read", .. }),
        "{gone}"
    );
    let folder = failed(home.path()).to_string();
    assert!(
        folder.ends_with("the file: it is not a regular file"),
        "{folder}"
    );
    std::fs::write(home.path().join("x.json"), b"{\"\xff\": 1}").unwrap();
    let bytes = failed(&home.path().join("x.json")).to_string();
    assert!(
        bytes.ends_with("line 1, column 3: it is not UTF-8"),
        "{bytes}"
    );
}

proptest::proptest! {
    #[test]
    fn no_text_panics(text in "[-{}\\[\\]\":,a-c0-9e. ]{0,60}", value in "[-0-9eE.\"a-z{}]{0,12}") {
        let _unused = parse(&text);
        let _unused = parse(&format!(r#"{{"m": {{"mode": "chat", "input_cost_per_token": {value}}}}}"#));
    }
}
