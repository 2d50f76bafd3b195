//! A core module becomes a component.
//!
//! Owns the check that an adapter imports nothing but the log and a policy nothing at all, and the custom sections that let a lone `.wasm` file say what
//! it is. Never reads a world from anywhere but the guest itself, where the bindings put it.

use wasm_encoder::{CustomSection, Section as _};
use wasmparser::{Parser, Payload};
use wit_component::ComponentEncoder;

use crate::error::Error;
use crate::guest::{Guest, Kind};

/// Turns `module` into a component and adds the guest's manifest.
pub(crate) fn make(guest: &Guest, module: &[u8]) -> Result<Vec<u8>, Error> {
    let mut component = encode(&guest.id, module)?;
    refuse_imports(&guest.id, guest.kind, &component)?;
    for (file, section) in guest.kind.embedded() {
        let path = guest.folder.join(file);
        let bytes = std::fs::read(&path).map_err(|source| Error::Read { path, source })?;
        append(&mut component, section, &bytes);
    }
    Ok(component)
}

/// Turns `module` into a component.
pub(crate) fn encode(name: &str, module: &[u8]) -> Result<Vec<u8>, Error> {
    let encoder = ComponentEncoder::default().validate(true).module(module);
    encoder
        .and_then(|mut encoder| encoder.encode())
        .map_err(|error| failed(name, format!("{error:#}")))
}

/// Refuses a component that imports what its kind may not.
pub(crate) fn refuse_imports(name: &str, kind: Kind, component: &[u8]) -> Result<(), Error> {
    match foreign_import(component, kind).map_err(|error| failed(name, error.to_string()))? {
        None => Ok(()),
        Some(import) => Err(Error::Imports {
            guest: name.to_owned(),
            import,
        }),
    }
}

/// The kind of a component, by what it exports.
pub(crate) fn kind(name: &str, component: &[u8]) -> Result<Kind, Error> {
    let exports = exports(component).map_err(|error| failed(name, error.to_string()))?;
    let mut kinds = Kind::ALL.into_iter();
    kinds
        .find(|kind| exports.iter().any(|it| it.starts_with(kind.export())))
        .ok_or_else(|| failed(name, "it is neither an adapter nor a policy".to_owned()))
}

fn exports(component: &[u8]) -> wasmparser::Result<Vec<String>> {
    let mut names = Vec::new();
    let mut depth = 0_usize;
    for payload in Parser::new(0).parse_all(component) {
        match payload? {
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
            Payload::End(_) => depth = depth.saturating_sub(1),
            Payload::ComponentExportSection(exports) if depth == 0 => {
                for export in exports {
                    names.push(export?.name.name.to_owned());
                }
            }
            _ => {}
        }
    }
    Ok(names)
}

/// An import of the component that a guest of its kind may not have.
fn foreign_import(component: &[u8], kind: Kind) -> wasmparser::Result<Option<String>> {
    let mut depth = 0_usize;
    for payload in Parser::new(0).parse_all(component) {
        match payload? {
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
            Payload::End(_) => depth = depth.saturating_sub(1),
            // Imports of the modules inside are met by the component itself.
            Payload::ComponentImportSection(imports) if depth == 0 => {
                for import in imports {
                    let name = import?.name.name;
                    if !kind.import().is_some_and(|known| name.starts_with(known)) {
                        return Ok(Some(name.to_owned()));
                    }
                }
            }
            _ => {}
        }
    }
    Ok(None)
}

fn failed(name: &str, message: String) -> Error {
    Error::Component {
        guest: name.to_owned(),
        message,
    }
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
    fn an_adapter_may_import_the_log_and_a_policy_nothing() {
        let log = "tollgate:host/log@1.0.0";
        let wasi = "wasi:cli/stdout@0.2.6";
        for (kind, import, foreign) in [
            (Kind::Adapter, log, None),
            (Kind::Adapter, wasi, Some(wasi)),
            (Kind::Policy, log, Some(log)),
            (Kind::Policy, wasi, Some(wasi)),
        ] {
            let found = foreign_import(&importing(import), kind).expect("a component");
            assert_eq!(found.as_deref(), foreign, "{kind:?}");
        }
        let nothing = foreign_import(&Component::new().finish(), Kind::Policy);
        assert_eq!(nothing.expect("a component"), None);
    }

    #[test]
    fn what_is_no_plugin_has_no_kind() {
        let nothing = Component::new().finish();
        let error = kind("x.wasm", &nothing).expect_err("no exports");
        assert!(
            error
                .to_string()
                .contains("neither an adapter nor a policy")
        );
        assert!(encode("x.wasm", b"\0asm").is_err());
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
