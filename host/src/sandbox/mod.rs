//! The only room that names wasmtime.
