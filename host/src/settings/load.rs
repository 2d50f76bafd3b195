//! From a place to settings, or to the list of everything that is wrong.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Serialize;

use super::environment::Environment;
use super::files::{FileKind, read_directory};
use super::places::Places;
use super::read::{self, Context};
use super::{Diagnostic, PolicyPositions, PriceOrigin, SettingsError};
use crate::model::{Digest, FileDigest, ModelName, Settings};

/// A configuration that can be used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Loaded {
    /// The checked values.
    pub settings: Settings,
    /// The files they were read from, components of adapters and policies included.
    pub files: Vec<FileDigest>,
    /// Where the prices come from of models that have none of their own.
    pub price_origins: BTreeMap<ModelName, PriceOrigin>,
    /// Where the configuration of each policy stands.
    #[serde(skip)]
    pub policy_positions: PolicyPositions,
    /// What probably was not meant so; warnings only.
    pub warnings: Vec<Diagnostic>,
}

/// Read and check the configuration at `places`.
///
/// # Errors
/// [`SettingsError::Invalid`] with all mistakes of all files; [`SettingsError::DirectoryMissing`]
/// and [`SettingsError::NotADirectory`] when there are no files to look at.
pub fn load(places: &Places, environment: &Environment) -> Result<Loaded, SettingsError> {
    load_from(places, None, environment)
}

/// The same with `policies` in the place of `policies.yaml`, wherever that file is. Paths in it are
/// those of the configuration directory, as they would be if it stood there.
///
/// # Errors
/// As [`load`].
pub fn load_with_policies(
    places: &Places,
    policies: &Path,
    environment: &Environment,
) -> Result<Loaded, SettingsError> {
    load_from(places, Some((FileKind::Policies, policies)), environment)
}

fn load_from(
    places: &Places,
    instead: Option<(FileKind, &Path)>,
    environment: &Environment,
) -> Result<Loaded, SettingsError> {
    let (sources, mut diagnostics) = read_directory(&places.config_dir, instead, environment)?;
    let context = Context {
        directory: &places.config_dir,
        environment,
    };
    let reading = read::read(&sources, context);
    diagnostics.extend(reading.diagnostics);
    if diagnostics.iter().any(Diagnostic::is_error) {
        return Err(SettingsError::Invalid(diagnostics));
    }
    let mut files: Vec<FileDigest> = sources
        .iter()
        .map(|source| FileDigest {
            name: source.name.clone(),
            sha256: Digest::of(source.text.as_bytes()),
        })
        .collect();
    files.extend(reading.components);
    Ok(Loaded {
        settings: reading.settings,
        files,
        price_origins: reading.price_origins,
        policy_positions: reading.policy_positions,
        warnings: diagnostics,
    })
}
