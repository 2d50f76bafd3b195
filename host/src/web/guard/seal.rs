//! The headers that every answer carries, so that a browser trusts it with nothing.
//!
//! They are put on in one place, after everything else, over whatever is there.

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};

/// What a page of this server may do: run and load its own files, talk to this server, no more.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
     img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
     require-trusted-types-for 'script'";

const ALWAYS: &[(&str, &str)] = &[
    ("content-security-policy", POLICY),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
];

/// Put the headers of every answer on this one.
pub(crate) fn seal(headers: &mut HeaderMap) {
    for (name, value) in ALWAYS {
        let name = HeaderName::from_static(name);
        headers.insert(name, HeaderValue::from_static(value));
    }
    if !headers.contains_key(header::CACHE_CONTROL) {
        // What is not a file of the page is somebody's data.
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
}
