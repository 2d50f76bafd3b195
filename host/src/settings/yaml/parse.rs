//! From YAML text to a tree, with bounds on everything that could be made to grow.
//!
//! One document per file. Anchors and aliases work; what they expand to counts against the same
//! bound as what is written out. Tags other than `!!str` and merge keys are refused: the first
//! would change what a value means, the second is not part of YAML 1.2.

use std::collections::HashMap;

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, Span, Tag};

use super::node::{Content, Entry, Node, Position, Scalar};
use crate::settings::diagnostic::excerpt;

/// Largest file that is read.
pub(crate) const MAX_BYTES: u64 = 1024 * 1024;
/// Deepest nesting; configuration needs about seven levels.
const MAX_DEPTH: usize = 64;
/// Most values in a file of the configuration, with aliases expanded.
const MAX_NODES: usize = 100_000;
/// Duplicate keys and the like that are listed before a file counts as hopeless.
const MAX_PROBLEMS: usize = 100;

/// What is wrong with the text, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Problem {
    pub(crate) at: Position,
    pub(crate) message: String,
    pub(crate) fix: String,
}

/// A file's tree and its problems.
#[derive(Debug, Default)]
pub(crate) struct Parsed {
    /// `None` when the file is empty, or so broken that no tree could be made.
    pub(crate) root: Option<Node>,
    pub(crate) problems: Vec<Problem>,
}

/// Read one YAML document.
pub(crate) fn parse(text: &str) -> Parsed {
    parse_up_to(text, MAX_NODES)
}

/// Read one YAML document, or one of JSON, which is YAML, with at most so many values.
pub(crate) fn parse_up_to(text: &str, most: usize) -> Parsed {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    // The parser takes a NUL for the end of the input and would silently ignore the rest.
    if let Some(problem) = forbidden_character(text) {
        return Parsed {
            root: None,
            problems: vec![problem],
        };
    }
    let mut builder = Builder {
        most,
        ..Builder::default()
    };
    let mut parser = Parser::new_from_str(text);
    loop {
        let step = match parser.next_event() {
            None | Some(Ok((Event::StreamEnd, _))) => break,
            Some(Ok((event, span))) => builder.take(event, span),
            Some(Err(error)) => Err(syntax_error(&error)),
        };
        if let Err(problem) = step {
            builder.problems.push(problem);
            builder.root = None;
            break;
        }
    }
    Parsed {
        root: builder.root,
        problems: builder.problems,
    }
}

fn forbidden_character(text: &str) -> Option<Problem> {
    let forbidden = |c: char| c.is_control() && !matches!(c, '\t' | '\n' | '\r' | '\u{85}');
    let index = text.find(forbidden)?;
    let before = &text[..index];
    let line_start = before.rfind('\n').map_or(0, |i| i + 1);
    let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    Some(Problem {
        at: Position {
            line: count(before.matches('\n').count() + 1),
            column: count(before[line_start..].chars().count() + 1),
        },
        message: format!(
            "Invalid YAML: control character {}",
            excerpt(&text[index..].chars().take(1).collect::<String>())
        ),
        fix: "remove it, or write it as an escape in double quotes".to_owned(),
    })
}

fn syntax_error(error: &saphyr_parser::ScanError) -> Problem {
    Problem {
        at: position(*error.marker()),
        message: format!("Invalid YAML: {}", excerpt(error.info())),
        fix: "check indentation, colons and quotes here and on the line before".to_owned(),
    }
}

fn position(marker: Marker) -> Position {
    let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    Position {
        line: count(marker.line()),
        column: count(marker.col().saturating_add(1)),
    }
}

/// A list or map whose end was not seen yet.
struct Open {
    at: Position,
    anchor: usize,
    content: Content,
    /// In a map, the key whose value comes next.
    key: Option<(String, Position)>,
    /// In a map, the keys so far; looking through the entries would be quadratic.
    seen: HashMap<String, Position>,
}

#[derive(Default)]
struct Builder {
    open: Vec<Open>,
    anchors: HashMap<usize, Node>,
    root: Option<Node>,
    problems: Vec<Problem>,
    /// Most values, with aliases expanded.
    most: usize,
    n_nodes: usize,
    n_documents: usize,
}

impl Builder {
    fn take(&mut self, event: Event<'_>, span: Span) -> Result<(), Problem> {
        let at = position(span.start);
        match event {
            Event::DocumentStart(_) => {
                self.n_documents += 1;
                if self.n_documents > 1 {
                    return refuse(
                        at,
                        "More than one document in the file",
                        "remove the '---' and what does not belong here",
                    );
                }
            }
            Event::Scalar(text, style, anchor, tag) => {
                let tagged_text = self.check_tag(at, tag.as_deref())?;
                let plain = style == ScalarStyle::Plain && !tagged_text;
                let scalar = Scalar {
                    text: text.into_owned(),
                    plain,
                };
                self.place(
                    Node {
                        at,
                        content: Content::Scalar(scalar),
                    },
                    anchor,
                )?;
            }
            Event::SequenceStart(anchor, tag) => {
                self.check_tag(at, tag.as_deref())?;
                self.start(at, anchor, Content::List(Vec::new()))?;
            }
            Event::MappingStart(anchor, tag) => {
                self.check_tag(at, tag.as_deref())?;
                self.start(at, anchor, Content::Map(Vec::new()))?;
            }
            Event::SequenceEnd | Event::MappingEnd => {
                if let Some(done) = self.open.pop() {
                    self.place(
                        Node {
                            at: done.at,
                            content: done.content,
                        },
                        done.anchor,
                    )?;
                }
            }
            Event::Alias(anchor) => self.expand(at, anchor)?,
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => {}
        }
        Ok(())
    }

    fn start(&mut self, at: Position, anchor: usize, content: Content) -> Result<(), Problem> {
        if self.open.len() >= MAX_DEPTH {
            return refuse(
                at,
                &format!("Nested more than {MAX_DEPTH} levels deep"),
                "flatten the structure",
            );
        }
        self.open.push(Open {
            at,
            anchor,
            content,
            key: None,
            seen: HashMap::new(),
        });
        Ok(())
    }

    /// Put a finished node where it belongs, and remember it if it has an anchor.
    fn place(&mut self, node: Node, anchor: usize) -> Result<(), Problem> {
        self.n_nodes += 1;
        if self.n_nodes > self.most {
            return refuse(
                node.at,
                &format!(
                    "More than {} values, aliases counted where they are used",
                    self.most
                ),
                "split the configuration up",
            );
        }
        if anchor > 0 {
            self.anchors.insert(anchor, node.clone());
        }
        let Some(parent) = self.open.last_mut() else {
            self.root = Some(node);
            return Ok(());
        };
        match &mut parent.content {
            Content::List(items) => items.push(node),
            Content::Map(entries) => match parent.key.take() {
                None => parent.key = Some(key_of(node)?),
                Some((key, key_at)) => match parent.seen.insert(key.clone(), key_at) {
                    None => entries.push(Entry {
                        key,
                        key_at,
                        value: node,
                    }),
                    Some(first) => self.note(duplicate(&key, key_at, first))?,
                },
            },
            Content::Scalar(_) => {}
        }
        Ok(())
    }

    fn expand(&mut self, at: Position, anchor: usize) -> Result<(), Problem> {
        let Some(target) = self.anchors.get(&anchor) else {
            return refuse(
                at,
                "An alias stands inside the value it names",
                "write the value out",
            );
        };
        let size = count_nodes(target, self.most.saturating_sub(self.n_nodes));
        self.n_nodes += size;
        if self.n_nodes > self.most {
            return refuse(
                at,
                &format!("Aliases expand to more than {} values", self.most),
                "write the values out",
            );
        }
        let mut copy = target.clone();
        copy.at = at;
        self.place(copy, 0)
    }

    /// Whether the tag says that the value is text.
    fn check_tag(&mut self, at: Position, tag: Option<&Tag>) -> Result<bool, Problem> {
        let Some(tag) = tag else { return Ok(false) };
        let is_text = tag.is_yaml_core_schema() && tag.suffix == "str";
        if !is_text {
            self.note(Problem {
                at,
                message: format!(
                    "Tags such as '{}' are not supported",
                    excerpt(&tag.to_string())
                ),
                fix: "remove the tag".to_owned(),
            })?;
        }
        Ok(is_text)
    }

    fn note(&mut self, problem: Problem) -> Result<(), Problem> {
        if self.problems.len() >= MAX_PROBLEMS {
            return Err(problem);
        }
        self.problems.push(problem);
        Ok(())
    }
}

fn refuse(at: Position, message: &str, fix: &str) -> Result<(), Problem> {
    Err(Problem {
        at,
        message: message.to_owned(),
        fix: fix.to_owned(),
    })
}

fn duplicate(key: &str, at: Position, first: Position) -> Problem {
    Problem {
        at,
        message: format!(
            "Duplicate key '{}', first on line {}",
            excerpt(key),
            first.line
        ),
        fix: "keep one of the two".to_owned(),
    }
}

fn key_of(node: Node) -> Result<(String, Position), Problem> {
    match node.content {
        Content::Scalar(scalar) if scalar.text == "<<" && scalar.plain => Err(Problem {
            at: node.at,
            message: "Merge keys ('<<') are not supported".to_owned(),
            fix: "write the fields out, or use an alias for the whole value".to_owned(),
        }),
        Content::Scalar(scalar) => Ok((scalar.text, node.at)),
        Content::List(_) | Content::Map(_) => Err(Problem {
            at: node.at,
            message: "A key must be a single word or text".to_owned(),
            fix: "quote it if it contains brackets or braces".to_owned(),
        }),
    }
}

/// The nodes of a tree, but no more than one over `limit`.
fn count_nodes(node: &Node, limit: usize) -> usize {
    let mut count = 0;
    let mut rest = vec![node];
    while let Some(node) = rest.pop() {
        count += 1;
        if count > limit {
            break;
        }
        rest.extend(node.items());
        rest.extend(node.entries().iter().map(|entry| &entry.value));
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn problems(text: &str) -> Vec<String> {
        let shown = |p: &Problem| format!("{}:{}: {}", p.at.line, p.at.column, p.message);
        parse(text).problems.iter().map(shown).collect()
    }

    #[test]
    fn every_key_and_value_knows_its_place() {
        let parsed = parse("# note\na:\n  b: [x, 'y']\n  c:\n  - z\n");
        assert!(parsed.problems.is_empty());
        let root = parsed.root.unwrap();
        let place = |node: &Node| (node.at.line, node.at.column);
        let b = root.get("a").unwrap().get("b").unwrap();
        assert_eq!(place(b), (3, 6));
        assert_eq!(place(&b.items()[1]), (3, 10));
        let a = &root.entries()[0];
        assert_eq!((a.key_at.line, a.key_at.column), (2, 1));
        assert_eq!(
            place(&root.get("a").unwrap().get("c").unwrap().items()[0]),
            (5, 5)
        );
    }

    #[test]
    fn columns_count_characters_even_after_a_byte_order_mark() {
        let parsed = parse("\u{feff}'ä': x\n");
        let root = parsed.root.unwrap();
        assert_eq!(root.get("ä").unwrap().at, Position { line: 1, column: 6 });
    }

    #[test]
    fn what_is_refused_says_where_and_why() {
        assert_eq!(
            problems("a: 1\nb: 2\na: 3\n"),
            ["3:1: Duplicate key 'a', first on line 1"]
        );
        assert_eq!(
            problems("a: 1\n---\nb: 2\n"),
            ["2:1: More than one document in the file"]
        );
        assert_eq!(
            problems("a: !!int 5\n"),
            ["1:4: Tags such as 'tag:yaml.org,2002:!int' are not supported"]
        );
        assert_eq!(
            problems("x: &x {a: 1}\ny:\n  <<: *x\n"),
            ["3:3: Merge keys ('<<') are not supported"]
        );
        assert_eq!(
            problems("a: &a [*a]\n"),
            ["1:8: An alias stands inside the value it names"]
        );
        assert_eq!(
            problems("a: b\0c"),
            ["1:5: Invalid YAML: control character \\u{0}"]
        );
        assert_eq!(problems("a: [1, 2\nb: c\n").len(), 1);
        assert_eq!(
            problems("? [a]\n: b\n"),
            ["1:3: A key must be a single word or text"]
        );
    }

    #[test]
    fn aliases_expand_and_stand_where_they_are_used() {
        let root = parse("a: &x [1, 2]\nb: *x\n").root.unwrap();
        let b = root.get("b").unwrap();
        assert_eq!(b.items().len(), 2);
        assert_eq!(b.at, Position { line: 2, column: 4 });
    }

    #[test]
    fn a_billion_laughs_are_cut_short() {
        let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
        for n in 1..12 {
            let aliases = vec![format!("*a{}", n - 1); 9].join(", ");
            text.push_str(&format!("a{n}: &a{n} [{aliases}]\n"));
        }
        let parsed = parse(&text);
        assert!(parsed.root.is_none());
        assert!(
            parsed.problems[0].message.contains("expand to more than"),
            "{:?}",
            parsed.problems
        );
    }

    #[test]
    fn depth_is_bounded() {
        assert_eq!(
            problems(&"[".repeat(100_000)),
            ["1:256: Invalid YAML: recursion limit exceeded"]
        );
        let block: String = (0..100).map(|n| format!("{}a:\n", " ".repeat(n))).collect();
        assert!(problems(&block)[0].contains("Nested more than"));
    }

    #[test]
    fn nothing_is_told_apart_from_something() {
        assert!(parse("").root.is_none());
        assert!(parse("# only a comment\n").root.is_none());
        assert!(parse("---\n").root.is_none_or(|root| root.is_null()));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn no_text_panics(text in "([-:?,\\[\\]{}&*!|>'\"%@` \t\n#a-c0~.<=]|---|\\.\\.\\.|\n  |: |- |\\PC|\r\n){0,60}") {
            let _unused = parse(&text);
        }
    }
}
