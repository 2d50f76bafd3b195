//! From a file's bytes to a component that can be run: the loader.
//!
//! Owns the order of the checks, and what is remembered of loaded components.
//! Never reads a file: the caller reads once, and exactly those bytes are hashed, checked, and
//! compiled.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use sha2::{Digest as _, Sha256};
use wasmtime::Engine;
use wasmtime::component::{Component, Linker};

use super::adapter::{Adapter, AdapterWorld};
use super::adapter_v1::link_log;
use super::cache::{Hash, hex};
use super::error::LoadError;
use super::guest::GuestState;
use super::imports;
use super::limits::Limits;
use super::plugin::{Loaded, Plugin};
use super::policy::{PolicyPlugin, PolicyWorld};
use super::runtime::{Runtime, reason};
use super::world::World;
use crate::model::Digest;

/// Loads plugins. Cheap to make and to clone: the engine starts with the first component.
#[derive(Clone)]
pub struct Sandbox {
    shared: Arc<Shared>,
}

struct Shared {
    cache_dir: Option<PathBuf>,
    runtime: OnceLock<Result<Arc<Runtime>, String>>,
    adapters: Shelf<AdapterWorld>,
    policies: Shelf<PolicyWorld>,
}

/// The loaded plugins of one kind, and what each of them may take.
struct Shelf<W: World> {
    limits: Limits,
    loaded: Mutex<HashMap<Digest, Plugin<W>>>,
}

impl Sandbox {
    /// A sandbox with the limits of each kind of plugins, which keeps compiled code in
    /// `<cache_dir>/components`, or nowhere.
    #[must_use]
    pub fn new(cache_dir: Option<PathBuf>) -> Self {
        Self::build(cache_dir, Limits::ADAPTER, Limits::POLICY)
    }

    /// The same with `limits` for every plugin, of whatever kind.
    #[must_use]
    pub fn with_limits(cache_dir: Option<PathBuf>, limits: Limits) -> Self {
        Self::build(cache_dir, limits.clone(), limits)
    }

    fn build(cache_dir: Option<PathBuf>, adapters: Limits, policies: Limits) -> Self {
        Self {
            shared: Arc::new(Shared {
                cache_dir,
                runtime: OnceLock::new(),
                adapters: Shelf::new(adapters),
                policies: Shelf::new(policies),
            }),
        }
    }

    /// Load the adapter in `bytes`; `name` is how the user calls it. Blocks while compiling, for
    /// a tenth of a second as a rule.
    ///
    /// # Errors
    /// When the bytes are no adapter for this host; see [`LoadError`].
    pub fn load_adapter(&self, bytes: &[u8], name: &str) -> Result<Adapter, LoadError> {
        self.load(&self.shared.adapters, bytes, name)
    }

    /// Load the policy in `bytes`; `name` is how the user calls it. Blocks while compiling, for
    /// a tenth of a second as a rule.
    ///
    /// # Errors
    /// When the bytes are no policy for this host; see [`LoadError`].
    pub fn load_policy(&self, bytes: &[u8], name: &str) -> Result<PolicyPlugin, LoadError> {
        self.load(&self.shared.policies, bytes, name)
    }

    fn load<W: World>(
        &self,
        shelf: &Shelf<W>,
        bytes: &[u8],
        name: &str,
    ) -> Result<Plugin<W>, LoadError> {
        sniff(bytes)?;
        let limit = shelf.limits.component;
        if bytes.len() > limit {
            let size = bytes.len();
            return Err(LoadError::TooLarge { size, limit });
        }
        let hash: Hash = Sha256::digest(bytes).into();
        let digest = Digest::new(hex(&hash));
        if let Some(plugin) = shelf.remembered().get(&digest) {
            return Ok(plugin.again(name));
        }
        let runtime = self.runtime()?;
        let compiled = runtime.compiled(hash, bytes, shelf.limits.compile_time)?;
        let loaded = link::<W>(runtime, &compiled.component, digest.clone(), &shelf.limits)?;
        let plugin = Plugin::new(name, loaded, compiled.origin, compiled.problem);
        shelf.remembered().insert(digest, plugin.clone());
        Ok(plugin)
    }

    fn runtime(&self) -> Result<Arc<Runtime>, LoadError> {
        let start = || {
            Runtime::start(self.shared.cache_dir.as_ref())
                .map(Arc::new)
                .map_err(|error| reason(&error))
        };
        let runtime = self.shared.runtime.get_or_init(start).clone();
        runtime.map_err(|reason| LoadError::Engine { reason })
    }
}

impl<W: World> Shelf<W> {
    fn new(limits: Limits) -> Self {
        Self {
            limits,
            loaded: Mutex::default(),
        }
    }

    fn remembered(&self) -> std::sync::MutexGuard<'_, HashMap<Digest, Plugin<W>>> {
        self.loaded.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Everything between compiled code and a plugin that has said what it is.
fn link<W: World>(
    runtime: Arc<Runtime>,
    component: &Component,
    digest: Digest,
    limits: &Limits,
) -> Result<Loaded<W>, LoadError> {
    let engine = runtime.clockwork.engine();
    kind::<W>(engine, component)?;
    imports::check(engine, component, W::LOG)?;
    let contract = contract::<W>(engine, component)?;
    let unsupported = |needed| {
        let found = contract.clone();
        move |error: wasmtime::Error| LoadError::UnsupportedContract {
            found,
            needed,
            reason: Some(reason(&error)),
        }
    };
    let offered = W::LOG.unwrap_or(W::NEEDED);
    let pre = linker(engine, component, W::LOG.is_some())
        .and_then(|linker| linker.instantiate_pre(component))
        .map_err(unsupported(offered))?;
    let indices = W::indices(&pre).map_err(unsupported(W::NEEDED))?;
    Loaded::describe(runtime, (pre, indices), (digest, contract), limits)
}

/// What `component` is given for its imports.
fn linker(
    engine: &Engine,
    component: &Component,
    log: bool,
) -> wasmtime::Result<Linker<GuestState>> {
    let mut linker = Linker::new(engine);
    if log {
        link_log(&mut linker)?;
    }
    imports::stub_wasi(&mut linker, engine, component)?;
    Ok(linker)
}

impl std::fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sandbox")
            .field("cache_dir", &self.shared.cache_dir)
            .field("started", &self.shared.runtime.get().is_some())
            .finish_non_exhaustive()
    }
}

/// Tell from its first bytes whether this can be a component.
fn sniff(bytes: &[u8]) -> Result<(), LoadError> {
    let found = match bytes {
        [b'\0', b'a', b's', b'm', 0x0d, 0, 1, 0, ..] => return Ok(()),
        [b'\0', b'a', b's', b'm', _, _, 0, 0, ..] => {
            "a core WebAssembly module (make it a component with `wasm-tools component new`, or \
             build it for `wasm32-wasip2`)"
        }
        [b'\0', b'a', b's', b'm', ..] => "a component in a binary format of another version",
        [0x7f, b'E', b'L', b'F', ..] => {
            "machine code (compiled components are never accepted; give the `.wasm` file itself)"
        }
        [] => "an empty file",
        _ if bytes.starts_with(b"(") => {
            "WebAssembly text (turn it into binary with `wasm-tools parse`)"
        }
        _ => "some other file",
    };
    Err(LoadError::NotAComponent { found })
}

/// Say so when `component` is a plugin of another kind than `W`.
fn kind<W: World>(engine: &Engine, component: &Component) -> Result<(), LoadError> {
    let kinds = [
        (AdapterWorld::INTERFACE, AdapterWorld::NOUN),
        (PolicyWorld::INTERFACE, PolicyWorld::NOUN),
    ];
    let exports = exports(engine, component);
    let exported = |wanted: &str| {
        let fits = |name: &&String| imports::interface(name).0 == wanted;
        exports.iter().find(fits).cloned()
    };
    if exported(W::INTERFACE).is_some() {
        return Ok(());
    }
    for (interface, noun) in kinds {
        if let Some(found) = exported(interface) {
            return Err(LoadError::OtherKind {
                found,
                is: noun,
                needed: W::NEEDED,
                wanted: W::NOUN,
            });
        }
    }
    Ok(())
}

/// The version of the contract that `component` exports.
fn contract<W: World>(engine: &Engine, component: &Component) -> Result<String, LoadError> {
    let exports = exports(engine, component);
    let ours = |major: Option<u64>| {
        let fits = |name: &&String| {
            let (interface, found) = imports::interface(name);
            interface == W::INTERFACE && (major.is_none() || found == major)
        };
        exports.iter().find(fits).cloned()
    };
    if let Some(contract) = ours(Some(1)) {
        return Ok(contract);
    }
    match ours(None) {
        Some(found) => Err(LoadError::UnsupportedContract {
            found,
            needed: W::NEEDED,
            reason: None,
        }),
        None => Err(LoadError::MissingExport {
            needed: W::NEEDED,
            found: exports,
        }),
    }
}

/// Names of what `component` exports, escaped.
fn exports(engine: &Engine, component: &Component) -> Vec<String> {
    let ty = component.component_type();
    ty.exports(engine)
        .map(|(name, _)| name.escape_debug().to_string())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_component_is_told_apart() {
        let found = |bytes: &[u8]| sniff(bytes).unwrap_err().to_string();
        assert!(found(b"\0asm\x01\0\0\0").contains("core WebAssembly module"));
        assert!(found(b"\0asm\x0c\0\x01\0").contains("another version"));
        assert!(found(b"\x7fELF\x02\x01\x01").contains("machine code"));
        assert!(found(b"(component)").contains("text"));
        assert!(found(b"").contains("an empty file"));
        assert!(found(b"#!/bin/sh").contains("some other file"));
        assert!(sniff(b"\0asm\x0d\0\x01\0").is_ok());
    }

    #[test]
    fn nothing_starts_before_the_first_component() {
        let sandbox = Sandbox::new(Some("/nonexistent".into()));
        assert!(sandbox.load_adapter(b"", "x").is_err());
        assert!(format!("{sandbox:?}").contains("started: false"));
    }
}
