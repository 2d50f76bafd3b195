//! Where everything lies in a checkout.
//!
//! Never looks outside the checkout.

use std::path::{Path, PathBuf};

use crate::error::Error;

/// The folders of one checkout.
#[derive(Debug)]
pub(crate) struct Paths {
    /// The root of the checkout.
    pub(crate) checkout: PathBuf,
    /// The workspace of the plugins.
    pub(crate) plugins: PathBuf,
}

impl Paths {
    /// The checkout that this program was built from.
    pub(crate) fn of_this_checkout() -> Result<Self, Error> {
        let pack = Path::new(env!("CARGO_MANIFEST_DIR"));
        let no_checkout = || Error::NoCheckout {
            path: pack.to_owned(),
        };
        let plugins = pack.parent().ok_or_else(no_checkout)?.to_owned();
        let checkout = plugins.parent().ok_or_else(no_checkout)?.to_owned();
        if plugins.join("Cargo.lock").is_file() && checkout.join("wit").is_dir() {
            Ok(Self { checkout, plugins })
        } else {
            Err(no_checkout())
        }
    }

    pub(crate) fn component(&self, guest: &str) -> PathBuf {
        self.plugins.join("dist").join(format!("{guest}.wasm"))
    }

    pub(crate) fn sources_file(&self) -> PathBuf {
        self.plugins.join("dist").join("SOURCES.toml")
    }
}
