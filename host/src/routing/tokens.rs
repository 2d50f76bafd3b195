//! How many tokens a prompt has, roughly, before any tool has seen it.
//!
//! An estimate for thresholds and context windows; it never enters the accounts.

/// Estimated tokens of `prompt`: four ASCII characters to a token, one token for any other
/// character, rounded up. Vendors' tokenisers differ by some 20 % from this on English text and
/// code, and are usually below it on other scripts.
#[must_use]
pub fn estimate_tokens(prompt: &str) -> u64 {
    let (ascii, other) = prompt.chars().fold((0_u64, 0_u64), |(ascii, other), c| {
        if c.is_ascii() {
            (ascii + 1, other)
        } else {
            (ascii, other + 1)
        }
    });
    ascii.div_ceil(4) + other
}

#[cfg(test)]
mod tests {
    use super::estimate_tokens;

    #[test]
    fn four_letters_make_a_token() {
        assert_eq!(estimate_tokens(""), 0);
        assert_eq!(estimate_tokens("a"), 1);
        assert_eq!(estimate_tokens(&"a".repeat(3200)), 800);
        assert_eq!(estimate_tokens("日本語"), 3);
    }
}
