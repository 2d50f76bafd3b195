//! One module of somebody else becomes a component.
//!
//! For those who write a plugin beside this checkout and have no other tool for the last step. Its manifest stays where it
//! is, and `plugins/dist` is not touched.

use std::path::Path;

use crate::component;
use crate::error::Error;
use crate::guest::Kind;

/// Reads the module at `from` and writes the component to `to`, unless it imports what its kind may not.
pub(crate) fn write(from: &Path, to: &Path) -> Result<String, Error> {
    let module = std::fs::read(from).map_err(|source| Error::Read {
        path: from.to_owned(),
        source,
    })?;
    let name = from.display().to_string();
    let component = component::encode(&name, &module)?;
    let kind = component::kind(&name, &component)?;
    component::refuse_imports(&name, kind, &component)?;
    std::fs::write(to, &component).map_err(|source| Error::Write {
        path: to.to_owned(),
        source,
    })?;
    let what = match kind {
        Kind::Adapter => "an adapter that imports the log at most",
        Kind::Policy => "a policy that imports nothing",
    };
    Ok(format!(
        "{}  {} bytes, {what}",
        to.display(),
        component.len()
    ))
}
