//! The guests that are packed, and what differs between their kinds.
//!
//! Owns the rule that a folder with a `plugin.yaml` is a guest. Its name is its id, its package, and its component.

use std::path::PathBuf;

use crate::error::Error;
use crate::paths::Paths;

/// What a guest is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Drives a tool.
    Adapter,
    /// Judges requests.
    Policy,
}

/// One guest.
#[derive(Debug)]
pub(crate) struct Guest {
    pub(crate) id: String,
    pub(crate) kind: Kind,
    /// Its folder.
    pub(crate) folder: PathBuf,
}

impl Kind {
    /// All of them.
    pub(crate) const ALL: [Self; 2] = [Self::Adapter, Self::Policy];

    /// Where guests of this kind lie, below `plugins`.
    fn folder(self) -> &'static str {
        match self {
            Self::Adapter => "adapters",
            Self::Policy => "policies",
        }
    }

    /// The SDK that they are written with, below `plugins`.
    pub(crate) fn sdk(self) -> &'static str {
        match self {
            Self::Adapter => "sdk",
            Self::Policy => "policy-sdk",
        }
    }

    /// The packages of their contract, below `wit`.
    pub(crate) fn contract(self) -> &'static [&'static str] {
        match self {
            Self::Adapter => &["host", "adapter"],
            Self::Policy => &["policy"],
        }
    }

    /// The beginning of the interface that they export.
    pub(crate) fn export(self) -> &'static str {
        match self {
            Self::Adapter => "tollgate:adapter/adapter@",
            Self::Policy => "tollgate:policy/policy@",
        }
    }

    /// The beginning of the one import that they may have.
    pub(crate) fn import(self) -> Option<&'static str> {
        match self {
            Self::Adapter => Some("tollgate:host/log@"),
            Self::Policy => None,
        }
    }

    /// Files of the guest's folder that travel in the component, and the sections they become.
    pub(crate) fn embedded(self) -> [(&'static str, &'static str); 2] {
        let schema = match self {
            Self::Adapter => ("options.schema.json", "tollgate:options-schema"),
            Self::Policy => ("config.schema.json", "tollgate:config-schema"),
        };
        [("plugin.yaml", "tollgate:manifest"), schema]
    }
}

/// All guests of the checkout, in the order of their names.
pub(crate) fn all(paths: &Paths) -> Result<Vec<Guest>, Error> {
    let mut guests = Vec::new();
    for kind in Kind::ALL {
        let folder = paths.plugins.join(kind.folder());
        let unreadable = |source| Error::Read {
            path: folder.clone(),
            source,
        };
        for entry in std::fs::read_dir(&folder).map_err(unreadable)? {
            let entry = entry.map_err(unreadable)?;
            if entry.path().join("plugin.yaml").is_file() {
                guests.push(Guest {
                    id: entry.file_name().to_string_lossy().into_owned(),
                    kind,
                    folder: entry.path(),
                });
            }
        }
    }
    guests.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(guests)
}
