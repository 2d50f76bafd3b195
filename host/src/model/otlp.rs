//! Where records of runs are sent, when somebody wants that: an OpenTelemetry collector.
//!
//! Values only. What is sent is `telemetry`'s to say, how, `otlp`'s.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Digest;

/// A collector, and what it gets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Otlp {
    /// Where it listens.
    pub endpoint: OtlpEndpoint,
    /// Headers sent along, as they are configured: `${VAR}` in a value is not filled in yet.
    pub headers: BTreeMap<String, String>,
    /// The names that facts are given.
    pub names: OtlpNames,
    /// Whether spans are sent.
    pub traces: bool,
    /// Whether metrics are sent.
    pub metrics: bool,
    /// Spans or data points in one request, at most; at least 1.
    pub batch: u32,
    /// How long one request may take.
    pub timeout: Duration,
}

impl Otlp {
    /// Spans or data points in one request, unless configured.
    pub const BATCH: u32 = 512;
    /// How long one request may take, unless configured.
    pub const TIMEOUT: Duration = Duration::from_secs(10);

    /// A collector with everything as it is when nothing is said about it.
    #[must_use]
    pub fn at(endpoint: OtlpEndpoint) -> Self {
        Self {
            endpoint,
            headers: BTreeMap::new(),
            names: OtlpNames::default(),
            traces: true,
            metrics: true,
            batch: Self::BATCH,
            timeout: Self::TIMEOUT,
        }
    }
}

/// A version of the OpenTelemetry conventions for generative AI, by which facts are named.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum OtlpNames {
    /// As of May 2026, when the conventions moved to a repository of their own.
    #[default]
    #[serde(rename = "genai-2026-05")]
    GenAi2026May,
    /// As of version 1.36 of the general conventions, which many backends still expect.
    #[serde(rename = "genai-1.36")]
    GenAi136,
}

impl OtlpNames {
    /// All of them, the default first.
    pub const ALL: [Self; 2] = [Self::GenAi2026May, Self::GenAi136];

    /// The word used in configuration.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::GenAi2026May => "genai-2026-05",
            Self::GenAi136 => "genai-1.36",
        }
    }

    /// The version of this name.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|names| names.as_str() == word)
    }
}

/// The base address of a collector, such as `http://localhost:4318`; `/v1/traces` and
/// `/v1/metrics` are added to it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct OtlpEndpoint(String);

/// Why a text is not the address of a collector: what is wrong, and what to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{problem}; {fix}")]
pub struct NotAnEndpoint {
    /// What is wrong.
    pub problem: &'static str,
    /// What to do.
    pub fix: &'static str,
}

/// No address of a collector is longer, in bytes.
const LONGEST: usize = 2_000;

impl OtlpEndpoint {
    /// The address in `text`, without a slash at its end.
    ///
    /// # Errors
    /// When it is none, holds a password, or ends where a signal's own path would begin.
    pub fn parse(text: &str) -> Result<Self, NotAnEndpoint> {
        let wrong = |problem, fix| Err(NotAnEndpoint { problem, fix });
        let rest = text.strip_prefix("http://");
        let Some(rest) = rest.or_else(|| text.strip_prefix("https://")) else {
            return wrong(
                "it begins with neither http:// nor https://",
                "write an address such as http://localhost:4318",
            );
        };
        if text.len() > LONGEST {
            return wrong("it is longer than 2,000 characters", "write a shorter one");
        }
        if !text.bytes().all(|b| b.is_ascii_graphic()) {
            return wrong(
                "it contains more than visible ASCII characters",
                "write them percent-encoded",
            );
        }
        if rest.contains(['?', '#']) {
            return wrong(
                "it has a query or a fragment",
                "put what the collector wants to know into 'headers'",
            );
        }
        let authority = rest.split('/').next().unwrap_or_default();
        if authority.contains('@') {
            return wrong(
                "it holds a user or a password",
                "put them into 'headers', from a variable",
            );
        }
        let Some(()) = check_authority(authority) else {
            return wrong(
                "its host or port is malformed",
                "write an address such as http://localhost:4318",
            );
        };
        let trimmed = text.trim_end_matches('/');
        if ["/v1/traces", "/v1/metrics"]
            .iter()
            .any(|path| trimmed.ends_with(path))
        {
            return wrong(
                "it is the address of one signal",
                "leave /v1/traces or /v1/metrics out; they are added",
            );
        }
        Ok(Self(trimmed.to_owned()))
    }

    /// The plain text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether what is sent can be read on its way: neither encrypted nor on this machine.
    #[must_use]
    pub fn is_readable_on_the_way(&self) -> bool {
        let Some(rest) = self.0.strip_prefix("http://") else {
            return false;
        };
        let authority = rest.split('/').next().unwrap_or_default();
        let host = host_of(authority);
        let is_local = host.eq_ignore_ascii_case("localhost")
            || host == "[::1]"
            || host
                .parse::<std::net::Ipv4Addr>()
                .is_ok_and(|address| address.is_loopback());
        !is_local
    }

    /// A short name for it, good for a file: 16 hex digits.
    #[must_use]
    pub fn digest(&self) -> String {
        let mut digest = Digest::of(self.0.as_bytes()).as_str().to_owned();
        digest.truncate(16);
        digest
    }
}

/// The host, with the brackets of an IPv6 address.
fn host_of(authority: &str) -> &str {
    match authority.rfind(']') {
        Some(end) => &authority[..=end],
        None => authority.split(':').next().unwrap_or_default(),
    }
}

fn check_authority(authority: &str) -> Option<()> {
    let host = host_of(authority);
    let is_host = match host.strip_prefix('[').and_then(|h| h.strip_suffix(']')) {
        Some(address) => address.parse::<std::net::Ipv6Addr>().is_ok(),
        None => {
            let is_good = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_');
            !host.is_empty() && host.bytes().all(is_good)
        }
    };
    let is_port = match authority[host.len()..].strip_prefix(':') {
        None => authority.len() == host.len(),
        Some(port) => port.parse::<u16>().is_ok_and(|port| port > 0) && !port.starts_with('+'),
    };
    (is_host && is_port).then_some(())
}

impl fmt::Display for OtlpEndpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl From<OtlpEndpoint> for String {
    fn from(endpoint: OtlpEndpoint) -> Self {
        endpoint.0
    }
}

impl TryFrom<String> for OtlpEndpoint {
    type Error = NotAnEndpoint;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_kept_without_the_last_slash() {
        for (text, kept) in [
            ("http://localhost:4318", "http://localhost:4318"),
            ("https://otel.example.com/", "https://otel.example.com"),
            ("https://x.example/api/otel/", "https://x.example/api/otel"),
            ("http://[::1]:4318", "http://[::1]:4318"),
        ] {
            assert_eq!(OtlpEndpoint::parse(text).map(String::from), Ok(kept.into()));
        }
    }

    #[test]
    fn what_is_no_address_is_refused_with_what_to_do() {
        for (text, about) in [
            ("localhost:4318", "http://"),
            ("ftp://localhost", "http://"),
            ("http://", "host or port"),
            ("http://:80", "host or port"),
            ("http://a:0", "host or port"),
            ("http://a:99999", "host or port"),
            ("http://a:+80", "host or port"),
            ("http://a:80:80", "host or port"),
            ("http://[::1", "host or port"),
            ("http://[::1]x", "host or port"),
            ("http://a b", "ASCII"),
            ("http://a\r\nx: y", "ASCII"),
            ("http://me:pw@a", "password"),
            ("http://a?key=x", "query"),
            ("http://a/v1/traces/", "one signal"),
        ] {
            let error = OtlpEndpoint::parse(text).unwrap_err().to_string();
            assert!(error.contains(about), "{text}: {error}");
        }
        assert!(OtlpEndpoint::parse(&format!("http://{}", "a".repeat(2_000))).is_err());
    }

    #[test]
    fn plain_http_is_fine_on_this_machine_alone() {
        let readable = |text| OtlpEndpoint::parse(text).unwrap().is_readable_on_the_way();
        assert!(readable("http://otel.example.com:4318"));
        assert!(readable("http://10.0.0.1"));
        assert!(readable("http://localhost.example.com"));
        for text in [
            "http://localhost:4318",
            "http://127.0.0.1",
            "http://[::1]:1",
            "https://a",
        ] {
            assert!(!readable(text), "{text}");
        }
    }
}
