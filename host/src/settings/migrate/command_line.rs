//! A string command template, taken apart into an argument list, or refused.
//!
//! The string was never given to a shell, yet it was written as if it were. Only what every
//! reading agrees on is accepted: words, quotes around whole pieces, placeholders, and a final
//! `< {prompt_file}`. Everything else is refused with its place.

/// A template taken apart.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct CommandLine {
    /// The arguments after the program.
    pub(super) args: Vec<String>,
    /// The template ended in `< {prompt_file}`.
    pub(super) prompt_on_stdin: bool,
    /// The flag whose value the prompt is.
    pub(super) prompt_as_value_of: Option<String>,
}

/// Why a template is refused.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    /// Where in the template, in characters from 0.
    pub(super) offset: usize,
    pub(super) why: String,
    pub(super) instead: &'static str,
}

struct Word {
    text: String,
    offset: usize,
    quoted: bool,
}

const PLACEHOLDERS: [&str; 5] = [
    "{binary}",
    "{model}",
    "{prompt_file}",
    "{output_file}",
    "{prompt}",
];

/// Take `template` apart.
pub(super) fn split(template: &str) -> Result<CommandLine, Refusal> {
    let mut words = words(template)?;
    for word in &mut words {
        word.text = single_braces(&word.text);
    }
    let mut rest = words.into_iter().peekable();
    match rest.next() {
        Some(first) if first.text == "{binary}" => {}
        first => {
            let offset = first.map_or(0, |word| word.offset);
            return refuse(
                offset,
                "the template does not begin with {binary}",
                "begin with {binary}, and name the program under 'binary'",
            );
        }
    }
    let mut line = CommandLine::default();
    while let Some(word) = rest.next() {
        if word.text == "<" && !word.quoted {
            match (rest.next(), rest.next()) {
                (Some(file), None) if file.text == "{prompt_file}" => line.prompt_on_stdin = true,
                _ => {
                    return refuse(
                        word.offset,
                        "only '< {prompt_file}' at the very end is understood",
                        "write 'stdin: prompt' instead of the redirection",
                    );
                }
            }
            break;
        }
        check_word(&word, line.args.last().map(String::as_str))?;
        if word.text == "{prompt}" && line.args.last().is_none_or(|before| before != "--") {
            line.prompt_as_value_of = line.args.last().cloned();
        }
        line.args.push(word.text);
    }
    Ok(line)
}

fn check_word(word: &Word, before: Option<&str>) -> Result<(), Refusal> {
    for found in crate::settings::read::placeholders(&word.text) {
        let whole = found == word.text;
        match found {
            "{model}" => {}
            "{binary}" => {
                return refuse(word.offset, "{binary} appears a second time", "remove it");
            }
            "{prompt}" if !whole || !word.quoted => {
                return refuse(
                    word.offset,
                    "{prompt} without quotes of its own was split at every space",
                    "write 'stdin: prompt' and leave the prompt out of the arguments",
                );
            }
            "{prompt}" if !before.is_some_and(|flag| flag.starts_with('-')) => {
                return refuse(
                    word.offset,
                    "a prompt here could be taken for a flag",
                    "write 'stdin: prompt', or put '--' before the prompt",
                );
            }
            "{prompt}" => {}
            "{prompt_file}" | "{output_file}" if whole => {}
            "{prompt_file}" | "{output_file}" => {
                return refuse(
                    word.offset,
                    "a file's placeholder is glued to other text",
                    "make it an argument of its own: --file {prompt_file}",
                );
            }
            _ => {
                return refuse(
                    word.offset,
                    "unknown placeholder",
                    "use {model}, {prompt_file} or {output_file}",
                );
            }
        }
    }
    Ok(())
}

/// `{{name}}` is the same as `{name}`.
fn single_braces(text: &str) -> String {
    PLACEHOLDERS.iter().fold(text.to_owned(), |text, name| {
        text.replace(&format!("{{{name}}}"), name)
    })
}

fn words(template: &str) -> Result<Vec<Word>, Refusal> {
    let mut words: Vec<Word> = Vec::new();
    let mut chars = template.chars().enumerate().peekable();
    while let Some((offset, c)) = chars.next() {
        match c {
            c if c.is_whitespace() => {}
            '"' | '\'' => {
                let text = quoted(&mut chars, c, offset)?;
                if chars.peek().is_some_and(|(_, next)| !next.is_whitespace()) {
                    return refuse(
                        offset,
                        "a quoted piece is glued to other text",
                        "put quotes around the whole argument",
                    );
                }
                words.push(Word {
                    text,
                    offset,
                    quoted: true,
                });
            }
            '<' => words.push(Word {
                text: "<".to_owned(),
                offset,
                quoted: false,
            }),
            c => {
                check_character(c, offset, false)?;
                let mut text = String::from(c);
                while let Some((offset, c)) =
                    chars.next_if(|(_, c)| !c.is_whitespace() && *c != '<')
                {
                    if matches!(c, '"' | '\'') {
                        return refuse(
                            offset,
                            "a quoted piece is glued to other text",
                            "put quotes around the whole argument",
                        );
                    }
                    check_character(c, offset, false)?;
                    text.push(c);
                }
                words.push(Word {
                    text,
                    offset,
                    quoted: false,
                });
            }
        }
    }
    Ok(words)
}

fn quoted(
    chars: &mut impl Iterator<Item = (usize, char)>,
    quote: char,
    start: usize,
) -> Result<String, Refusal> {
    let mut text = String::new();
    for (offset, c) in chars {
        if c == quote {
            return Ok(text);
        }
        check_character(c, offset, true)?;
        text.push(c);
    }
    refuse(start, "the quote is not closed", "close it, or remove it")
}

/// Characters that mean one thing to a shell and another to a program.
fn check_character(c: char, offset: usize, quoted: bool) -> Result<(), Refusal> {
    let why = match c {
        '$' | '`' => "variables and commands inside a template were never filled in",
        '\\' => "a backslash means different things to different readers",
        '|' | '&' | ';' | '>' | '(' | ')' if !quoted => "there is no shell to understand this",
        '*' | '?' | '~' | '#' if !quoted => "there is no shell to understand this",
        _ => return Ok(()),
    };
    Err(Refusal {
        offset,
        why: format!("'{c}': {why}"),
        instead: "call a script of yours that does it, or write the arguments as a list under 'args'",
    })
}

fn refuse<T>(offset: usize, why: &str, instead: &'static str) -> Result<T, Refusal> {
    Err(Refusal {
        offset,
        why: why.to_owned(),
        instead,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_every_reading_agrees_on_is_accepted() {
        let args = |template| split(template).unwrap().args.join("|");
        assert_eq!(
            args("{binary} --prompt-file {prompt_file} --model {model}"),
            "--prompt-file|{prompt_file}|--model|{model}"
        );
        assert_eq!(
            args("{{binary}} {{prompt_file}} --model={{model}}"),
            "{prompt_file}|--model={model}"
        );
        assert_eq!(
            args("{binary} -c 'approval_policy=never' \"two words\""),
            "-c|approval_policy=never|two words"
        );
        assert_eq!(args("{binary}"), "");
        let redirected = split("{binary} --model {model} < {prompt_file}").unwrap();
        assert_eq!(
            (redirected.args.len(), redirected.prompt_on_stdin),
            (2, true)
        );
        let flag = split("{binary} --message \"{{prompt}}\"").unwrap();
        assert_eq!(flag.prompt_as_value_of.as_deref(), Some("--message"));
        assert_eq!(
            split("{binary} -- '{prompt}'").unwrap().prompt_as_value_of,
            None
        );
    }

    #[test]
    fn the_ambiguous_is_refused_with_its_place() {
        for (template, offset, why) in [
            ("{binary} a | b", 11, "'|'"),
            ("{binary} && rm", 9, "'&'"),
            ("{binary} $(id)", 9, "'$'"),
            ("{binary} \"$HOME\"", 10, "'$'"),
            ("{binary} 'it", 9, "not closed"),
            ("{binary} a\\ b", 10, "backslash"),
            ("{binary} {prompt}", 9, "split at every space"),
            ("{binary} \"{prompt}\"", 9, "taken for a flag"),
            ("{binary} run \"{prompt}\"", 13, "taken for a flag"),
            ("{binary} \"say {prompt}\"", 9, "split at every space"),
            ("{binary} --file={prompt_file}", 9, "glued"),
            ("{binary} --m=\"x\"", 13, "glued"),
            ("{binary} 'a'b", 9, "glued"),
            ("{binary} < {prompt_file} x", 9, "at the very end"),
            ("{binary} < file", 9, "at the very end"),
            ("claude {binary}", 0, "does not begin"),
            ("", 0, "does not begin"),
            ("{binary} {binary}", 9, "second time"),
            ("{binary} {secret}", 9, "unknown placeholder"),
            ("{binary} > out", 9, "'>'"),
        ] {
            let refusal = split(template).unwrap_err();
            assert_eq!(refusal.offset, offset, "{template}: {refusal:?}");
            assert!(refusal.why.contains(why), "{template}: {refusal:?}");
        }
    }

    proptest! {
        #[test]
        fn no_template_panics(template in "(\\{binary\\} )?([a-z{}<>|'\" -]|\\{prompt\\}|\\PC){0,40}") {
            let _unused = split(&template);
        }
    }
}
