//! The user's options: a JSON object from `tools.yaml`.
//!
//! Owns the reading of single options and the wording of what is wrong with them, so that every adapter says it alike:
//! which option, what it must be, what it was. Never guesses: an unknown key is an error with the nearest known one.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use crate::contract::Problem;
use crate::event::snippet;

/// The options as given, each still JSON text.
#[derive(Debug)]
pub struct Options {
    given: BTreeMap<String, Box<RawValue>>,
}

impl Options {
    /// Parses the object and refuses keys that are not in `known`. An empty text counts as no options.
    ///
    /// # Errors
    /// Not an object, or an unknown key.
    pub fn parse(json: &str, known: &[&str]) -> Result<Self, Problem> {
        if json.trim().is_empty() {
            return Ok(Self {
                given: BTreeMap::new(),
            });
        }
        let given: BTreeMap<String, Box<RawValue>> = serde_json::from_str(json)
            .map_err(|error| bad(format!("the options are not a JSON object: {error}")))?;
        if let Some(key) = given.keys().find(|key| !known.contains(&key.as_str())) {
            return Err(bad(unknown("option", key, known)));
        }
        Ok(Self { given })
    }

    /// The option as `T`, described by `wanted` ("a whole number") when it is not one. None: absent or `null`.
    ///
    /// # Errors
    /// The value is of another type.
    pub fn get<T: DeserializeOwned>(&self, key: &str, wanted: &str) -> Result<Option<T>, Problem> {
        let Some(raw) = self.given.get(key).filter(|raw| raw.get() != "null") else {
            return Ok(None);
        };
        serde_json::from_str(raw.get()).map(Some).map_err(|_| {
            let was = snippet(raw.get().as_bytes(), 60);
            bad(format!("option `{key}` must be {wanted}, not {was}"))
        })
    }

    /// A string.
    ///
    /// # Errors
    /// Not a string, or one that no command line can carry (a NUL).
    pub fn string(&self, key: &str) -> Result<Option<String>, Problem> {
        let text: Option<String> = self.get(key, "a string")?;
        text.map(|text| carried(key, text)).transpose()
    }

    /// `true` or `false`.
    ///
    /// # Errors
    /// Not a boolean.
    pub fn flag(&self, key: &str) -> Result<Option<bool>, Problem> {
        self.get(key, "true or false")
    }

    /// A whole number.
    ///
    /// # Errors
    /// Not a whole number of at least 0.
    pub fn count(&self, key: &str) -> Result<Option<u64>, Problem> {
        self.get(key, "a whole number")
    }

    /// A list of strings; empty when absent.
    ///
    /// # Errors
    /// Not a list of strings, or one of them has a NUL.
    pub fn list(&self, key: &str) -> Result<Vec<String>, Problem> {
        let list: Vec<String> = self.get(key, "a list of strings")?.unwrap_or_default();
        list.into_iter().map(|text| carried(key, text)).collect()
    }

    /// One of `choices`.
    ///
    /// # Errors
    /// Something else, named with the nearest choice.
    pub fn choice(
        &self,
        key: &str,
        choices: &[&'static str],
    ) -> Result<Option<&'static str>, Problem> {
        let Some(text) = self.string(key)? else {
            return Ok(None);
        };
        choices
            .iter()
            .find(|choice| **choice == text)
            .map(|choice| Some(*choice))
            .ok_or_else(|| {
                bad(unknown(
                    &format!("value of option `{key}`:"),
                    &text,
                    choices,
                ))
            })
    }

    /// Names and values of an object option, in order of the names; the values as JSON text.
    ///
    /// # Errors
    /// Not an object.
    pub fn table(&self, key: &str) -> Result<Vec<(String, String)>, Problem> {
        let table: BTreeMap<String, Box<RawValue>> =
            self.get(key, "an object")?.unwrap_or_default();
        Ok(table
            .into_iter()
            .map(|(name, raw)| (name, raw.get().to_owned()))
            .collect())
    }
}

/// The options are wrong in this way.
#[must_use]
pub fn bad(message: impl Into<String>) -> Problem {
    Problem::BadOptions(message.into())
}

/// A value that becomes one element of the command line on its own and must not turn into a flag there.
///
/// # Errors
/// It begins with `-`, is empty, or holds a control character.
pub fn plain(what: &str, value: &str) -> Result<(), Problem> {
    if value.is_empty() {
        return Err(Problem::Unsupported(format!("the {what} is empty")));
    }
    if value.starts_with('-') {
        return Err(Problem::Unsupported(format!(
            "the {what} `{value}` begins with `-`, so it would be read as a flag"
        )));
    }
    if value.chars().any(char::is_control) {
        return Err(Problem::Unsupported(format!(
            "the {what} {value:?} holds a control character"
        )));
    }
    Ok(())
}

/// Whether `text` has the form of a UUID.
#[must_use]
pub fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(place, byte)| match place {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

/// `KIND \`given\` is unknown`, with the nearest of `known` and all of them.
#[must_use]
pub fn unknown(kind: &str, given: &str, known: &[&str]) -> String {
    let given = snippet(given.as_bytes(), 60);
    let all = known.join(", ");
    match nearest(&given, known) {
        Some(near) => format!("{kind} `{given}` is unknown; did you mean `{near}`? Known: {all}"),
        None => format!("{kind} `{given}` is unknown. Known: {all}"),
    }
}

fn carried(key: &str, text: String) -> Result<String, Problem> {
    if text.contains('\0') {
        Err(bad(format!("option `{key}` holds a NUL character")))
    } else {
        Ok(text)
    }
}

/// The known word that a slip of the keyboard away from `given`, if there is one.
fn nearest<'a>(given: &str, known: &[&'a str]) -> Option<&'a str> {
    let simple = |word: &str| word.to_ascii_lowercase().replace('-', "_");
    let given = simple(given);
    let distances = known
        .iter()
        .map(|word| (distance(&given, &simple(word)), *word));
    distances
        .min()
        .filter(|(steps, _)| *steps <= 1 + given.len() / 4)
        .map(|(_, word)| word)
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

    const KNOWN: &[&str] = &["max_turns", "permission_mode", "extra_args", "config"];

    fn said(problem: Problem) -> String {
        match problem {
            Problem::BadOptions(text) | Problem::Unsupported(text) => text,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn an_unknown_key_names_the_nearest() {
        let error = said(Options::parse(r#"{"max-turn": 3}"#, KNOWN).expect_err("unknown"));
        assert!(
            error.starts_with("option `max-turn` is unknown; did you mean `max_turns`?"),
            "{error}"
        );
        let error = said(Options::parse(r#"{"zzz": 3}"#, KNOWN).expect_err("unknown"));
        assert!(
            error.starts_with("option `zzz` is unknown. Known: max_turns"),
            "{error}"
        );
        assert!(
            said(Options::parse("[1]", KNOWN).expect_err("a list"))
                .starts_with("the options are not a JSON object")
        );
        assert!(Options::parse("  ", KNOWN).is_ok());
    }

    #[test]
    fn a_wrong_type_says_which_and_what() {
        let options = Options::parse(
            r#"{"max_turns":"x","permission_mode":"plam","extra_args":["a\u0000"]}"#,
            KNOWN,
        )
        .expect("known keys");
        assert_eq!(
            said(options.count("max_turns").expect_err("text")),
            "option `max_turns` must be a whole number, not \"x\""
        );
        let error = said(
            options
                .choice("permission_mode", &["plan", "default"])
                .expect_err("no such"),
        );
        assert_eq!(
            error,
            "value of option `permission_mode`: `plam` is unknown; did you mean `plan`? Known: plan, default"
        );
        assert_eq!(
            said(options.list("extra_args").expect_err("NUL")),
            "option `extra_args` holds a NUL character"
        );
    }

    #[test]
    fn tables_keep_values_as_json() {
        let options =
            Options::parse(r#"{"config":{"b":[1, 2],"a":"x y"}}"#, KNOWN).expect("known keys");
        let table = options.table("config").expect("a table");
        assert_eq!(
            table,
            [
                ("a".to_owned(), "\"x y\"".to_owned()),
                ("b".to_owned(), "[1, 2]".to_owned())
            ]
        );
    }

    #[test]
    fn uuids_are_told_from_other_names() {
        assert!(is_uuid("01a2020e-7562-7802-9267-4bad5dc2e2df"));
        assert!(!is_uuid("01a2020e-7562-7802-9267-4bad5dc2e2dg"));
        assert!(!is_uuid("01a2020e756278029267-4bad5dc2e2df----"));
        assert!(!is_uuid("my-session"));
    }

    #[test]
    fn values_that_would_become_flags_are_refused() {
        assert!(plain("model", "claude-opus-5-5").is_ok());
        assert!(plain("model", "qwen:7b").is_ok());
        for bad in ["", "-x", "--model", "a\nb"] {
            assert!(plain("model", bad).is_err(), "{bad:?}");
        }
    }
}
