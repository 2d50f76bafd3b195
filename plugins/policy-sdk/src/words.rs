//! Words of others: the known one that was probably meant, and as much as fits into a message.
//!
//! Owns the measure of likeness and the bound. Never says that a word is another.

/// The word of `known` that is a slip of the keyboard away from `given`, or begins with it, if there is one.
#[must_use]
pub fn nearest<'a>(given: &str, known: &[&'a str]) -> Option<&'a str> {
    let simple = |word: &str| word.to_ascii_lowercase().replace('-', "_");
    let given = simple(given);
    let distances = known
        .iter()
        .map(|word| (distance(&given, &simple(word)), *word));
    let slip = distances
        .min()
        .filter(|(steps, _)| *steps <= 1 + given.len() / 4)
        .map(|(_, word)| word);
    let mut longer = known.iter().filter(|word| simple(word).starts_with(&given));
    slip.or_else(|| longer.find(|_| given.len() >= 3).copied())
}

/// `text` in at most `limit` characters, on one line.
#[must_use]
pub fn snippet(text: &str, limit: usize) -> String {
    let mut short: String = text
        .chars()
        .map(|character| match character {
            control if control.is_control() => ' ',
            other => other,
        })
        .take(limit)
        .collect();
    if text.chars().nth(limit).is_some() {
        short.push('…');
    }
    short
}

/// Levenshtein's distance.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, to) in b.iter().enumerate() {
            let swapped = diagonal + usize::from(from != *to);
            diagonal = row[j + 1];
            row[j + 1] = swapped.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_recognised_and_other_words_are_not() {
        let known = ["over_usd", "when_unknown"];
        assert_eq!(nearest("over-usd", &known), Some("over_usd"));
        assert_eq!(nearest("Over_usdd", &known), Some("over_usd"));
        assert_eq!(nearest("over", &known), Some("over_usd"));
        assert_eq!(nearest("limit", &known), None);
        assert_eq!(nearest("", &known), None);
        assert_eq!(nearest("x", &[]), None);
    }

    #[test]
    fn snippets_are_short_and_on_one_line() {
        assert_eq!(snippet("a\nb", 9), "a b");
        assert_eq!(snippet("abcdef", 3), "abc…");
        assert_eq!(snippet("äöü", 3), "äöü");
    }
}
