//! Telling the operator about the adapter itself.
//!
//! Owns the one import. Never carries what a tool or a model said: that goes into events, where the host bounds it.

/// Logs one line at `level` ("error", "warn", "info", "debug", "trace"). Does nothing outside WebAssembly.
pub fn emit(level: &str, message: &str) {
    #[cfg(target_arch = "wasm32")]
    crate::wit::tollgate::host::log::emit(level, message);
    #[cfg(not(target_arch = "wasm32"))]
    let _unused = (level, message);
}

/// Makes panics reach the host's log. A guest aborts after a panic and would otherwise leave only a trap.
#[doc(hidden)]
pub fn panics() {
    std::panic::set_hook(Box::new(|panic| emit("error", &panic.to_string())));
}
