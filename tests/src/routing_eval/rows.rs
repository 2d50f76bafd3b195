//! The questions: what each is like, and which of the two models answered it correctly.

use tollgate::routing::{estimate_tokens, features};

use super::csv::records;
use super::score::FEATURES;

/// One question.
#[derive(Debug, Clone)]
pub(super) struct Row {
    /// The set it is from, such as `gsm8k` or `mmlu_anatomy`.
    pub(super) set: String,
    /// The cheap model was right.
    pub(super) weak: bool,
    /// The dear model was right.
    pub(super) strong: bool,
    /// What the score is computed from, in the order of [`FEATURES`].
    pub(super) numbers: [i64; FEATURES.len()],
    /// Estimated tokens of the question.
    pub(super) prompt_tokens: u64,
    /// Estimated tokens of the answers of the cheap and of the dear model, if told.
    pub(super) answer_tokens: Option<(u64, u64)>,
}

impl Row {
    /// What the dear model wins here over the cheap one: 1, 0, or -1.
    pub(super) fn gain(&self) -> f64 {
        f64::from(u8::from(self.strong)) - f64::from(u8::from(self.weak))
    }

    /// What is learned: the dear model is right and the cheap one is wrong.
    pub(super) fn needs_strong(&self) -> bool {
        self.strong && !self.weak
    }
}

/// The questions of a file.
///
/// # Errors
/// What is wrong with it, and where.
pub(super) fn rows(text: &str) -> Result<Vec<Row>, String> {
    let mut records = records(text)?.into_iter();
    let heading = records.next().ok_or("the file is empty")?;
    let place = |name: &str| {
        let found = heading.iter().position(|column| column == name);
        found.ok_or_else(|| format!("there is no column '{name}'"))
    };
    let (set, prompt) = (place("set")?, place("prompt")?);
    let (weak, strong) = (place("weak_correct")?, place("strong_correct")?);
    let lengths = (place("weak_answer_chars")?, place("strong_answer_chars")?);
    let mut rows = Vec::new();
    for (index, record) in records.enumerate() {
        let at = |place: usize| {
            let field = record.get(place).map(String::as_str);
            field.ok_or_else(|| format!("record {} is too short", index + 1))
        };
        let prompt = at(prompt)?;
        rows.push(Row {
            set: at(set)?.to_owned(),
            weak: truth(at(weak)?)?,
            strong: truth(at(strong)?)?,
            numbers: numbers(prompt)?,
            prompt_tokens: estimate_tokens(prompt),
            answer_tokens: tokens(at(lengths.0)?).zip(tokens(at(lengths.1)?)),
        });
    }
    Ok(rows)
}

fn numbers(prompt: &str) -> Result<[i64; FEATURES.len()], String> {
    let known = features(prompt);
    let mut numbers = [0; FEATURES.len()];
    for (number, name) in numbers.iter_mut().zip(FEATURES) {
        let found = known.iter().find(|(known, _)| known == name);
        *number = found
            .ok_or_else(|| format!("the host computes no '{name}'"))?
            .1;
    }
    Ok(numbers)
}

fn truth(word: &str) -> Result<bool, String> {
    match word {
        "True" | "true" | "1" => Ok(true),
        "False" | "false" | "0" => Ok(false),
        other => Err(format!("'{other}' is neither True nor False")),
    }
}

/// Characters to tokens, four to one.
fn tokens(chars: &str) -> Option<u64> {
    chars
        .parse::<f64>()
        .ok()
        .map(|chars| (chars / 4.0).ceil() as u64)
}
