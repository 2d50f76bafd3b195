//! Which file below the folder of specifications a written path means.
//!
//! Owns what such a path may look like. It opens nothing: that no link leads out of the folder is
//! `folder`'s work.

use std::path::{Component, Path};

/// Longest path, in bytes.
const LONGEST: usize = 1_024;

/// The path below the folder of specifications, with `/` and `.md`. It may be written with or
/// without the folder's own name and the extension.
///
/// # Errors
/// Why it can mean no file in there.
pub(super) fn below(written: &str, folder: &Path) -> Result<String, &'static str> {
    let written = written.trim();
    if written.is_empty() {
        return Err("the path is empty");
    }
    if written.len() > LONGEST {
        return Err("the path is too long");
    }
    if written.contains('\\') || written.chars().any(char::is_control) {
        return Err("the path has backslashes or control characters");
    }
    let mut parts = Vec::new();
    for component in Path::new(written).components() {
        match component {
            Component::Normal(name) => parts.push(name.to_string_lossy().into_owned()),
            Component::CurDir => {}
            Component::ParentDir => return Err("the path leads upwards with `..`"),
            Component::RootDir | Component::Prefix(_) => return Err("the path is absolute"),
        }
    }
    if parts.iter().any(|part| part.starts_with('.')) {
        return Err("hidden files are no specifications");
    }
    let own: Vec<String> = folder
        .components()
        .filter_map(|component| match component {
            Component::Normal(name) => Some(name.to_string_lossy().into_owned()),
            _ => None,
        })
        .collect();
    if folder.is_relative() && parts.len() > own.len() && parts.starts_with(&own) {
        parts.drain(..own.len());
    }
    let mut path = parts.join("/");
    if path.is_empty() {
        return Err("the path names no file");
    }
    if !path.ends_with(".md") {
        path.push_str(".md");
    }
    Ok(path)
}

/// How a specification is named in a task's file: from the root, as the origin's tools expect.
pub(super) fn written(inner: &str, folder: &Path) -> String {
    if folder.is_relative() {
        format!("{}/{inner}", super::scan::shown(folder))
    } else {
        inner.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(written: &str) -> Result<String, &'static str> {
        below(written, Path::new("specifications"))
    }

    #[test]
    fn a_path_may_leave_out_what_goes_without_saying() {
        for written in [
            "specifications/dash/tracking.md",
            "./specifications/dash/tracking.md",
            "dash/tracking.md",
            "dash/tracking",
            "specifications/dash//tracking",
        ] {
            assert_eq!(
                read(written).as_deref(),
                Ok("dash/tracking.md"),
                "{written}"
            );
        }
        assert_eq!(read("specifications").as_deref(), Ok("specifications.md"));
        let nested = below("docs/specs/a.md", Path::new("docs/specs/"));
        assert_eq!(nested.as_deref(), Ok("a.md"));
        let elsewhere = below("/a.md", Path::new("/srv/specs"));
        assert_eq!(elsewhere, Err("the path is absolute"));
    }

    #[test]
    fn a_path_that_could_leave_the_folder_means_no_file() {
        for hostile in [
            "../secret.md",
            "specifications/../../secret.md",
            "a/../b.md",
            "/etc/passwd",
            "..",
            "",
            "  ",
            "a\\b.md",
            "C:\\x.md",
            "a\0.md",
            ".git/config",
            "specifications/.hidden.md",
            "./",
        ] {
            assert!(read(hostile).is_err(), "{hostile:?}: {:?}", read(hostile));
        }
        assert!(read(&"x/".repeat(600)).is_err());
    }

    #[test]
    fn it_is_written_from_the_root() {
        assert_eq!(
            written("a/b.md", Path::new("specifications")),
            "specifications/a/b.md"
        );
        assert_eq!(written("a/b.md", Path::new("/srv/specs")), "a/b.md");
    }
}
