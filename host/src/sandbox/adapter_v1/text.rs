//! Bounds for texts that come out of an adapter.
//!
//! Owns the figures. A tool's output is not the adapter's doing, so a text that is too long is cut
//! and shows it; only what an adapter itself must get right counts as its fault.

use sha2::{Digest as _, Sha256};

use crate::sandbox::text::{cut, head};

/// Bytes of an id or a name.
const NAME: usize = 256;
/// Bytes of a sentence for people.
const SENTENCE: usize = 4 << 10;
/// Bytes of a note's JSON.
const NOTE: usize = 8 << 10;

/// An id: cut ids that differ stay different.
pub(super) fn id(text: String) -> String {
    if text.len() <= NAME {
        return text;
    }
    let digest = Sha256::digest(text.as_bytes());
    let hash: String = digest[..8].iter().map(|b| format!("{b:02x}")).collect();
    format!("{}~{hash}", head(&text, NAME - 17))
}

/// A name for people.
pub(super) fn name(text: String) -> String {
    cut(text, NAME)
}

/// A sentence for people.
pub(super) fn sentence(text: String) -> String {
    cut(text, SENTENCE)
}

/// A note's JSON; one that is too long becomes a JSON object with its beginning.
pub(super) fn json(text: String) -> String {
    if text.len() <= NOTE {
        return text;
    }
    serde_json::json!({ "cut_from_bytes": text.len(), "head": head(&text, NOTE / 2) }).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_texts_stay_as_they_are() {
        assert_eq!(id("toolu_1".to_owned()), "toolu_1");
        assert_eq!(name("Bash".to_owned()), "Bash");
        assert_eq!(json("{}".to_owned()), "{}");
    }

    #[test]
    fn cut_ids_that_differ_stay_different() {
        let (a, b) = ("a".repeat(300), format!("{}b", "a".repeat(299)));
        assert_ne!(id(a.clone()), id(b));
        assert_eq!(id(a.clone()), id(a.clone()));
        assert_eq!(id(a).len(), NAME);
    }

    #[test]
    fn texts_are_cut_between_characters() {
        let cut = sentence("é".repeat(SENTENCE));
        assert!(cut.len() <= SENTENCE && cut.ends_with("é…"));
    }

    #[test]
    fn a_cut_note_is_still_json() {
        let long = format!("[\"{}\"]", "x\\u0000".repeat(NOTE));
        let value: serde_json::Value = serde_json::from_str(&json(long.clone())).unwrap();
        assert_eq!(value["cut_from_bytes"], long.len());
        assert!(json(long).len() <= NOTE + 64);
    }
}
