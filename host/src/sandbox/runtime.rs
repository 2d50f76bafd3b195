//! What all components share once there is one: the engine, and the way to compiled code.
//!
//! Owns the compiling, its time and its stack, and when the cache is asked. Never looks at what a
//! component imports or exports.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use wasmtime::Engine;
use wasmtime::component::Component;

use super::cache::{CodeCache, CodeOrigin, Hash, Key, Lookup, engine_hash};
use super::engine::Clockwork;
use super::error::{CacheError, LoadError};
use super::text::head;

/// Stack of the thread that compiles.
const COMPILER_STACK: usize = 8 << 20;
/// Bytes of the engine's explanations that are kept.
const REASON: usize = 1 << 10;

/// The engine with its ticker and its cache.
pub(super) struct Runtime {
    pub(super) clockwork: Clockwork,
    engine_hash: Hash,
    cache: Option<Result<CodeCache, Arc<CacheError>>>,
}

/// Compiled code and how it came about.
pub(super) struct Compiled {
    pub(super) component: Component,
    pub(super) origin: CodeOrigin,
    pub(super) problem: Option<Arc<CacheError>>,
}

impl Runtime {
    /// Start the engine; `cache_dir` is where compiled code is kept.
    ///
    /// # Errors
    /// When this machine cannot run it.
    pub(super) fn start(cache_dir: Option<&PathBuf>) -> wasmtime::Result<Self> {
        let clockwork = Clockwork::new()?;
        let engine_hash = engine_hash(clockwork.engine());
        let cache = cache_dir.map(|dir| CodeCache::open(dir).map_err(Arc::new));
        Ok(Self {
            clockwork,
            engine_hash,
            cache,
        })
    }

    /// The code of the component in `bytes`, whose digest is `hash`, from the cache or fresh.
    ///
    /// # Errors
    /// When it does not compile within `limit` of wall time.
    pub(super) fn compiled(
        &self,
        hash: Hash,
        bytes: &[u8],
        limit: Duration,
    ) -> Result<Compiled, LoadError> {
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
const FEATURES: [(&str, &str); 6] = [
    ("memory64", "64-bit memory"),
    ("threads", "threads"),
    ("shared memor", "shared memory"),
    ("gc ", "garbage collection"),
    ("component model async", "asynchronous components"),
    ("relaxed SIMD", "relaxed SIMD"),
];

fn rejected(reason: String) -> LoadError {
    match FEATURES.iter().find(|(word, _)| reason.contains(word)) {
        Some((_, feature)) => LoadError::RefusedFeature { feature, reason },
        None => LoadError::Invalid { reason },
    }
}

/// What the engine says, on one bounded line.
pub(super) fn reason(error: &wasmtime::Error) -> String {
    let text = format!("{error:#}").replace('\n', " ");
    head(&text, REASON).to_owned()
}
