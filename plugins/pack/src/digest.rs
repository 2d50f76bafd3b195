//! SHA-256 of files and of trees of files.
//!
//! Owns what "the sources of a guest" are. Line ends count as they are on disk, so a checkout must not translate them.

use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::error::Error;
use crate::guest::Guest;
use crate::paths::Paths;

/// `sha256` of some bytes, in lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// Digest of everything that a guest's bytes depend on: its own folder, the SDK, the contracts, the lock file, the
/// profile, the packer, and the pinned toolchain.
pub(crate) fn sources(paths: &Paths, guest: &Guest) -> Result<String, Error> {
    let sdk = paths.plugins.join(guest.kind.sdk());
    let mut files = vec![
        paths.plugins.join("Cargo.toml"),
        paths.plugins.join("Cargo.lock"),
        paths.checkout.join("rust-toolchain.toml"),
        sdk.join("Cargo.toml"),
        guest.folder.join("Cargo.toml"),
    ];
    let embedded = guest.kind.embedded();
    files.extend(embedded.map(|(file, _)| guest.folder.join(file)));
    let mut trees = vec![
        sdk.join("src"),
        guest.folder.join("src"),
        paths.plugins.join("pack").join("src"),
    ];
    let wit = paths.checkout.join("wit");
    trees.extend(guest.kind.contract().iter().map(|name| wit.join(name)));
    for tree in &trees {
        walk(tree, &mut files)?;
    }
    let mut lines = Vec::new();
    for file in files {
        let bytes = std::fs::read(&file).map_err(|source| Error::Read {
            path: file.clone(),
            source,
        })?;
        let name = file.strip_prefix(&paths.checkout).unwrap_or(&file);
        let name: Vec<_> = name
            .components()
            .map(|part| part.as_os_str().to_string_lossy())
            .collect();
        lines.push(format!("{}  {}\n", hex(&bytes), name.join("/")));
    }
    lines.sort();
    Ok(hex(lines.concat().as_bytes()))
}

fn walk(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), Error> {
    let unreadable = |source| Error::Read {
        path: folder.to_owned(),
        source,
    };
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if path.is_dir() {
            walk(&path, files)?;
        } else {
            files.push(path);
        }
    }
    Ok(())
}
