//! The checked values of one request, by name.
//!
//! What stands here passed the checks of its route; a name that the route does not have is our bug
//! and becomes a 500.

use serde_json::{Map, Value};

use super::problem::Problem;

/// The values that a request gave, with the defaults of those that it did not give.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Given {
    values: Map<String, Value>,
}

impl Given {
    pub(super) fn put(&mut self, name: &str, value: Value) {
        self.values.insert(name.to_owned(), value);
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.values.contains_key(name)
    }

    /// The text, if it was given.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        self.values.get(name)?.as_str().map(str::to_owned)
    }

    /// The text that the route requires.
    pub(super) fn needed(&self, name: &str) -> Result<String, Problem> {
        self.text(name).ok_or_else(|| missing(name))
    }

    /// The whole number, if it was given.
    pub(super) fn whole(&self, name: &str) -> Option<u64> {
        self.values.get(name)?.as_u64()
    }

    /// The whole number that the route requires or has a default for, within its bounds.
    pub(super) fn count(&self, name: &str) -> Result<u32, Problem> {
        let number = self.whole(name).and_then(|n| u32::try_from(n).ok());
        number.ok_or_else(|| missing(name))
    }

    /// Whether it was given and true.
    pub(super) fn flag(&self, name: &str) -> bool {
        self.values.get(name).and_then(Value::as_bool) == Some(true)
    }

    /// The one of a closed set, if it was given.
    pub(super) fn choice<T>(&self, name: &str, of: fn(&str) -> Option<T>) -> Option<T> {
        self.values.get(name)?.as_str().and_then(of)
    }

    /// The one of a closed set that the route requires or has a default for.
    pub(super) fn chosen<T>(&self, name: &str, of: fn(&str) -> Option<T>) -> Result<T, Problem> {
        self.choice(name, of).ok_or_else(|| missing(name))
    }

    /// The list of texts; empty when none was given.
    pub(super) fn list(&self, name: &str) -> Vec<String> {
        let items = self.values.get(name).and_then(Value::as_array);
        let texts = items.into_iter().flatten().filter_map(Value::as_str);
        texts.map(str::to_owned).collect()
    }

    /// The names and texts of an object, if it was given.
    pub(super) fn pairs(&self, name: &str) -> Option<Vec<(String, String)>> {
        let object = self.values.get(name)?.as_object()?;
        let text =
            |(name, text): (&String, &Value)| Some((name.clone(), text.as_str()?.to_owned()));
        Some(object.iter().filter_map(text).collect())
    }

    /// An entity tag without its quotes.
    pub(super) fn tag(&self, name: &str) -> Option<String> {
        self.text(name).map(|tag| tag.trim_matches('"').to_owned())
    }
}

fn missing(name: &str) -> Problem {
    Problem::new(
        "internal",
        format!("the server's own table of routes has no {name:?} here"),
    )
}
