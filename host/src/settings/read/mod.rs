//! From trees that have the right shape to the values of the model.
//!
//! Shape errors are noted before; reading skips what is malformed, since the result is thrown
//! away then. What is checked here is what a table cannot say: placeholders, references,
//! variables.

mod agents;
mod chain;
mod component;
mod compose;
mod fallback;
mod limits;
mod models;
mod otlp;
mod policies;
pub(crate) mod prices;
mod references;
mod telemetry;
mod template;
mod tools;
pub(crate) mod value;

pub(crate) use models::own_prices;
pub(crate) use references::{lacking, unknown};
pub(crate) use template::words as placeholders;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::collector::Collector;
use super::environment::Environment;
use super::files::{FileKind, Source};
use super::positions::PolicyPositions;
use super::prices::{PriceLists, PriceOrigin};
use super::yaml::{self, Node, Position};
use super::{Diagnostic, shape};
use crate::model::{FileDigest, ModelName, Settings};

/// Everything that was read, and everything that is wrong with it.
#[derive(Debug, Default)]
pub(crate) struct Reading {
    pub(crate) settings: Settings,
    /// Component files that tools and policies name.
    pub(crate) components: Vec<FileDigest>,
    /// Where prices come from that models do not have of their own.
    pub(crate) price_origins: BTreeMap<ModelName, PriceOrigin>,
    pub(crate) policy_positions: PolicyPositions,
    pub(crate) diagnostics: Vec<Diagnostic>,
}

/// What values are read against.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Context<'a> {
    pub(crate) directory: &'a Path,
    pub(crate) environment: &'a Environment,
}

impl Context<'_> {
    /// A path as written in a file: `~/` is the home directory, and relative paths start at the
    /// configuration directory.
    pub(crate) fn path(&self, text: &str) -> PathBuf {
        match (text.strip_prefix("~/"), self.environment.home()) {
            (Some(rest), Some(home)) => home.join(rest),
            _ => self.environment.cwd.join(self.directory).join(text),
        }
    }
}

/// One file on its way.
struct Document {
    kind: FileKind,
    root: Option<Node>,
    notes: Collector,
}

/// Read all files together.
pub(crate) fn read(sources: &[Source], context: Context<'_>) -> Reading {
    let mut documents: Vec<Document> = sources.iter().map(parse).collect();
    let mut reading = Reading::default();
    let lists = price_lists(&mut documents);
    for document in &mut documents {
        reading.take(document, &lists, context);
    }
    reading.take_limits_and_chain(&mut documents, context);
    if let Some(source) = sources.iter().find(|s| s.kind == FileKind::Policies) {
        reading.policy_positions.file = context.path(&source.name);
        reading.policy_positions.shown.clone_from(&source.shown);
    }
    references::check(&mut documents);
    policies::check_logging(&mut documents, reading.settings.telemetry.privacy);
    policies::check_concurrency(&mut documents, &reading.settings.concurrency);
    for document in documents {
        reading.diagnostics.extend(document.notes.into_sorted());
    }
    reading
}

/// The lists come first: models may leave to them what they cost.
fn price_lists(documents: &mut [Document]) -> PriceLists {
    match documents.iter_mut().find(|d| d.kind == FileKind::Prices) {
        None => PriceLists::shipped(),
        Some(Document { root: None, .. }) => PriceLists::broken(),
        Some(Document {
            root: Some(root),
            notes,
            ..
        }) => PriceLists::with(prices::read(root, notes)),
    }
}

impl Reading {
    fn take(&mut self, document: &mut Document, lists: &PriceLists, context: Context<'_>) {
        let Document { kind, root, notes } = document;
        let Some(root) = root else { return };
        let settings = &mut self.settings;
        match kind {
            FileKind::Agents => settings.agents = agents::read(root),
            FileKind::Tools => {
                settings.tools = tools::read(root, context, &mut self.components, notes);
            }
            FileKind::Models => {
                (settings.models, self.price_origins) = models::read(root, lists, notes);
            }
            FileKind::Policies => policies::read(root, settings, notes),
            FileKind::Telemetry => settings.telemetry = telemetry::read(root, notes),
            FileKind::Prices => {}
        }
    }

    /// What follows from several files, agents among them.
    fn take_limits_and_chain(&mut self, documents: &mut [Document], context: Context<'_>) {
        let Some((root, notes)) = policies::document(documents) else {
            return;
        };
        self.settings.limits = limits::read(root, &self.settings, notes);
        let chain = chain::read(root, &self.settings, context, &mut self.components, notes);
        self.settings.chain = chain.entries;
        self.policy_positions.entries = chain.places;
    }
}

fn parse(source: &Source) -> Document {
    let mut notes = Collector::new(source.shown.clone());
    let if_empty = source.kind.is_required().then(|| {
        format!(
            "add '{}:', or run 'tollgate init --force'",
            source.kind.stem()
        )
    });
    let root = tree(&source.text, source.kind.shape(), if_empty, &mut notes);
    Document {
        kind: source.kind,
        root,
        notes,
    }
}

/// The tree of `text`, with its problems and what its shape does not allow noted. A text without
/// content is a mistake when there is something to do about it.
pub(crate) fn tree(
    text: &str,
    shape: &shape::Object,
    if_empty: Option<String>,
    notes: &mut Collector,
) -> Option<Node> {
    let parsed = yaml::parse(text);
    let is_broken = !parsed.problems.is_empty();
    for problem in parsed.problems {
        notes
            .error(problem.at, "", problem.message)
            .fix(problem.fix);
    }
    let root = parsed.root.filter(|root| !root.is_null());
    match (&root, if_empty) {
        (Some(root), _) => shape::check(root, shape, "", notes),
        (None, Some(fix)) if !is_broken => {
            notes
                .error(Position::default(), "", "The file is empty")
                .fix(fix);
        }
        (None, _) => {}
    }
    root
}
