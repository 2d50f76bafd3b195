//! What can go wrong while packing.
//!
//! Owns the texts. Each fits after "failed to".

use std::path::PathBuf;

/// Why packing failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum Error {
    #[error("understand the arguments; usage: pack [--check | --component MODULE COMPONENT]")]
    Usage,
    #[error("find the checkout around {}", path.display())]
    NoCheckout { path: PathBuf },
    #[error("read {}", path.display())]
    Read {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("write {}", path.display())]
    Write {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("start cargo")]
    Cargo { source: std::io::Error },
    #[error("build the guests:\n{stderr}")]
    Build { stderr: String },
    #[error("build the guests, because the wasm32-unknown-unknown target is not there: {why}")]
    NoTarget { why: String },
    #[error("turn `{guest}` into a component: {message}")]
    Component { guest: String, message: String },
    #[error(
        "accept `{guest}`: it imports `{import}`; an adapter may import only tollgate:host/log, a policy nothing"
    )]
    Imports { guest: String, import: String },
    #[error("read plugins/dist/SOURCES.toml: {message}")]
    Sources { message: String },
    #[error(
        "match `{guest}`: {what} changed since it was packed (recorded {recorded}, now {now}); run \
         `cargo run --manifest-path plugins/Cargo.toml -p pack --release`"
    )]
    Stale {
        guest: String,
        what: &'static str,
        recorded: String,
        now: String,
    },
    #[error(
        "rebuild `{guest}` byte for byte: kept {kept}, built {built}; were the sources packed with the pinned toolchain?"
    )]
    Differs {
        guest: String,
        kept: String,
        built: String,
    },
}
