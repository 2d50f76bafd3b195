//! A specification, and how it is read from the front matter of its file.
//!
//! Pure: from the first bytes of a file to a value. Fields that nobody knows are problems to show;
//! only a field that is required and missing keeps a specification off the board.

use serde::Serialize;

use super::fields::{Fields, LINE};
use super::front_matter::{self, FrontMatter};
use super::problem::{Problem, cut};
use super::words::{SpecStatus, TaskPriority};
use super::yaml::parse;
use crate::model::excerpt;
use crate::yaml::{Bounds, Node};

/// How deep and how large a front matter may be.
pub(super) const BOUNDS: Bounds = Bounds {
    depth: 5,
    values: 5_000,
    is_strict: false,
};
/// Most features that are kept.
const MAX_FEATURES: usize = 200;
/// Most unknown fields that are named one by one.
const MAX_UNKNOWN: usize = 20;
const KNOWN: [&str; 12] = [
    "id",
    "title",
    "status",
    "initiative",
    "priority",
    "epic",
    "target_personas",
    "features",
    "completion",
    "created",
    "updated",
    "author",
];

/// A specification.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Spec {
    /// Its identity, such as `SPEC-DASH-003`.
    pub id: String,
    /// Its title.
    pub title: String,
    /// How far it is.
    pub status: SpecStatus,
    /// The initiative it belongs to.
    pub initiative: String,
    /// How urgent it is; medium unless it says otherwise.
    pub priority: TaskPriority,
    /// A group of initiatives.
    pub epic: Option<String>,
    /// Whom it is for.
    pub target_personas: Vec<String>,
    /// Its parts.
    pub features: Vec<Feature>,
    /// How complete somebody says it is, in percent; stands instead of what its tasks say.
    pub completion: Option<u8>,
    /// When it was written, as it says.
    pub created: Option<String>,
    /// When it was changed, as it says.
    pub updated: Option<String>,
    /// By whom.
    pub author: Option<String>,
    /// Its file, below the folder of specifications.
    pub path: String,
}

/// A part of a specification.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Feature {
    /// Its identity within the specification.
    pub id: String,
    /// Its title.
    pub title: String,
    /// How far it is; `None` when it does not say.
    pub status: Option<SpecStatus>,
    /// How urgent it is, as it says; its words are its own, such as `P1`.
    pub priority: Option<String>,
}

impl Feature {
    /// Whether a task that names `name` means this feature: its id, its title, or both with a colon.
    #[must_use]
    pub fn is_named(&self, name: &str) -> bool {
        let both = |name: &str| {
            name.strip_prefix(self.id.as_str())
                .and_then(|rest| rest.strip_prefix(':'))
                .is_some_and(|title| title.trim() == self.title)
        };
        name == self.id || name == self.title || both(name)
    }
}

/// What a Markdown file turned out to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Read {
    Spec(Box<Spec>),
    /// A document without front matter.
    Plain,
    /// It has front matter that cannot be used.
    Bad,
}

/// Read the first bytes of a file.
pub(super) fn read(head: &[u8], path: &str, inner: &str) -> (Read, Vec<Problem>) {
    let bad = |line, message: &str, fix: &str| {
        (Read::Bad, vec![Problem::error(path, line, message, fix)])
    };
    let yaml = match front_matter::find(head) {
        FrontMatter::None => return (Read::Plain, Vec::new()),
        FrontMatter::Unclosed => {
            let message = "The front matter does not end within its first 10 KB";
            return bad(Some(1), message, "end it with a line of `---`");
        }
        FrontMatter::Found { yaml, .. } => yaml,
    };
    let Ok(yaml) = std::str::from_utf8(yaml) else {
        return bad(
            None,
            "The front matter is not UTF-8",
            "save the file as UTF-8",
        );
    };
    match parse(yaml, BOUNDS) {
        Ok(Some(root)) if root.is_map() => {
            let mut fields = Fields::new(&root, path, 1);
            let read =
                spec(&mut fields, inner).map_or(Read::Bad, |spec| Read::Spec(Box::new(spec)));
            (read, fields.into_problems())
        }
        Ok(_) => bad(
            Some(1),
            "The front matter has no fields",
            "write `id: …`, `title: …`",
        ),
        Err(fault) => bad(Some(fault.line + 1), &fault.message, &fault.fix),
    }
}

fn spec(fields: &mut Fields<'_>, inner: &str) -> Option<Spec> {
    let id = fields.required("id");
    let title = fields.required("title");
    let status = fields.required("status");
    let initiative = fields.required("initiative");
    let (id, title, initiative) = (id?, title?, initiative?);
    status?;
    let spec = Spec {
        id,
        title,
        status: fields
            .word("status", SpecStatus::from_word, &SpecStatus::words())
            .unwrap_or(SpecStatus::Unknown),
        initiative,
        priority: fields
            .word("priority", TaskPriority::from_word, &TaskPriority::words())
            .unwrap_or(TaskPriority::Medium),
        epic: fields.text("epic"),
        target_personas: fields
            .list(["target_personas", "target_personas"])
            .unwrap_or_default(),
        features: features(fields),
        completion: completion(fields),
        created: fields.text("created"),
        updated: fields.text("updated"),
        author: fields.text("author"),
        path: inner.to_owned(),
    };
    unknown(fields);
    Some(spec)
}

fn completion(fields: &mut Fields<'_>) -> Option<u8> {
    let text = fields.text("completion")?;
    let percent = text.parse().ok().filter(|percent: &u8| *percent <= 100);
    if percent.is_none() {
        let message = format!(
            "`completion` is '{}', not a whole percentage",
            excerpt(&text)
        );
        fields.warn_at(
            "completion",
            message,
            "write a whole number from 0 to 100, or remove it",
        );
    }
    percent
}

fn features(fields: &mut Fields<'_>) -> Vec<Feature> {
    let Some(list) = fields.map().get("features") else {
        return Vec::new();
    };
    let Some(items) = list.list() else {
        let message = format!("`features` is {}, not a list", list.describe());
        fields.warn(
            list,
            message,
            "write each as `- id: …` with `title: …` below it",
        );
        return Vec::new();
    };
    let mut features = Vec::new();
    for item in items.iter().take(MAX_FEATURES) {
        let text = |key: &str| {
            item.get(key)
                .and_then(Node::written)
                .map(|text| cut(text, LINE))
        };
        let (Some(id), Some(title)) = (text("id"), text("title")) else {
            let message = "A feature without `id` or `title` is left out";
            fields.warn(item, message, "give it both");
            continue;
        };
        let word = text("status");
        let status = word.as_deref().and_then(SpecStatus::from_word);
        if let (Some(word), None) = (&word, status) {
            let message = format!(
                "The status '{}' of feature '{}' is not known",
                excerpt(word),
                excerpt(&id)
            );
            fields.warn(item, message, format!("use one of {}", SpecStatus::words()));
        }
        let priority = text("priority");
        features.push(Feature {
            id,
            title,
            status,
            priority,
        });
    }
    if items.len() > MAX_FEATURES {
        let message = format!("More than {MAX_FEATURES} features; the rest is left out");
        fields.warn(list, message, "split the specification up");
    }
    features
}

fn unknown(fields: &mut Fields<'_>) {
    let map = fields.map();
    let unknown = || {
        let entries = map.entries().iter();
        entries.filter(|entry| !KNOWN.contains(&entry.key.as_str()))
    };
    for entry in unknown().take(MAX_UNKNOWN) {
        let message = format!("`{}` is not a field of specifications", excerpt(&entry.key));
        let fix = format!("remove it, or use one of {}", KNOWN.join(", "));
        fields.warn_at(&entry.key, message, fix);
    }
    let n = unknown().count();
    if n > MAX_UNKNOWN {
        let message = format!("{} more fields are not known", n - MAX_UNKNOWN);
        fields.warn(map, message, "remove them");
    }
}
