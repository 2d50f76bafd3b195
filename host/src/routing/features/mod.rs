//! What a prompt is like, as a short list of numbers: how long, how many questions, how much code.
//!
//! Policies judge by these numbers, and the journal keeps them, so they are counts and shares over
//! the whole text and nothing else: never a word, a hash of a word, or where it stands.

mod counts;
mod line;
mod words;

use counts::Counts;

/// Bytes at the beginning of a prompt that are looked at.
const HEAD: usize = 64 * 1024;
/// Bytes at its end; instructions often follow what they are about.
const TAIL: usize = 16 * 1024;

/// Numbers that describe `prompt`, by name; always the same 24 names in the same order, each at
/// least 0.
///
/// They are counted over what is looked at: a prompt of up to 80 KiB as a whole, of a longer one its
/// first 64 KiB and its last 16 KiB, so that 64 MiB take no longer than 80 KiB. Names that end in
/// `_ppm` are shares in parts per million, those in `_x100` are means times a hundred.
/// `numbers_digits` counts the digits of the longest number before its decimal point, at most 18.
/// The classes of words are English; in another language they are 0.
#[must_use]
pub fn features(prompt: &str) -> Vec<(String, i64)> {
    let mut counts = Counts::default();
    for part in sample(prompt) {
        for line in part.lines() {
            counts.take(line);
        }
    }
    counts
        .named()
        .into_iter()
        .map(|(name, number)| (name.to_owned(), number))
        .collect()
}

/// The beginning and the end of `prompt`, together all of it if it is short.
fn sample(prompt: &str) -> [&str; 2] {
    if prompt.len() <= HEAD + TAIL {
        return [prompt, ""];
    }
    let head = prompt.floor_char_boundary(HEAD);
    let tail = prompt.ceil_char_boundary(prompt.len() - TAIL);
    [&prompt[..head], &prompt[tail..]]
}

#[cfg(test)]
mod tests;
