//! The adapters that come with the program, embedded in it.
//!
//! Owns the list. They are loaded like any other component: same limits, same checks.

/// Ids of the embedded adapters, sorted.
pub const BUILTIN_IDS: [&str; 3] = ["claude-code", "codex", "template"];

/// The component of the embedded adapter `id`.
#[must_use]
pub fn builtin(id: &str) -> Option<&'static [u8]> {
    match id {
        "claude-code" => Some(include_bytes!("../../../plugins/dist/claude-code.wasm")),
        "codex" => Some(include_bytes!("../../../plugins/dist/codex.wasm")),
        "template" => Some(include_bytes!("../../../plugins/dist/template.wasm")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_listed_adapter_is_there() {
        assert!(BUILTIN_IDS.is_sorted());
        for id in BUILTIN_IDS {
            assert!(builtin(id).is_some_and(|bytes| bytes.starts_with(b"\0asm")));
        }
        assert_eq!(builtin("other"), None);
    }
}
