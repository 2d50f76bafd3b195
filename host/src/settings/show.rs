//! The settings as they are in effect, as YAML, with secrets masked.

use serde_json::{Map, Value};

use crate::model::Settings;

const MASK: &str = "***";

/// The settings as YAML for people to read.
///
/// Values that look like secrets, by their name or by themselves, are masked.
#[must_use]
pub fn show(settings: &Settings) -> String {
    // Invariant: a JSON value is always expressible in YAML.
    serde_yaml::to_string(&masked(settings)).unwrap_or_default()
}

/// The settings as a JSON value.
///
/// Values that look like secrets are masked as in [`show`].
#[must_use]
pub fn masked(settings: &Settings) -> Value {
    let mut value = serde_json::to_value(settings).unwrap_or_default();
    if let Some(tools) = value.get_mut("tools").and_then(Value::as_object_mut) {
        for tool in tools.values_mut().filter_map(Value::as_object_mut) {
            mask_tool(tool);
        }
    }
    value
}

fn mask_tool(tool: &mut Map<String, Value>) {
    if let Some(env) = tool.get_mut("env") {
        mask(env, "");
    }
    let options = tool
        .get("options")
        .and_then(Value::as_str)
        .and_then(|text| serde_json::from_str(text).ok());
    if let Some(mut options) = options {
        mask(&mut options, "");
        tool.insert("options".to_owned(), options);
    }
    if let Some(seconds) = tool.get("timeout").and_then(|t| t.get("secs")).cloned() {
        tool.insert("timeout".to_owned(), seconds);
    }
}

fn mask(value: &mut Value, name: &str) {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                mask(value, key);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| mask(item, name)),
        Value::String(text) if is_secret_name(name) || is_secret_text(text) => {
            MASK.clone_into(text);
        }
        Value::String(_) | Value::Number(_) | Value::Bool(_) | Value::Null => {}
    }
}

fn is_secret_name(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    [
        "KEY",
        "TOKEN",
        "SECRET",
        "PASS",
        "CREDENTIAL",
        "AUTH",
        "COOKIE",
        "HEADER",
    ]
    .iter()
    .any(|part| name.contains(part))
}

/// Long unbroken runs of letters and digits, known prefixes, and addresses with a password.
fn is_secret_text(text: &str) -> bool {
    let prefixed = [
        "sk-",
        "ghp_",
        "gho_",
        "github_pat_",
        "xox",
        "AKIA",
        "AIza",
        "eyJ",
        "Bearer ",
    ];
    let run = text
        .split(|c: char| !c.is_ascii_alphanumeric())
        .map(str::len)
        .max()
        .unwrap_or(0);
    let userinfo = text.split_once("://").is_some_and(|(_, rest)| {
        rest.split('/')
            .next()
            .is_some_and(|authority| authority.contains('@'))
    });
    run >= 24 || userinfo || prefixed.iter().any(|prefix| text.contains(prefix))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_recognised_by_name_and_by_look() {
        assert!(
            is_secret_name("anthropic_api_key")
                && is_secret_name("X_AUTH")
                && !is_secret_name("ANTHROPIC_BASE_URL")
        );
        for secret in [
            "sk-ant-1",
            "https://me:pw@host/x",
            "abcdefghijklmnopqrstuvwx0123",
            "Bearer x",
        ] {
            assert!(is_secret_text(secret), "{secret}");
        }
        for harmless in [
            "http://127.0.0.1:8080/v1",
            "--output-format",
            "claude-opus-5-5",
            "1",
        ] {
            assert!(!is_secret_text(harmless), "{harmless}");
        }
    }
}
