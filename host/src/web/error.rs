//! Why the server could not begin or go on. What goes wrong with one request is a `Problem`.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

/// Why the server could not begin or go on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WebError {
    /// The system gave no random numbers.
    #[error("draw a token from /dev/urandom")]
    Random(#[source] io::Error),
    /// The file of the token could not be written.
    #[error("write the token to {}", path.display())]
    TokenFile {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// There is nothing to listen on.
    #[error("listen: no listener was given")]
    NoListener,
    /// Other machines could reach it, and there is no encryption.
    #[error("listen on {address}: only 127.0.0.1 and [::1] are safe without encryption")]
    NotLoopback {
        /// The address.
        address: SocketAddr,
    },
    /// A name for this server makes no sense.
    #[error(
        "use {name:?} as a name of this server: it must be HOST or HOST:PORT, and never 0.0.0.0"
    )]
    BadName {
        /// The name.
        name: String,
    },
    /// A listener could not be used.
    #[error("listen")]
    Listen(#[source] io::Error),
}
