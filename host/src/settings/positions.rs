//! Where the configuration of each policy stands, so that what a policy says about it has a place.

use std::path::PathBuf;

use super::diagnostic::{Diagnostic, Severity};
use super::yaml::{Node, Position};
use crate::model::{PolicyDiagnostic, excerpt};

/// Where the policies of the chain and their configurations stand.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PolicyPositions {
    /// `policies.yaml`, absolute.
    pub(crate) file: PathBuf,
    /// The same as people name it.
    pub(crate) shown: String,
    pub(crate) entries: Vec<PolicyPlace>,
}

/// Where one policy stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PolicyPlace {
    /// Its name in the chain.
    pub(crate) name: String,
    /// Path of its configuration, such as `chain[2].config`.
    pub(crate) path: String,
    /// Its configuration; parts that were put together keep the places where they are written.
    pub(crate) config: Node,
}

impl PolicyPositions {
    /// File, line, and column of what `path` names in the configuration of the policy `entry`, as
    /// far as the path leads; `None` for what is written nowhere.
    #[must_use]
    pub fn of(&self, entry: &str, path: &str) -> Option<(PathBuf, usize, usize)> {
        let place = self.entries.iter().find(|place| place.name == entry)?;
        let Position { line, column } = place.config.locate(path);
        let count = |n: u32| usize::try_from(n).ok().filter(|n| *n > 0);
        Some((self.file.clone(), count(line)?, count(column)?))
    }

    /// What a policy says about its configuration, in the form of the other mistakes.
    #[must_use]
    pub fn diagnostic(&self, entry: &str, found: &PolicyDiagnostic) -> Diagnostic {
        let place = self.entries.iter().find(|place| place.name == entry);
        let at = place.map_or(Position::default(), |place| {
            place.config.locate(&found.path)
        });
        let base = place.map_or(entry, |place| place.path.as_str());
        let inner = excerpt(&found.path);
        let path = match inner.as_str() {
            "" => base.to_owned(),
            inner if inner.starts_with('[') => format!("{base}{inner}"),
            inner => format!("{base}.{inner}"),
        };
        Diagnostic {
            file: self.shown.clone(),
            line: at.line,
            column: at.column,
            path,
            message: format!("Policy '{}': {}", excerpt(entry), found.message),
            allowed: Vec::new(),
            fix: found.fix.clone().unwrap_or_default(),
            severity: Severity::Error,
        }
    }
}
