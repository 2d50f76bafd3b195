//! One request to a collector, tried until it is over. Blocks; the only file that names the HTTP
//! client.

use serde_json::Value;
use std::io;
use ureq::http::{HeaderMap, header};
use ureq::tls::{RootCerts, TlsConfig};
use ureq::{Agent, Timeout};

use super::answer::{MOST_BODY, Meaning, Reply, one_line};
use super::collector::Collector;
use super::error::OtlpError;
use super::pause::{Pause, Waited};
use super::retry::{Retries, retry_after};
use crate::model::Clock;

/// What is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// Spans.
    Traces,
    /// Metrics.
    Metrics,
}

impl Signal {
    fn path(self) -> &'static str {
        match self {
            Self::Traces => "/v1/traces",
            Self::Metrics => "/v1/metrics",
        }
    }
}

/// A collector's word that it has something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// Spans or data points that it did not take, and that must not be sent again.
    pub n_rejected: u64,
    /// What it said about that, or otherwise.
    pub message: Option<String>,
    /// How often it was tried.
    pub n_tries: u32,
}

/// Sends to one collector.
pub struct Sender<'a> {
    agent: Agent,
    collector: Collector,
    retries: Retries,
    clock: &'a dyn Clock,
    pause: &'a dyn Pause,
}

/// Why a try failed in a way that may pass.
enum Passing {
    Unreachable(String),
    Status(u16, Option<std::time::Duration>),
}

impl<'a> Sender<'a> {
    /// A sender to `collector`. Nothing is connected yet.
    #[must_use]
    pub fn new(
        collector: Collector,
        retries: Retries,
        clock: &'a dyn Clock,
        pause: &'a dyn Pause,
    ) -> Self {
        let tls = TlsConfig::builder().root_certs(RootCerts::PlatformVerifier);
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .proxy(None)
            .timeout_global(Some(collector.timeout))
            .tls_config(tls.build())
            .user_agent(concat!("tollgate/", env!("CARGO_PKG_VERSION")))
            .build();
        Self {
            agent: Agent::new_with_config(config),
            collector,
            retries,
            clock,
            pause,
        }
    }

    /// The collector.
    #[must_use]
    pub fn collector(&self) -> &Collector {
        &self.collector
    }

    pub(super) fn clock(&self) -> &dyn Clock {
        self.clock
    }

    /// Send `body`, a whole request of `signal`, and wait for the answer. What may pass is tried
    /// again; what arrived although no answer did is sent again, and has the same ids.
    ///
    /// # Errors
    /// Any but those about files.
    pub fn send(&self, signal: Signal, body: &Value) -> Result<Receipt, OtlpError> {
        let text = body.to_string();
        let url = format!("{}{}", self.collector.endpoint, signal.path());
        let mut n_tries = 0;
        loop {
            n_tries += 1;
            let passing = match self.try_once(&url, &text)? {
                Ok((n_rejected, message)) => {
                    return Ok(Receipt {
                        n_rejected,
                        message,
                        n_tries,
                    });
                }
                Err(passing) => passing,
            };
            let asked = match &passing {
                Passing::Status(_, after) => *after,
                Passing::Unreachable(_) => None,
            };
            let noise = self.clock.monotonic().subsec_nanos();
            let Some(wait) = self.retries.wait(n_tries, asked, noise) else {
                return Err(self.gave_up(passing, n_tries));
            };
            if self.pause.pause(wait) == Waited::Stopped {
                let endpoint = self.collector.endpoint.clone();
                return Err(OtlpError::Stopped { endpoint });
            }
        }
    }

    /// How many parts were not taken and what was said, or why it may be tried again.
    fn try_once(
        &self,
        url: &str,
        text: &str,
    ) -> Result<Result<(u64, Option<String>), Passing>, OtlpError> {
        let url = || url.to_owned();
        let reply = match self.post(&url(), text) {
            Ok(reply) => reply,
            Err(error) => return self.broken(url(), &error).map(Err),
        };
        let endpoint = self.collector.endpoint.clone();
        let status = reply.status;
        Err(match reply.meaning() {
            Meaning::Accepted {
                n_rejected,
                message,
            } => return Ok(Ok((n_rejected, message))),
            Meaning::Later { after } => return Ok(Err(Passing::Status(status, after))),
            Meaning::Rejected { message } => OtlpError::Rejected {
                endpoint,
                status,
                message,
            },
            Meaning::Refused { message } => OtlpError::Refused {
                url: url(),
                status,
                message,
            },
            Meaning::Redirected { to } => OtlpError::Redirected {
                url: url(),
                status,
                to,
            },
            Meaning::Stranger { what } => OtlpError::NotACollector { url: url(), what },
        })
    }

    fn post(&self, url: &str, text: &str) -> Result<Reply, ureq::Error> {
        let mut request = self.agent.post(url);
        for (name, value) in &self.collector.headers {
            request = request.header(name, value);
        }
        let request = request.header(header::CONTENT_TYPE, "application/json");
        let mut response = request.send(text)?;
        let body = response.body_mut().with_config().limit(MOST_BODY);
        let body = match body.read_to_vec() {
            Ok(body) => Some(body),
            Err(ureq::Error::BodyExceedsLimit(_)) => None,
            Err(error) => return Err(error),
        };
        let asked = header_text(response.headers(), &header::RETRY_AFTER);
        Ok(Reply {
            status: response.status().as_u16(),
            retry_after: asked.and_then(|text| retry_after(&text, self.clock.now())),
            location: header_text(response.headers(), &header::LOCATION),
            body,
        })
    }

    /// Whether what broke a request may pass. What the other side says wrongly, or proves wrongly,
    /// it will say again.
    fn broken(&self, url: String, error: &ureq::Error) -> Result<Passing, OtlpError> {
        let reason = || one_line(&error.to_string()).unwrap_or_default();
        match error {
            ureq::Error::Timeout(Timeout::Global) => {
                let seconds = self.collector.timeout.as_secs_f64();
                let reason = format!("no answer within {seconds} s");
                Ok(Passing::Unreachable(reason))
            }
            ureq::Error::Io(error) if error.kind() != io::ErrorKind::InvalidData => {
                let reason = one_line(&error.to_string()).unwrap_or_default();
                Ok(Passing::Unreachable(reason))
            }
            ureq::Error::Timeout(_) | ureq::Error::HostNotFound | ureq::Error::ConnectionFailed => {
                Ok(Passing::Unreachable(reason()))
            }
            ureq::Error::Protocol(_) | ureq::Error::LargeResponseHeader(..) => {
                let what = reason();
                Err(OtlpError::NotACollector { url, what })
            }
            ureq::Error::Io(_) | ureq::Error::Rustls(_) | ureq::Error::Tls(_) => {
                let endpoint = self.collector.endpoint.clone();
                let reason = reason();
                Err(OtlpError::Insecure { endpoint, reason })
            }
            _ => Err(self.gave_up(Passing::Unreachable(reason()), 1)),
        }
    }

    fn gave_up(&self, passing: Passing, n_tries: u32) -> OtlpError {
        let endpoint = self.collector.endpoint.clone();
        match passing {
            Passing::Unreachable(reason) => OtlpError::Unreachable {
                endpoint,
                n_tries,
                reason,
            },
            Passing::Status(status, retry_after) => OtlpError::Busy {
                endpoint,
                n_tries,
                status,
                retry_after,
            },
        }
    }
}

fn header_text(headers: &HeaderMap, name: &header::HeaderName) -> Option<String> {
    let value = headers.get(name)?;
    Some(String::from_utf8_lossy(value.as_bytes()).into_owned())
}
