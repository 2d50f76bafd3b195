//! An argument list with placeholders.
//!
//! Owns their meaning. `{model}` may stand inside an element, because a model's name is short and checked; the prompt and
//! the files stand alone, so that nothing of the prompt can become part of a flag. A name in doubled braces is text.

use tollgate_plugin_sdk::contract::{Argument, Problem};
use tollgate_plugin_sdk::options::{bad, plain, unknown};

const KNOWN: &[&str] = &["{model}", "{prompt_file}", "{output_file}", "{prompt}"];

/// One element of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Element {
    /// Text, cut at each `{model}`.
    Text(Vec<String>),
    Prompt,
    PromptFile,
    OutputFile,
}

impl Element {
    pub(crate) fn parse(element: &str) -> Result<Self, Problem> {
        match element {
            "{prompt}" => return Ok(Self::Prompt),
            "{prompt_file}" => return Ok(Self::PromptFile),
            "{output_file}" => return Ok(Self::OutputFile),
            _ => {}
        }
        let mut parts = vec![String::new()];
        let mut rest = element;
        while let Some(at) = rest.find('{') {
            let (before, from) = rest.split_at(at);
            push(&mut parts, before);
            rest = match placeholder(from) {
                Some((name, true)) => {
                    push(&mut parts, &name[1..name.len() - 1]);
                    &from[name.len()..]
                }
                Some(("{model}", false)) => {
                    parts.push(String::new());
                    &from["{model}".len()..]
                }
                Some((name, false)) if KNOWN.contains(&name) => {
                    return Err(bad(format!(
                        "option `args`: `{name}` must be an element of its own, not part of `{element}`"
                    )));
                }
                Some((name, false)) => {
                    let text = unknown("option `args`: placeholder", name, KNOWN);
                    return Err(bad(format!("{text}. For the text itself write {{{name}}}")));
                }
                None => {
                    push(&mut parts, "{");
                    &from[1..]
                }
            };
        }
        push(&mut parts, rest);
        Ok(Self::Text(parts))
    }

    pub(crate) fn names_model(&self) -> bool {
        matches!(self, Self::Text(parts) if parts.len() > 1)
    }

    pub(crate) fn carries_prompt(&self) -> bool {
        matches!(self, Self::Prompt | Self::PromptFile)
    }

    /// The argument, with the model's name filled in.
    pub(crate) fn argument(&self, model: Option<&str>) -> Result<Argument, Problem> {
        Ok(match (self, model) {
            (Self::Prompt, _) => Argument::Prompt,
            (Self::PromptFile, _) => Argument::PromptFile,
            (Self::OutputFile, _) => Argument::OutputFile,
            (Self::Text(parts), Some(model)) if parts.len() > 1 => {
                plain("model", model)?;
                Argument::Text(parts.join(model))
            }
            (Self::Text(parts), None) if parts.len() > 1 => {
                return Err(Problem::Unsupported(
                    "the arguments name {model}, but no model is given".to_owned(),
                ));
            }
            (Self::Text(parts), _) => Argument::Text(parts.concat()),
        })
    }
}

fn push(parts: &mut [String], text: &str) {
    if let Some(last) = parts.last_mut() {
        last.push_str(text);
    }
}

/// The `{name}` that `text` begins with, or the `{{name}}` (true). Other braces are text: JSON has many.
fn placeholder(text: &str) -> Option<(&str, bool)> {
    let doubled = text.starts_with("{{");
    let open = if doubled { 2 } else { 1 };
    let name = text[open..]
        .bytes()
        .take_while(|byte| byte.is_ascii_lowercase() || *byte == b'_')
        .count();
    let close = if doubled { "}}" } else { "}" };
    let end = open + name + close.len();
    (name > 0 && text[open + name..].starts_with(close)).then(|| (&text[..end], doubled))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(element: &str) -> String {
        match Element::parse(element).expect_err("refused") {
            Problem::BadOptions(text) => text,
            other => panic!("{other:?}"),
        }
    }

    fn filled(element: &str) -> Argument {
        Element::parse(element)
            .expect(element)
            .argument(Some("qwen:7b"))
            .expect(element)
    }

    #[test]
    fn placeholders_are_filled_in() {
        assert_eq!(filled("{model}"), Argument::Text("qwen:7b".to_owned()));
        assert_eq!(
            filled("--model={model}"),
            Argument::Text("--model=qwen:7b".to_owned())
        );
        assert_eq!(
            filled("{model}/{model}"),
            Argument::Text("qwen:7b/qwen:7b".to_owned())
        );
        assert_eq!(filled("{prompt_file}"), Argument::PromptFile);
        assert_eq!(filled("{output_file}"), Argument::OutputFile);
        assert_eq!(filled("{prompt}"), Argument::Prompt);
        assert_eq!(filled(""), Argument::Text(String::new()));
    }

    #[test]
    fn other_braces_are_text() {
        for text in [r#"{"a":{"b":1}}"#, "{}", "a{", "{A}", "{ model }", "ü{é}"] {
            assert_eq!(filled(text), Argument::Text(text.to_owned()));
        }
        assert_eq!(
            filled("x{{model}}y"),
            Argument::Text("x{model}y".to_owned())
        );
        assert_eq!(
            filled("{{anything}}"),
            Argument::Text("{anything}".to_owned())
        );
    }

    #[test]
    fn the_prompt_stands_alone() {
        for element in [
            "--prompt={prompt}",
            "{prompt} ",
            "-f{prompt_file}",
            "a{output_file}",
        ] {
            assert!(
                said(element).contains("must be an element of its own"),
                "{element}"
            );
        }
    }

    #[test]
    fn unknown_names_are_refused_with_the_known() {
        let text = said("--m={modle}");
        assert!(
            text.contains("`{modle}` is unknown; did you mean `{model}`?"),
            "{text}"
        );
        assert!(
            text.ends_with("For the text itself write {{modle}}"),
            "{text}"
        );
    }

    #[test]
    fn a_model_never_becomes_a_flag() {
        let element = Element::parse("{model}").expect("fine");
        assert!(matches!(
            element.argument(Some("--yes")),
            Err(Problem::Unsupported(_))
        ));
        assert!(matches!(
            element.argument(None),
            Err(Problem::Unsupported(_))
        ));
    }
}
