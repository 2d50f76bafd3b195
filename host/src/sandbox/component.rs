//! From a file's bytes to a component that can be run: the loader.
//!
//! Owns the order of the checks, the compiling, and what is remembered of loaded components.
//! Never reads a file: the caller reads once, and exactly those bytes are hashed, checked, and
//! compiled.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread;
use std::time::Duration;

use sha2::{Digest as _, Sha256};
use wasmtime::Engine;
use wasmtime::component::{Component, Linker};

use super::adapter::{Adapter, Loaded};
use super::cache::{CodeCache, CodeOrigin, Hash, Key, Lookup, engine_hash, hex};
use super::contract_v1::{AdapterPluginIndices, INTERFACE, LOG_OFFERED, NEEDED, link_log};
use super::engine::Clockwork;
use super::error::{CacheError, LoadError};
use super::guest::GuestState;
use super::imports;
use super::limits::Limits;
use crate::model::Digest;

/// Stack of the thread that compiles.
const COMPILER_STACK: usize = 8 << 20;
/// Bytes of the engine's explanations that are kept.
const REASON: usize = 1 << 10;

/// Loads adapters. Cheap to make and to clone: the engine starts with the first component.
#[derive(Clone)]
pub struct Sandbox {
    shared: Arc<Shared>,
}

struct Shared {
    cache_dir: Option<PathBuf>,
    limits: Limits,
    runtime: OnceLock<Result<Arc<Runtime>, String>>,
    loaded: Mutex<HashMap<Digest, Adapter>>,
}

/// What all components share once there is one.
pub(super) struct Runtime {
    pub(super) clockwork: Clockwork,
    linker: Linker<GuestState>,
    engine_hash: Hash,
    cache: Option<Result<CodeCache, Arc<CacheError>>>,
}

impl Sandbox {
    /// A sandbox with the limits for adapters, which keeps compiled code in
    /// `<cache_dir>/components`, or nowhere.
    #[must_use]
    pub fn new(cache_dir: Option<PathBuf>) -> Self {
        Self::with_limits(cache_dir, Limits::ADAPTER)
    }

    /// The same with other limits.
    #[must_use]
    pub fn with_limits(cache_dir: Option<PathBuf>, limits: Limits) -> Self {
        Self {
            shared: Arc::new(Shared {
                cache_dir,
                limits,
                runtime: OnceLock::new(),
                loaded: Mutex::default(),
            }),
        }
    }

    /// Load the adapter in `bytes`; `name` is how the user calls it. Blocks while compiling, for
    /// a tenth of a second as a rule.
    ///
    /// # Errors
    /// When the bytes are no adapter for this host; see [`LoadError`].
    pub fn load_adapter(&self, bytes: &[u8], name: &str) -> Result<Adapter, LoadError> {
        sniff(bytes)?;
        let limit = self.shared.limits.component;
        if bytes.len() > limit {
            let size = bytes.len();
            return Err(LoadError::TooLarge { size, limit });
        }
        let hash: Hash = Sha256::digest(bytes).into();
        let digest = Digest::new(hex(&hash));
        if let Some(adapter) = self.remembered().get(&digest) {
            return Ok(adapter.again(name));
        }
        let runtime = self.runtime()?;
        let compiled = runtime.compiled(hash, bytes, self.shared.limits.compile_time)?;
        let loaded = self.link(runtime, &compiled.component, digest.clone())?;
        let adapter = Adapter::new(name, loaded, compiled.origin, compiled.problem);
        self.remembered().insert(digest, adapter.clone());
        Ok(adapter)
    }

    fn remembered(&self) -> std::sync::MutexGuard<'_, HashMap<Digest, Adapter>> {
        let loaded = self.shared.loaded.lock();
        loaded.unwrap_or_else(PoisonError::into_inner)
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

    /// Everything between compiled code and an adapter that has said what it is.
    fn link(
        &self,
        runtime: Arc<Runtime>,
        component: &Component,
        digest: Digest,
    ) -> Result<Loaded, LoadError> {
        let engine = runtime.clockwork.engine();
        imports::check(engine, component)?;
        let contract = contract(engine, component)?;
        let mut linker = runtime.linker.clone();
        let unsupported = |needed| {
            let found = contract.clone();
            move |error: wasmtime::Error| LoadError::UnsupportedContract {
                found,
                needed,
                reason: Some(reason(&error)),
            }
        };
        imports::stub_wasi(&mut linker, engine, component).map_err(unsupported(LOG_OFFERED))?;
        let pre = linker
            .instantiate_pre(component)
            .map_err(unsupported(LOG_OFFERED))?;
        let indices = AdapterPluginIndices::new(&pre).map_err(unsupported(NEEDED))?;
        Loaded::describe(
            runtime,
            (pre, indices),
            (digest, contract),
            &self.shared.limits,
        )
    }
}

impl std::fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sandbox")
            .field("cache_dir", &self.shared.cache_dir)
            .field("started", &self.shared.runtime.get().is_some())
            .finish_non_exhaustive()
    }
}

/// Compiled code and how it came about.
struct Compiled {
    component: Component,
    origin: CodeOrigin,
    problem: Option<Arc<CacheError>>,
}

impl Runtime {
    fn start(cache_dir: Option<&PathBuf>) -> wasmtime::Result<Self> {
        let clockwork = Clockwork::new()?;
        let mut linker = Linker::new(clockwork.engine());
        link_log(&mut linker)?;
        let engine_hash = engine_hash(clockwork.engine());
        let cache = cache_dir.map(|dir| CodeCache::open(dir).map_err(Arc::new));
        Ok(Self {
            clockwork,
            linker,
            engine_hash,
            cache,
        })
    }

    fn compiled(&self, hash: Hash, bytes: &[u8], limit: Duration) -> Result<Compiled, LoadError> {
        let engine = self.clockwork.engine();
        let fresh = |origin, problem| {
            Ok(Compiled {
                component: compile(engine, bytes, limit)?,
                origin,
                problem,
            })
        };
        let cache = match &self.cache {
            None => return fresh(CodeOrigin::Compiled, None),
            Some(Err(problem)) => return fresh(CodeOrigin::Compiled, Some(Arc::clone(problem))),
            Some(Ok(cache)) => cache,
        };
        let key = Key {
            component: hash,
            engine: self.engine_hash,
        };
        let origin = match cache.get(engine, &key) {
            Lookup::Hit(component) => {
                return Ok(Compiled {
                    component: *component,
                    origin: CodeOrigin::Cached,
                    problem: None,
                });
            }
            Lookup::Miss => CodeOrigin::Compiled,
            Lookup::Bad(defect) => CodeOrigin::Recompiled(defect),
        };
        let mut compiled = fresh(origin, None)?;
        compiled.problem = cache.put(&key, &compiled.component).err().map(Arc::new);
        Ok(compiled)
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

/// Compile on a thread of its own: compilers recurse deeply on hostile code, may panic on it, and
/// cannot be told to stop. One that takes too long is left behind to finish for nobody.
fn compile(engine: &Engine, bytes: &[u8], limit: Duration) -> Result<Component, LoadError> {
    let (result_tx, result_rx) = mpsc::sync_channel(1);
    let (engine, bytes) = (engine.clone(), bytes.to_vec());
    let spawned = thread::Builder::new()
        .name("sandbox-compiler".to_owned())
        .stack_size(COMPILER_STACK)
        .spawn(move || drop(result_tx.send(Component::from_binary(&engine, &bytes))));
    if let Err(error) = spawned {
        let reason = error.to_string();
        return Err(LoadError::Engine { reason });
    }
    match result_rx.recv_timeout(limit) {
        Ok(Ok(component)) => Ok(component),
        Ok(Err(error)) => Err(rejected(reason(&error))),
        Err(RecvTimeoutError::Timeout) => Err(LoadError::CompileTime { limit }),
        Err(RecvTimeoutError::Disconnected) => Err(LoadError::Invalid {
            reason: "the compiler failed on it".to_owned(),
        }),
    }
}

/// Words of the validator's messages, and the features they are about. The validator has no
/// types for them; a message that is not found here is still shown whole.
const FEATURES: [(&str, &str); 9] = [
    ("memory64", "64-bit memory"),
    ("multi-memory", "several memories in a module"),
    ("multiple memories", "several memories in a module"),
    ("threads", "threads"),
    ("shared memor", "shared memory"),
    ("gc ", "garbage collection"),
    ("component model async", "asynchronous components"),
    ("tail calls", "tail calls"),
    ("relaxed SIMD", "relaxed SIMD"),
];

fn rejected(reason: String) -> LoadError {
    match FEATURES.iter().find(|(word, _)| reason.contains(word)) {
        Some((_, feature)) => LoadError::RefusedFeature { feature, reason },
        None => LoadError::Invalid { reason },
    }
}

/// The version of the adapter contract that `component` exports.
fn contract(engine: &Engine, component: &Component) -> Result<String, LoadError> {
    let ty = component.component_type();
    let exports: Vec<String> = ty
        .exports(engine)
        .map(|(name, _)| name.escape_debug().to_string())
        .collect();
    let ours = |major: Option<u64>| {
        let fits = |name: &&String| {
            let (interface, found) = imports::interface(name);
            interface == INTERFACE && (major.is_none() || found == major)
        };
        exports.iter().find(fits).cloned()
    };
    if let Some(contract) = ours(Some(1)) {
        return Ok(contract);
    }
    match ours(None) {
        Some(found) => Err(LoadError::UnsupportedContract {
            found,
            needed: NEEDED,
            reason: None,
        }),
        None => Err(LoadError::MissingExport {
            needed: NEEDED,
            found: exports,
        }),
    }
}

/// What the engine says, on one bounded line.
pub(super) fn reason(error: &wasmtime::Error) -> String {
    let text = format!("{error:#}").replace('\n', " ");
    text[..text.floor_char_boundary(REASON)].to_owned()
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
