//! What is said about a configuration.

use super::*;

#[derive(Debug, PartialEq)]
struct Rule {
    name: Option<String>,
    over: Option<MicroUsd>,
}

fn rule(fields: &mut Fields<'_>) -> Rule {
    Rule {
        name: fields.need("name", "name: night"),
        over: fields.get("over_usd"),
    }
}

/// Reads every kind of setting.
fn all(fields: &mut Fields<'_>) -> usize {
    let n = fields.get::<u64>("n").unwrap_or(1);
    let on = fields.get::<bool>("on").unwrap_or(true);
    let mode = fields.choice("mode", &["deny", "reroute"]);
    let names = fields.list::<String>("names").unwrap_or_default();
    let models = fields.table::<Vec<String>>("models").unwrap_or_default();
    let one = fields.object("one", rule);
    let rules = fields.objects("rules", rule).unwrap_or_default();
    let parts = [on, mode.is_some(), one.is_some()];
    usize::try_from(n).unwrap_or(0)
        + names.len()
        + models.len()
        + rules.len()
        + parts.iter().filter(|part| **part).count()
}

fn said(config: &str) -> Vec<String> {
    let mistakes = read(config, all).expect_err(config);
    mistakes
        .into_iter()
        .map(|it| {
            let fix = it.fix.map(|fix| format!(" ({fix})")).unwrap_or_default();
            format!("{}: {}{fix}", it.path, it.message)
        })
        .collect()
}

#[test]
fn every_kind_of_setting_is_read() {
    let config = r#"{"n": 2, "on": true, "mode": "deny", "names": ["a", "b"], "models": {"codex": ["x"], "aider": []},
        "one": {"name": "night", "over_usd": "10.00"}, "rules": [{"name": "day"}]}"#;
    assert_eq!(read(config, all).expect("right"), 2 + 2 + 2 + 1 + 3);
    assert_eq!(read("", all).expect("right"), 2);
    assert_eq!(read(r#"{"n": null}"#, all).expect("right"), 2);
    let night = read(r#"{"name": "night", "over_usd": 1e-5}"#, rule);
    assert_eq!(
        night,
        Ok(Rule {
            name: Some("night".to_owned()),
            over: Some(MicroUsd(10))
        })
    );
}

#[test]
fn mistakes_say_where_what_and_how_to_mend_them() {
    for (config, expected) in [
        ("[1]", ": must be an object, not [1]"),
        (
            r#"{"nn": 1}"#,
            "nn: this setting is not known (did you mean `n`?)",
        ),
        (
            r#"{"zzzz": 1}"#,
            "zzzz: this setting is not known (remove it; known are: n, on, mode, names, models, one, rules)",
        ),
        (r#"{"n": "1"}"#, "n: must be a whole number, not \"1\""),
        (r#"{"n": 1.5}"#, "n: must be a whole number, not 1.5"),
        (r#"{"on": 1}"#, "on: must be true or false, not 1"),
        (
            r#"{"mode": "deni"}"#,
            "mode: `deni` is not known (did you mean `deny`?)",
        ),
        (
            r#"{"mode": "later"}"#,
            "mode: `later` is not known (write one of: deny, reroute)",
        ),
        (r#"{"names": "a"}"#, "names: must be a list, not \"a\""),
        (
            r#"{"names": ["a", 2]}"#,
            "names[1]: must be a string, not 2",
        ),
        (
            r#"{"models": {"codex": [1]}}"#,
            "models.codex: must be a list, not [1]",
        ),
        (
            r#"{"models": {"a b": 1}}"#,
            "models[\"a b\"]: must be a list, not 1",
        ),
        (r#"{"models": [1]}"#, "models: must be an object, not [1]"),
        (
            r#"{"one": {"nam": "x", "name": "y"}}"#,
            "one.nam: this setting is not known (did you mean `name`?)",
        ),
        (
            r#"{"one": {}}"#,
            "one.name: it is missing (add `name: night`)",
        ),
        (
            r#"{"one": {"name": null}}"#,
            "one.name: it is missing (add `name: night`)",
        ),
        (
            r#"{"rules": [{"name": "a"}, {"name": "b", "over_usd": 0.0000001}]}"#,
            "rules[1].over_usd: must be an amount in dollars with at most six decimals, such as 10.00 or \"10.00\", not 0.0000001",
        ),
        (r#"{"n": 1, "n": 2}"#, "n: it is given twice (keep one)"),
        (
            r#"{"models": {"a": [], "a": []}}"#,
            "models.a: it is given twice (keep one)",
        ),
    ] {
        assert_eq!(said(config), [expected], "{config}");
    }
}

#[test]
fn all_mistakes_are_told_at_once() {
    let told = said(r#"{"n": "x", "names": [1, 2], "rules": [3], "x-y": 1}"#);
    assert_eq!(told.len(), 5, "{told:#?}");
}

#[test]
fn a_key_is_reported_without_its_line_breaks() {
    let told = said(r#"{"a\nb": 1}"#);
    assert!(told[0].starts_with(r#"["a b"]: this"#), "{told:?}");
}

#[test]
fn deep_nesting_is_no_danger() {
    let deep = format!("{{\"n\": {}1{}}}", "[".repeat(20_000), "]".repeat(20_000));
    assert_eq!(said(&deep).len(), 1);
}
