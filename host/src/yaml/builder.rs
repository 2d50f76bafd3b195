//! The tree in the making: what the parser says becomes nodes, counted as they grow.

use std::collections::HashMap;
use std::ops::Range;

use saphyr_parser::{Event, ScalarStyle, Span, Tag};

use super::node::{Content, Entry, Node, Position};
use super::parse::{Bounds, Parsed, Problem, position};
use super::scalar::{Scalar, Style};
use crate::model::excerpt;

/// Duplicate keys and the like that are listed before a file counts as hopeless.
const MAX_PROBLEMS: usize = 100;

/// A list or map whose end was not seen yet.
struct Open {
    node: Node,
    anchor: usize,
    /// In a map, the key whose value comes next.
    key: Option<Key>,
    /// In a map, the keys so far; looking through the entries would be quadratic.
    seen: HashMap<String, Position>,
}

struct Key {
    text: String,
    at: Position,
    span: Range<usize>,
}

/// The tree as far as it was read.
pub(super) struct Builder {
    bounds: Bounds,
    open: Vec<Open>,
    anchors: HashMap<usize, Node>,
    parsed: Parsed,
    n_values: usize,
    n_documents: usize,
}

impl Builder {
    pub(super) fn new(bounds: Bounds) -> Self {
        Self {
            bounds,
            open: Vec::new(),
            anchors: HashMap::new(),
            parsed: Parsed::default(),
            n_values: 0,
            n_documents: 0,
        }
    }

    pub(super) fn done(self) -> Parsed {
        self.parsed
    }

    /// There is no tree, and this is why.
    pub(super) fn give_up(&mut self, problem: Problem) {
        self.parsed.problems.push(problem);
        self.parsed.root = None;
    }

    /// Take what comes next.
    ///
    /// # Errors
    /// When what is wrong leaves no tree; other problems are kept.
    pub(super) fn take(&mut self, event: Event<'_>, span: Span) -> Result<(), Problem> {
        let at = position(span.start);
        let node = |bare: bool, content: Content| Node {
            at,
            span: span.start.index()..span.end.index(),
            bare,
            // A block begins where its first item does, and has no sign of its own.
            flow: !span.is_empty(),
            content,
        };
        match event {
            Event::DocumentStart(_) => {
                self.n_documents += 1;
                if self.n_documents > 1 {
                    return refuse(
                        at,
                        "More than one document in the file",
                        "remove the `---` on this line; a text that holds one needs a block (`KEY: |`)",
                    );
                }
            }
            Event::Scalar(text, style, anchor, tag) => {
                let scalar = Scalar {
                    text: text.into_owned(),
                    style: style_of(style),
                    is_tagged: self.check_tag(at, tag.as_deref())?,
                };
                let bare = anchor == 0 && tag.is_none();
                let node = Node {
                    flow: false,
                    ..node(bare, Content::Scalar(scalar))
                };
                self.place(node, anchor)?;
            }
            Event::SequenceStart(anchor, tag) => {
                self.check_tag(at, tag.as_deref())?;
                let bare = anchor == 0 && tag.is_none();
                self.start(node(bare, Content::List(Vec::new())), anchor)?;
            }
            Event::MappingStart(anchor, tag) => {
                self.check_tag(at, tag.as_deref())?;
                let bare = anchor == 0 && tag.is_none();
                self.start(node(bare, Content::Map(Vec::new())), anchor)?;
            }
            Event::SequenceEnd | Event::MappingEnd => {
                if let Some(mut done) = self.open.pop() {
                    done.node.span.end = span.end.index();
                    self.place(done.node, done.anchor)?;
                }
            }
            Event::Alias(anchor) => self.expand(at, &span, anchor)?,
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => {}
        }
        Ok(())
    }

    fn start(&mut self, node: Node, anchor: usize) -> Result<(), Problem> {
        if self.open.len() >= self.bounds.depth {
            let message = format!("Nested more than {} levels deep", self.bounds.depth);
            return refuse(node.at, &message, "flatten the structure");
        }
        self.open.push(Open {
            node,
            anchor,
            key: None,
            seen: HashMap::new(),
        });
        Ok(())
    }

    /// Put a finished node where it belongs, and remember it if it has an anchor.
    fn place(&mut self, node: Node, anchor: usize) -> Result<(), Problem> {
        self.count(1, node.at)?;
        if anchor > 0 {
            self.anchors.insert(anchor, node.clone());
        }
        let Some(parent) = self.open.last_mut() else {
            self.parsed.root = Some(node);
            return Ok(());
        };
        match &mut parent.node.content {
            Content::List(items) => items.push(node),
            Content::Map(entries) => match parent.key.take() {
                None => parent.key = Some(key_of(node, self.bounds.is_strict)?),
                Some(key) => match parent.seen.insert(key.text.clone(), key.at) {
                    None => entries.push(Entry {
                        key: key.text,
                        key_at: key.at,
                        key_span: key.span,
                        value: node,
                    }),
                    Some(first) => self.note(duplicate(&key, first))?,
                },
            },
            Content::Scalar(_) => {}
        }
        Ok(())
    }

    /// So many values more.
    fn count(&mut self, n_values: usize, at: Position) -> Result<(), Problem> {
        self.n_values = self.n_values.saturating_add(n_values);
        let most = self.bounds.values;
        if self.n_values <= most {
            return Ok(());
        }
        refuse(
            at,
            &format!("More than {most} values, aliases counted where they are used"),
            "split the file up",
        )
    }

    fn expand(&mut self, at: Position, span: &Span, anchor: usize) -> Result<(), Problem> {
        let Some(target) = self.anchors.get(&anchor) else {
            return refuse(
                at,
                "An alias stands inside the value it names",
                "write the value out",
            );
        };
        let left = self.bounds.values.saturating_sub(self.n_values);
        let n_values = count_values(target, left);
        let copy = target.clone();
        // The alias itself is counted where it is placed.
        self.count(n_values, at)?;
        let copy = Node {
            at,
            span: span.start.index()..span.end.index(),
            bare: false,
            ..copy
        };
        self.place(copy, 0)
    }

    /// Whether the tag says that the value is text.
    fn check_tag(&mut self, at: Position, tag: Option<&Tag>) -> Result<bool, Problem> {
        let Some(tag) = tag else { return Ok(false) };
        let is_text = tag.is_yaml_core_schema() && tag.suffix == "str";
        if !is_text && self.bounds.is_strict {
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
        if self.parsed.problems.len() >= MAX_PROBLEMS {
            return Err(problem);
        }
        self.parsed.problems.push(problem);
        Ok(())
    }
}

fn style_of(style: ScalarStyle) -> Style {
    match style {
        ScalarStyle::Plain => Style::Plain,
        ScalarStyle::SingleQuoted => Style::Single,
        ScalarStyle::DoubleQuoted => Style::Double,
        ScalarStyle::Literal | ScalarStyle::Folded => Style::Block,
    }
}

fn refuse(at: Position, message: &str, fix: &str) -> Result<(), Problem> {
    Err(Problem {
        at,
        message: message.to_owned(),
        fix: fix.to_owned(),
    })
}

fn duplicate(key: &Key, first: Position) -> Problem {
    Problem {
        at: key.at,
        message: format!(
            "Duplicate key '{}', first on line {}",
            excerpt(&key.text),
            first.line
        ),
        fix: "keep one of the two".to_owned(),
    }
}

fn key_of(node: Node, is_strict: bool) -> Result<Key, Problem> {
    match node.content {
        Content::Scalar(key) if is_strict && key.text == "<<" && key.is_plain() => Err(Problem {
            at: node.at,
            message: "Merge keys ('<<') are not supported".to_owned(),
            fix: "write the fields out, or use an alias for the whole value".to_owned(),
        }),
        Content::Scalar(key) => Ok(Key {
            text: key.text,
            at: node.at,
            span: node.span,
        }),
        Content::List(_) | Content::Map(_) => Err(Problem {
            at: node.at,
            message: "A key must be a single word or text".to_owned(),
            fix: "quote it if it contains brackets or braces".to_owned(),
        }),
    }
}

/// The values of a tree, but no more than one over `limit`.
fn count_values(node: &Node, limit: usize) -> usize {
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
