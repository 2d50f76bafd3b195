//! `prices.yaml`: a price list.

use std::collections::{BTreeMap, BTreeSet};

use super::{models, value};
use crate::model::{DatedPrices, excerpt};
use crate::settings::collector::Collector;
use crate::settings::moment;
use crate::settings::prices::{ListedModel, PriceList};
use crate::settings::yaml::{Entry, Node};

/// Decimals of dollars per million tokens.
const PLACES: i32 = 6;

/// The list; what is malformed is left out.
pub(crate) fn read(root: &Node, notes: &mut Collector) -> PriceList {
    let mut list = PriceList {
        taken: root
            .get("taken")
            .and_then(|n| moment::parse(&n.scalar()?.text)),
        source: value::text(root, "source"),
        models: BTreeMap::new(),
    };
    for entry in root.get("models").map(Node::entries).unwrap_or_default() {
        let model = ListedModel {
            provider: value::text(&entry.value, "provider"),
            context_window: value::whole(&entry.value, "context_window"),
            prices: models::prices(&entry.value, PLACES),
            later: later(entry, notes),
        };
        list.models.insert(entry.key.clone(), model);
    }
    list
}

fn later(entry: &Entry, notes: &mut Collector) -> Vec<DatedPrices> {
    let (mut later, mut seen) = (Vec::new(), BTreeSet::new());
    let items = entry.value.get("later").map(Node::items);
    for (index, item) in items.unwrap_or_default().iter().enumerate() {
        let Some(at) = item.get("from") else { continue };
        let Some(from) = at.scalar().and_then(|s| moment::parse(&s.text)) else {
            continue;
        };
        if !seen.insert(from) {
            let path = format!("models.{}.later[{index}].from", excerpt(&entry.key));
            notes
                .error(at.at, &path, "Other prices begin at the same moment")
                .fix("remove one of the two");
        }
        later.push(DatedPrices {
            from,
            prices: models::prices(item, PLACES),
        });
    }
    later.sort_by_key(|dated: &DatedPrices| dated.from);
    later
}
