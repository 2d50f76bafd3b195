//! Words that say something about a task whatever it is about, by class.
//!
//! The classes are small and fixed: function words, and verbs of work. They name no subject, so that
//! a count of them says nothing of what a prompt is about.

/// What a word hints at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    /// Work that asks for thought: explain, prove, design, debug.
    Thought,
    /// Work that asks for little: rename, list, translate.
    Chore,
    /// What turns an answer around: not, never, except.
    Negation,
    /// Cases and steps: if, each, then, unless.
    Condition,
    /// Amounts and their relations: total, half, times, percent.
    Amount,
    /// Somebody in a story: he, she, they, I.
    Person,
}

/// How many classes there are.
pub(super) const CLASSES: usize = 6;

/// The class of `word`, whatever its case.
pub(super) fn class(word: &str) -> Option<Class> {
    if word.len() > LONGEST {
        return None;
    }
    let word = word.to_ascii_lowercase();
    if word.ends_with("n't") || word.ends_with("n’t") {
        return Some(Class::Negation);
    }
    TABLE
        .iter()
        .find(|(_, words)| words.binary_search(&word.as_str()).is_ok())
        .map(|(class, _)| *class)
}

/// Every class with its words, which are sorted.
pub(super) const TABLE: [(Class, &[&str]); CLASSES] = [
    (Class::Thought, THOUGHT),
    (Class::Chore, CHORE),
    (Class::Negation, NEGATION),
    (Class::Condition, CONDITION),
    (Class::Amount, AMOUNT),
    (Class::Person, PERSON),
];

/// Bytes of the longest word in any class; longer ones need no look.
pub(super) const LONGEST: usize = 12;

const THOUGHT: &[&str] = &[
    "analyse",
    "analyze",
    "architect",
    "architecture",
    "argue",
    "assess",
    "compare",
    "concurrency",
    "contrast",
    "convert",
    "critique",
    "deadlock",
    "debug",
    "decide",
    "derive",
    "design",
    "determine",
    "diagnose",
    "evaluate",
    "explain",
    "implement",
    "infer",
    "integrate",
    "investigate",
    "justify",
    "migrate",
    "optimise",
    "optimize",
    "plan",
    "proof",
    "prove",
    "reason",
    "reconcile",
    "redesign",
    "refactor",
    "rewrite",
    "solve",
    "synthesise",
    "synthesize",
    "tradeoff",
    "tradeoffs",
    "troubleshoot",
    "why",
];
const CHORE: &[&str] = &[
    "alphabetise",
    "alphabetize",
    "bump",
    "capitalise",
    "capitalize",
    "comment",
    "copy",
    "extract",
    "format",
    "indent",
    "label",
    "lint",
    "list",
    "lowercase",
    "move",
    "print",
    "reformat",
    "remove",
    "rename",
    "rephrase",
    "replace",
    "reword",
    "shorten",
    "show",
    "sort",
    "spelling",
    "summarise",
    "summarize",
    "summary",
    "tag",
    "title",
    "translate",
    "typo",
    "typos",
    "uppercase",
];
const NEGATION: &[&str] = &[
    "cannot",
    "contrary",
    "except",
    "exclude",
    "excluding",
    "fail",
    "fails",
    "false",
    "incorrect",
    "neither",
    "never",
    "no",
    "none",
    "nor",
    "not",
    "without",
    "wrong",
];
const CONDITION: &[&str] = &[
    "after",
    "although",
    "assume",
    "assuming",
    "because",
    "before",
    "during",
    "each",
    "every",
    "given",
    "if",
    "must",
    "once",
    "otherwise",
    "per",
    "since",
    "suppose",
    "then",
    "therefore",
    "unless",
    "until",
    "when",
    "whenever",
    "where",
    "whether",
    "while",
];
const AMOUNT: &[&str] = &[
    "amount",
    "average",
    "cost",
    "costs",
    "double",
    "dozen",
    "equal",
    "fewer",
    "fraction",
    "half",
    "many",
    "much",
    "number",
    "percent",
    "percentage",
    "price",
    "probability",
    "quarter",
    "rate",
    "ratio",
    "remaining",
    "sum",
    "third",
    "times",
    "total",
    "triple",
    "twice",
    "value",
];
const PERSON: &[&str] = &[
    "he", "her", "hers", "him", "his", "i", "me", "mine", "my", "our", "she", "their", "them",
    "they", "us", "we", "you", "your",
];
