//! The page and its files, built into the program.
//!
//! They are the same for everybody and hold no secret, so they need no token. A browser asks each
//! time whether they changed, and mostly hears that they did not.

use std::sync::LazyLock;

use axum::http::{HeaderValue, StatusCode, header};
use sha2::{Digest, Sha256};

use super::given::Given;
use super::problem::Problem;
use super::render::{Written, lists, unchanged};

/// A file of the page.
struct Asset {
    name: &'static str,
    media_type: &'static str,
    bytes: &'static [u8],
}

macro_rules! asset {
    ($name:literal, $media_type:expr) => {
        Asset {
            name: $name,
            media_type: $media_type,
            bytes: include_bytes!(concat!("assets/", $name)),
        }
    };
}

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const SVG: &str = "image/svg+xml";

/// Every file of `assets/`. The first is the page itself.
static ASSETS: &[Asset] = &[
    asset!("index.html", HTML),
    asset!("acts.js", SCRIPT),
    asset!("api.js", SCRIPT),
    asset!("app.js", SCRIPT),
    asset!("assign.js", SCRIPT),
    asset!("board.js", SCRIPT),
    asset!("charts.js", SCRIPT),
    asset!("costs.js", SCRIPT),
    asset!("dialog.js", SCRIPT),
    asset!("doctor.js", SCRIPT),
    asset!("dom.js", SCRIPT),
    asset!("favicon.svg", SVG),
    asset!("format.js", SCRIPT),
    asset!("initiatives.js", SCRIPT),
    asset!("keys.js", SCRIPT),
    asset!("lists.js", SCRIPT),
    asset!("live.js", SCRIPT),
    asset!("log.js", SCRIPT),
    asset!("logview.js", SCRIPT),
    asset!("markdown.js", SCRIPT),
    asset!("newrun.js", SCRIPT),
    asset!("now.js", SCRIPT),
    asset!("parts.js", SCRIPT),
    asset!("plugins.js", SCRIPT),
    asset!("policies.js", SCRIPT),
    asset!("run.js", SCRIPT),
    asset!("runs.js", SCRIPT),
    asset!("shape.js", SCRIPT),
    asset!("shell.js", SCRIPT),
    asset!("stage.js", SCRIPT),
    asset!("style.css", CSS),
    asset!("task.js", SCRIPT),
    asset!("text.js", SCRIPT),
    asset!("theme.js", SCRIPT),
    asset!("timeline.js", SCRIPT),
    asset!("ui.js", SCRIPT),
    asset!("why.js", SCRIPT),
];

/// The entity tag of each file, in the same order.
static TAGS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let tag = |asset: &Asset| {
        let digest = Sha256::digest(asset.bytes);
        digest
            .iter()
            .take(16)
            .map(|byte| format!("{byte:02x}"))
            .collect()
    };
    ASSETS.iter().map(tag).collect()
});

/// The names of all files.
#[cfg(test)]
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    ASSETS.iter().map(|asset| asset.name)
}

/// Answer a request for a file; without a name, for the page.
pub(super) fn asset(given: &Given) -> Result<Written, Problem> {
    let name = given.text("name");
    let name = name.as_deref().unwrap_or("index.html");
    let found = ASSETS
        .iter()
        .zip(TAGS.iter())
        .find(|(asset, _)| asset.name == name);
    let Some((asset, tag)) = found else {
        return Err(Problem::new("not_found", "the page has no such file"));
    };
    let seen = given.text("if-none-match");
    let mut written = if seen.is_some_and(|seen| lists(&seen, tag)) {
        unchanged()
    } else {
        Written::new(StatusCode::OK, asset.media_type, asset.bytes)
    };
    written.header(header::ETAG, &format!("\"{tag}\""))?;
    written.keep(HeaderValue::from_static("no-cache"));
    Ok(written)
}
