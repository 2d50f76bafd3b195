//! Finding the old files, and putting the new ones together.

use std::fs;
use std::path::Path;

use super::emit::{Remarks, emit};
use super::tree::{keep_known, map, put, take};
use super::{policies, tools};
use crate::model::excerpt;
use crate::settings::collector::Collector;
use crate::settings::files::{FileKind, Source, read_directory};
use crate::settings::shape::{Kind, Object};
use crate::settings::yaml::{self, Content, Node, Position};
use crate::settings::{Diagnostic, Environment, SettingsError, schemas};

/// The single file that the origin's `config init` wrote.
const SINGLE_FILE: &str = "generated-config.yaml";

/// Old files, rewritten.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Migration {
    /// Names and texts, schemas included; write them with [`write`](fn@crate::settings::write).
    pub files: Vec<(String, String)>,
    /// What was left out or should be looked at; warnings only.
    pub notes: Vec<Diagnostic>,
}

/// Rewrite the files in `directory`. Nothing is written.
///
/// # Errors
/// [`SettingsError::Invalid`] naming everything that could be understood in more than one way, or
/// not at all; the errors of reading a directory.
pub fn migrate(directory: &Path, environment: &Environment) -> Result<Migration, SettingsError> {
    let (mut parts, mut diagnostics) = read_parts(directory, environment)?;
    let mut files = Vec::new();
    for part in &mut parts {
        let mut remarks = Remarks::new();
        part.rewrite(&mut remarks);
        let kind = part.kind.stem();
        let head = format!(
            "# yaml-language-server: $schema=schema/{kind}.schema.json\n#\n# Migrated from {}; check with 'tollgate config validate'.\n\n",
            excerpt(&part.from)
        );
        files.push((
            format!("{kind}.yaml"),
            format!("{head}{}", emit(&part.root, &remarks)),
        ));
    }
    for part in parts {
        diagnostics.extend(part.notes.into_sorted());
    }
    if diagnostics.iter().any(Diagnostic::is_error) {
        return Err(SettingsError::Invalid(diagnostics));
    }
    files.extend(schemas());
    Ok(Migration {
        files,
        notes: diagnostics,
    })
}

/// What becomes one new file.
struct Part {
    kind: FileKind,
    root: Node,
    /// The name of the old file.
    from: String,
    text: String,
    notes: Collector,
}

impl Part {
    fn rewrite(&mut self, remarks: &mut Remarks) {
        let Self {
            kind,
            root,
            text,
            notes,
            ..
        } = self;
        match kind {
            FileKind::Tools => {
                if let Some(mut tools) = take(root, "tools") {
                    tools::rewrite(&mut tools, text, remarks, notes);
                    put(root, "tools", tools);
                }
            }
            FileKind::Policies => policies::rewrite(root, notes),
            FileKind::Agents => rewrite_entries(root, "agents", FileKind::Agents, notes),
            FileKind::Models => {
                rewrite_entries(root, "models", FileKind::Models, notes);
                drop_unusable_models(root, notes);
            }
            FileKind::Telemetry | FileKind::Prices => {}
        }
        keep_known(root, kind.shape(), "", notes);
    }
}

fn rewrite_entries(root: &mut Node, field: &str, kind: FileKind, notes: &mut Collector) {
    let Some(mut named) = take(root, field) else {
        return;
    };
    if let Content::Map(entries) = &mut named.content {
        for entry in entries {
            let path = format!("{field}.{}", excerpt(&entry.key));
            keep_known(&mut entry.value, entries_object(kind), &path, notes);
        }
    }
    put(root, field, named);
}

/// The origin's own catalogue has models without a price or a size; nothing could use them.
fn drop_unusable_models(root: &mut Node, notes: &mut Collector) {
    let Some(mut models) = take(root, "models") else {
        return;
    };
    if let Content::Map(entries) = &mut models.content {
        entries.retain(|entry| {
            let has = |field| entry.value.get(field).is_some();
            let is_usable = has("context_window")
                && (has("cost_per_1k_tokens") || has("price_per_million_tokens"));
            if !is_usable {
                let path = format!("models.{}", excerpt(&entry.key));
                notes
                    .warning(
                        entry.key_at,
                        &path,
                        format!(
                            "Model '{}' was left out: it has no price or no context_window",
                            excerpt(&entry.key)
                        ),
                    )
                    .fix("add it again with both, if it is still needed");
            }
            is_usable
        });
    }
    put(root, "models", models);
}

/// The table of what a file holds by name.
pub(super) fn entries_object(kind: FileKind) -> &'static Object {
    let shape = kind.shape();
    let named = shape.fields.iter().find_map(|field| match field.kind {
        Kind::Named(object, _) => Some(object),
        _ => None,
    });
    named.unwrap_or(shape)
}

/// The parts of a configuration, from one file or from several.
fn read_parts(
    directory: &Path,
    environment: &Environment,
) -> Result<(Vec<Part>, Vec<Diagnostic>), SettingsError> {
    let single = directory.join(SINGLE_FILE);
    let has_agents = ["agents.yaml", "agents.yml"]
        .iter()
        .any(|name| directory.join(name).exists());
    if single.exists() && !has_agents {
        let text = fs::read_to_string(&single).map_err(SettingsError::io("read", &single))?;
        let source = Source {
            kind: FileKind::Agents,
            name: SINGLE_FILE.to_owned(),
            shown: environment.display(&single),
            text,
        };
        return Ok(split_single(&source));
    }
    let (sources, mut diagnostics) = read_directory(directory, None, environment)?;
    let mut parts = Vec::new();
    for source in sources {
        let (root, notes) = parse(&source);
        match root {
            Some(root) => parts.push(Part {
                kind: source.kind,
                root,
                from: source.name,
                text: source.text,
                notes,
            }),
            None => diagnostics.extend(notes.into_sorted()),
        }
    }
    Ok((parts, diagnostics))
}

fn parse(source: &Source) -> (Option<Node>, Collector) {
    let mut notes = Collector::new(source.shown.clone());
    let parsed = yaml::parse(&source.text);
    for problem in parsed.problems {
        notes
            .error(problem.at, "", problem.message)
            .fix(problem.fix);
    }
    let root = parsed
        .root
        .filter(|root| matches!(root.content, Content::Map(_)));
    if root.is_none() {
        notes
            .error(Position::default(), "", "There is nothing to migrate")
            .fix("put the fields of the old file there");
    }
    (root, notes)
}

/// One file with everything becomes four or five.
fn split_single(source: &Source) -> (Vec<Part>, Vec<Diagnostic>) {
    let (root, mut notes) = parse(source);
    let Some(mut root) = root else {
        return (Vec::new(), notes.into_sorted());
    };
    let mut parts = Vec::new();
    for kind in FileKind::ALL {
        let mut own = map(root.at);
        if kind == FileKind::Telemetry {
            own = take(&mut root, "telemetry").unwrap_or(own);
        } else {
            for field in kind.shape().fields {
                if let Some(value) = take(&mut root, field.name) {
                    put(&mut own, field.name, value);
                }
            }
        }
        let is_missing = own.entries().is_empty();
        if is_missing && kind == FileKind::Policies {
            put(&mut own, "policies", map(root.at));
        } else if is_missing && kind.is_required() {
            notes
                .error(
                    root.at,
                    kind.stem(),
                    format!("'{}' is missing", kind.stem()),
                )
                .fix("add it");
        }
        if !own.entries().is_empty() {
            let text = source.text.clone();
            parts.push(Part {
                kind,
                root: own,
                from: source.name.clone(),
                text,
                notes: Collector::new(source.shown.clone()),
            });
        }
    }
    for entry in root.entries() {
        notes
            .warning(
                entry.key_at,
                &excerpt(&entry.key),
                format!(
                    "'{}' was left out: it is not a field of this program",
                    excerpt(&entry.key)
                ),
            )
            .fix("if it mattered, say it in a 'note'");
    }
    (parts, notes.into_sorted())
}
