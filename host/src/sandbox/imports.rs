//! What a component may import, and what it gets for it.
//!
//! Owns the rule: the log is offered to adapters, WASI is present but traps when it is called,
//! everything else is refused by name. Compilers add WASI imports unasked, so refusing them would shut out
//! most toolchains; giving them anything would open the sandbox.

use wasmtime::Engine;
use wasmtime::component::types::ComponentItem;
use wasmtime::component::{Component, Linker, LinkerInstance, ResourceType};

use super::adapter_v1::LOG;
use super::error::LoadError;
use super::fault::GuestFault;
use super::guest::GuestState;

/// Check the imports of `component`; `log` is the log's interface where it is offered.
///
/// # Errors
/// [`LoadError::UnknownImports`] with every import that is not offered, or
/// [`LoadError::UnsupportedContract`] for a log of another major version.
pub(super) fn check(
    engine: &Engine,
    component: &Component,
    log: Option<&'static str>,
) -> Result<(), LoadError> {
    let mut unknown = Vec::new();
    for (name, _) in component.component_type().imports(engine) {
        match (interface(name), log) {
            ((LOG, Some(1)), Some(_)) => {}
            ((LOG, _), Some(needed)) => {
                return Err(LoadError::UnsupportedContract {
                    found: name.to_owned(),
                    needed,
                    reason: None,
                });
            }
            _ if is_wasi(name) => {}
            _ => unknown.push(name.escape_debug().to_string()),
        }
    }
    if unknown.is_empty() {
        Ok(())
    } else {
        Err(LoadError::UnknownImports(unknown))
    }
}

/// Give `linker` a trap for every WASI function that `component` imports.
///
/// # Errors
/// When an import is of a kind that cannot be stubbed, such as a module.
pub(super) fn stub_wasi(
    linker: &mut Linker<GuestState>,
    engine: &Engine,
    component: &Component,
) -> wasmtime::Result<()> {
    for (name, import) in component.component_type().imports(engine) {
        if !is_wasi(name) {
            continue;
        }
        let ComponentItem::ComponentInstance(instance) = import.ty else {
            wasmtime::bail!("`{name}` is not an interface");
        };
        let mut stub = linker.instance(name)?;
        for (item, export) in instance.exports(engine) {
            stub_item(&mut stub, (name, item), &export.ty)?;
        }
    }
    Ok(())
}

fn stub_item(
    stub: &mut LinkerInstance<'_, GuestState>,
    (interface, item): (&str, &str),
    ty: &ComponentItem,
) -> wasmtime::Result<()> {
    match ty {
        ComponentItem::ComponentFunc(_) => {
            let function = format!("{interface}#{item}");
            stub.func_new(item, move |_, _, _, _| {
                let function = function.clone();
                Err(GuestFault::NotOffered { function }.into())
            })
        }
        ComponentItem::Resource(_) => {
            stub.resource(item, ResourceType::host::<()>(), |_, _| Ok(()))
        }
        ComponentItem::Type(_) => Ok(()),
        _ => wasmtime::bail!("`{interface}#{item}` is neither a function nor a type"),
    }
}

fn is_wasi(name: &str) -> bool {
    name.starts_with("wasi:")
}

/// The name before the version, and the major version.
pub(super) fn interface(name: &str) -> (&str, Option<u64>) {
    match name.split_once('@') {
        Some((interface, version)) => {
            let major = version.split('.').next().and_then(|n| n.parse().ok());
            // A pre-release promises nothing to anybody.
            (interface, major.filter(|_| !version.contains('-')))
        }
        None => (name, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_fall_into_interface_and_major_version() {
        assert_eq!(interface("a:b/c@1.4.0"), ("a:b/c", Some(1)));
        assert_eq!(interface("a:b/c@2.0.0-rc.1"), ("a:b/c", None));
        assert_eq!(interface("a:b/c@x"), ("a:b/c", None));
        assert_eq!(interface("a:b/c"), ("a:b/c", None));
    }
}
