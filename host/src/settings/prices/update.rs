//! What reading another list changes, and the file that says so.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use jiff::{Timestamp, Unit};
use serde::Serialize;

use super::import::PriceImport;
use super::list::{ListedModel, PriceList, PriceLists};
use super::render::render;
use crate::model::{DatedPrices, Prices};
use crate::settings::files::{FileKind, read_one};
use crate::settings::{Diagnostic, Environment, Places, SettingsError, read, schema, write, yaml};

/// What a list changes for one model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PriceChange {
    /// The model, as the list calls it.
    pub model: String,
    /// Whether `models.yaml` names it.
    pub is_configured: bool,
    /// What it cost; `None` for a model that was not listed.
    pub before: Option<Prices>,
    /// What it costs now.
    pub after: Prices,
    /// The tokens that fitted.
    pub window_before: Option<u64>,
    /// The tokens that fit.
    pub window_after: Option<u64>,
    /// Prices that `models.yaml` itself states and that are others: they win.
    pub overruled_by: Option<Prices>,
}

/// A new `prices.yaml`, not written yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PriceUpdate {
    /// Where it belongs.
    pub path: PathBuf,
    /// What it changes, in the order of names.
    pub changes: Vec<PriceChange>,
    /// Models of `models.yaml` that the list does not know.
    pub unknown: Vec<String>,
    /// Its text.
    pub text: String,
    directory: PathBuf,
}

impl PriceUpdate {
    /// Write the file, and its schema for editors.
    ///
    /// # Errors
    /// [`SettingsError::Io`] when the system refuses; nothing has changed then.
    pub fn write(&self) -> Result<(), SettingsError> {
        let schema_name = format!("schema/{}.schema.json", FileKind::Prices.stem());
        let files = [
            (
                format!("{}.yaml", FileKind::Prices.stem()),
                self.text.clone(),
            ),
            (schema_name, schema(FileKind::Prices)),
        ];
        write(&self.directory, &files, true)
    }
}

/// What `import` changes for the configuration at `places`: for the models that `models.yaml` names
/// and those that are listed already, or with `everything` for all of them. Nothing is written. The
/// configuration need not be valid otherwise: a price that is missing may be what makes it invalid.
///
/// # Errors
/// [`SettingsError::Invalid`] when `prices.yaml` or `models.yaml` cannot be understood.
pub fn update(
    places: &Places,
    environment: &Environment,
    import: &PriceImport,
    everything: bool,
) -> Result<PriceUpdate, SettingsError> {
    let lists = own_list(places, environment)?;
    let configured = configured(places, environment)?;
    let named: BTreeMap<&str, &Option<Prices>> = configured
        .iter()
        .filter_map(|(name, own)| Some((import.list.find(name)?.0, own)))
        .collect();
    let wanted: BTreeSet<&str> = if everything {
        import.list.models.keys().map(String::as_str).collect()
    } else {
        let listed = lists
            .names()
            .filter_map(|name| import.list.models.get_key_value(name))
            .map(|(key, _)| key.as_str());
        named.keys().copied().chain(listed).collect()
    };
    let now = import.list.taken.unwrap_or_default();
    let now = now.round(Unit::Second).unwrap_or(now);
    let (mut changes, mut merged) = (Vec::new(), BTreeMap::new());
    for key in wanted {
        let Some(new) = import.list.models.get(key) else {
            continue;
        };
        let old = lists.get(key);
        let own = named.get(key);
        changes.extend(change(key, (old, new), own.copied(), now));
        merged.insert(key.to_owned(), merge(old, new, now));
    }
    let unknown = configured
        .iter()
        .filter(|(name, _)| import.list.find(name).is_none())
        .map(|(name, _)| name.clone())
        .collect();
    let mut list = lists.into_own().unwrap_or_default();
    list.models.extend(merged);
    list.taken = Some(now);
    list.source.clone_from(&import.list.source);
    Ok(PriceUpdate {
        path: places.config_dir.join("prices.yaml"),
        changes,
        unknown,
        text: render(&list),
        directory: places.config_dir.clone(),
    })
}

fn change(
    key: &str,
    (old, new): (Option<&ListedModel>, &ListedModel),
    own: Option<&Option<Prices>>,
    now: Timestamp,
) -> Option<PriceChange> {
    let change = PriceChange {
        model: key.to_owned(),
        is_configured: own.is_some(),
        before: old.map(|old| old.prices_at(now)),
        after: new.prices,
        window_before: old.and_then(|old| old.context_window),
        window_after: new.context_window,
        overruled_by: own.copied().flatten().filter(|own| *own != new.prices),
    };
    let is_one = change.before != Some(change.after)
        || change.window_before != change.window_after
        || change.overruled_by.is_some();
    is_one.then_some(change)
}

/// What is new, with what was: prices that changed hold from `now` on.
fn merge(old: Option<&ListedModel>, new: &ListedModel, now: Timestamp) -> ListedModel {
    let Some(old) = old else {
        return new.clone();
    };
    let mut merged = ListedModel {
        prices: old.prices,
        later: old.later.clone(),
        ..new.clone()
    };
    if old.prices_at(now) != new.prices {
        merged.later.retain(|dated| dated.from != now);
        merged.later.push(DatedPrices {
            from: now,
            prices: new.prices,
        });
        merged.later.sort_by_key(|dated| dated.from);
    }
    merged
}

fn own_list(places: &Places, environment: &Environment) -> Result<PriceLists, SettingsError> {
    let (source, mut notes) = read_one(&places.config_dir, FileKind::Prices, environment);
    let root = source
        .and_then(|source| read::tree(&source.text, FileKind::Prices.shape(), None, &mut notes));
    let list: Option<PriceList> = root.map(|root| read::prices::read(&root, &mut notes));
    let found = notes.into_sorted();
    if found.iter().any(Diagnostic::is_error) {
        return Err(SettingsError::Invalid(found));
    }
    Ok(list.map_or_else(PriceLists::shipped, PriceLists::with))
}

/// The models that `models.yaml` names, each with the prices that it states itself.
fn configured(
    places: &Places,
    environment: &Environment,
) -> Result<Vec<(String, Option<Prices>)>, SettingsError> {
    let (source, mut notes) = read_one(&places.config_dir, FileKind::Models, environment);
    let Some(source) = source else {
        return Err(SettingsError::Invalid(notes.into_sorted()));
    };
    let parsed = yaml::parse(&source.text);
    for problem in parsed.problems {
        notes
            .error(problem.at, "", problem.message)
            .fix(problem.fix);
    }
    let found = notes.into_sorted();
    if found.iter().any(Diagnostic::is_error) {
        return Err(SettingsError::Invalid(found));
    }
    let models = parsed.root.and_then(|root| root.get("models").cloned());
    let entries = models.iter().flat_map(yaml::Node::entries);
    Ok(entries
        .map(|entry| (entry.key.clone(), read::own_prices(&entry.value)))
        .collect())
}

#[cfg(test)]
#[path = "update_tests.rs"]
mod tests;
