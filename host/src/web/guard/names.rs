//! The names under which this server may be addressed. What stops DNS rebinding: a page whose name
//! was pointed at 127.0.0.1 still sends its own name.
//!
//! Names are compared as text; nothing is ever looked up.

use std::net::SocketAddr;

use super::super::error::WebError;

/// The authorities (`host:port`, in lower case) that are ours.
#[derive(Debug, Clone)]
pub(crate) struct Names {
    ours: Vec<String>,
}

impl Names {
    /// Those of a server that listens on `addresses`, and the `configured` ones: `HOST` means our
    /// own port, `HOST:PORT` another one, as behind a proxy.
    pub(crate) fn new(addresses: &[SocketAddr], configured: &[String]) -> Result<Self, WebError> {
        let mut ours = Vec::new();
        for address in addresses {
            let port = address.port();
            for host in ["127.0.0.1", "localhost", "[::1]"] {
                add(&mut ours, host, port);
            }
            for name in configured {
                let bad = || WebError::BadName { name: name.clone() };
                let (host, port) = match name.rsplit_once(':') {
                    Some((host, port)) => (host, port.parse().map_err(|_| bad())?),
                    None => (name.as_str(), port),
                };
                if !is_host(host) || port == 0 {
                    return Err(bad());
                }
                add(&mut ours, &host.to_ascii_lowercase(), port);
            }
        }
        ours.sort();
        ours.dedup();
        Ok(Self { ours })
    }

    /// Whether `authority` is one of ours.
    pub(crate) fn has(&self, authority: &str) -> bool {
        let authority = authority.to_ascii_lowercase();
        self.ours.contains(&authority)
    }
}

/// Add a name as clients write it: without the port where the scheme implies it.
fn add(ours: &mut Vec<String>, host: &str, port: u16) {
    ours.push(format!("{host}:{port}"));
    if port == 80 || port == 443 {
        ours.push(host.to_owned());
    }
}

/// A host name; addresses that mean "all of this machine" are not names.
fn is_host(host: &str) -> bool {
    let fine = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'.';
    let is_wild = host == "0.0.0.0" || host == "0" || host.starts_with("0.");
    (1..=253).contains(&host.len())
        && host.bytes().all(fine)
        && host.split('.').all(|label| !label.is_empty())
        && !is_wild
}
