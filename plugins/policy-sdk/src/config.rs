//! The user's configuration of a policy: a JSON object.
//!
//! Owns the reading of single settings and the wording of what is wrong with them, so that every policy says it alike:
//! where, what it must be, what it was. Never guesses: a key that the policy does not ask for is a mistake, and the
//! nearest key that it does ask for is named. A value of `null` counts as not given.

use crate::contract::Diagnostic;
use crate::json;
use crate::money::MicroUsd;
use crate::words::{nearest, snippet};

/// A type that a setting can have.
pub trait Setting: Sized {
    /// What it must be, such as "a whole number".
    const WANTED: &'static str;

    /// The setting out of JSON text; None when it is something else.
    fn read(json: &str) -> Option<Self>;
}

/// The settings of one object. Mistakes are noted as they are met.
#[derive(Debug)]
pub struct Fields<'a> {
    path: String,
    given: Vec<(String, &'a str)>,
    asked: Vec<String>,
    mistakes: &'a mut Vec<Diagnostic>,
}

/// Reads a whole configuration with `configure`. An empty text counts as an empty object.
///
/// # Errors
/// Everything that is wrong with it.
pub fn read<T>(
    config: &str,
    configure: impl FnOnce(&mut Fields<'_>) -> T,
) -> Result<T, Vec<Diagnostic>> {
    let config = match config.trim_ascii() {
        "" => "{}",
        given => given,
    };
    let mut mistakes = Vec::new();
    let value = Fields::within(String::new(), config, &mut mistakes, configure);
    match value {
        Some(value) if mistakes.is_empty() => Ok(value),
        _ => Err(mistakes),
    }
}

impl Fields<'_> {
    /// The setting, if it is given and right.
    pub fn get<T: Setting>(&mut self, key: &str) -> Option<T> {
        let raw = self.take(key)?;
        let value = T::read(raw);
        if value.is_none() {
            self.wrong_type(key, T::WANTED, raw);
        }
        value
    }

    /// The setting; a mistake when it is not given. `example` shows how it may look: `over_usd: 10.00`.
    pub fn need<T: Setting>(&mut self, key: &str, example: &str) -> Option<T> {
        if !self.has(key) {
            self.asked.push(key.to_owned());
            self.mistake(key, "it is missing", Some(&format!("add `{example}`")));
            return None;
        }
        self.get(key)
    }

    /// One of `choices`.
    pub fn choice(&mut self, key: &str, choices: &[&'static str]) -> Option<&'static str> {
        let text: String = self.get(key)?;
        let choice = choices.iter().find(|choice| **choice == text).copied();
        if choice.is_none() {
            let fix = match nearest(&text, choices) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("write one of: {}", choices.join(", ")),
            };
            let message = format!("`{}` is not known", snippet(&text, 60));
            self.mistake(key, &message, Some(&fix));
        }
        choice
    }

    /// A list of settings of one type.
    pub fn list<T: Setting>(&mut self, key: &str) -> Option<Vec<T>> {
        let elements = self.elements(key)?;
        let mut list = Vec::new();
        for (index, raw) in elements.into_iter().enumerate() {
            match T::read(raw) {
                Some(value) => list.push(value),
                None => self.wrong_type(&format!("{key}[{index}]"), T::WANTED, raw),
            }
        }
        Some(list)
    }

    /// Names of the user's choosing, each with a setting, in the order given.
    pub fn table<T: Setting>(&mut self, key: &str) -> Option<Vec<(String, T)>> {
        let raw = self.take(key)?;
        let Ok(members) = json::members(raw) else {
            self.wrong_type(key, "an object", raw);
            return None;
        };
        let mut table: Vec<(String, T)> = Vec::new();
        for (name, raw) in members {
            let place = join(key, &quoted(&name));
            if table.iter().any(|(other, _)| *other == name) {
                self.mistake(&place, "it is given twice", Some("keep one"));
                continue;
            }
            match T::read(raw) {
                Some(value) => table.push((name, value)),
                None => self.wrong_type(&place, T::WANTED, raw),
            }
        }
        Some(table)
    }

    /// An object with settings of its own, read by `configure`.
    pub fn object<T>(
        &mut self,
        key: &str,
        configure: impl FnOnce(&mut Fields<'_>) -> T,
    ) -> Option<T> {
        let raw = self.take(key)?;
        let path = join(&self.path, key);
        Fields::within(path, raw, self.mistakes, configure)
    }

    /// A list of such objects.
    pub fn objects<T>(
        &mut self,
        key: &str,
        mut configure: impl FnMut(&mut Fields<'_>) -> T,
    ) -> Option<Vec<T>> {
        let elements = self.elements(key)?;
        let mut list = Vec::new();
        for (index, raw) in elements.into_iter().enumerate() {
            let path = join(&self.path, &format!("{key}[{index}]"));
            list.extend(Fields::within(path, raw, self.mistakes, &mut configure));
        }
        Some(list)
    }

    /// Whether the key is given.
    #[must_use]
    pub fn has(&self, key: &str) -> bool {
        self.given.iter().any(|(name, _)| name == key)
    }

    /// Notes a mistake at `key` (or a place below it, such as `programs[2]`) that only the policy can see.
    pub fn mistake(&mut self, key: &str, message: &str, fix: Option<&str>) {
        self.mistakes.push(Diagnostic {
            path: join(&self.path, key),
            message: message.to_owned(),
            fix: fix.map(str::to_owned),
        });
    }
}

impl<'a> Fields<'a> {
    /// Reads the object that `json` is; None when it is none.
    fn within<T>(
        path: String,
        given: &'a str,
        mistakes: &'a mut Vec<Diagnostic>,
        configure: impl FnOnce(&mut Self) -> T,
    ) -> Option<T> {
        let members = match json::members(given) {
            Ok(members) => members,
            Err(wrong) => {
                let message = if given.starts_with('{') {
                    format!("is not JSON: {wrong}")
                } else {
                    format!("must be an object, not {}", snippet(given, 60))
                };
                mistakes.push(Diagnostic {
                    path,
                    message,
                    fix: None,
                });
                return None;
            }
        };
        let mut fields = Self {
            path,
            given: Vec::new(),
            asked: Vec::new(),
            mistakes,
        };
        for (name, raw) in members {
            if fields.has(&name) {
                fields.mistake(&quoted(&name), "it is given twice", Some("keep one"));
            } else if raw == "null" {
                fields.asked.push(name);
            } else {
                fields.given.push((name, raw));
            }
        }
        let value = configure(&mut fields);
        fields.refuse_unknown();
        Some(value)
    }

    fn take(&mut self, key: &str) -> Option<&'a str> {
        self.asked.push(key.to_owned());
        let given = self.given.iter().find(|(name, _)| name == key);
        given.map(|(_, raw)| *raw)
    }

    fn elements(&mut self, key: &str) -> Option<Vec<&'a str>> {
        let raw = self.take(key)?;
        let elements = json::elements(raw).ok();
        if elements.is_none() {
            self.wrong_type(key, "a list", raw);
        }
        elements
    }

    fn wrong_type(&mut self, place: &str, wanted: &str, raw: &str) {
        let was = snippet(raw, 60);
        self.mistake(place, &format!("must be {wanted}, not {was}"), None);
    }

    fn refuse_unknown(&mut self) {
        let known: Vec<&str> = self.asked.iter().map(String::as_str).collect();
        let unknown: Vec<(String, String)> = self
            .given
            .iter()
            .filter(|(name, _)| !known.contains(&name.as_str()))
            .map(|(name, _)| {
                let fix = match nearest(name, &known) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None if known.is_empty() => "remove it: there are no settings".to_owned(),
                    None => format!("remove it; known are: {}", known.join(", ")),
                };
                (quoted(name), fix)
            })
            .collect();
        for (place, fix) in unknown {
            self.mistake(&place, "this setting is not known", Some(&fix));
        }
    }
}

impl Setting for String {
    const WANTED: &'static str = "a string";
    fn read(json: &str) -> Option<Self> {
        json::text(json).ok()
    }
}

impl Setting for bool {
    const WANTED: &'static str = "true or false";
    fn read(json: &str) -> Option<Self> {
        match json {
            "true" => Some(true),
            "false" => Some(false),
            _ => None,
        }
    }
}

impl Setting for u64 {
    const WANTED: &'static str = "a whole number";
    fn read(json: &str) -> Option<Self> {
        json::whole(json)
    }
}

impl Setting for MicroUsd {
    const WANTED: &'static str =
        "an amount in dollars with at most six decimals, such as 10.00 or \"10.00\"";
    fn read(json: &str) -> Option<Self> {
        match json::text(json) {
            Ok(text) => Self::parse(text.trim_ascii()),
            Err(_) => Self::parse(json),
        }
    }
}

/// A list in a table, such as `models: {codex: [a, b]}`.
impl<T: Setting> Setting for Vec<T> {
    const WANTED: &'static str = "a list";
    fn read(json: &str) -> Option<Self> {
        json::elements(json)
            .ok()?
            .into_iter()
            .map(T::read)
            .collect()
    }
}

/// A name of the user's choosing as part of a path; one that does not look like a name is quoted.
fn quoted(name: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    if !name.is_empty() && name.chars().all(plain) {
        snippet(name, 60)
    } else {
        format!("[\"{}\"]", snippet(name, 60))
    }
}

/// `place` below `path`.
fn join(path: &str, place: &str) -> String {
    if path.is_empty() || place.is_empty() || place.starts_with('[') {
        format!("{path}{place}")
    } else {
        format!("{path}.{place}")
    }
}

#[cfg(test)]
#[path = "config_tests.rs"]
mod tests;
