//! One Markdown file among the specifications, as it is.
//!
//! Nothing outside the folder is reached: the path may only go down, and no symbolic link is
//! followed. What is wrong with the front matter does not keep the text from being shown.

use std::ffi::OsStr;
use std::io;
use std::path::Path;

use rustix::fs::FileType;
use serde::Serialize;
use serde_json::Value;

use super::cache::{not_read, not_utf8};
use super::error::BoardError;
use super::folder::{Folder, NotRead};
use super::front_matter::{self, FrontMatter};
use super::links;
use super::scan;
use super::spec::BOUNDS;
use super::yaml::parse;
use crate::model::{Digest, excerpt};

/// Largest file that is shown, in bytes.
const MAX_BYTES: u64 = 1 << 20;
const LINK: &str = "a symbolic link is in the way, and none is followed";

/// A specification as it is written.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SpecText {
    /// Its file, below the folder of specifications.
    pub path: String,
    /// The fields of its front matter; null when it has none that can be read.
    pub front_matter: Value,
    /// The Markdown behind the front matter; all of the file when that cannot be read. Somebody else
    /// wrote it: it may hold anything.
    pub text: String,
    /// SHA-256 of the whole file.
    pub etag: String,
}

/// Bytes of a name of a file, at most: `NAME_MAX` of Linux and macOS.
const LONGEST_NAME: usize = 255;

/// Read the file that `path` names below the folder of specifications.
pub(super) fn read(root: &Path, folder: &Path, path: &str) -> Result<SpecText, BoardError> {
    let outside = |why| BoardError::Outside {
        path: excerpt(path),
        why,
    };
    let inner = links::below(path, folder).map_err(outside)?;
    let missing = || BoardError::NoSuchSpec {
        path: excerpt(&inner),
    };
    // No file can have such a name, so none has.
    if inner.split('/').any(|part| part.len() > LONGEST_NAME) {
        return Err(missing());
    }
    let specs = scan::open(root, folder)
        .map_err(BoardError::io("open", scan::shown(folder)))?
        .ok_or_else(missing)?;
    let (dirs, name) = inner.rsplit_once('/').unwrap_or(("", &inner));
    let mut here = specs;
    for dir in dirs.split('/').filter(|dir| !dir.is_empty()) {
        here = step(&here, dir)
            .map_err(BoardError::io("open the folder of", excerpt(&inner)))?
            .map_err(|stop| match stop {
                Stop::Link => outside(LINK),
                Stop::Gone => missing(),
            })?;
    }
    let bytes = match here.read(OsStr::new(name), MAX_BYTES) {
        Ok((bytes, _)) => bytes,
        Err(NotRead::Link) => return Err(outside(LINK)),
        Err(why) => {
            let shown = links::written(&inner, folder);
            return Err(not_read(&shown, why).map_or_else(missing, BoardError::Malformed));
        }
    };
    let text = String::from_utf8(bytes).map_err(|error| {
        let shown = links::written(&inner, folder);
        BoardError::Malformed(not_utf8(&shown, error.as_bytes(), error.utf8_error()))
    })?;
    Ok(take_apart(inner, &text))
}

/// Why a path ends before its file.
enum Stop {
    Link,
    Gone,
}

fn step(here: &Folder, dir: &str) -> io::Result<Result<Folder, Stop>> {
    let name = OsStr::new(dir);
    match here.child(name) {
        Ok(folder) => Ok(Ok(folder)),
        Err(error) => match here.stamp(name) {
            Ok(stamp) if stamp.kind == FileType::Symlink => Ok(Err(Stop::Link)),
            Ok(stamp) if stamp.kind == FileType::Directory => Err(error),
            Ok(_) => Ok(Err(Stop::Gone)),
            Err(gone) if gone.kind() == io::ErrorKind::NotFound => Ok(Err(Stop::Gone)),
            Err(error) => Err(error),
        },
    }
}

fn take_apart(path: String, text: &str) -> SpecText {
    let found = match front_matter::find(text.as_bytes()) {
        FrontMatter::Found { yaml, body } => {
            let root = std::str::from_utf8(yaml)
                .ok()
                .and_then(|yaml| parse(yaml, BOUNDS).ok().flatten());
            root.and_then(|root| Some((root.to_json(), text.get(body..)?)))
        }
        FrontMatter::None | FrontMatter::Unclosed => None,
    };
    let (front_matter, body) = found.unwrap_or((Value::Null, text));
    SpecText {
        path,
        front_matter,
        text: body.to_owned(),
        etag: Digest::of(text.as_bytes()).as_str().to_owned(),
    }
}
