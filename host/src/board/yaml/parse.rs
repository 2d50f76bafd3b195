//! From YAML text to a tree, with bounds on everything that could be made to grow.
//!
//! One document per file. It stops at the first fault: a file with one is not read. Aliases work,
//! and what they stand for counts against the same bound as what is written out.

use std::collections::{HashMap, HashSet};

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, Span};

use super::node::{Content, Entry, Mark, Node, Style};
use crate::board::problem::excerpt;

/// How much of a text is taken in.
#[derive(Debug, Clone, Copy)]
pub(in crate::board) struct Bounds {
    /// Levels of lists and maps.
    pub(in crate::board) depth: usize,
    /// Values in all, with aliases written out.
    pub(in crate::board) nodes: usize,
}

/// What is wrong with the text, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::board) struct Fault {
    /// From 1.
    pub(in crate::board) line: u32,
    pub(in crate::board) message: String,
    pub(in crate::board) fix: String,
}

/// Read one YAML document; `None` when there is nothing in it.
pub(in crate::board) fn parse(text: &str, bounds: Bounds) -> Result<Option<Node>, Fault> {
    // The parser takes a NUL for the end of the text and would leave out the rest without a word.
    refuse_control_characters(text)?;
    let mut builder = Builder::new(bounds);
    for step in Parser::new_from_str(text) {
        match step {
            Ok((Event::StreamEnd, _)) => break,
            Ok((event, span)) => builder.take(event, span)?,
            Err(error) => {
                return Err(Fault {
                    line: count(error.marker().line()),
                    message: format!("Invalid YAML: {}", excerpt(error.info())),
                    fix: "check indentation, colons, and quotes here and on the line before"
                        .to_owned(),
                });
            }
        }
    }
    Ok(builder.root)
}

fn refuse_control_characters(text: &str) -> Result<(), Fault> {
    let forbidden = |c: char| c.is_control() && !matches!(c, '\t' | '\n' | '\r' | '\u{85}');
    let Some((index, c)) = text.char_indices().find(|(_, c)| forbidden(*c)) else {
        return Ok(());
    };
    Err(Fault {
        line: count(text[..index].matches('\n').count() + 1),
        message: format!("Invalid YAML: control character {}", c.escape_unicode()),
        fix: "remove it, or write it as an escape in double quotes".to_owned(),
    })
}

fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

fn mark(marker: Marker) -> Mark {
    Mark {
        line: count(marker.line()),
        column: count(marker.col()),
        index: marker.index(),
    }
}

/// A list or map whose end was not seen yet.
struct Open {
    node: Node,
    anchor: usize,
    /// In a map, the key whose value comes next.
    key: Option<(String, Mark, usize)>,
    seen: HashSet<String>,
}

struct Builder {
    bounds: Bounds,
    open: Vec<Open>,
    anchors: HashMap<usize, Node>,
    root: Option<Node>,
    n_nodes: usize,
    n_documents: usize,
}

impl Builder {
    fn new(bounds: Bounds) -> Self {
        Self {
            bounds,
            open: Vec::new(),
            anchors: HashMap::new(),
            root: None,
            n_nodes: 0,
            n_documents: 0,
        }
    }

    fn take(&mut self, event: Event<'_>, span: Span) -> Result<(), Fault> {
        let at = mark(span.start);
        let node = |bare: bool, content: Content| Node {
            at,
            end: span.end.index(),
            bare,
            content,
        };
        match event {
            Event::DocumentStart(_) => {
                self.n_documents += 1;
                if self.n_documents > 1 {
                    return refuse(
                        at,
                        "More than one document in the file",
                        "remove the `---` on this line, or move what follows into a field such as `description: |`",
                    );
                }
            }
            Event::Scalar(text, style, anchor, tag) => {
                let (text, style) = (text.into_owned(), style_of(style));
                let content = Content::Scalar { text, style };
                self.place(node(anchor == 0 && tag.is_none(), content), anchor)?;
            }
            Event::SequenceStart(anchor, tag) => {
                let bare = anchor == 0 && tag.is_none();
                self.start(node(bare, Content::List(Vec::new())), anchor)?;
            }
            Event::MappingStart(anchor, tag) => {
                let bare = anchor == 0 && tag.is_none();
                let (entries, braces) = (Vec::new(), !span.is_empty());
                self.start(node(bare, Content::Map { entries, braces }), anchor)?;
            }
            Event::SequenceEnd | Event::MappingEnd => {
                if let Some(mut done) = self.open.pop() {
                    done.node.end = span.end.index();
                    self.place(done.node, done.anchor)?;
                }
            }
            Event::Alias(anchor) => self.expand(at, span.end.index(), anchor)?,
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => {}
        }
        Ok(())
    }

    fn start(&mut self, node: Node, anchor: usize) -> Result<(), Fault> {
        if self.open.len() >= self.bounds.depth {
            let message = format!("Nested more than {} levels deep", self.bounds.depth);
            return refuse(node.at, &message, "flatten the structure");
        }
        self.open.push(Open {
            node,
            anchor,
            key: None,
            seen: HashSet::new(),
        });
        Ok(())
    }

    /// Put a finished node where it belongs, and remember it if it has an anchor.
    fn place(&mut self, node: Node, anchor: usize) -> Result<(), Fault> {
        self.n_nodes += 1;
        if self.n_nodes > self.bounds.nodes {
            return self.too_many(node.at);
        }
        if anchor > 0 {
            self.anchors.insert(anchor, node.clone());
        }
        let Some(parent) = self.open.last_mut() else {
            self.root = Some(node);
            return Ok(());
        };
        match &mut parent.node.content {
            Content::List(items) => items.push(node),
            Content::Map { entries, .. } => match parent.key.take() {
                None => parent.key = Some(key_of(node, &mut parent.seen)?),
                Some((key, key_at, key_end)) => entries.push(Entry {
                    key,
                    key_at,
                    key_end,
                    value: node,
                }),
            },
            Content::Scalar { .. } => {}
        }
        Ok(())
    }

    fn expand(&mut self, at: Mark, end: usize, anchor: usize) -> Result<(), Fault> {
        let Some(target) = self.anchors.get(&anchor) else {
            return refuse(
                at,
                "An alias stands inside the value it names",
                "write the value out",
            );
        };
        let left = self.bounds.nodes.saturating_sub(self.n_nodes);
        self.n_nodes += count_nodes(target, left);
        if self.n_nodes > self.bounds.nodes {
            return self.too_many(at);
        }
        let mut copy = target.clone();
        (copy.at, copy.end, copy.bare) = (at, end, false);
        self.place(copy, 0)
    }

    fn too_many(&self, at: Mark) -> Result<(), Fault> {
        let most = self.bounds.nodes;
        refuse(
            at,
            &format!("More than {most} values, aliases counted where they are used"),
            "split the file up",
        )
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

fn refuse(at: Mark, message: &str, fix: &str) -> Result<(), Fault> {
    Err(Fault {
        line: at.line,
        message: message.to_owned(),
        fix: fix.to_owned(),
    })
}

fn key_of(node: Node, seen: &mut HashSet<String>) -> Result<(String, Mark, usize), Fault> {
    let fault = |message: String, fix: &str| Fault {
        line: node.at.line,
        message,
        fix: fix.to_owned(),
    };
    match node.content {
        Content::Scalar { text, .. } => {
            if !seen.insert(text.clone()) {
                let message = format!("Duplicate key `{}`", excerpt(&text));
                return Err(fault(message, "keep one of the two"));
            }
            Ok((text, node.at, node.end))
        }
        Content::List(_) | Content::Map { .. } => Err(fault(
            "A key must be a single word or text".to_owned(),
            "quote it if it contains brackets or braces",
        )),
    }
}

/// The nodes of a tree, but no more than one over `limit`.
fn count_nodes(node: &Node, limit: usize) -> usize {
    let mut n = 0;
    let mut rest = vec![node];
    while let Some(node) = rest.pop() {
        n += 1;
        if n > limit {
            break;
        }
        rest.extend(node.items().unwrap_or_default());
        rest.extend(node.entries().iter().map(|entry| &entry.value));
    }
    n
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOUNDS: Bounds = Bounds {
        depth: 5,
        nodes: 100,
    };

    fn fault(text: &str) -> String {
        let fault = parse(text, BOUNDS).unwrap_err();
        format!("{}: {}", fault.line, fault.message)
    }

    #[test]
    fn values_know_where_they_stand() {
        let root = parse("# note\na: ä # c\nb:\n  c: 'x'\n", BOUNDS)
            .unwrap()
            .unwrap();
        let a = root.entry("a").unwrap();
        assert_eq!((a.key_at.line, a.key_at.index, a.key_end), (2, 7, 8));
        assert_eq!((a.value.at.index, a.value.end), (10, 11));
        let c = root.get("b").unwrap().get("c").unwrap();
        assert_eq!((c.at.line, c.at.column, c.text()), (4, 5, Some("x")));
    }

    #[test]
    fn what_is_refused_says_where_and_why() {
        assert_eq!(
            fault("a: 1\n---\nb: 2\n"),
            "2: More than one document in the file"
        );
        assert_eq!(fault("a: 1\nb:\n  c: 1\na: 2\n"), "4: Duplicate key `a`");
        assert_eq!(fault("a: [[[[[1]]]]]"), "1: Nested more than 5 levels deep");
        assert_eq!(
            fault("a: 1\nb: \0\n"),
            "2: Invalid YAML: control character \\u{0}"
        );
        assert_eq!(
            fault("? [a]\n: b\n"),
            "1: A key must be a single word or text"
        );
        assert!(fault("a: 'x\nb: y\n").contains("Invalid YAML"));
    }

    #[test]
    fn aliases_count_where_they_are_used() {
        let mut bomb = "a: &a [1,2,3,4,5,6,7,8,9,0]\n".to_owned();
        bomb.push_str("b: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\n");
        assert_eq!(
            fault(&bomb),
            "2: More than 100 values, aliases counted where they are used"
        );
        assert_eq!(
            fault("a: &a [*a]\n"),
            "1: An alias stands inside the value it names"
        );
        let root = parse("a: &x [1]\nb: *x\n", BOUNDS).unwrap().unwrap();
        assert_eq!(root.to_json().to_string(), r#"{"a":[1],"b":[1]}"#);
    }

    #[test]
    fn json_keeps_what_a_value_means() {
        let text = "a: ~\nb: yes\nc: true\nd: '5'\ne: 5\nf: 2026-01-01\ng: |\n  x\n";
        let root = parse(text, BOUNDS).unwrap().unwrap();
        assert_eq!(
            root.to_json().to_string(),
            r#"{"a":null,"b":"yes","c":true,"d":"5","e":5,"f":"2026-01-01","g":"x\n"}"#
        );
    }
}
