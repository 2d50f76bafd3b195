//! The process's environment, taken once.
//!
//! Everything else in this room works on such a snapshot, so tests never touch the real one.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::io;
use std::path::{Path, PathBuf};

/// What the process was started with.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Environment {
    /// Environment variables.
    pub vars: BTreeMap<OsString, OsString>,
    /// Working directory, absolute.
    pub cwd: PathBuf,
}

impl Environment {
    /// Take the snapshot.
    ///
    /// # Errors
    /// When the working directory no longer exists.
    pub fn capture() -> io::Result<Self> {
        Ok(Self {
            vars: std::env::vars_os().collect(),
            cwd: std::env::current_dir()?,
        })
    }

    /// A variable, unless it is unset or empty.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&OsStr> {
        self.vars
            .get(OsStr::new(name))
            .map(OsString::as_os_str)
            .filter(|value| !value.is_empty())
    }

    /// A variable that holds an absolute path; the XDG specification has relative ones ignored.
    #[must_use]
    pub fn absolute(&self, name: &str) -> Option<PathBuf> {
        self.get(name)
            .map(PathBuf::from)
            .filter(|path| path.is_absolute())
    }

    /// The user's home directory.
    #[must_use]
    pub fn home(&self) -> Option<PathBuf> {
        self.absolute("HOME")
    }

    /// `path` as people would write it from where they stand.
    #[must_use]
    pub fn display(&self, path: &Path) -> String {
        path.strip_prefix(&self.cwd)
            .ok()
            .filter(|relative| !relative.as_os_str().is_empty())
            .unwrap_or(path)
            .display()
            .to_string()
    }

    /// The program `name` on PATH, if there is one that may be executed.
    #[must_use]
    pub fn find_program(&self, name: &str) -> Option<PathBuf> {
        let path = self.get("PATH")?;
        std::env::split_paths(path)
            .filter(|directory| directory.is_absolute())
            .map(|directory| directory.join(name))
            .find(|candidate| is_executable(candidate))
    }
}

#[cfg(unix)]
fn is_executable(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    path.metadata()
        .is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_executable(path: &Path) -> bool {
    path.is_file()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_shown_from_where_people_stand() {
        let environment = Environment {
            cwd: "/home/me/project".into(),
            ..Environment::default()
        };
        assert_eq!(
            environment.display(Path::new("/home/me/project/config/agents.yaml")),
            "config/agents.yaml"
        );
        assert_eq!(environment.display(Path::new("/etc/x")), "/etc/x");
    }

    #[test]
    fn empty_and_relative_values_do_not_count() {
        let vars = [("A", ""), ("B", "x/y"), ("C", "/x")];
        let vars = vars
            .map(|(k, v)| (k.into(), v.into()))
            .into_iter()
            .collect();
        let environment = Environment {
            vars,
            ..Environment::default()
        };
        assert_eq!(environment.get("A"), None);
        assert_eq!(environment.absolute("B"), None);
        assert_eq!(environment.absolute("C"), Some("/x".into()));
    }
}
