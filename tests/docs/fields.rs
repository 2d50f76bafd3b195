//! Every field of the six files stands on its page, as the program's own schemas say.
//!
//! Owns the tables: they are written, not typed. What surrounds them belongs to people.

use std::fmt::Write;

use serde_json::{Map, Value};
use tollgate_tests::house::TestHouse;

use crate::page::{page, writing};

#[test]
fn every_field_is_on_the_page() {
    let house = TestHouse::new();
    let mut page = page("docs/configuration.md");
    for file in [
        "agents",
        "tools",
        "models",
        "policies",
        "telemetry",
        "prices",
    ] {
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
        } else if field["items"]["properties"].is_object() {
            within.push((format!("{deeper}[]"), &field["items"]));
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
