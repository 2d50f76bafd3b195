//! Whether the model that served is the one that was asked for.
//!
//! Tools resolve aliases (`sonnet`, or a name without its date) by themselves; that is not a
//! difference. Another family, version, or size is.

/// Whether `served` is what `requested` means.
#[must_use]
pub fn is_same_model(requested: &str, served: &str) -> bool {
    let (requested, served) = (plain(requested), plain(served));
    if requested == served {
        return true;
    }
    if let Some(rest) = served.strip_prefix(requested.as_str()) {
        return is_date(rest);
    }
    // A bare family name such as `opus`.
    !requested.contains(['-', '.', ':', '/']) && served.split('-').any(|part| part == requested)
}

/// The name without case, vendor prefix, and context variant, such as `[1m]`.
fn plain(name: &str) -> String {
    let name = name.split('[').next().unwrap_or_default();
    let name = name.rsplit('/').next().unwrap_or_default();
    name.trim().to_ascii_lowercase()
}

/// `-20251001`, `-2025-10-01`, `-latest`, `@20251001`.
fn is_date(rest: &str) -> bool {
    let Some(rest) = rest.strip_prefix(['-', '@']) else {
        return false;
    };
    let digits: String = rest.chars().filter(|c| *c != '-').collect();
    rest == "latest" || (digits.len() == 8 && digits.chars().all(|c| c.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::is_same_model;

    #[test]
    fn an_alias_is_the_same_and_another_model_is_not() {
        for (requested, served, same) in [
            ("claude-sonnet-4-5", "claude-sonnet-4-5", true),
            ("claude-haiku-4-5", "claude-haiku-4-5-20251001", true),
            ("gpt-6.1", "gpt-6.1-2026-08-01", true),
            ("claude-opus-5-5[1m]", "claude-opus-5-5", true),
            ("opus", "claude-opus-5-5", true),
            ("anthropic/claude-opus-5-5", "claude-opus-5-5", true),
            ("claude-sonnet-4-5", "claude-haiku-4-5-20251001", false),
            ("gpt-6.1", "gpt-6.1-mini", false),
            ("claude-opus-5", "claude-opus-5-5", false),
            ("opus", "claude-sonnet-4-5", false),
        ] {
            assert_eq!(
                is_same_model(requested, served),
                same,
                "{requested} {served}"
            );
        }
    }
}
