//! The fields of `adapter: template`, and where the prompt may go in an argument list.
//!
//! The prompt becomes exactly one argument or none: it may stand only where no program takes it
//! for a flag. The host checks the adapter's plan again; here the person who writes the file is
//! told.

use serde_json::{Map, Value};

use super::tools::options_of;
use super::value;
use crate::model::excerpt;
use crate::settings::collector::Collector;
use crate::settings::diagnostic::Diagnostic;
use crate::settings::yaml::Node;

/// Fields that only this adapter has.
pub(super) const FIELDS: [&str; 4] = ["args", "stdin", "output", "fields"];
const PLACEHOLDERS: [&str; 4] = ["{model}", "{prompt_file}", "{output_file}", "{prompt}"];

/// The adapter's options: the four fields, then what `options` adds.
pub(super) fn options(node: &Node, path: &str, notes: &mut Collector) -> Map<String, Value> {
    let args = node.get("args").map(Node::items).unwrap_or_default();
    let flag = value::text(node, "prompt_as_value_of");
    let mut carries_prompt = false;
    for (index, node) in args.iter().enumerate() {
        let Some(text) = node.text() else { continue };
        let before = index.checked_sub(1).and_then(|i| args[i].text());
        let path = format!("{path}.args[{index}]");
        let element = Element {
            node,
            text,
            before,
            flag: flag.as_deref(),
            path,
        };
        carries_prompt |= element.check(notes);
    }
    let stdin = value::text(node, "stdin")
        .unwrap_or_else(|| if carries_prompt { "none" } else { "prompt" }.to_owned());
    check_delivery(node, &stdin, carries_prompt, path, notes);

    let mut options = Map::new();
    options.insert("args".to_owned(), value::texts(node, "args").into());
    options.insert("stdin".to_owned(), stdin.into());
    options.insert(
        "output".to_owned(),
        value::text(node, "output")
            .unwrap_or_else(|| "text".to_owned())
            .into(),
    );
    let fields = node
        .get("fields")
        .map_or_else(|| Value::Object(Map::new()), Node::to_json);
    options.insert("fields".to_owned(), fields);
    for (key, extra) in options_of(node) {
        if FIELDS.contains(&key.as_str()) {
            let at = node
                .get("options")
                .and_then(|o| o.get(&key))
                .map_or(node.at, |n| n.at);
            notes
                .error(
                    at,
                    &format!("{path}.options.{key}"),
                    format!("'{key}' is a field of the tool, not one of 'options'"),
                )
                .fix(format!("move it up: '{key}:' beside 'options:'"));
        } else {
            options.insert(key, extra);
        }
    }
    options
}

/// The prompt must arrive once.
fn check_delivery(
    node: &Node,
    stdin: &str,
    carries_prompt: bool,
    path: &str,
    notes: &mut Collector,
) {
    let at = node.get("stdin").map_or(node.at, |n| n.at);
    let path = format!("{path}.stdin");
    if stdin == "none" && !carries_prompt {
        notes
            .error(at, &path, "The prompt would never reach the tool")
            .fix("write 'stdin: prompt', or add the element '{prompt_file}' to 'args'");
    }
    if stdin == "prompt" && carries_prompt {
        notes
            .warning(
                at,
                &path,
                "The tool gets the prompt twice: on standard input and in its arguments",
            )
            .fix("write 'stdin: none', or remove the placeholder from 'args'");
    }
}

/// An element of `args` and what it stands next to.
struct Element<'a> {
    node: &'a Node,
    text: &'a str,
    before: Option<&'a str>,
    /// `prompt_as_value_of`.
    flag: Option<&'a str>,
    path: String,
}

impl Element<'_> {
    /// Note what is wrong with the placeholders; whether the prompt is among them.
    fn check(&self, notes: &mut Collector) -> bool {
        if self.text.contains("{{") && words(self.text).next().is_some() {
            self.error(notes, "Placeholders have single braces")
                .fix("write {model}, not {{model}}");
            return false;
        }
        let mut carries_prompt = false;
        for word in words(self.text) {
            carries_prompt |= matches!(word, "{prompt}" | "{prompt_file}");
            self.check_placeholder(word, notes);
        }
        carries_prompt
    }

    fn check_placeholder(&self, word: &str, notes: &mut Collector) {
        match word {
            "{model}" => {}
            "{prompt}" => self.check_prompt(notes),
            "{prompt_file}" | "{output_file}" if self.text == word => {}
            "{prompt_file}" | "{output_file}" => {
                self.error(notes, format!("{word} must be an element of its own"))
                    .fix(split_fix(self.text, word));
            }
            "{binary}" => {
                self.error(notes, "{binary} is not an argument")
                    .fix("remove it: the program is named by 'binary', and 'args' begin after it");
            }
            unknown => {
                self.error(notes, format!("Unknown placeholder '{}'", excerpt(unknown)))
                    .choose_from(unknown, PLACEHOLDERS, "use one of the placeholders");
            }
        }
    }

    fn check_prompt(&self, notes: &mut Collector) {
        if self.text != "{prompt}" {
            self.error(notes, "{prompt} must be an element of its own")
                .fix("write 'stdin: prompt' and remove it from 'args'");
            return;
        }
        let is_safe =
            self.before == Some("--") || (self.before.is_some() && self.before == self.flag);
        if !is_safe {
            self.error(notes, "A prompt here could be taken for a flag").fix(
                "prefer 'stdin: prompt'; or put '--' before it; or name the flag before it with \
                 'prompt_as_value_of'",
            );
        }
    }

    fn error<'n>(
        &self,
        notes: &'n mut Collector,
        message: impl Into<String>,
    ) -> &'n mut Diagnostic {
        notes.error(self.node.at, &self.path, message)
    }
}

fn split_fix(text: &str, word: &str) -> String {
    match text.split_once(word) {
        Some((before, "")) => format!(
            "write two elements: '{}' and '{word}'",
            excerpt(before.trim_end_matches('='))
        ),
        _ => format!("make '{word}' an element of its own"),
    }
}

/// The `{word}` pieces of a text. Other braces, as in JSON, are just text.
pub(crate) fn words(text: &str) -> impl Iterator<Item = &str> {
    text.match_indices('{').filter_map(|(start, _)| {
        let inside = &text[start + 1..];
        let end = inside.find(|c: char| !(c.is_ascii_alphabetic() || c == '_'))?;
        (end > 0 && inside[end..].starts_with('}')).then(|| &text[start..start + end + 2])
    })
}
