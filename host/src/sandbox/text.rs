//! Cutting and cleaning of texts that come out of a guest.
//!
//! Owns what counts as a character that deceives: one that moves the cursor, starts a line, or
//! reorders what stands beside it. Knows nothing of what a text is for.

/// Bytes of a name.
const NAME: usize = 256;

/// A name for people, cut.
pub(super) fn name(text: String) -> String {
    cut(text, NAME)
}

/// At most `limit` bytes; a text that is cut ends with `…`.
pub(super) fn cut(text: String, limit: usize) -> String {
    if text.len() <= limit {
        return text;
    }
    format!("{}…", head(&text, limit - '…'.len_utf8()))
}

/// The longest beginning of at most `limit` bytes.
pub(super) fn head(text: &str, limit: usize) -> &str {
    &text[..text.floor_char_boundary(limit)]
}

/// The same text on one line: control characters and line breaks become spaces, and what reorders
/// text is shown as `�`.
pub(super) fn one_line(text: &str) -> String {
    let tame = |c: char| match c {
        '\u{2028}' | '\u{2029}' => ' ',
        c if c.is_control() => ' ',
        c if reorders(c) => char::REPLACEMENT_CHARACTER,
        c => c,
    };
    text.chars().map(tame).collect()
}

/// A sentence of at most `limit` bytes: on one line, with single spaces. Many spaces would let a
/// terminal break the line where the guest likes.
pub(super) fn sentence(text: &str, limit: usize) -> String {
    let line = one_line(text);
    let words: Vec<&str> = line.split_whitespace().collect();
    cut(words.join(" "), limit)
}

/// Unicode's bidirectional controls and line separators.
pub(super) fn reorders(c: char) -> bool {
    matches!(c,
        '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_cut_between_characters() {
        assert_eq!(cut("éé".to_owned(), 4), "éé");
        assert_eq!(cut("ééé".to_owned(), 5), "é…");
        assert_eq!(head("éé", 3), "é");
    }

    #[test]
    fn a_sentence_stays_on_its_line() {
        assert_eq!(
            sentence(
                "Stop?\r\n\u{1b}[2K   Proceed? [y/N]\u{a0}\u{2028}y\t\0",
                1 << 10
            ),
            "Stop? [2K Proceed? [y/N] y"
        );
        assert_eq!(one_line("a\u{202e}b\u{feff}  c"), "a\u{fffd}b\u{fffd}  c");
        assert_eq!(sentence("日本 grüße", 100), "日本 grüße");
    }
}
