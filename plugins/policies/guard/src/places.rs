//! Directories and programs, compared part by part.
//!
//! Owns what "in a directory" means. Never resolves anything: a path with `..` in it is in no directory.

/// A directory of the configuration.
#[derive(Debug)]
pub(crate) struct Place {
    parts: Vec<String>,
    /// What is in it is not meant.
    alone: bool,
}

/// A program of the configuration.
#[derive(Debug)]
pub(crate) enum Program {
    /// By its name, wherever it is.
    Name(String),
    /// This file.
    Path(Vec<String>),
}

impl Place {
    /// An absolute path without `..`; with `/.` at its end what is in it is not meant.
    pub(crate) fn read(entry: &str) -> Option<Self> {
        Some(Self {
            parts: parts(entry)?,
            alone: entry.ends_with("/."),
        })
    }

    /// The root and everything below.
    pub(crate) fn is_everything(&self) -> bool {
        self.parts.is_empty() && !self.alone
    }

    /// Whether the directory of these parts is meant.
    pub(crate) fn covers(&self, parts: &[String]) -> bool {
        if self.alone {
            self.parts == parts
        } else {
            parts.starts_with(&self.parts)
        }
    }
}

impl Program {
    /// A name, or an absolute path without `..`.
    pub(crate) fn read(entry: &str) -> Option<Self> {
        if entry.contains('/') {
            parts(entry).filter(|it| !it.is_empty()).map(Self::Path)
        } else if entry.is_empty() || entry == "." || entry == ".." {
            None
        } else {
            Some(Self::Name(entry.to_owned()))
        }
    }

    /// Whether `program` is this one.
    pub(crate) fn is(&self, program: &str) -> bool {
        match self {
            Self::Name(name) => program.rsplit('/').next() == Some(name),
            Self::Path(path) => parts(program).as_ref() == Some(path),
        }
    }
}

/// The parts of an absolute path. None: relative, or with `..`, or with a NUL.
pub(crate) fn parts(path: &str) -> Option<Vec<String>> {
    if !path.starts_with('/') || path.contains('\0') {
        return None;
    }
    let named = path.split('/').filter(|part| !matches!(*part, "" | "."));
    named
        .map(|part| (part != "..").then(|| part.to_owned()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_covers_what_is_below_it_and_not_its_neighbours() {
        for (entry, path, covered) in [
            ("/etc", "/etc", true),
            ("/etc/", "//etc/./nginx", true),
            ("/etc", "/etcetera", false),
            ("/etc", "/", false),
            ("/", "/home", true),
            ("/.", "/", true),
            ("/.", "/home", false),
            ("/home/ann/.", "/home/ann/", true),
            ("/home/ann/.", "/home/ann/code", false),
        ] {
            let place = Place::read(entry).expect(entry);
            let parts = parts(path).expect(path);
            assert_eq!(place.covers(&parts), covered, "{path} in {entry}");
        }
        for entry in ["", "etc", "~", "~/code", "/home/../etc", "..", "."] {
            assert!(Place::read(entry).is_none(), "{entry}");
        }
    }

    #[test]
    fn a_program_is_known_by_name_or_by_path() {
        for (entry, program, same) in [
            ("claude", "claude", true),
            ("claude", "/usr/bin/claude", true),
            ("claude", "/usr/bin/claude-x", false),
            ("claude", "/usr/claude/bin", false),
            ("/usr/bin/claude", "/usr//bin/claude", true),
            ("/usr/bin/claude", "claude", false),
            ("/usr/bin/claude", "/usr/bin/../bin/claude", false),
            ("/usr/bin/claude", "/opt/usr/bin/claude", false),
        ] {
            let known = Program::read(entry).expect(entry);
            assert_eq!(known.is(program), same, "{program} as {entry}");
        }
        for entry in [
            "",
            "bin/claude",
            "./claude",
            "/",
            "..",
            "/usr/../bin/claude",
        ] {
            assert!(Program::read(entry).is_none(), "{entry}");
        }
    }
}
