//! A collector as it is sent to: its address, its headers with their secrets, the time it has.

use std::fmt;
use std::time::Duration;

use ureq::http::{HeaderName, HeaderValue};

use super::error::OtlpError;
use crate::model::{Otlp, OtlpEndpoint};

/// Headers that the protocol or the connection needs for itself.
const RESERVED: [&str; 11] = [
    "accept-encoding",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "expect",
    "host",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// Where to send, and what to send along.
#[derive(Clone)]
pub struct Collector {
    pub(super) endpoint: OtlpEndpoint,
    pub(super) headers: Vec<(HeaderName, HeaderValue)>,
    pub(super) timeout: Duration,
}

impl Collector {
    /// The collector of `otlp` with `headers`, whose variables are filled in.
    ///
    /// # Errors
    /// [`OtlpError::Header`] when one of them cannot be sent; it never tells the value.
    pub fn new(otlp: &Otlp, headers: &[(String, String)]) -> Result<Self, OtlpError> {
        let headers = headers.iter().map(|(name, value)| header(name, value));
        Ok(Self {
            endpoint: otlp.endpoint.clone(),
            headers: headers.collect::<Result<_, _>>()?,
            timeout: otlp.timeout,
        })
    }

    /// Its address.
    #[must_use]
    pub fn endpoint(&self) -> &OtlpEndpoint {
        &self.endpoint
    }
}

fn header(name: &str, value: &str) -> Result<(HeaderName, HeaderValue), OtlpError> {
    let wrong = |problem| OtlpError::Header {
        name: name.to_owned(),
        problem,
    };
    let parsed = HeaderName::try_from(name).map_err(|_| wrong("that is not a header's name"))?;
    if RESERVED.contains(&parsed.as_str()) {
        return Err(wrong("the protocol sets it itself"));
    }
    let problem = "its value contains more than visible characters";
    let mut value = HeaderValue::from_str(value).map_err(|_| wrong(problem))?;
    value.set_sensitive(true);
    Ok((parsed, value))
}

/// Without the values of headers.
impl fmt::Debug for Collector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.headers.iter().map(|(name, _)| name.as_str()).collect();
        f.debug_struct("Collector")
            .field("endpoint", &self.endpoint)
            .field("headers", &names)
            .field("timeout", &self.timeout)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(name: &str, value: &str) -> Result<Collector, OtlpError> {
        let otlp = Otlp::at(OtlpEndpoint::parse("http://localhost:4318").unwrap());
        Collector::new(&otlp, &[(name.to_owned(), value.to_owned())])
    }

    #[test]
    fn secrets_stay_out_of_errors_and_debug() {
        let debug = format!("{:?}", with("Authorization", "Bearer hunter2").unwrap());
        assert!(
            debug.contains("authorization") && !debug.contains("hunter2"),
            "{debug}"
        );
        for (name, value) in [
            ("x-key", "hunter2\r\nHost: evil"),
            ("Content-Type", "hunter2"),
            ("transfer-encoding", "hunter2"),
            ("a b", "hunter2"),
            ("", "hunter2"),
        ] {
            let error = with(name, value).unwrap_err();
            assert!(matches!(error, OtlpError::Header { .. }));
            assert!(!format!("{error} {error:?}").contains("hunter2"));
        }
    }
}
