//! The names that are promised, what each counts, and that no prompt is too odd or too long.

use proptest::prelude::*;

use super::words::{LONGEST, TABLE};
use super::*;

const NAMES: [&str; 24] = [
    "chars",
    "lines",
    "words",
    "word_length_x100",
    "sentence_words_x100",
    "distinct_words_ppm",
    "long_words_ppm",
    "capital_words_ppm",
    "digits_ppm",
    "numbers",
    "numbers_digits",
    "math_signs",
    "questions",
    "code_fences",
    "code_lines",
    "trace_lines",
    "paths",
    "options",
    "thought_words",
    "chore_words",
    "negations",
    "conditions",
    "amounts",
    "persons",
];

fn of(prompt: &str, name: &str) -> i64 {
    features(prompt)
        .into_iter()
        .find(|(known, _)| known == name)
        .map(|(_, number)| number)
        .unwrap_or_else(|| panic!("no feature '{name}'"))
}

#[test]
fn names_and_their_order_are_a_promise() {
    for prompt in ["", "Fix the typo.", "日本語"] {
        let names: Vec<String> = features(prompt).into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, NAMES);
    }
}

#[test]
fn nothing_is_all_zeros() {
    assert!(features("").iter().all(|(_, number)| *number == 0));
}

#[test]
fn each_number_counts_what_it_says() {
    for (prompt, name, number) in [
        ("one\ntwo\r\n", "lines", 2),
        ("Grüße, Welt", "chars", 11),
        ("Grüße, Welt 12", "words", 2),
        ("ab abcd", "word_length_x100", 300),
        (
            "I go home. You stay? Version 1.2 is out.",
            "sentence_words_x100",
            266,
        ),
        ("the cat the dog", "distinct_words_ppm", 750_000),
        ("The the THE", "distinct_words_ppm", 333_333),
        ("an elephantine cat", "long_words_ppm", 333_333),
        ("Anna met Bo", "capital_words_ppm", 666_666),
        ("ab12", "digits_ppm", 500_000),
        ("it costs $3,000.50, minus 12% or -7", "numbers", 3),
        ("it costs $3,000.50, minus 12%", "numbers_digits", 4),
        ("version 1.2.3b of x86", "numbers", 0),
        ("x^2 + y = √2", "math_signs", 4),
        ("Who? What?", "questions", 2),
        ("```rust\nlet a\n```\n", "code_fences", 2),
        ("```\nanything at all\n```\n", "code_lines", 1),
        ("fn main() {\n    call();\n}\nplain words", "code_lines", 3),
        (
            "let us see\nreturn to the office\nuse a fork",
            "code_lines",
            0,
        ),
        (
            "Traceback (most recent call last):\n  File \"a.py\", line 3\nValueError: x",
            "trace_lines",
            3,
        ),
        ("at noon we met", "trace_lines", 0),
        ("fix src/main.rs, ./run.sh and README.md.", "paths", 3),
        ("either/or, e.g. this, 3.14, https://a.b/c", "paths", 0),
        ("A. one\nb) two\n(c) three\n- four\nI am", "options", 4),
        ("Why? Debug and refactor it", "thought_words", 3),
        ("Rename and sort", "chore_words", 2),
        ("I don't, it isn’t, not ever", "negations", 3),
        ("If so then each", "conditions", 3),
        ("half of the total", "amounts", 2),
        ("she told me", "persons", 2),
    ] {
        assert_eq!(of(prompt, name), number, "{name} of {prompt:?}");
    }
}

#[test]
fn classes_are_sorted_and_share_no_word() {
    let mut seen = std::collections::BTreeSet::new();
    for (index, (class, words)) in TABLE.iter().enumerate() {
        assert_eq!(*class as usize, index);
        assert!(words.is_sorted(), "{class:?}");
        for word in *words {
            assert!(word.len() <= LONGEST, "{word}");
            assert!(seen.insert(*word), "{word} twice");
        }
    }
}

#[test]
fn the_middle_of_a_long_prompt_is_not_looked_at() {
    let (head, tail) = ("a\n".repeat(HEAD / 2), "z\n".repeat(TAIL / 2));
    let short = format!("{head}{tail}");
    let long = format!("{head}{}{tail}", "why? ".repeat(100_000));
    assert_eq!(features(&short), features(&long));
}

#[test]
fn a_cut_falls_between_characters() {
    let prompt = format!("x{}", "語".repeat(100_000));
    assert_eq!(of(&prompt, "words"), 2, "one in each part");
    assert!(of(&prompt, "chars") <= 80 * 1024 / 3 + 1);
}

proptest! {
    #[test]
    fn no_prompt_panics_and_no_number_is_negative_or_boundless(prompt in "(?s).{0,400}") {
        for (name, number) in features(&prompt) {
            prop_assert!(number >= 0, "{} is {}", name, number);
            let most = if name.ends_with("_ppm") { 1_000_000 } else { 100 * 80 * 1024 };
            prop_assert!(number <= most, "{} is {}", name, number);
        }
    }

    /// The order of words is not kept: what cannot be told apart cannot be read back.
    #[test]
    fn words_in_another_order_give_the_same_numbers(
        words in proptest::collection::vec("[a-z]{1,12}", 1..30).prop_shuffle(),
    ) {
        let mut sorted = words.clone();
        sorted.sort();
        // A line that opens like code counts as such, so both begin alike.
        let text = |words: &[String]| format!("So {}", words.join(" "));
        prop_assert_eq!(features(&text(&words)), features(&text(&sorted)));
    }
}
