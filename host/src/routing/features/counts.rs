//! The counting: line by line, word by word, once through.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use super::line::{is_code, is_fence, is_math, is_option, is_path, is_trace, number};
use super::words::{CLASSES, Class, class};

/// Letters from which on a word counts as long.
const LONG: usize = 9;

/// What was seen so far. Every number is a count over the whole sample.
#[derive(Debug, Default)]
pub(super) struct Counts {
    chars: i64,
    lines: i64,
    letters: i64,
    digits: i64,
    math: i64,
    questions: i64,
    sentences: i64,
    fences: i64,
    code_lines: i64,
    trace_lines: i64,
    options: i64,
    paths: i64,
    numbers: i64,
    numbers_digits: i64,
    words: i64,
    long_words: i64,
    capitals: i64,
    classes: [i64; CLASSES],
    distinct: HashSet<u64>,
    in_fence: bool,
}

impl Counts {
    /// Take one more line.
    pub(super) fn take(&mut self, line: &str) {
        self.lines += 1;
        let trimmed = line.trim();
        if is_fence(trimmed) {
            self.fences += 1;
            self.in_fence = !self.in_fence;
        } else if self.in_fence || is_code(trimmed) {
            self.code_lines += 1;
        }
        self.trace_lines += i64::from(is_trace(trimmed));
        self.options += i64::from(is_option(trimmed));
        self.signs(line);
        for chunk in trimmed.split_whitespace() {
            self.chunk(chunk);
        }
    }

    /// The numbers by name.
    pub(super) fn named(&self) -> [(&'static str, i64); 24] {
        let share = |part: i64, whole: i64| part * 1_000_000 / whole.max(1);
        let of = |class: Class| self.classes[class as usize];
        let words = self.words;
        [
            ("chars", self.chars),
            ("lines", self.lines),
            ("words", words),
            ("word_length_x100", self.letters * 100 / words.max(1)),
            ("sentence_words_x100", words * 100 / self.sentences.max(1)),
            (
                "distinct_words_ppm",
                share(count(self.distinct.iter()), words),
            ),
            ("long_words_ppm", share(self.long_words, words)),
            ("capital_words_ppm", share(self.capitals, words)),
            ("digits_ppm", share(self.digits, self.chars)),
            ("numbers", self.numbers),
            ("numbers_digits", self.numbers_digits),
            ("math_signs", self.math),
            ("questions", self.questions),
            ("code_fences", self.fences),
            ("code_lines", self.code_lines),
            ("trace_lines", self.trace_lines),
            ("paths", self.paths),
            ("options", self.options),
            ("thought_words", of(Class::Thought)),
            ("chore_words", of(Class::Chore)),
            ("negations", of(Class::Negation)),
            ("conditions", of(Class::Condition)),
            ("amounts", of(Class::Amount)),
            ("persons", of(Class::Person)),
        ]
    }

    fn signs(&mut self, line: &str) {
        let mut before = ' ';
        for sign in line.chars() {
            self.chars += 1;
            self.digits += i64::from(sign.is_ascii_digit());
            self.math += i64::from(is_math(sign));
            self.questions += i64::from(sign == '?');
            // Not the point in a number, an initial, or an option's mark.
            let ends = matches!(sign, '.' | '!' | '?' | '。' | '？')
                && before.is_alphabetic()
                && !before.is_uppercase();
            self.sentences += i64::from(ends);
            before = sign;
        }
    }

    fn chunk(&mut self, chunk: &str) {
        self.paths += i64::from(is_path(chunk));
        if let Some(digits) = number(chunk) {
            self.numbers += 1;
            self.numbers_digits = self.numbers_digits.max(digits);
        }
        let words = chunk.split(|c: char| !c.is_alphabetic() && c != '\'' && c != '’');
        for word in words.filter(|word| word.chars().any(char::is_alphabetic)) {
            self.word(word);
        }
    }

    fn word(&mut self, word: &str) {
        let letters = word.chars().filter(|c| c.is_alphabetic()).count();
        self.words += 1;
        self.letters += i64::try_from(letters).unwrap_or(i64::MAX);
        self.long_words += i64::from(letters >= LONG);
        self.capitals += i64::from(word.starts_with(char::is_uppercase));
        if let Some(class) = class(word) {
            self.classes[class as usize] += 1;
        }
        let mut hasher = DefaultHasher::new();
        word.to_lowercase().hash(&mut hasher);
        self.distinct.insert(hasher.finish());
    }
}

fn count(things: impl Iterator) -> i64 {
    i64::try_from(things.count()).unwrap_or(i64::MAX)
}
