//! Generated from `wit/`: the policy world as Rust types. It has no imports to implement.

wasmtime::component::bindgen!({
    path: "../wit/policy",
    world: "tollgate:policy/policy-plugin",
});
