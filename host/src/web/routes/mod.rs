//! The table of routes: the only list of what this server answers. The router, the checks, the
//! OpenAPI document, and the page of the reference are made from it.
//!
//! It holds no behaviour of its own.

mod board;
mod config;
mod live;
mod money;
mod origin;
mod page;
mod params;
mod runs;
mod runs_doing;

use std::collections::BTreeMap;

use super::route::Route;

static TABLE: &[&[Route]] = &[
    runs::ROUTES,
    runs_doing::ROUTES,
    money::ROUTES,
    board::ROUTES,
    config::ROUTES,
    live::ROUTES,
    origin::ROUTES,
    page::ROUTES,
];

/// Every route, in the order of the documents.
pub(super) fn all() -> impl Iterator<Item = &'static Route> {
    TABLE.iter().copied().flatten()
}

/// The routes of each path.
pub(super) fn by_path() -> BTreeMap<&'static str, Vec<&'static Route>> {
    let mut paths: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for route in all() {
        paths.entry(route.path).or_default().push(route);
    }
    paths
}
