//! Does a tree have the shape its table asks for? One walk, every mistake.

use super::kind::{Field, NameRule, Object, OneOf, Status};
use super::value::{check_kind, wrong_type};
use crate::model::excerpt;
use crate::settings::collector::{Collector, nearest};
use crate::settings::yaml::{Content, Node, Position};

/// Note everything in `node` that `object` does not allow.
pub(crate) fn check(node: &Node, object: &Object, path: &str, notes: &mut Collector) {
    let Content::Map(entries) = &node.content else {
        let fields: Vec<&str> = object.offered().collect();
        let fix = format!(
            "write fields such as '{}:' under it",
            fields.first().unwrap_or(&"")
        );
        wrong_type(node, path, "a map", notes).fix(fix);
        return;
    };
    for entry in entries {
        let path = join(path, &entry.key);
        match object.fields.iter().find(|field| field.name == entry.key) {
            Some(field) => check_field(&entry.value, field, entry.key_at, &path, notes),
            None => {
                notes
                    .error(
                        entry.key_at,
                        &path,
                        format!("Unknown field '{}'", excerpt(&entry.key)),
                    )
                    .choose_from(
                        &entry.key,
                        object.offered(),
                        "remove it, or use one of the allowed fields",
                    );
            }
        }
    }
    check_presence(node, object, path, notes);
}

fn check_presence(node: &Node, object: &Object, path: &str, notes: &mut Collector) {
    for field in object
        .fields
        .iter()
        .filter(|f| f.required && node.get(f.name).is_none())
    {
        // A null is reported at its own place by `check_field`, a slip by `check`.
        if !node.entries().iter().any(|entry| entry.key == field.name)
            && !is_misspelt(field.name, node, object)
        {
            notes
                .error(
                    node.at,
                    &join(path, field.name),
                    format!("Missing required field '{}'", field.name),
                )
                .fix(format!("add '{}:'. {}", field.name, field.about));
        }
    }
    check_one_of(node, object, path, notes);
}

fn check_one_of(node: &Node, object: &Object, path: &str, notes: &mut Collector) {
    let fields = object.one_of.fields();
    let present: Vec<&str> = fields
        .iter()
        .copied()
        .filter(|f| node.get(f).is_some())
        .collect();
    let choices = fields.join("' or '");
    match present.as_slice() {
        [_] => {}
        [] => {
            if matches!(object.one_of, OneOf::Exactly(_)) && are_absent(fields, node, object) {
                notes
                    .error(node.at, path, format!("Missing '{choices}'"))
                    .choose_from("", fields.iter().copied(), format!("add '{}:'", fields[0]));
            }
        }
        [_, second, ..] => {
            let at = node
                .entries()
                .iter()
                .find(|e| e.key == *second)
                .map_or(node.at, |e| e.key_at);
            notes
                .error(
                    at,
                    &join(path, second),
                    format!("Only one of '{choices}' may be given"),
                )
                .fix("remove one of the two");
        }
    }
}

/// Whether none of `fields` is there, be it empty of value or misspelt.
pub(crate) fn are_absent(fields: &[&str], node: &Node, object: &Object) -> bool {
    !fields
        .iter()
        .any(|field| node.get(field).is_some() || is_misspelt(field, node, object))
}

/// Whether an unknown key looks like a slip for `field`: one mistake is told once.
fn is_misspelt(field: &str, node: &Node, object: &Object) -> bool {
    let names: Vec<String> = object.fields.iter().map(|f| f.name.to_owned()).collect();
    node.entries()
        .iter()
        .filter(|entry| !names.contains(&entry.key))
        .any(|entry| nearest(&entry.key, &names) == Some(field))
}

fn check_field(value: &Node, field: &Field, key_at: Position, path: &str, notes: &mut Collector) {
    match field.status {
        Status::Current => {}
        Status::Old(instead) => {
            notes
                .warning(
                    key_at,
                    path,
                    format!("'{}' is an older spelling", field.name),
                )
                .fix(format!("write {instead}"));
        }
        Status::Unused(why) => {
            notes
                .warning(
                    key_at,
                    path,
                    format!("'{}' has no effect: {why}", field.name),
                )
                .fix("remove it");
            return;
        }
        Status::Refused(fix) => {
            notes
                .error(
                    key_at,
                    path,
                    format!("'{}' is not supported here", field.name),
                )
                .fix(fix);
            return;
        }
    }
    if value.is_null() {
        if field.required {
            notes
                .error(value.at, path, format!("'{}' is empty", field.name))
                .fix(field.about);
        }
        return;
    }
    check_kind(value, field.kind, path, notes);
}

pub(super) fn check_named(
    value: &Node,
    object: &Object,
    rule: NameRule,
    path: &str,
    notes: &mut Collector,
) {
    let Content::Map(entries) = &value.content else {
        wrong_type(value, path, "a map of names", notes)
            .fix("write each name as a key, with its fields under it");
        return;
    };
    for entry in entries {
        let path = join(path, &entry.key);
        check_name(&entry.key, entry.key_at, rule, &path, notes);
        // Files of the past nest these here; read as names they would cause a flood of errors.
        if let Some(Status::Refused(fix)) = object
            .fields
            .iter()
            .find(|f| f.name == entry.key)
            .map(|f| f.status)
        {
            notes
                .error(
                    entry.key_at,
                    &path,
                    format!("'{}' does not belong here", entry.key),
                )
                .fix(fix);
            continue;
        }
        check(&entry.value, object, &path, notes);
    }
}

pub(super) fn check_name(
    name: &str,
    at: Position,
    rule: NameRule,
    path: &str,
    notes: &mut Collector,
) {
    if let Some(problem) = rule.problem(name) {
        notes
            .error(at, path, format!("The name '{}' {problem}", excerpt(name)))
            .fix("choose another name");
    }
}

/// `path` extended by a key.
pub(super) fn join(path: &str, key: &str) -> String {
    let key = excerpt(key);
    if path.is_empty() {
        key
    } else {
        format!("{path}.{key}")
    }
}
