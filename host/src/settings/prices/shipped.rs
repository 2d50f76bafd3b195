//! The catalogue that comes with the program: `config/prices.yaml`.

use std::sync::LazyLock;

use super::list::PriceList;
use crate::settings::collector::Collector;
use crate::settings::{read, yaml};

pub(super) const TEXT: &str = include_str!("../../../../config/prices.yaml");

/// The catalogue; read when it is first asked.
pub(super) fn shipped() -> &'static PriceList {
    static LIST: LazyLock<PriceList> = LazyLock::new(|| {
        let root = yaml::parse(TEXT).root;
        // Invariant: a test reads it without a complaint.
        let mut unheard = Collector::new("");
        root.map(|root| read::prices::read(&root, &mut unheard))
            .unwrap_or_default()
    });
    &LIST
}
