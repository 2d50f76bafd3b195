//! What `tools.yaml` may say under `options` for this adapter.
//!
//! Owns the checks that need all options together: the prompt must reach the tool in exactly one way. The schema is
//! `options.schema.json`.

use tollgate_plugin_sdk::contract::Problem;
use tollgate_plugin_sdk::options::{Options, bad, unknown};

use crate::arguments::Element;
use crate::path::Path;

/// The options, checked.
#[derive(Debug)]
pub(crate) struct TemplateOptions {
    pub(crate) args: Vec<Element>,
    pub(crate) prompt_on_stdin: bool,
    pub(crate) output: Output,
    pub(crate) fields: Fields,
}

/// What the tool prints.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Output {
    #[default]
    Text,
    Json,
}

/// Where the parts of the answer are; None: the usual places are tried.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fields {
    pub(crate) text: Option<Path>,
    pub(crate) input_tokens: Option<Path>,
    pub(crate) output_tokens: Option<Path>,
    pub(crate) cache_read_tokens: Option<Path>,
    pub(crate) cost_usd: Option<Path>,
    pub(crate) session: Option<Path>,
    pub(crate) model: Option<Path>,
    pub(crate) error: Option<Path>,
    /// The tool counts cached tokens as input, too.
    pub(crate) input_includes_cache: Option<bool>,
}

const KNOWN: &[&str] = &["args", "stdin", "output", "fields", "input_includes_cache"];
const FIELDS: &[&str] = &[
    "text",
    "input_tokens",
    "output_tokens",
    "cache_read_tokens",
    "cost_usd",
    "session",
    "model",
    "error",
];

impl TemplateOptions {
    pub(crate) fn parse(json: &str) -> Result<Self, Problem> {
        let options = Options::parse(json, KNOWN)?;
        let args: Vec<Element> = options
            .list("args")?
            .iter()
            .map(|text| Element::parse(text))
            .collect::<Result<_, _>>()?;
        let output = match options.choice("output", &["text", "json"])? {
            Some("json") => Output::Json,
            _ => Output::Text,
        };
        let mut fields = Fields {
            input_includes_cache: options.flag("input_includes_cache")?,
            ..Fields::default()
        };
        for (name, json) in options.table("fields")? {
            fields.set(&name, &json)?;
        }
        let has_fields =
            options.table("fields")?.is_empty() && fields.input_includes_cache.is_none();
        if output == Output::Text && !has_fields {
            return Err(bad(
                "option `fields` needs `output: json`; text has no fields",
            ));
        }
        let in_args = args
            .iter()
            .filter(|element| element.carries_prompt())
            .count();
        let prompt_on_stdin = match options.choice("stdin", &["prompt", "none"])? {
            Some(choice) => choice == "prompt",
            None => in_args == 0,
        };
        match in_args + usize::from(prompt_on_stdin) {
            1 => Ok(Self {
                args,
                prompt_on_stdin,
                output,
                fields,
            }),
            0 => Err(bad(
                "the prompt reaches the tool nowhere: use `stdin: prompt`, `{prompt_file}`, or `{prompt}`",
            )),
            _ => Err(bad(
                "the prompt reaches the tool more than once: use one of `stdin: prompt`, `{prompt_file}`, `{prompt}`",
            )),
        }
    }
}

impl Fields {
    fn set(&mut self, name: &str, json: &str) -> Result<(), Problem> {
        let place = match name {
            "text" => &mut self.text,
            "input_tokens" => &mut self.input_tokens,
            "output_tokens" => &mut self.output_tokens,
            "cache_read_tokens" => &mut self.cache_read_tokens,
            "cost_usd" => &mut self.cost_usd,
            "session" => &mut self.session,
            "model" => &mut self.model,
            "error" => &mut self.error,
            _ => return Err(bad(unknown("option `fields`: field", name, FIELDS))),
        };
        let text: String = serde_json::from_str(json).map_err(|_| {
            bad(format!(
                "option `fields.{name}` must be a path such as `result.items[0].text`, not {json}"
            ))
        })?;
        let path = Path::parse(&text).ok_or_else(|| {
            bad(format!("option `fields.{name}`: {text:?} is no path; write keys joined by dots and places as [0]"))
        })?;
        *place = Some(path);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_prompt_goes_one_way() {
        let stdin = |json: &str| TemplateOptions::parse(json).expect(json).prompt_on_stdin;
        assert!(stdin("{}"));
        assert!(stdin(r#"{"args":["-"]}"#));
        assert!(!stdin(r#"{"args":["{prompt_file}"]}"#));
        assert!(!stdin(r#"{"args":["--","{prompt}"],"stdin":"none"}"#));
    }

    #[test]
    fn wrong_options_are_named() {
        for (json, part) in [
            (r#"{"stdin":"none"}"#, "reaches the tool nowhere"),
            (
                r#"{"args":["{prompt_file}"],"stdin":"prompt"}"#,
                "more than once",
            ),
            (r#"{"args":["{prompt}","{prompt_file}"]}"#, "more than once"),
            (r#"{"argz":[]}"#, "did you mean `args`?"),
            (r#"{"args":"-x"}"#, "must be a list of strings"),
            (r#"{"output":"yaml"}"#, "Known: text, json"),
            (r#"{"fields":{"text":"a"}}"#, "needs `output: json`"),
            (r#"{"input_includes_cache":true}"#, "needs `output: json`"),
            (
                r#"{"output":"json","fields":{"txt":"a"}}"#,
                "did you mean `text`?",
            ),
            (
                r#"{"output":"json","fields":{"text":"a..b"}}"#,
                "is no path",
            ),
            (r#"{"output":"json","fields":{"text":3}}"#, "must be a path"),
        ] {
            let Err(Problem::BadOptions(said)) = TemplateOptions::parse(json) else {
                panic!("accepted {json}")
            };
            assert!(said.contains(part), "{json}: {said}");
        }
    }
}
