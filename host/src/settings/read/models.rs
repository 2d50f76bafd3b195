//! `models.yaml`, with what the price lists know about models that it only names.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::value;
use crate::model::{DatedPrices, Model, ModelName, Price, Prices, excerpt};
use crate::settings::collector::{Collector, nearest};
use crate::settings::moment;
use crate::settings::prices::{ListedModel, PriceLists, PriceOrigin};
use crate::settings::shape::{self, MODEL};
use crate::settings::yaml::{Content, Entry, Node};

/// The two ways to write prices, each with the decimals that micro-dollars per million tokens
/// leave: six of dollars per million, nine of dollars per thousand.
const FORMS: [(&str, i32); 2] = [("price_per_million_tokens", 6), ("cost_per_1k_tokens", 9)];

/// The models, and where the prices come from of those that have none of their own.
pub(super) fn read(
    root: &Node,
    lists: &PriceLists,
    notes: &mut Collector,
) -> (BTreeMap<ModelName, Model>, BTreeMap<ModelName, PriceOrigin>) {
    let (mut models, mut origins) = (BTreeMap::new(), BTreeMap::new());
    for entry in root.get("models").map(Node::entries).unwrap_or_default() {
        let name = ModelName::new(entry.key.as_str());
        let listed = lists.find(&entry.key);
        check_complete(entry, listed.as_ref().map(|found| &found.0), lists, notes);
        check_dates(entry, notes);
        let has_own = FORMS
            .iter()
            .any(|(form, _)| entry.value.get(form).is_some());
        if let Some(model) = model(&entry.value, listed.as_ref().map(|found| &found.0)) {
            models.insert(name.clone(), model);
        }
        if let (Some((_, origin)), false) = (listed, has_own) {
            origins.insert(name, origin);
        }
    }
    (models, origins)
}

fn model(node: &Node, listed: Option<&ListedModel>) -> Option<Model> {
    let (prices, listed_later) = match own_prices(node) {
        Some(prices) => (prices, &[][..]),
        None => listed.map(|listed| (listed.prices, listed.later.as_slice()))?,
    };
    let listed_window = || listed.and_then(|listed| listed.context_window);
    let provider = value::text(node, "provider");
    Some(Model {
        provider: provider.or_else(|| listed.and_then(|listed| listed.provider.clone()))?,
        prices,
        later: later(node, listed_later),
        context_window: value::whole(node, "context_window").or_else(listed_window)?,
        task_suitability: value::texts(node, "task_suitability"),
        deprecated: value::flag_or_text(node, "deprecated") || value::flag_or_text(node, "retired"),
    })
}

/// The model's own dated prices; those of a list hold until the first of them.
fn later(node: &Node, listed: &[DatedPrices]) -> Vec<DatedPrices> {
    let mut own: Vec<DatedPrices> = dated(node)
        .iter()
        .filter_map(|item| {
            Some(DatedPrices {
                from: from(item)?,
                prices: own_prices(item)?,
            })
        })
        .collect();
    own.sort_by_key(|dated| dated.from);
    let first = own.first().map(|dated| dated.from);
    let before = |dated: &&DatedPrices| first.is_none_or(|first| dated.from < first);
    let mut all: Vec<DatedPrices> = listed.iter().filter(before).cloned().collect();
    all.append(&mut own);
    all
}

fn dated(node: &Node) -> &[Node] {
    node.get("prices_from").map(Node::items).unwrap_or_default()
}

fn from(node: &Node) -> Option<Timestamp> {
    moment::parse(&node.get("from")?.scalar()?.text)
}

/// The prices that `node` states itself.
pub(crate) fn own_prices(node: &Node) -> Option<Prices> {
    FORMS
        .into_iter()
        .find_map(|(form, places)| Some(prices(node.get(form)?, places)))
}

/// The five prices of `node`, in micro-dollars per million tokens.
pub(super) fn prices(node: &Node, places: i32) -> Prices {
    let price = |kind| value::decimal(node, kind, places).map(Price);
    Prices {
        input: price("input"),
        output: price("output"),
        cache_read: price("cache_read"),
        cache_write: price("cache_write"),
        reasoning: price("reasoning"),
    }
}

/// What a model lacks that no list knows. A list that could not be read may have known it.
fn check_complete(
    entry: &Entry,
    listed: Option<&ListedModel>,
    lists: &PriceLists,
    notes: &mut Collector,
) {
    let node = &entry.value;
    if lists.are_broken() || !matches!(node.content, Content::Map(_)) {
        return;
    }
    let path = format!("models.{}", excerpt(&entry.key));
    let is_missing = |field: &str| shape::are_absent(&[field], node, &MODEL);
    let forms = FORMS.map(|(form, _)| form);
    if listed.is_none() && shape::are_absent(&forms, node, &MODEL) {
        let near = || {
            let known: Vec<String> = lists.names().map(str::to_owned).collect();
            nearest(&entry.key, &known).map(str::to_owned)
        };
        let fix = match near() {
            Some(near) => format!("did you mean '{near}'? Else add its prices"),
            None => {
                "add its prices, or look them up with 'tollgate model update-prices'".to_owned()
            }
        };
        let message = format!(
            "Missing '{}'; no price list knows this model",
            forms.join("' or '")
        );
        notes.error(node.at, &path, message).fix(fix);
        if ["provider", "context_window"].into_iter().all(is_missing) {
            return; // Its name is wrong, or everything is to be added.
        }
    }
    for (field, is_listed) in [
        ("provider", listed.is_some_and(|it| it.provider.is_some())),
        (
            "context_window",
            listed.is_some_and(|it| it.context_window.is_some()),
        ),
    ] {
        if !is_listed && is_missing(field) {
            let message = format!("Missing required field '{field}'");
            notes
                .error(node.at, &format!("{path}.{field}"), message)
                .fix(format!("add '{field}:'; no price list knows it"));
        }
    }
}

fn check_dates(entry: &Entry, notes: &mut Collector) {
    let mut seen = BTreeSet::new();
    for (index, item) in dated(&entry.value).iter().enumerate() {
        if from(item).is_some_and(|from| !seen.insert(from)) {
            let at = item.get("from").map_or(item.at, |node| node.at);
            let path = format!("models.{}.prices_from[{index}].from", excerpt(&entry.key));
            notes
                .error(at, &path, "Other prices begin at the same moment")
                .fix("remove one of the two, or change its day");
        }
    }
}
