//! The JSON Schemas of the files and of workflows, for editors and for `config schema`.
//!
//! Made from the same tables that the files are checked against; `config/schema/` holds a copy of
//! each, kept equal by a test.

use super::files::FileKind;
use super::shape::{Object, WORKFLOW, json_schema};

/// The JSON Schema (draft 2020-12) of one file.
#[must_use]
pub fn schema(kind: FileKind) -> String {
    printed(&format!("Tollgate {}.yaml", kind.stem()), kind.shape())
}

/// The JSON Schema (draft 2020-12) of workflow files, which may have any name.
#[must_use]
pub fn workflow_schema() -> String {
    printed("Tollgate workflow", &WORKFLOW)
}

/// All schemas, with their names within a configuration directory.
#[must_use]
pub fn schemas() -> Vec<(String, String)> {
    let name = |stem: &str| format!("schema/{stem}.schema.json");
    FileKind::ALL
        .iter()
        .map(|kind| (name(kind.stem()), schema(*kind)))
        .chain([(name("workflow"), workflow_schema())])
        .collect()
}

fn printed(title: &str, object: &Object) -> String {
    // Alternate form: indented.
    format!("{:#}\n", json_schema(title, object))
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
            let shipped = std::fs::read_to_string(config.join(&name)).unwrap_or_default();
            assert_eq!(
                shipped, text,
                "{name} is stale; run the tests with TOLLGATE_BLESS=1"
            );
        }
    }
}
