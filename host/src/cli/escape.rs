//! Making hostile text harmless for a terminal.
//!
//! Model and plugin text may carry escape sequences, other control characters, and marks that
//! reorder what is read. None of that reaches a terminal; in a pipe the answer stays as it is.

/// `text` with everything that could act on a terminal made visible. Line feeds and tabs stay.
pub(crate) fn for_terminal(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\t' => out.push(c),
            '\r' => {}
            c if c.is_control() || reorders(c) => {
                out.extend(c.escape_unicode());
            }
            c => out.push(c),
        }
    }
    out
}

/// `text` as one bounded line for a message.
pub(crate) fn one_line(text: &str, max_chars: usize) -> String {
    let flat = for_terminal(text).replace(['\n', '\t'], " ");
    let flat = flat.trim();
    if flat.chars().count() <= max_chars {
        return flat.to_owned();
    }
    let cut: String = flat.chars().take(max_chars.saturating_sub(1)).collect();
    format!("{cut}…")
}

/// Bidirectional controls and invisible marks (the "Trojan Source" set, and line separators).
fn reorders(c: char) -> bool {
    matches!(
        c,
        '\u{061c}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{2069}'
            | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_acts_gets_through() {
        assert_eq!(for_terminal("a\tb\nc"), "a\tb\nc");
        assert_eq!(
            for_terminal("\x1b]52;c;aGk=\x07"),
            "\\u{1b}]52;c;aGk=\\u{7}"
        );
        assert_eq!(for_terminal("\u{9b}31m"), "\\u{9b}31m");
        assert_eq!(for_terminal("x\u{202e}y"), "x\\u{202e}y");
        assert_eq!(for_terminal("over\rwritten"), "overwritten");
    }

    #[test]
    fn a_line_is_cut_on_a_character() {
        assert_eq!(one_line("ä\nö ü", 10), "ä ö ü");
        assert_eq!(one_line("日本語日本語", 4), "日本語…");
    }
}
