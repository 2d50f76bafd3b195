//! What a plugin may call itself: the same rule for every kind.
//!
//! Owns the rule. Ids end up in file names and on screens, so they are letters, digits, and dashes.

use super::text::name;

/// Bytes of an id or a version.
const LIMIT: usize = 64;

/// Check an id and a version.
///
/// # Errors
/// What is wrong with them, escaped.
pub(super) fn check(id: &str, version: &str) -> Result<(), String> {
    let id_fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if id.is_empty() || id.len() > LIMIT || !id.chars().all(id_fits) {
        return Err(format!(
            "the id `{}`, which is not made of lower-case letters, digits, and dashes",
            name(id.to_owned()).escape_debug()
        ));
    }
    let version_fits = |c: char| c.is_ascii_alphanumeric() || ".-+".contains(c);
    if version.is_empty() || version.len() > LIMIT || !version.chars().all(version_fits) {
        return Err(format!(
            "the version `{}`, which is not a semantic version",
            name(version.to_owned()).escape_debug()
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_plain_and_versions_are_versions() {
        assert_eq!(check("rate-limit2", "1.0.0-rc.1+x"), Ok(()));
        let long = "x".repeat(65);
        for id in ["", "../x", "A", "a b", "é", "a\u{1b}[2J", &long] {
            let wrong = check(id, "1.0.0").unwrap_err();
            assert!(wrong.starts_with("the id `"), "{wrong}");
            assert!(!wrong.contains('\u{1b}'), "{wrong}");
        }
        for version in ["", "1.0\n", &long] {
            let wrong = check("a", version).unwrap_err();
            assert!(wrong.starts_with("the version `"), "{wrong}");
        }
    }
}
