//! The token of a request: in the `Authorization` header and nowhere else.
//!
//! There are no cookies: they ignore the port, so every other server of this machine would get them.

use axum::http::header;
use axum::http::request::Parts;

use super::super::problem::Problem;
use super::super::token::Token;

/// Check the bearer token of a request.
pub(crate) fn check_token(parts: &Parts, token: &Token) -> Result<(), Problem> {
    let mut values = parts.headers.get_all(header::AUTHORIZATION).iter();
    let (first, second) = (values.next(), values.next());
    let text = first.and_then(|value| value.to_str().ok());
    let words = text.and_then(|text| text.split_once(' '));
    let shown = words.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    let is_ours = shown.is_some_and(|(_, shown)| token.matches(shown));
    if is_ours && second.is_none() {
        return Ok(());
    }
    let detail = match first {
        None => "the header `Authorization: Bearer TOKEN` is missing",
        Some(_) => "the token in the header `Authorization` is not the one of this server",
    };
    Err(Problem::new("unauthorized", detail)
        .fix("the token stands in the address that `tollgate serve` printed, after #k=")
        .fix("a restart makes a new one after 24 hours, or at once with --new-key"))
}
