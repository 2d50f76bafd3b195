//! The settings as they are in effect, as YAML, with secrets masked.

use serde_json::{Map, Value};

use super::load::Loaded;
use crate::model::Settings;

const MASK: &str = "***";

/// The settings as YAML for people to read, with a remark where a price comes from a list.
///
/// Values that look like secrets, by their name or by themselves, are masked.
#[must_use]
pub fn show(loaded: &Loaded) -> String {
    // Invariant: a JSON value is always expressible in YAML.
    let text = serde_yaml::to_string(&masked(&loaded.settings)).unwrap_or_default();
    with_origins(&text, loaded)
}

/// Remarks on the prices of models that have none of their own. The part of models lists them in
/// the order of their names, each with one line for its prices.
fn with_origins(text: &str, loaded: &Loaded) -> String {
    let mut models = loaded.settings.models.keys();
    let mut is_in_models = false;
    let mut shown = String::with_capacity(text.len());
    for line in text.lines() {
        if !line.starts_with([' ', '-']) {
            is_in_models = line == "models:";
        }
        shown.push_str(line);
        if is_in_models && line == "    prices:" {
            let origin = models
                .next()
                .and_then(|name| loaded.price_origins.get(name));
            if let Some(origin) = origin {
                shown.push_str(&format!(" # {origin}"));
            }
        }
        shown.push('\n');
    }
    shown
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
    let chain = value.get_mut("chain").and_then(Value::as_array_mut);
    for policy in chain.into_iter().flatten() {
        unpack(policy.get_mut("config"));
    }
    if let Some(rules) = value.get_mut("fallback") {
        for field in ["first_wait", "longest_wait"] {
            plain_time(rules.get_mut(field));
        }
    }
    if let Some(otlp) = value.pointer_mut("/telemetry/otlp") {
        mask_otlp(otlp);
    }
    value
}

/// Every header may be a key, whatever it is called; a reference to a variable is none.
fn mask_otlp(otlp: &mut Value) {
    plain_time(otlp.get_mut("timeout"));
    let headers = otlp.get_mut("headers").and_then(Value::as_object_mut);
    for value in headers.into_iter().flat_map(Map::values_mut) {
        if !value.as_str().is_some_and(is_reference) {
            *value = MASK.into();
        }
    }
}

/// `${VAR}` and nothing else.
fn is_reference(text: &str) -> bool {
    let inside = text.strip_prefix("${").and_then(|t| t.strip_suffix('}'));
    let is_name = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    inside.is_some_and(|name| !name.is_empty() && name.bytes().all(is_name))
}

/// The JSON text of an object as that object, masked.
fn unpack(text: Option<&mut Value>) {
    let Some(value) = text else { return };
    let inner = value.as_str().map(serde_json::from_str);
    if let Some(Ok(mut inner)) = inner {
        mask(&mut inner, "");
        *value = inner;
    }
}

/// A time as a number of seconds, or of milliseconds with their unit.
fn plain_time(time: Option<&mut Value>) {
    let Some(time) = time else { return };
    let part = |name: &str| time.get(name).and_then(Value::as_u64);
    let (Some(secs), Some(nanos)) = (part("secs"), part("nanos")) else {
        return;
    };
    *time = match nanos / 1_000_000 {
        0 => secs.into(),
        millis => format!("{}ms", secs.saturating_mul(1_000).saturating_add(millis)).into(),
    };
}

fn mask_tool(tool: &mut Map<String, Value>) {
    if let Some(env) = tool.get_mut("env") {
        mask(env, "");
    }
    unpack(tool.get_mut("options"));
    plain_time(tool.get_mut("timeout"));
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
