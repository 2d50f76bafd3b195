//! Which page asks. Browsers say it; another page's request is refused.
//!
//! There are no CORS headers anywhere: no other page may read an answer either.

use axum::http::request::Parts;
use axum::http::{HeaderName, header};

use super::super::problem::Problem;

const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Check that a request that can change something, or that opens a socket, comes from our page
/// or from a program that is not a browser. The `Host` was checked before.
pub(crate) fn check_origin(parts: &Parts) -> Result<(), Problem> {
    let mut origins = parts.headers.get_all(header::ORIGIN).iter();
    let host = parts.headers.get(header::HOST);
    let host = host.and_then(|host| host.to_str().ok()).unwrap_or_default();
    let ours = match (origins.next(), origins.next()) {
        (None, _) => true,
        (Some(origin), None) => origin.to_str().is_ok_and(|origin| is_of(origin, host)),
        (Some(_), Some(_)) => false,
    };
    let mut sites = parts.headers.get_all(FETCH_SITE).iter();
    let fetched = sites.all(|site| site == "same-origin" || site == "none");
    if ours && fetched {
        return Ok(());
    }
    Err(Problem::new(
        "forbidden_origin",
        "the request comes from a page of another origin",
    )
    .fix("use the page of this server, or a program that sends no `Origin`"))
}

/// Whether `origin`, as a browser writes it, is that of a page of `host`.
fn is_of(origin: &str, host: &str) -> bool {
    // Our own pages come by http; https is a proxy that speaks for us under the same name.
    let rest = origin.strip_prefix("http://");
    let rest = rest.or_else(|| origin.strip_prefix("https://"));
    rest.is_some_and(|authority| authority.eq_ignore_ascii_case(host))
}
