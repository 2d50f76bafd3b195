//! The pages and their fenced blocks.
//!
//! Owns reading and rewriting pages. Knows nothing of what a block means.

use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// One Markdown page.
pub(crate) struct Page {
    /// Path from the top of the repository, such as `docs/guide.md`.
    pub(crate) name: String,
    pub(crate) text: String,
}

/// A fenced block.
pub(crate) struct Block {
    /// The word after the fence.
    pub(crate) language: String,
    /// Line of its first line, from 1.
    pub(crate) line: usize,
    /// Where its content stands in the page.
    pub(crate) range: Range<usize>,
}

/// The top of the repository.
pub(crate) fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().expect("a workspace around it").to_owned()
}

/// `README.md` and everything in `docs/`, in order.
pub(crate) fn pages() -> Vec<Page> {
    let mut names = vec!["README.md".to_owned()];
    let mut guide: Vec<String> = fs::read_dir(root().join("docs"))
        .expect("a docs folder")
        .map(|entry| entry.expect("an entry").file_name())
        .filter_map(|name| name.into_string().ok())
        .filter(|name| name.ends_with(".md"))
        .map(|name| format!("docs/{name}"))
        .collect();
    guide.sort();
    names.append(&mut guide);
    names.into_iter().map(|name| page(&name)).collect()
}

/// One page by its path from the top of the repository.
pub(crate) fn page(name: &str) -> Page {
    let text = fs::read_to_string(root().join(name)).unwrap_or_else(|e| panic!("{name}: {e}"));
    Page {
        name: name.to_owned(),
        text,
    }
}

/// Whether differences are to be written into the pages instead of failing.
pub(crate) fn writing() -> bool {
    std::env::var_os("TOLLGATE_DOCS").is_some_and(|value| value == "write")
}

impl Page {
    /// All fenced blocks, in order.
    pub(crate) fn blocks(&self) -> Vec<Block> {
        let mut blocks = Vec::new();
        let mut open: Option<(String, usize, usize)> = None;
        let mut at = 0;
        for (number, line) in self.text.split_inclusive('\n').enumerate() {
            let after = at + line.len();
            match (line.trim_end().strip_prefix("```"), open.take()) {
                (Some(word), None) => open = Some((word.to_owned(), number + 2, after)),
                (Some(_), Some((language, line, start))) => blocks.push(Block {
                    language,
                    line,
                    range: start..at,
                }),
                (None, opened) => open = opened,
            }
            at = after;
        }
        assert!(open.is_none(), "{}: a block is never closed", self.name);
        blocks
    }

    /// Put `text` in place of `range` and write the page.
    pub(crate) fn replace(&mut self, range: Range<usize>, text: &str) {
        self.text.replace_range(range, text);
        fs::write(root().join(&self.name), &self.text).expect("a written page");
    }
}
