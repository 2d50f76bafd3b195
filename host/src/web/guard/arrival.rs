//! What holds for every request before anything else about it is looked at.
//!
//! It sees the head alone: the length of the address, how the body is framed, whom it addresses.

use axum::http::header;
use axum::http::request::Parts;

use super::super::problem::Problem;
use super::Names;

/// Longer addresses are nobody's link.
const MAX_URI: usize = 4096;

/// Check the address, the framing, and the name of the server.
pub(crate) fn check_arrival(parts: &Parts, names: &Names) -> Result<(), Problem> {
    check_host(parts, names)?;
    let query = parts.uri.query().unwrap_or_default();
    if parts.uri.path().len() + query.len() > MAX_URI {
        let detail = format!("the address has more than {MAX_URI} bytes");
        return Err(Problem::new("uri_too_long", detail));
    }
    if parts.headers.contains_key(header::TRANSFER_ENCODING) {
        // With a length on every body there is one way to read a request, and nothing to smuggle.
        return Err(Problem::new(
            "length_required",
            "a body in chunks is not accepted; its length must come first",
        )
        .fix("send the header `Content-Length` and no `Transfer-Encoding`"));
    }
    Ok(())
}

fn check_host(parts: &Parts, names: &Names) -> Result<(), Problem> {
    let mut hosts = parts.headers.get_all(header::HOST).iter();
    let host = hosts.next().and_then(|host| host.to_str().ok());
    let one = hosts.next().is_none();
    let is_ours = one && host.is_some_and(|host| names.has(host));
    // An absolute address names the server, too, and is the stronger one for others on the way.
    let absolute = parts.uri.authority().map(|authority| authority.as_str());
    let agrees = absolute.is_none_or(|authority| names.has(authority));
    let scheme = parts.uri.scheme_str().is_none_or(|scheme| scheme == "http");
    if is_ours && agrees && scheme {
        return Ok(());
    }
    Err(Problem::new(
        "misdirected",
        "the request's `Host` is not a name of this server",
    )
    .fix("use http://127.0.0.1:PORT as `tollgate serve` printed it")
    .fix("for another name, start it with `tollgate serve --host-name NAME`"))
}
