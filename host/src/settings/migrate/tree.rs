//! Small operations on trees: taking fields out, putting fields in, dropping what is not known.

use crate::model::excerpt;
use crate::settings::collector::Collector;
use crate::settings::shape::{Field, Object, Status};
use crate::settings::yaml::{Content, Entry, Node, Position, Scalar};

/// Take the value of `key` out of a map.
pub(super) fn take(node: &mut Node, key: &str) -> Option<Node> {
    let Content::Map(entries) = &mut node.content else {
        return None;
    };
    let index = entries.iter().position(|entry| entry.key == key)?;
    Some(entries.remove(index).value)
}

/// Set `key` in a map, unless it is there.
pub(super) fn put(node: &mut Node, key: &str, value: Node) {
    if let Content::Map(entries) = &mut node.content
        && !entries.iter().any(|entry| entry.key == key)
    {
        entries.push(Entry::new(key, value));
    }
}

/// A scalar; `plain` when it means something other than its text.
pub(super) fn scalar(at: Position, text: &str, plain: bool) -> Node {
    let scalar = if plain {
        Scalar::plain(text)
    } else {
        Scalar::quoted(text)
    };
    Node::new(at, Content::Scalar(scalar))
}

/// An empty map.
pub(super) fn map(at: Position) -> Node {
    Node::new(at, Content::Map(Vec::new()))
}

/// Keep only fields that `object` knows and that have an effect; say which went.
pub(super) fn keep_known(node: &mut Node, object: &Object, path: &str, notes: &mut Collector) {
    let Content::Map(entries) = &mut node.content else {
        return;
    };
    entries.retain(|entry| {
        let field: Option<&Field> = object.fields.iter().find(|field| field.name == entry.key);
        let path = format!("{path}.{}", excerpt(&entry.key));
        let (why, fix) = match field.map(|field| field.status) {
            Some(Status::Current | Status::Old(_)) => return true,
            Some(Status::Unused(why)) => (format!("it has no effect: {why}"), ""),
            Some(Status::Refused(_)) => ("it is not supported here".to_owned(), ""),
            None => (
                "it is not a field of this program".to_owned(),
                "if it mattered, say it in a 'note'",
            ),
        };
        notes
            .warning(
                entry.key_at,
                &path,
                format!("'{}' was left out: {why}", excerpt(&entry.key)),
            )
            .fix(fix);
        false
    });
}
