//! A price list, and the order in which lists are asked.

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;
use serde::Serialize;

use super::shipped::shipped;
use crate::model::{DatedPrices, Prices};
use crate::settings::moment;

/// What a list says about a model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ListedModel {
    /// Who serves it.
    pub provider: Option<String>,
    /// Tokens up to which the prices hold.
    pub context_window: Option<u64>,
    /// What its tokens cost, unless `later` says otherwise.
    pub prices: Prices,
    /// Prices that replace `prices` from a moment on, in the order of moments.
    pub later: Vec<DatedPrices>,
}

impl ListedModel {
    /// The prices in force at `now`.
    #[must_use]
    pub fn prices_at(&self, now: Timestamp) -> Prices {
        let begun = self.later.iter().rev().find(|dated| dated.from <= now);
        begun.map_or(self.prices, |dated| dated.prices)
    }
}

/// What models cost, as somebody wrote it down at some time.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct PriceList {
    /// When.
    pub taken: Option<Timestamp>,
    /// Where from.
    pub source: Option<String>,
    /// The models by name.
    pub models: BTreeMap<String, ListedModel>,
}

impl PriceList {
    /// The model called `name`, else the only one called so after a vendor's name and a slash.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<(&str, &ListedModel)> {
        if let Some((key, model)) = self.models.get_key_value(name) {
            return Some((key, model));
        }
        let is_called_so = |key: &str| {
            key.split_once('/')
                .is_some_and(|(_vendor, rest)| rest == name)
        };
        let mut found = self.models.iter().filter(|(key, _)| is_called_so(key));
        match (found.next(), found.next()) {
            (Some((key, model)), None) => Some((key, model)),
            _ => None,
        }
    }
}

/// Where a model's prices come from when it has none of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "list")]
pub enum PriceOrigin {
    /// `prices.yaml`.
    File {
        /// When that list was taken.
        taken: Option<Timestamp>,
    },
    /// The catalogue that comes with the program.
    Catalogue {
        /// When it was taken.
        taken: Option<Timestamp>,
    },
}

impl fmt::Display for PriceOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (list, taken) = match self {
            Self::File { taken } => ("prices.yaml", taken),
            Self::Catalogue { taken } => ("the catalogue", taken),
        };
        match taken {
            Some(taken) => write!(f, "from {list} of {}", moment::show(*taken)),
            None => write!(f, "from {list}"),
        }
    }
}

/// The lists that are asked: that of the configuration, then the one of the program.
#[derive(Debug, Default)]
pub(crate) struct PriceLists {
    own: Option<PriceList>,
    is_broken: bool,
}

impl PriceLists {
    /// Only the one of the program.
    pub(crate) fn shipped() -> Self {
        Self::default()
    }

    /// There is another one, and nobody knows what it says.
    pub(crate) fn broken() -> Self {
        Self {
            own: None,
            is_broken: true,
        }
    }

    /// `own` is asked first.
    pub(crate) fn with(own: PriceList) -> Self {
        Self {
            own: Some(own),
            is_broken: false,
        }
    }

    /// Whether a list could not be read.
    pub(crate) fn are_broken(&self) -> bool {
        self.is_broken
    }

    /// What is known about the model called `name`, and which list knows its prices. What that list
    /// does not say besides, the other one may.
    pub(crate) fn find(&self, name: &str) -> Option<(ListedModel, PriceOrigin)> {
        let own = self.own.as_ref();
        let first = own.and_then(|list| Some((list.find(name)?.1, list.taken)));
        let second = shipped().find(name).map(|found| found.1);
        match (first, second) {
            (Some((model, taken)), second) => {
                let mut model = model.clone();
                model.context_window =
                    (model.context_window).or_else(|| second.and_then(|it| it.context_window));
                model.provider =
                    (model.provider).or_else(|| second.and_then(|it| it.provider.clone()));
                Some((model, PriceOrigin::File { taken }))
            }
            (None, Some(model)) => {
                let taken = shipped().taken;
                Some((model.clone(), PriceOrigin::Catalogue { taken }))
            }
            (None, None) => None,
        }
    }

    /// What is listed under exactly that key.
    pub(crate) fn get(&self, key: &str) -> Option<&ListedModel> {
        let own = self.own.as_ref().and_then(|list| list.models.get(key));
        own.or_else(|| shipped().models.get(key))
    }

    /// All names that are listed.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        let own = self.own.iter().flat_map(|list| list.models.keys());
        own.chain(shipped().models.keys()).map(String::as_str)
    }

    /// The list of the configuration.
    pub(crate) fn into_own(self) -> Option<PriceList> {
        self.own
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(names: &[&str]) -> PriceList {
        let model = ListedModel {
            provider: None,
            context_window: None,
            prices: Prices::default(),
            later: Vec::new(),
        };
        PriceList {
            models: (names.iter())
                .map(|name| ((*name).to_owned(), model.clone()))
                .collect(),
            ..PriceList::default()
        }
    }

    #[test]
    fn a_name_is_found_as_it_is_or_after_the_only_vendor() {
        let list = list(&[
            "gemini/flash",
            "a/both",
            "b/both",
            "a/own",
            "own",
            "r/x/deep",
        ]);
        let find = |name| list.find(name).map(|found| found.0);
        assert_eq!(find("gemini/flash"), Some("gemini/flash"));
        assert_eq!(find("flash"), Some("gemini/flash"));
        assert_eq!(find("both"), None, "nobody knows which");
        assert_eq!(find("own"), Some("own"));
        assert_eq!(find("x/deep"), Some("r/x/deep"));
        assert_eq!(find("deep"), None);
    }
}
