//! What this room could not do.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use crate::model::OtlpEndpoint;

/// Something could not be sent, or how far a collector has got could not be kept.
///
/// Texts of a collector are bounded and on one line; whoever shows them escapes them.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OtlpError {
    /// A header cannot be sent.
    #[error("send the header `{name}`: {problem}")]
    Header {
        /// Its name.
        name: String,
        /// What is wrong with it; never its value.
        problem: &'static str,
    },
    /// No connection, or it broke, or no answer came in time. What was sent may have arrived.
    #[error("reach {endpoint} ({n_tries} {}): {reason}", if *n_tries == 1 { "try" } else { "tries" })]
    Unreachable {
        /// The collector.
        endpoint: OtlpEndpoint,
        /// How often it was tried.
        n_tries: u32,
        /// What happened the last time.
        reason: String,
    },
    /// No secure connection: its certificate is not trusted or for another name, or it does not
    /// speak TLS.
    #[error("make a secure connection to {endpoint}: {reason}")]
    Insecure {
        /// The collector.
        endpoint: OtlpEndpoint,
        /// What is wrong.
        reason: String,
    },
    /// The collector wants to be left alone for now (429, 502, 503, or 504).
    #[error("send to {endpoint} ({n_tries} {}): it answers {status}", if *n_tries == 1 { "try" } else { "tries" })]
    Busy {
        /// The collector.
        endpoint: OtlpEndpoint,
        /// How often it was tried.
        n_tries: u32,
        /// What it answered the last time.
        status: u16,
        /// How long it wants to be left alone, when it said so.
        retry_after: Option<Duration>,
    },
    /// The collector cannot use what was sent (400, 413, or 422).
    #[error(
        "have {endpoint} take what was sent: it answers {status}{}",
        said(message)
    )]
    Rejected {
        /// The collector.
        endpoint: OtlpEndpoint,
        /// What it answered.
        status: u16,
        /// What it said.
        message: Option<String>,
    },
    /// The collector will have nothing from us, whatever it is: the address, the headers, or JSON.
    #[error("send to {url}: it answers {status}{}", said(message))]
    Refused {
        /// The whole address.
        url: String,
        /// What it answered.
        status: u16,
        /// What it said.
        message: Option<String>,
    },
    /// It points elsewhere, and is not followed: headers may hold a secret.
    #[error("send to {url}: it answers {status} and points to {to}")]
    Redirected {
        /// The whole address.
        url: String,
        /// What it answered.
        status: u16,
        /// Where it points.
        to: String,
    },
    /// Whatever answers there is no collector.
    #[error("send to {url}: no collector answers there: {what}")]
    NotACollector {
        /// The whole address.
        url: String,
        /// What answers.
        what: String,
    },
    /// Somebody wants it to stop.
    #[error("send to {endpoint}: it was stopped")]
    Stopped {
        /// The collector.
        endpoint: OtlpEndpoint,
    },
    /// Another process sends to the same collector.
    #[error("send to {endpoint}: another process is at it (`{}` is locked)", path.display())]
    InUse {
        /// The collector.
        endpoint: OtlpEndpoint,
        /// The lock.
        path: PathBuf,
    },
    /// What says how far a collector has got cannot be understood.
    #[error("read `{}`: {problem}", path.display())]
    Damaged {
        /// The file; without it everything on record is sent again.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// The system refused.
    #[error("{action} `{}`", path.display())]
    File {
        /// What was tried, such as `write`.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// Why it failed.
        #[source]
        source: io::Error,
    },
}

impl OtlpError {
    /// Wrap a system error with what was tried on what.
    pub(super) fn file(
        action: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::File {
            action,
            path,
            source,
        }
    }

    /// Whether the same may succeed later, with nothing changed.
    #[must_use]
    pub fn may_pass(&self) -> bool {
        matches!(
            self,
            Self::Unreachable { .. }
                | Self::Busy { .. }
                | Self::Stopped { .. }
                | Self::InUse { .. }
        )
    }

    /// How to mend it, where there is a way that the error itself does not say.
    #[must_use]
    pub fn fix(&self) -> Option<String> {
        match self {
            Self::Header { name, .. } => Some(format!(
                "mend '{name}' under 'otlp.headers' in telemetry.yaml"
            )),
            Self::Unreachable { .. } => {
                Some("check that the collector runs and that 'otlp.endpoint' is its address".into())
            }
            Self::Insecure { .. } => Some(
                "have this machine trust its certificate authority, or name the file in SSL_CERT_FILE"
                    .into(),
            ),
            Self::Refused { status, url, .. } => Some(refused_fix(*status, url)),
            Self::Redirected { .. } => {
                Some("set 'otlp.endpoint' to the address it points to, if you trust it".into())
            }
            Self::Rejected { .. } | Self::NotACollector { .. } => Some(
                "check that a collector that takes OTLP/HTTP in JSON is at 'otlp.endpoint'".into(),
            ),
            Self::Damaged { path, .. } => Some(format!(
                "remove {}; everything on record is then sent again",
                path.display()
            )),
            Self::Busy { .. } | Self::Stopped { .. } | Self::InUse { .. } | Self::File { .. } => {
                None
            }
        }
    }
}

fn refused_fix(status: u16, url: &str) -> String {
    match status {
        401 | 403 | 407 => "check 'otlp.headers' in telemetry.yaml".to_owned(),
        404 | 405 if url.ends_with("/v1/metrics") => {
            "if it takes no metrics, write 'signals: [traces]'; else check 'otlp.endpoint'"
                .to_owned()
        }
        404 | 405 => "check 'otlp.endpoint'; /v1/traces is added to it".to_owned(),
        415 => "it takes no JSON; put an OpenTelemetry Collector before it".to_owned(),
        _ => "look at what the collector logs".to_owned(),
    }
}

fn said(message: &Option<String>) -> String {
    message
        .as_ref()
        .map_or_else(String::new, |m| format!(": {m}"))
}
