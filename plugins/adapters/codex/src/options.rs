//! What `tools.yaml` may say under `options` for this adapter.
//!
//! Owns the checks; the schema is `options.schema.json`.

use tollgate_plugin_sdk::contract::Problem;
use tollgate_plugin_sdk::options::{Options, bad};

/// The options, checked.
#[derive(Debug)]
pub(crate) struct CodexOptions {
    pub(crate) sandbox: &'static str,
    pub(crate) approval_policy: &'static str,
    /// Keys and values of `-c`, the values as TOML.
    pub(crate) config: Vec<(String, String)>,
    pub(crate) profile: Option<String>,
    pub(crate) skip_git_repo_check: bool,
    pub(crate) format: Format,
    pub(crate) extra_args: Vec<String>,
}

/// What is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Format {
    /// One JSON object a line, as things happen.
    #[default]
    Json,
    /// The answer alone: no tokens.
    Text,
}

const KNOWN: &[&str] = &[
    "sandbox",
    "approval_policy",
    "config",
    "profile",
    "skip_git_repo_check",
    "format",
    "extra_args",
];

impl CodexOptions {
    pub(crate) fn parse(json: &str) -> Result<Self, Problem> {
        let options = Options::parse(json, KNOWN)?;
        let sandboxes = ["read-only", "workspace-write", "danger-full-access"];
        let policies = ["never", "on-request", "on-failure", "untrusted"];
        let profile = options.string("profile")?;
        if let Some(profile) = profile
            .as_deref()
            .filter(|profile| profile.is_empty() || profile.starts_with('-'))
        {
            return Err(bad(format!(
                "option `profile` must be a name, not {profile:?}"
            )));
        }
        let config = options.table("config")?;
        Ok(Self {
            // The tool's own default is read-only, with which it can do no work.
            sandbox: options
                .choice("sandbox", &sandboxes)?
                .unwrap_or("workspace-write"),
            approval_policy: options
                .choice("approval_policy", &policies)?
                .unwrap_or("never"),
            config: config.into_iter().map(toml).collect::<Result<_, _>>()?,
            profile,
            skip_git_repo_check: options.flag("skip_git_repo_check")?.unwrap_or(true),
            format: match options.choice("format", &["json", "text"])? {
                Some("text") => Format::Text,
                _ => Format::Json,
            },
            extra_args: options.list("extra_args")?,
        })
    }
}

/// A `-c` key and its value as TOML. Strings, numbers, booleans and lists of them are written alike in JSON and TOML.
fn toml((key, json): (String, String)) -> Result<(String, String), Problem> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte);
    if key.is_empty() || key.starts_with('-') || !key.bytes().all(plain) {
        return Err(bad(format!(
            "option `config` has the key {key:?}; keys are names joined by dots"
        )));
    }
    // Braces inside strings are refused with the rest: no configuration of Codex needs them here.
    if json == "null" || json.contains('{') {
        return Err(bad(format!(
            "option `config.{key}` must be a string, a number, true, false, or a list of these; for a table write its \
             keys with dots"
        )));
    }
    Ok((key, json))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrong_options_are_named() {
        for (json, part) in [
            (r#"{"sandbx":"read-only"}"#, "did you mean `sandbox`?"),
            (r#"{"sandbox":"readonly"}"#, "did you mean `read-only`?"),
            (r#"{"config":{"a b":1}}"#, "names joined by dots"),
            (r#"{"config":{"-c":1}}"#, "names joined by dots"),
            (
                r#"{"config":{"features":{"apps":false}}}"#,
                "keys with dots",
            ),
            (r#"{"profile":"--full-auto"}"#, "must be a name"),
        ] {
            let Err(Problem::BadOptions(said)) = CodexOptions::parse(json) else {
                panic!("accepted {json}")
            };
            assert!(said.contains(part), "{json}: {said}");
        }
    }

    #[test]
    fn config_values_are_toml() {
        let options = CodexOptions::parse(
            r#"{"config":{"model_reasoning_effort":"high","a.b":[1,"x"],"c":true}}"#,
        );
        let config = options.expect("fine").config;
        let texts: Vec<String> = config
            .iter()
            .map(|(key, value)| format!("{key}={value}"))
            .collect();
        assert_eq!(
            texts,
            [
                r#"a.b=[1,"x"]"#,
                "c=true",
                r#"model_reasoning_effort="high""#
            ]
        );
    }
}
