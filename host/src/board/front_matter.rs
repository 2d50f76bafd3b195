//! The YAML between two lines of `---` at the top of a Markdown file.
//!
//! Cuts it out within bounds and parses nothing.

/// Largest front matter, in bytes.
pub(super) const MAX_BYTES: usize = 10 * 1024;
/// How much of a file is read to find it: the front matter and the lines around it.
pub(super) const HEAD_BYTES: u64 = MAX_BYTES as u64 + 64;

/// What stands at the top of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FrontMatter<'a> {
    /// No line of `---`: a document that is not a specification.
    None,
    /// It begins and does not end within the bound.
    Unclosed,
    /// The YAML, from the second line on, and the index of the first byte behind it all.
    Found { yaml: &'a [u8], body: usize },
}

/// Find the front matter in the beginning of a file.
pub(super) fn find(bytes: &[u8]) -> FrontMatter<'_> {
    let start = if bytes.starts_with("\u{feff}".as_bytes()) {
        3
    } else {
        0
    };
    let mut lines = Lines { bytes, at: start };
    match lines.next() {
        Some((first, _)) if is_fence(first) => {}
        _ => return FrontMatter::None,
    }
    let first = lines.at;
    while let Some((line, begin)) = lines.next() {
        if begin - first > MAX_BYTES {
            return FrontMatter::Unclosed;
        }
        if is_fence(line) {
            return FrontMatter::Found {
                yaml: &bytes[first..begin],
                body: lines.at,
            };
        }
    }
    FrontMatter::Unclosed
}

fn is_fence(line: &[u8]) -> bool {
    line.trim_ascii_end() == b"---"
}

/// Lines with the index of their first byte.
struct Lines<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Iterator for Lines<'a> {
    type Item = (&'a [u8], usize);

    fn next(&mut self) -> Option<Self::Item> {
        let begin = self.at;
        let rest = self.bytes.get(begin..).filter(|rest| !rest.is_empty())?;
        let length = rest.iter().position(|byte| *byte == b'\n');
        self.at = begin + length.map_or(rest.len(), |length| length + 1);
        Some((&rest[..length.unwrap_or(rest.len())], begin))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Option<(&str, &str)> {
        match find(text.as_bytes()) {
            FrontMatter::Found { yaml, body } => {
                Some((std::str::from_utf8(yaml).unwrap(), &text[body..]))
            }
            FrontMatter::None | FrontMatter::Unclosed => None,
        }
    }

    #[test]
    fn it_stands_between_two_lines_of_three_dashes() {
        assert_eq!(found("---\na: 1\n---\n# T\n"), Some(("a: 1\n", "# T\n")));
        assert_eq!(found("---\r\na: 1\r\n---\r\nT"), Some(("a: 1\r\n", "T")));
        assert_eq!(found("\u{feff}--- \na: 1\n---"), Some(("a: 1\n", "")));
        assert_eq!(found("---\n---\nT"), Some(("", "T")));
        assert_eq!(
            found("---\na: |\n  ---\n---\nT"),
            Some(("a: |\n  ---\n", "T"))
        );
    }

    #[test]
    fn a_document_without_it_is_no_specification() {
        for text in ["", "# T\n---\n", "----\na: 1\n---\n", " ---\n"] {
            assert_eq!(find(text.as_bytes()), FrontMatter::None, "{text:?}");
        }
    }

    #[test]
    fn it_ends_within_the_bound_or_counts_as_open() {
        assert_eq!(find(b"---\na: 1\n"), FrontMatter::Unclosed);
        let fits = format!("---\n#{}\n---\n", "x".repeat(MAX_BYTES - 2));
        assert!(matches!(find(fits.as_bytes()), FrontMatter::Found { .. }));
        let large = format!("---\n#{}\n---\n", "x".repeat(MAX_BYTES - 1));
        assert_eq!(find(large.as_bytes()), FrontMatter::Unclosed);
    }
}
