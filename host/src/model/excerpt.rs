//! Text that somebody else wrote, as it may stand in a sentence of ours.

/// Text from a file as it may stand in a sentence: one line, no control characters, 80 characters.
pub(crate) fn excerpt(text: &str) -> String {
    const LONGEST: usize = 80;
    let mut shown = String::new();
    for c in text.chars().take(LONGEST) {
        if is_treacherous(c) {
            shown.extend(c.escape_unicode());
        } else {
            shown.push(c);
        }
    }
    if text.chars().nth(LONGEST).is_some() {
        shown.push('…');
    }
    shown
}

/// Control characters, and those that turn the direction of writing.
pub(crate) fn is_treacherous(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_text_stays_on_its_line() {
        assert_eq!(
            excerpt("a\u{1b}[2J\nb\u{202e}c"),
            "a\\u{1b}[2J\\u{a}b\\u{202e}c"
        );
        assert_eq!(excerpt(&"x".repeat(81)).chars().count(), 81);
        assert_eq!(excerpt(&"x".repeat(100)), format!("{}…", "x".repeat(80)));
    }
}
