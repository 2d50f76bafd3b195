//! Running cargo for the guests.
//!
//! Owns the flags that make a build the same in every folder. Never installs a target.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::component;
use crate::error::Error;
use crate::guest::Guest;
use crate::paths::Paths;

const TARGET: &str = "wasm32-unknown-unknown";
const PROFILE: &str = "guest";

/// What came of a build.
pub(crate) enum Built {
    /// One component for each guest, in their order.
    Components(Vec<Vec<u8>>),
    /// This toolchain has no standard library for the target; the compiler's words.
    NoTarget(String),
}

/// Builds all guests from nothing, in a folder of their own.
pub(crate) fn all(paths: &Paths, guests: &[Guest]) -> Result<Built, Error> {
    // Not the workspace's own target folder: what lies there may come from other flags.
    let folder = tempfile::tempdir().map_err(|source| Error::Write {
        path: std::env::temp_dir(),
        source,
    })?;
    let output = cargo(paths, guests, folder.path())
        .output()
        .map_err(|source| Error::Cargo { source })?;
    if !output.status.success() {
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        return match missing_target(&stderr) {
            Some(why) => Ok(Built::NoTarget(why)),
            None => Err(Error::Build { stderr }),
        };
    }
    let mut components = Vec::new();
    for guest in guests {
        let path = folder
            .path()
            .join(TARGET)
            .join(PROFILE)
            .join(format!("{}.wasm", guest.id.replace('-', "_")));
        let module = std::fs::read(&path).map_err(|source| Error::Read { path, source })?;
        components.push(component::make(guest, &module)?);
    }
    Ok(Built::Components(components))
}

fn cargo(paths: &Paths, guests: &[Guest], target_folder: &Path) -> Command {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(&paths.plugins).args([
        "build",
        "--locked",
        "--target",
        TARGET,
        "--profile",
        PROFILE,
    ]);
    for guest in guests {
        cargo.args(["-p", &guest.id]);
    }
    cargo.arg("--target-dir").arg(target_folder);
    // The last mapping that fits wins, so the more special ones come last.
    let flags = [
        (cargo_home(), "/cargo"),
        (paths.checkout.clone(), "/tollgate"),
        (target_folder.to_owned(), "/target"),
    ]
    .map(|(from, to)| format!("--remap-path-prefix={}={to}", from.display()));
    cargo.env("CARGO_ENCODED_RUSTFLAGS", flags.join("\u{1f}"));
    // Settings of the person or of an outer cargo must not reach the guests.
    for name in [
        "RUSTFLAGS",
        "CARGO_BUILD_RUSTFLAGS",
        "CARGO_INCREMENTAL",
        "RUSTC_WRAPPER",
        "CARGO_BUILD_TARGET",
    ] {
        cargo.env_remove(name);
    }
    cargo
}

fn cargo_home() -> PathBuf {
    let home = || std::env::home_dir().unwrap_or_default().join(".cargo");
    std::env::var_os("CARGO_HOME").map_or_else(home, PathBuf::from)
}

/// The compiler's sentence when the failure is that the target's standard library is not installed.
fn missing_target(stderr: &str) -> Option<String> {
    let sign = |line: &&str| {
        line.contains("target may not be installed") || line.contains("can't find crate for `core`")
    };
    stderr.lines().find(sign).map(|line| line.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_target_is_told_from_a_broken_build() {
        let stderr = "error[E0463]: can't find crate for `core`\n  |\n  = note: the `wasm32-unknown-unknown` target may not be installed\n";
        assert_eq!(
            missing_target(stderr).as_deref(),
            Some("error[E0463]: can't find crate for `core`")
        );
        assert_eq!(missing_target("error: expected `;`"), None);
    }
}
