//! What needs no token: the page, its files, the document of this interface, a sign of life.

use super::super::kind::Kind;
use super::super::route::{Act, Param, Reply, Route, Verb};

pub(super) static ROUTES: &[Route] = &[
    Route::new(
        Verb::Get,
        "/healthz",
        "Whether the server is there",
        Act::Alive,
    )
    .open()
    .replies(&[Reply::json(200, "Health", "")]),
    Route::new(
        Verb::Get,
        "/api/v1/openapi.json",
        "This interface, as OpenAPI 3.1",
        Act::Document,
    )
    .open(),
    Route::new(Verb::Get, "/", "The dashboard", Act::Asset)
        .open()
        .params(&[IF_NONE_MATCH])
        .replies(&[Reply::of(200, "text/html; charset=utf-8", ""), UNCHANGED]),
    Route::new(
        Verb::Get,
        "/assets/{name}",
        "A file of the dashboard",
        Act::Asset,
    )
    .open()
    .params(&[NAME, IF_NONE_MATCH])
    .replies(&[
        Reply::of(200, "text/css; charset=utf-8", ""),
        Reply::of(200, "text/javascript; charset=utf-8", ""),
        Reply::of(200, "image/svg+xml", ""),
        UNCHANGED,
    ])
    .fails(&["not_found"]),
];

const NAME: Param = Param::path(
    "name",
    Kind::Line { max: 200 },
    "Its name, such as `app.js`.",
);
const IF_NONE_MATCH: Param = Param::header(
    "if-none-match",
    Kind::Line { max: 1000 },
    "Versions that are here already; 304 when one of them still holds.",
);
const UNCHANGED: Reply = Reply::of(304, "", "It is as it was.");
