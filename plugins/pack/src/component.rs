//! A core module becomes a component.
//!
//! Owns the check that a guest imports nothing but the log, and the custom sections that let a lone `.wasm` file say what
//! it is. Never reads a world from anywhere but the guest itself, where the bindings put it.

use wasm_encoder::{CustomSection, Section as _};
use wasmparser::{Parser, Payload};
use wit_component::ComponentEncoder;

use crate::error::Error;
use crate::paths::Paths;

/// The one import of an adapter, without its version.
const LOG: &str = "tollgate:host/log@";

/// Files of the guest's folder that travel in the component, and the sections they become.
const EMBEDDED: [(&str, &str); 2] = [
    ("plugin.yaml", "tollgate:manifest"),
    ("options.schema.json", "tollgate:options-schema"),
];

/// Turns `module` into a component and adds the guest's manifest.
pub(crate) fn make(paths: &Paths, guest: &str, module: &[u8]) -> Result<Vec<u8>, Error> {
    let failed = |message: String| Error::Component {
        guest: guest.to_owned(),
        message,
    };
    let encoder = ComponentEncoder::default().validate(true).module(module);
    let mut component = encoder
        .and_then(|mut encoder| encoder.encode())
        .map_err(|error| failed(format!("{error:#}")))?;
    if let Some(import) = foreign_import(&component).map_err(|error| failed(error.to_string()))? {
        return Err(Error::Imports {
            guest: guest.to_owned(),
            import,
        });
    }
    for (file, section) in EMBEDDED {
        let path = paths.guest(guest).join(file);
        let bytes = std::fs::read(&path).map_err(|source| Error::Read { path, source })?;
        append(&mut component, section, &bytes);
    }
    Ok(component)
}

/// An import of the component that an adapter may not have.
fn foreign_import(component: &[u8]) -> wasmparser::Result<Option<String>> {
    let mut depth = 0_usize;
    for payload in Parser::new(0).parse_all(component) {
        match payload? {
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
            Payload::End(_) => depth = depth.saturating_sub(1),
            // Imports of the modules inside are met by the component itself.
            Payload::ComponentImportSection(imports) if depth == 0 => {
                for import in imports {
                    let name = import?.name.name;
                    if !name.starts_with(LOG) {
                        return Ok(Some(name.to_owned()));
                    }
                }
            }
            _ => {}
        }
    }
    Ok(None)
}

fn append(component: &mut Vec<u8>, name: &str, data: &[u8]) {
    CustomSection {
        name: name.into(),
        data: data.into(),
    }
    .append_to(component);
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasm_encoder::{
        Component, ComponentImportSection, ComponentTypeRef, ComponentTypeSection, InstanceType,
    };

    fn importing(name: &str) -> Vec<u8> {
        let mut types = ComponentTypeSection::new();
        types.instance(&InstanceType::new());
        let mut imports = ComponentImportSection::new();
        imports.import(name, ComponentTypeRef::Instance(0));
        let mut component = Component::new();
        component.section(&types);
        component.section(&imports);
        component.finish()
    }

    #[test]
    fn only_the_log_may_be_imported() {
        assert_eq!(
            foreign_import(&importing("tollgate:host/log@1.0.0")).expect("a component"),
            None
        );
        let wasi = foreign_import(&importing("wasi:cli/stdout@0.2.6")).expect("a component");
        assert_eq!(wasi.as_deref(), Some("wasi:cli/stdout@0.2.6"));
    }

    #[test]
    fn a_section_is_appended_whole() {
        let mut component = importing("tollgate:host/log@1.0.0");
        append(&mut component, "tollgate:manifest", b"id: x\n");
        let sections: Vec<_> = Parser::new(0)
            .parse_all(&component)
            .filter_map(|payload| match payload.expect("a component") {
                Payload::CustomSection(section) => {
                    Some((section.name().to_owned(), section.data().to_vec()))
                }
                _ => None,
            })
            .collect();
        assert_eq!(
            sections,
            [("tollgate:manifest".to_owned(), b"id: x\n".to_vec())]
        );
    }
}
