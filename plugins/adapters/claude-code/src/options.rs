//! What `tools.yaml` may say under `options` for this adapter.
//!
//! Owns the checks. Every option becomes a flag of Claude Code by the same name; its schema is `options.schema.json`.

use tollgate_plugin_sdk::contract::Problem;
use tollgate_plugin_sdk::options::{Options, bad};

/// The options, checked.
#[derive(Debug, Default)]
pub(crate) struct ClaudeOptions {
    pub(crate) permission_mode: Option<String>,
    pub(crate) permission_prompts: Option<String>,
    pub(crate) allowed_tools: Vec<String>,
    pub(crate) disallowed_tools: Vec<String>,
    pub(crate) max_turns: Option<u64>,
    /// Some of no sources is meaningful: it keeps a repository's hooks from running.
    pub(crate) setting_sources: Option<Vec<String>>,
    pub(crate) strict_mcp_config: bool,
    pub(crate) session_id: Option<String>,
    pub(crate) append_system_prompt: Option<String>,
    pub(crate) format: Format,
    pub(crate) extra_args: Vec<String>,
}

/// What is asked of `--output-format`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Format {
    /// One JSON object a line, as things happen.
    #[default]
    StreamJson,
    /// One JSON object at the end.
    Json,
    /// The answer alone: no tokens, no cost, no session.
    Text,
}

const KNOWN: &[&str] = &[
    "permission_mode",
    "permission_prompts",
    "allowed_tools",
    "disallowed_tools",
    "max_turns",
    "setting_sources",
    "strict_mcp_config",
    "session_id",
    "append_system_prompt",
    "format",
    "extra_args",
];

impl ClaudeOptions {
    pub(crate) fn parse(json: &str) -> Result<Self, Problem> {
        let options = Options::parse(json, KNOWN)?;
        let sources: Option<Vec<String>> = options.get("setting_sources", "a list of strings")?;
        for source in sources.iter().flatten() {
            if !["user", "project", "local"].contains(&source.as_str()) {
                return Err(bad(format!(
                    "option `setting_sources` may hold user, project, local, not `{source}`"
                )));
            }
        }
        Ok(Self {
            permission_mode: word(&options, "permission_mode")?,
            permission_prompts: word(&options, "permission_prompts")?,
            allowed_tools: tools(&options, "allowed_tools")?,
            disallowed_tools: tools(&options, "disallowed_tools")?,
            max_turns: options.count("max_turns")?,
            setting_sources: sources,
            strict_mcp_config: options.flag("strict_mcp_config")?.unwrap_or_default(),
            session_id: session_id(&options)?,
            append_system_prompt: options.string("append_system_prompt")?,
            format: match options.choice("format", &["stream-json", "json", "text"])? {
                Some("json") => Format::Json,
                Some("text") => Format::Text,
                _ => Format::StreamJson,
            },
            extra_args: options.list("extra_args")?,
        })
    }
}

/// A single word. The set of permission modes grows with the tool's versions, so it is not listed here.
fn word(options: &Options, key: &str) -> Result<Option<String>, Problem> {
    let Some(text) = options.string(key)? else {
        return Ok(None);
    };
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Err(bad(format!(
            "option `{key}` must be one word, not {text:?}"
        )));
    }
    Ok(Some(text))
}

fn tools(options: &Options, key: &str) -> Result<Vec<String>, Problem> {
    let tools = options.list(key)?;
    match tools
        .iter()
        .find(|tool| tool.is_empty() || tool.starts_with('-'))
    {
        Some(tool) => Err(bad(format!(
            "option `{key}` holds {tool:?}, which is no tool"
        ))),
        None => Ok(tools),
    }
}

fn session_id(options: &Options) -> Result<Option<String>, Problem> {
    let id = options.string("session_id")?;
    match &id {
        Some(text) if !tollgate_plugin_sdk::options::is_uuid(text) => Err(bad(format!(
            "option `session_id` must be a UUID, not {text:?}"
        ))),
        _ => Ok(id),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrong_options_are_named() {
        for (json, part) in [
            (
                r#"{"permision_mode":"plan"}"#,
                "did you mean `permission_mode`?",
            ),
            (r#"{"permission_mode":"--yes"}"#, "must be one word"),
            (r#"{"allowed_tools":"Bash"}"#, "must be a list of strings"),
            (r#"{"allowed_tools":["--x"]}"#, "no tool"),
            (r#"{"max_turns":-1}"#, "must be a whole number"),
            (r#"{"setting_sources":["usr"]}"#, "user, project, local"),
            (r#"{"session_id":"abc"}"#, "must be a UUID"),
            (r#"{"format":"jsn"}"#, "did you mean `json`?"),
            (r#"{"strict_mcp_config":"yes"}"#, "true or false"),
        ] {
            let Err(Problem::BadOptions(said)) = ClaudeOptions::parse(json) else {
                panic!("accepted {json}")
            };
            assert!(said.contains(part), "{json}: {said}");
        }
    }

    #[test]
    fn no_options_are_fine() {
        let options = ClaudeOptions::parse("{}").expect("no options");
        assert_eq!(options.format, Format::StreamJson);
        assert!(options.setting_sources.is_none() && options.extra_args.is_empty());
    }
}
