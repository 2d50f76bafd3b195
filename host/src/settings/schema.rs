//! The JSON Schemas of the files, for editors and for `config schema`.
//!
//! Made from the same tables that the files are checked against; `config/schema/` holds a copy of
//! each, kept equal by a test.

use super::files::FileKind;
use super::shape::json_schema;

/// The JSON Schema (draft 2020-12) of one file.
#[must_use]
pub fn schema(kind: FileKind) -> String {
    let value = json_schema(kind.stem(), kind.shape());
    // Alternate form: indented.
    format!("{value:#}\n")
}

/// All schemas, with their names within a configuration directory.
#[must_use]
pub fn schemas() -> Vec<(String, String)> {
    FileKind::ALL
        .iter()
        .map(|kind| (format!("schema/{}.schema.json", kind.stem()), schema(*kind)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    /// `TOLLGATE_BLESS=1` writes the copies anew.
    #[test]
    fn shipped_schemas_say_what_the_tables_say() {
        let config = Path::new(env!("CARGO_MANIFEST_DIR")).join("../config");
        for (name, text) in schemas() {
            if std::env::var_os("TOLLGATE_BLESS").is_some() {
                std::fs::write(config.join(&name), &text).unwrap();
            }
            let shipped = std::fs::read_to_string(config.join(&name)).unwrap();
            assert_eq!(
                shipped, text,
                "{name} is stale; run the tests with TOLLGATE_BLESS=1"
            );
        }
    }
}
