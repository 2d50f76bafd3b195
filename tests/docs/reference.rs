//! The reference pages are complete: every command, field, code, event, and limit stands there.
//!
//! Fields come from the program's own schemas and are *written* into the page; for the rest the
//! source or the program is asked what there is. Nothing here says what a thing means.

use std::fmt::Write;

use regex::Regex;
use serde_json::{Map, Value};
use tollgate::sandbox::Limits;
use tollgate_tests::house::TestHouse;

use crate::page::{page, writing};

#[test]
fn every_command_has_its_help_on_the_page() {
    let house = TestHouse::new();
    let page = page("docs/cli.md");
    let mut commands = vec![String::new()];
    while let Some(command) = commands.pop() {
        let typed = format!("tollgate{command} --help");
        assert!(
            page.text.contains(&format!("$ {typed}\n")),
            "docs/cli.md does not show `{typed}`"
        );
        let words = command.split_whitespace().chain(["--help"]);
        let help = house.run(words).success().stdout;
        let listed = help.lines().skip_while(|line| *line != "Commands:").skip(1);
        for line in listed.take_while(|line| !line.is_empty()) {
            if let Some(name) = line.strip_prefix("  ").and_then(|l| l.split(' ').next()) {
                if !name.is_empty() {
                    commands.push(format!("{command} {name}"));
                }
            }
        }
    }
}

#[test]
fn every_field_is_on_the_page() {
    let house = TestHouse::new();
    let mut page = page("docs/configuration.md");
    for file in ["agents", "tools", "models", "policies", "telemetry"] {
        let schema = house.run(["config", "schema", file]).success().json();
        let mut wanted = String::from("\n");
        table("", &schema, &mut wanted);
        let open = format!("<!-- fields of {file}.yaml -->\n");
        let start = page.text.find(&open).expect(&open) + open.len();
        let end = start + page.text[start..].find("<!-- end -->").expect("an end");
        if page.text[start..end] != wanted {
            assert!(
                writing(),
                "docs/configuration.md: the fields of {file}.yaml are not those of the program; \
                 TOLLGATE_DOCS=write writes them"
            );
            page.replace(start..end, &wanted);
        }
    }
}

/// One table for an object, then those of the objects in it.
fn table(path: &str, object: &Value, text: &mut String) {
    let none = Map::new();
    let fields = object["properties"].as_object().unwrap_or(&none);
    let required = object["required"].as_array();
    let is_required = |name: &str| required.is_some_and(|all| all.iter().any(|f| f == name));
    let mut within = Vec::new();
    if !path.is_empty() {
        let about = object["description"].as_str().unwrap_or_default();
        writeln!(text, "**`{path}`** {about}\n").expect("a String");
    }
    text.push_str("| field | value | default | meaning |\n|---|---|---|---|\n");
    for (name, field) in fields {
        let default = match (&field["default"], is_required(name)) {
            (_, true) => "**required**".to_owned(),
            (Value::Null, _) => "none".to_owned(),
            (Value::String(word), _) => format!("`{word}`"),
            (value, _) => format!("`{value}`"),
        };
        let about = field["description"].as_str().unwrap_or_default();
        let kind = kind(field);
        writeln!(text, "| `{name}` | {kind} | {default} | {about} |").expect("a String");
        let deeper = format!("{path}{}{name}", if path.is_empty() { "" } else { "." });
        if field["properties"].is_object() {
            within.push((deeper, field));
        } else if field["additionalProperties"]["properties"].is_object() {
            within.push((format!("{deeper}.NAME"), &field["additionalProperties"]));
        }
    }
    text.push('\n');
    for (path, object) in within {
        table(&path, object, text);
    }
}

/// What a value may be, in a few words.
fn kind(field: &Value) -> String {
    if let Some(words) = field["enum"].as_array() {
        let words = words.iter().filter_map(Value::as_str);
        return words
            .map(|w| format!("`{w}`"))
            .collect::<Vec<_>>()
            .join(", ");
    }
    let types: Vec<&str> = match &field["type"] {
        Value::Array(types) => types.iter().filter_map(Value::as_str).collect(),
        single => single.as_str().into_iter().collect(),
    };
    let range = match (field["minimum"].as_u64(), field["maximum"].as_u64()) {
        (Some(least), Some(most)) => format!(" {least} to {most}"),
        _ => String::new(),
    };
    let named: Vec<String> = types
        .iter()
        .filter(|name| **name != "null")
        .map(|name| match *name {
            "string" => "text".to_owned(),
            "boolean" => "true or false".to_owned(),
            "integer" => format!("whole number{range}"),
            "number" => format!("number{range}"),
            "array" => "list".to_owned(),
            "object" => "map".to_owned(),
            other => other.to_owned(),
        })
        .collect();
    match named.as_slice() {
        [] => "any".to_owned(),
        named => named.join(", or "),
    }
}

/// Words that the source lists and a page must explain: source, pattern, page.
const LISTED: &[(&str, &str, &str)] = &[
    (
        "host/src/cli/failure.rs",
        r#"=> "([a-z_]+)","#,
        "docs/exit-status.md",
    ),
    (
        "host/src/cli/failure.rs",
        r"Self::\w+ => (\d+),",
        "docs/exit-status.md",
    ),
    (
        "host/src/model/failure.rs",
        r#"= "([a-z-]+)";"#,
        "docs/exit-status.md",
    ),
    (
        "host/src/model/outcome.rs",
        r#"Self::\w+ => "([a-z_]+)""#,
        "docs/record.md",
    ),
    (
        "host/src/model/event.rs",
        r#"= "([a-z_.]+)" @"#,
        "docs/record.md",
    ),
];

#[test]
fn every_code_and_event_type_is_explained() {
    for (source, pattern, page_name) in LISTED {
        let source = page(source);
        let explained = page(page_name).text;
        let pattern = Regex::new(pattern).expect("a pattern");
        let words: Vec<&str> = pattern
            .captures_iter(&source.text)
            .map(|found| found.get(1).expect("a group").as_str())
            .collect();
        assert!(words.len() > 1, "{} lists nothing any more", source.name);
        for word in words {
            assert!(
                explained.contains(&format!("| `{word}` |")),
                "{page_name} does not explain `{word}`"
            );
        }
    }
}

#[test]
fn the_limits_of_the_sandbox_are_the_real_ones() {
    let limits = Limits::ADAPTER;
    let text = page("docs/adapters.md").text;
    for figure in [
        format!("| {} s |", limits.call_time.as_secs()),
        format!(
            "| {} ms, and {} ms for each MiB |",
            limits.push_time.as_millis(),
            limits.push_time_per_mib.as_millis()
        ),
        format!(
            "| {} s, and {} ms for each MiB |",
            limits.run_time.as_secs(),
            limits.run_time_per_mib.as_millis()
        ),
        format!(
            "| {} million, and {} for each byte |",
            limits.fuel / 1_000_000,
            limits.fuel_per_byte
        ),
        format!("| {} MiB |", limits.memory >> 20),
        format!(
            "| {} instances, {} tables, {} memories |",
            limits.instances, limits.tables, limits.memories
        ),
        format!(
            "| {} KiB, and {} bytes for each byte |",
            limits.transfer >> 10,
            limits.transfer_per_byte
        ),
        format!("| {} |", limits.handles),
        format!(
            "| {} lines, {} KiB |",
            limits.log_calls,
            limits.log_bytes >> 10
        ),
        format!("| {} MiB |", limits.component >> 20),
        format!("| {} s |", limits.compile_time.as_secs()),
    ] {
        assert!(text.contains(&figure), "docs/adapters.md lacks {figure:?}");
    }
}
