//! The WIT packages: they parse, say which version they are, and grant what they say and no more.

use std::path::{Path, PathBuf};

use wit_parser::{Resolve, WorldItem, WorldKey};

fn wit(package: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../wit")
        .join(package)
}

/// The names of what a world imports.
fn imports(packages: &[&str], world: &str) -> Vec<String> {
    let mut resolve = Resolve::default();
    let mut last = None;
    for package in packages {
        let (id, _) = resolve
            .push_path(wit(package))
            .expect("a package that parses");
        last = Some(id);
    }
    let id = last.expect("a package");
    let version = resolve.packages[id].name.version.as_ref();
    assert_eq!(version.map(ToString::to_string).as_deref(), Some("1.0.0"));
    let world = resolve.select_world(&[id], Some(world)).expect("the world");
    resolve.worlds[world]
        .imports
        .iter()
        .map(|(key, item)| match (key, item) {
            (WorldKey::Interface(id), WorldItem::Interface { .. }) => {
                resolve.id_of(*id).expect("a named interface")
            }
            (key, _) => resolve.name_world_key(key),
        })
        .collect()
}

#[test]
fn an_adapter_may_write_to_the_log_and_nothing_else() {
    assert_eq!(
        imports(&["host", "adapter"], "adapter-plugin"),
        ["tollgate:host/log@1.0.0"]
    );
}

#[test]
fn a_policy_imports_nothing_at_all() {
    assert_eq!(imports(&["policy"], "policy-plugin"), [""; 0]);
}
