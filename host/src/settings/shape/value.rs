//! Is a single value of the kind its field asks for?

use super::check::{check, check_name, check_named, join};
use super::kind::{Kind, NameRule, Object};
use super::time;
use crate::model::excerpt;
use crate::settings::collector::Collector;
use crate::settings::decimal::{self, NotExact};
use crate::settings::diagnostic::Diagnostic;
use crate::settings::yaml::{Content, Node, Position};

/// Note everything in `value` that `kind` does not allow.
pub(super) fn check_kind(value: &Node, kind: Kind, path: &str, notes: &mut Collector) {
    match kind {
        Kind::Any => {}
        Kind::Text => check_text(value, path, notes),
        Kind::Name(rule) => check_text_name(value, rule, path, notes),
        Kind::Flag | Kind::FlagOrText | Kind::Choice(_) => check_word(value, kind, path, notes),
        Kind::Whole(least, most) => check_whole(value, least, most, path, notes),
        Kind::Decimal { places, most } => check_decimal(value, places, most, path, notes),
        Kind::Choices(words) => check_list(value, 1, path, notes, |v, p, n| {
            check_word(v, Kind::Choice(words), p, n);
        }),
        Kind::WordOr(words, object) => match value.content {
            Content::Map(_) => check(value, object, path, notes),
            _ => check_word_or(value, words, object, path, notes),
        },
        Kind::Duration => check_duration(value, path, notes),
        Kind::Moment => time::check_moment(value, path, notes),
        Kind::Zone => time::check_zone(value, path, notes),
        Kind::TextList(least) => check_list(value, least, path, notes, check_text),
        Kind::TextMap => check_map(value, path, notes, check_text),
        Kind::Limits(most) => check_map(value, path, notes, |v, p, n| {
            check_whole(v, 1, u64::from(most), p, n);
        }),
        Kind::Variables => check_variables(value, path, notes),
        Kind::VariableNames(prefixes) => check_list(value, 0, path, notes, |v, p, n| {
            check_variable_name(v, prefixes, p, n);
        }),
        Kind::ModelNames => check_models(value, path, notes),
        Kind::AnyMap => {
            if !matches!(value.content, Content::Map(_)) {
                wrong_type(value, path, "a map", notes);
            }
        }
        Kind::Object(object) => check(value, object, path, notes),
        Kind::Objects(object, least, most) => {
            check_list(value, least, path, notes, |v, p, n| check(v, object, p, n));
            check_length(value, most, path, notes);
        }
        Kind::Named(object, rule) => check_named(value, object, rule, path, notes),
    }
}

fn check_text_name(value: &Node, rule: NameRule, path: &str, notes: &mut Collector) {
    check_text(value, path, notes);
    // An empty text was noted as such.
    if let Some(text) = value.text().filter(|text| !text.is_empty()) {
        check_name(text, value.at, rule, path, notes);
    }
}

fn check_length(value: &Node, most: usize, path: &str, notes: &mut Collector) {
    if let Some(first) = value.items().get(most) {
        let n = value.items().len();
        notes
            .error(
                first.at,
                path,
                format!("The list has {n} elements; {most} is the most"),
            )
            .fix("split it up");
    }
}

fn check_models(value: &Node, path: &str, notes: &mut Collector) {
    let rule = |v: &Node, p: &str, n: &mut Collector| check_text_name(v, NameRule::Model, p, n);
    match &value.content {
        Content::List(_) => check_list(value, 1, path, notes, rule),
        Content::Map(entries) => {
            if entries.is_empty() {
                notes
                    .error(value.at, path, "At least one model is needed")
                    .fix("add a model's name");
            }
            for entry in entries {
                let path = join(path, &entry.key);
                check_name(&entry.key, entry.key_at, NameRule::Model, &path, notes);
                if !entry.value.is_null() {
                    rule(&entry.value, &path, notes);
                }
            }
        }
        Content::Scalar(_) => {
            wrong_type(
                value,
                path,
                "a list of models, or a map from names to the tool's own names",
                notes,
            )
            .fix("write '- ' before each model");
        }
    }
}

fn check_variables(value: &Node, path: &str, notes: &mut Collector) {
    check_map(value, path, notes, |v, p, n| {
        if v.scalar().is_none() {
            wrong_type(v, p, "text", n);
        }
    });
    for entry in value.entries() {
        if !is_variable(&entry.key) {
            bad_variable(&entry.key, entry.key_at, &join(path, &entry.key), notes);
        }
    }
}

fn check_variable_name(value: &Node, prefixes: bool, path: &str, notes: &mut Collector) {
    let Some(text) = value.text() else {
        return check_text(value, path, notes);
    };
    let name = match text.strip_suffix('*') {
        Some("") if prefixes => {
            notes
                .error(
                    value.at,
                    path,
                    "'*' would hand every secret of the environment to the tool",
                )
                .fix("name the variables, or a prefix such as ANTHROPIC_*");
            return;
        }
        Some(prefix) if prefixes => prefix,
        _ => text,
    };
    if !is_variable(name) {
        bad_variable(text, value.at, path, notes);
    }
}

fn is_variable(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

fn bad_variable(name: &str, at: Position, path: &str, notes: &mut Collector) {
    notes
        .error(
            at,
            path,
            format!(
                "'{}' is not the name of an environment variable",
                excerpt(name)
            ),
        )
        .fix("use letters, digits and underscores, not starting with a digit");
}

fn check_list(
    value: &Node,
    least: usize,
    path: &str,
    notes: &mut Collector,
    each: impl Fn(&Node, &str, &mut Collector),
) {
    let Content::List(items) = &value.content else {
        wrong_type(value, path, "a list", notes).fix("write '- ' before each element, or [a, b]");
        return;
    };
    if items.len() < least {
        notes
            .error(value.at, path, "The list is empty")
            .fix("add at least one element");
    }
    for (index, item) in items.iter().enumerate() {
        each(item, &format!("{path}[{index}]"), notes);
    }
}

fn check_map(
    value: &Node,
    path: &str,
    notes: &mut Collector,
    each: impl Fn(&Node, &str, &mut Collector),
) {
    if !matches!(value.content, Content::Map(_)) {
        wrong_type(value, path, "a map", notes)
            .fix("write 'name: value' on lines of their own under it");
        return;
    }
    for entry in value.entries() {
        each(&entry.value, &join(path, &entry.key), notes);
    }
}

pub(super) fn check_text(value: &Node, path: &str, notes: &mut Collector) {
    match value.text() {
        Some("") => {
            notes
                .error(value.at, path, "The text is empty")
                .fix("write something, or remove the field");
        }
        Some(text) if text.contains('\0') => {
            notes
                .error(value.at, path, "The text contains a NUL character")
                .fix("remove it");
        }
        Some(_) => {}
        None => {
            let fix = match value.scalar() {
                Some(scalar) if !scalar.is_null() => {
                    format!("write it in quotes: '{}'", excerpt(&scalar.text))
                }
                _ => "write a text".to_owned(),
            };
            wrong_type(value, path, "text", notes).fix(fix);
        }
    }
}

fn check_word(value: &Node, kind: Kind, path: &str, notes: &mut Collector) {
    let scalar = value.scalar();
    if let Kind::Choice(words) = kind {
        let Some(text) = value.text() else {
            wrong_type(value, path, "a word", notes).choose_from(
                "",
                words.iter().copied(),
                "use one of the allowed words",
            );
            return;
        };
        if !words.contains(&text) {
            notes
                .error(
                    value.at,
                    path,
                    format!("'{}' is not allowed here", excerpt(text)),
                )
                .choose_from(text, words.iter().copied(), "use one of the allowed words");
        }
        return;
    }
    if scalar.is_some_and(|s| s.truth().is_some()) {
        return;
    }
    if matches!(kind, Kind::FlagOrText) {
        return check_text(value, path, notes);
    }
    let fix = match scalar.map(|s| s.text.to_lowercase()).as_deref() {
        Some("yes" | "on" | "true" | "1") => "write true, without quotes",
        Some("no" | "off" | "false" | "0") => "write false, without quotes",
        _ => "write true or false",
    };
    wrong_type(value, path, "true or false", notes).choose_from("", ["true", "false"], fix);
}

fn check_word_or(
    value: &Node,
    words: &'static [&'static str],
    object: &Object,
    path: &str,
    notes: &mut Collector,
) {
    if value.text().is_some_and(|text| words.contains(&text)) {
        return;
    }
    let fields: Vec<String> = object.offered().map(|f| format!("'{f}:'")).collect();
    let expected = format!(
        "{}, or a map with {}",
        words.join(" or "),
        fields.join(", ")
    );
    wrong_type(value, path, &expected, notes);
}

fn check_whole(value: &Node, least: u64, most: u64, path: &str, notes: &mut Collector) {
    let Some(scalar) = value.scalar().filter(|s| s.is_number()) else {
        wrong_type(value, path, "a whole number", notes)
            .fix(format!("write a number from {least} to {most}"));
        return;
    };
    let number: Option<u64> = scalar.text.parse().ok();
    if !number.is_some_and(|n| (least..=most).contains(&n)) {
        let is_whole = scalar
            .text
            .trim_start_matches(['-', '+'])
            .bytes()
            .all(|b| b.is_ascii_digit());
        let problem = if is_whole {
            "is out of range"
        } else {
            "is not a whole number"
        };
        notes
            .error(
                value.at,
                path,
                format!("{} {problem}", excerpt(&scalar.text)),
            )
            .fix(format!("write a whole number from {least} to {most}"));
    }
}

fn check_decimal(value: &Node, places: i32, most: u64, path: &str, notes: &mut Collector) {
    let Some(scalar) = value.scalar().filter(|s| s.is_number()) else {
        wrong_type(value, path, "a number", notes)
            .fix("write US dollars as a plain number, such as 2.5, without sign or quotes");
        return;
    };
    let limit = most.saturating_mul(10_u64.saturating_pow(places.unsigned_abs()));
    let problem = match decimal::scaled(&scalar.text, places) {
        Ok(amount) if amount <= limit => return,
        Ok(_) | Err(NotExact::TooLarge) => "is too large",
        Err(NotExact::Negative) => "is below zero",
        Err(NotExact::TooFine) => "has more decimals than can be kept",
        Err(NotExact::NotANumber) => "is not a decimal number",
    };
    notes
        .error(
            value.at,
            path,
            format!("{} {problem}", excerpt(&scalar.text)),
        )
        .fix(format!(
            "write a number from 0 to {most} with at most {places} decimals"
        ));
}

fn check_duration(value: &Node, path: &str, notes: &mut Collector) {
    let is_time = value
        .scalar()
        .is_some_and(|s| decimal::duration(&s.text).is_some());
    if !is_time {
        notes
            .error(value.at, path, format!("Expected a time, found {}", value.describe()))
            .fix("write seconds above zero, or an amount with units such as 90s, 30m or 1h30m; 7 days is the most");
    }
}

/// Say what was expected and what is there.
pub(super) fn wrong_type<'n>(
    value: &Node,
    path: &str,
    expected: &str,
    notes: &'n mut Collector,
) -> &'n mut Diagnostic {
    notes
        .error(
            value.at,
            path,
            format!("Expected {expected}, found {}", value.describe()),
        )
        .fix(format!("write {expected}"))
}
