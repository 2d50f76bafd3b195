//! `plugins/dist/SOURCES.toml`: what each component was built from.
//!
//! Owns that file. It is the fall-back proof where the WebAssembly target cannot be had, and a quick first answer
//! everywhere else.

use toml_edit::{DocumentMut, Item, Table, value};

use crate::digest;
use crate::error::Error;
use crate::guest::Guest;
use crate::paths::Paths;

const HEADER: &str = "\
# What the components in this folder were built from. Written by `pack`; checked by `pack --check`.
# sha256: of the component. sources: of the guest, the SDK, the contracts, the lock file, and the packer.
";

/// Writes the digests of `components` and of their sources.
pub(crate) fn write(paths: &Paths, guests: &[Guest], components: &[Vec<u8>]) -> Result<(), Error> {
    let mut document = DocumentMut::new();
    document.decor_mut().set_prefix(HEADER);
    document["toolchain"] = value(toolchain(paths)?);
    for (guest, bytes) in guests.iter().zip(components) {
        let mut table = Table::new();
        table["sha256"] = value(digest::hex(bytes));
        table["sources"] = value(digest::sources(paths, guest)?);
        document[&guest.id] = Item::Table(table);
    }
    let path = paths.sources_file();
    std::fs::write(&path, document.to_string()).map_err(|source| Error::Write { path, source })
}

/// Compares the recorded digests with the files that are there.
pub(crate) fn check(paths: &Paths, guests: &[Guest]) -> Result<(), Error> {
    let path = paths.sources_file();
    let text = std::fs::read_to_string(&path).map_err(|source| Error::Read { path, source })?;
    let document: DocumentMut = text
        .parse()
        .map_err(|error: toml_edit::TomlError| bad(error.to_string()))?;
    let recorded = |guest: &str, key: &str| {
        let item = document
            .get(guest)
            .and_then(|table| table.get(key))
            .and_then(Item::as_str);
        item.map(str::to_owned)
            .ok_or_else(|| bad(format!("`{guest}.{key}` is missing")))
    };
    for guest in guests {
        let path = paths.component(&guest.id);
        let component = std::fs::read(&path).map_err(|source| Error::Read { path, source })?;
        let now = [
            (
                "the component",
                recorded(&guest.id, "sha256")?,
                digest::hex(&component),
            ),
            (
                "its sources",
                recorded(&guest.id, "sources")?,
                digest::sources(paths, guest)?,
            ),
        ];
        for (what, recorded, now) in now {
            if recorded != now {
                return Err(Error::Stale {
                    guest: guest.id.clone(),
                    what,
                    recorded,
                    now,
                });
            }
        }
    }
    Ok(())
}

/// The pinned toolchain, from `rust-toolchain.toml`.
fn toolchain(paths: &Paths) -> Result<String, Error> {
    let path = paths.checkout.join("rust-toolchain.toml");
    let text = std::fs::read_to_string(&path).map_err(|source| Error::Read { path, source })?;
    let document: DocumentMut = text
        .parse()
        .map_err(|error: toml_edit::TomlError| bad(error.to_string()))?;
    let channel = document
        .get("toolchain")
        .and_then(|table| table.get("channel"))
        .and_then(Item::as_str);
    channel
        .map(str::to_owned)
        .ok_or_else(|| bad("rust-toolchain.toml names no channel".to_owned()))
}

fn bad(message: String) -> Error {
    Error::Sources { message }
}
