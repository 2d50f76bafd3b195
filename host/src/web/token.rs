//! The token that opens this server: drawn, kept in a file of its own for a day, compared.
//!
//! Whoever can read the file is the user. The token stands in no log, no address, and no `Debug`.

use std::fmt::{self, Write as _};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write as _};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp};
use rustix::fs::OFlags;
use sha2::{Digest, Sha256};

use super::error::WebError;

/// 256 random bits as 64 lower-case hex digits.
#[derive(Clone)]
pub struct Token {
    text: String,
}

impl Token {
    /// A new one, from the system's random numbers.
    ///
    /// # Errors
    ///
    /// `/dev/urandom` cannot be read.
    pub fn random() -> Result<Self, WebError> {
        let mut bytes = [0_u8; 32];
        File::open("/dev/urandom")
            .and_then(|mut file| file.read_exact(&mut bytes))
            .map_err(WebError::Random)?;
        let mut text = String::with_capacity(64);
        for byte in bytes {
            // Writing to a string cannot fail.
            let _ = write!(text, "{byte:02x}").is_ok();
        }
        Ok(Self { text })
    }

    /// The text, for the address that is shown to the user.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether `shown` is this token. How long it takes says nothing about either.
    #[must_use]
    pub fn matches(&self, shown: &str) -> bool {
        // Digests have one length, and where two of them first differ says nothing about the texts.
        let (ours, theirs) = (Sha256::digest(&self.text), Sha256::digest(shown));
        let pairs = ours.iter().zip(theirs.iter());
        pairs.fold(0, |differ, (a, b)| differ | (a ^ b)) == 0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(..)")
    }
}

/// How long the token of an earlier server opens a later one, so that open pages go on after a restart.
const KEPT_FOR: SignedDuration = SignedDuration::from_hours(24);

/// A token that stands in a file.
#[derive(Debug)]
pub struct TokenFile {
    token: Token,
}

impl TokenFile {
    /// The token that stands at `path` since less than a day, or else a new one.
    ///
    /// One that others could have read or written is never taken.
    ///
    /// # Errors
    ///
    /// As [`TokenFile::draw`].
    pub fn keep(path: &Path, now: Timestamp) -> Result<Self, WebError> {
        match kept(path, now) {
            Some(token) => Ok(Self { token }),
            None => Self::draw(path),
        }
    }

    /// Draw a token and put it at `path`, in the place of an older one.
    ///
    /// The file is never readable by others, not even for a moment: its mode is set as it is made,
    /// under a name of its own, and then it takes the place of `path`, whatever was there (a link
    /// itself, not what it leads to).
    ///
    /// # Errors
    ///
    /// There are no random numbers, or the file cannot be written.
    pub fn draw(path: &Path) -> Result<Self, WebError> {
        let token = Token::random()?;
        let failed = |source| WebError::TokenFile {
            path: path.to_owned(),
            source,
        };
        let mut name = path.as_os_str().to_owned();
        name.push(format!(".{}.new", &Token::random()?.text[..16]));
        let new = PathBuf::from(name);
        let written = write_new(&new, &token).and_then(|()| fs::rename(&new, path));
        if let Err(source) = written {
            // What is left under the other name is of no use to anybody.
            let _ = fs::remove_file(&new).is_ok();
            return Err(failed(source));
        }
        Ok(Self { token })
    }

    /// The token in it.
    #[must_use]
    pub fn token(&self) -> &Token {
        &self.token
    }
}

fn write_new(path: &Path, token: &Token) -> io::Result<()> {
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .custom_flags(no_detours()?)
        .open(path)?;
    writeln!(file, "{}", token.text)
}

/// Flags that keep an open from following a link or waiting at a pipe.
fn no_detours() -> io::Result<i32> {
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    i32::try_from(flags.bits()).map_err(io::Error::other)
}

/// The token of an earlier server, if it may be trusted.
fn kept(path: &Path, now: Timestamp) -> Option<Token> {
    let file = OpenOptions::new()
        .read(true)
        .custom_flags(no_detours().ok()?)
        .open(path)
        .ok()?;
    let about = file.metadata().ok()?;
    let ours = about.is_file()
        && about.mode() & 0o777 == 0o600
        && about.nlink() == 1
        && about.uid() == rustix::process::geteuid().as_raw();
    let drawn = Timestamp::try_from(about.modified().ok()?).ok()?;
    let age = now.duration_since(drawn);
    if !ours || age.is_negative() || age >= KEPT_FOR {
        return None;
    }
    let mut text = String::new();
    file.take(128).read_to_string(&mut text).ok()?;
    let text = text.trim_end();
    let is_token = text.len() == 64
        && text
            .bytes()
            .all(|it| matches!(it, b'0'..=b'9' | b'a'..=b'f'));
    is_token.then(|| Token {
        text: text.to_owned(),
    })
}
