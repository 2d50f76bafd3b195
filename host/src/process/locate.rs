//! Finds the program that a tool's configuration names.
//!
//! Owns the rules of the search. It never starts anything, and it never searches the working
//! directory: empty and relative entries of PATH are passed over, because whoever wrote the
//! directory one stands in would otherwise choose the program.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use rustix::fs::Access;

use crate::model::Availability;

/// Look for `binary`: along `path_var` when it is a bare name, else where it says, relative to `cwd`.
///
/// The first file that may be executed wins. A file of that name that may not be executed is
/// remembered and reported only if nothing better follows.
#[must_use]
pub fn locate(binary: &str, path_var: Option<&OsStr>, cwd: &Path) -> Availability {
    if binary.contains('/') {
        return inspect(cwd.join(binary));
    }
    if binary.is_empty() {
        return Availability::NotFound;
    }
    let mut best = Availability::NotFound;
    for folder in path_var.iter().flat_map(std::env::split_paths) {
        if !folder.is_absolute() {
            continue;
        }
        match inspect(folder.join(binary)) {
            found @ Availability::Available(_) => return found,
            refused @ Availability::NotExecutable(_) if best == Availability::NotFound => {
                best = refused;
            }
            Availability::NotExecutable(_)
            | Availability::NotFound
            | Availability::VariableMissing(_) => {}
        }
    }
    best
}

fn inspect(path: PathBuf) -> Availability {
    let Ok(metadata) = path.metadata() else {
        return Availability::NotFound;
    };
    if metadata.is_file() && rustix::fs::access(&path, Access::EXEC_OK).is_ok() {
        Availability::Available(path)
    } else {
        Availability::NotExecutable(path)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn file(folder: &Path, name: &str, mode: u32) -> PathBuf {
        fs::create_dir_all(folder).unwrap();
        let path = folder.join(name);
        fs::write(&path, "#!/bin/sh\n").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        path
    }

    #[test]
    fn the_first_executable_on_path_wins() {
        let root = tempfile::tempdir().unwrap();
        let (one, two) = (root.path().join("one"), root.path().join("two"));
        let refused = file(&one, "tool", 0o644);
        let path = std::env::join_paths([&one, &two]).unwrap();

        let found = locate("tool", Some(&path), root.path());
        assert_eq!(found, Availability::NotExecutable(refused));

        let wanted = file(&two, "tool", 0o755);
        let found = locate("tool", Some(&path), root.path());
        assert_eq!(found, Availability::Available(wanted));
    }

    #[test]
    fn empty_and_relative_entries_are_passed_over() {
        let root = tempfile::tempdir().unwrap();
        file(root.path(), "tool", 0o755);
        for path in ["", ":", ".", "::.:./:bin"] {
            let found = locate("tool", Some(OsStr::new(path)), root.path());
            assert_eq!(found, Availability::NotFound, "PATH={path:?}");
        }
        assert_eq!(locate("tool", None, root.path()), Availability::NotFound);
        assert_eq!(locate("", None, root.path()), Availability::NotFound);
    }

    #[test]
    fn a_path_is_taken_as_it_is() {
        let root = tempfile::tempdir().unwrap();
        let tool = file(root.path(), "tool", 0o755);
        let at = |binary: &str| locate(binary, None, root.path());

        assert_eq!(
            at(tool.to_str().unwrap()),
            Availability::Available(tool.clone())
        );
        assert_eq!(
            at("./tool"),
            Availability::Available(root.path().join("./tool"))
        );
        assert_eq!(at("./none"), Availability::NotFound);
        fs::create_dir(root.path().join("folder")).unwrap();
        let folder = root.path().join("./folder");
        assert_eq!(at("./folder"), Availability::NotExecutable(folder));
    }
}
