//! Writing files so that either all of them are there or none has changed.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Component, Path, PathBuf};

use super::SettingsError;

/// Write `files` (names relative to `directory`, and their text).
///
/// Everything is staged and synced beside its destination first, then moved into place; when a
/// move fails, the earlier ones are undone. With `force`, files in the way are replaced, and a
/// `.yml` twin of a `.yaml` file is removed with it.
///
/// # Errors
/// [`SettingsError::Exists`] naming everything in the way when `force` is not set;
/// [`SettingsError::Io`] when the system refuses.
pub fn write(
    directory: &Path,
    files: &[(String, String)],
    force: bool,
) -> Result<(), SettingsError> {
    if let Some((name, _)) = files.iter().find(|(name, _)| !is_inside(name)) {
        let error = io::Error::new(io::ErrorKind::InvalidInput, "leads out of the directory");
        return Err(SettingsError::io("write", directory.join(name))(error));
    }
    let in_the_way: Vec<PathBuf> = files
        .iter()
        .flat_map(|(name, _)| occupants(directory, name))
        .collect();
    if !force && !in_the_way.is_empty() {
        return Err(SettingsError::Exists(in_the_way));
    }
    let mut change = Change::default();
    let result = change.apply(directory, files);
    match result {
        Ok(()) => change.keep(),
        Err(_) => change.undo(),
    }
    result
}

fn is_inside(name: &str) -> bool {
    !name.is_empty()
        && Path::new(name)
            .components()
            .all(|c| matches!(c, Component::Normal(_)))
}

/// The file itself and its `.yml` twin, as far as they exist.
fn occupants(directory: &Path, name: &str) -> Vec<PathBuf> {
    let path = directory.join(name);
    let twin = name
        .strip_suffix(".yaml")
        .map(|stem| directory.join(format!("{stem}.yml")));
    [Some(path), twin]
        .into_iter()
        .flatten()
        .filter(|p| p.symlink_metadata().is_ok())
        .collect()
}

/// What was done so far, so that it can be undone in reverse.
#[derive(Default)]
struct Change {
    done: Vec<Done>,
    staging: PathBuf,
}

enum Done {
    CreatedDirectory(PathBuf),
    SetAside { original: PathBuf, aside: PathBuf },
    Placed(PathBuf),
}

impl Change {
    fn apply(&mut self, directory: &Path, files: &[(String, String)]) -> Result<(), SettingsError> {
        self.create_directories(directory)?;
        let staging = directory.join(format!(".tollgate-{}", std::process::id()));
        fs::create_dir(&staging).map_err(SettingsError::io("create", &staging))?;
        self.staging = staging;
        for (index, (_, text)) in files.iter().enumerate() {
            let staged = self.staging.join(format!("new-{index}"));
            write_new(&staged, text.as_bytes(), 0o644)
                .map_err(SettingsError::io("write", &staged))?;
        }
        for (index, (name, _)) in files.iter().enumerate() {
            let path = directory.join(name);
            self.create_directories(path.parent().unwrap_or(directory))?;
            for (n, original) in occupants(directory, name).into_iter().enumerate() {
                let aside = self.staging.join(format!("old-{index}-{n}"));
                fs::rename(&original, &aside).map_err(SettingsError::io("replace", &original))?;
                self.done.push(Done::SetAside { original, aside });
            }
            // A link fails when something appeared meanwhile; a rename would overwrite it.
            fs::hard_link(self.staging.join(format!("new-{index}")), &path)
                .map_err(SettingsError::io("write", &path))?;
            self.done.push(Done::Placed(path));
        }
        sync_directory(directory).map_err(SettingsError::io("sync", directory))
    }

    fn create_directories(&mut self, path: &Path) -> Result<(), SettingsError> {
        let missing: Vec<&Path> = path
            .ancestors()
            .take_while(|p| !p.as_os_str().is_empty() && !p.exists())
            .collect();
        for directory in missing.into_iter().rev() {
            fs::create_dir(directory).map_err(SettingsError::io("create", directory))?;
            self.done.push(Done::CreatedDirectory(directory.into()));
        }
        Ok(())
    }

    /// Leftovers of staging are no reason to fail: the files are in place.
    fn keep(&self) {
        fs::remove_dir_all(&self.staging).ok();
    }

    /// Best effort in reverse order: the first failure is what people need to hear about.
    fn undo(&mut self) {
        while let Some(step) = self.done.pop() {
            match step {
                Done::Placed(path) => fs::remove_file(path).ok(),
                Done::SetAside { original, aside } => fs::rename(aside, original).ok(),
                Done::CreatedDirectory(path) => {
                    self.keep();
                    fs::remove_dir(path).ok()
                }
            };
        }
        if !self.staging.as_os_str().is_empty() {
            self.keep();
        }
    }
}

/// Replace one file as a whole, readable by its owner only.
pub(crate) fn replace_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let directory = path.parent().unwrap_or(Path::new("."));
    create_private_directories(directory)?;
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.new", std::process::id()));
    let staged = directory.join(name);
    // Left by a process of the same number that died here.
    match fs::remove_file(&staged) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
        _ => {}
    }
    write_new(&staged, bytes, 0o600)
        .and_then(|()| fs::rename(&staged, path))
        .inspect_err(|_| {
            fs::remove_file(&staged).ok();
        })?;
    sync_directory(directory)
}

fn write_new(path: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    set_mode(&mut options, mode);
    let mut file = options.open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

#[cfg(unix)]
fn set_mode(options: &mut OpenOptions, mode: u32) {
    use std::os::unix::fs::OpenOptionsExt;
    options.mode(mode);
}

#[cfg(not(unix))]
fn set_mode(_options: &mut OpenOptions, _mode: u32) {}

#[cfg(unix)]
fn create_private_directories(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
}

#[cfg(not(unix))]
fn create_private_directories(path: &Path) -> io::Result<()> {
    fs::create_dir_all(path)
}

#[cfg(unix)]
fn sync_directory(path: &Path) -> io::Result<()> {
    fs::File::open(path)?.sync_all()
}

/// Directories cannot be opened for syncing here.
#[cfg(not(unix))]
fn sync_directory(_path: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(entries: &[(&str, &str)]) -> Vec<(String, String)> {
        entries
            .iter()
            .map(|(n, t)| ((*n).to_owned(), (*t).to_owned()))
            .collect()
    }

    fn listing(directory: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(directory)
            .map(|entries| {
                entries
                    .map(|e| e.unwrap().file_name().to_string_lossy().into_owned())
                    .collect()
            })
            .unwrap_or_default();
        names.sort();
        names
    }

    #[test]
    fn new_files_appear_and_nothing_else() {
        let home = tempfile::tempdir().unwrap();
        let directory = home.path().join("a/b");
        write(
            &directory,
            &files(&[("agents.yaml", "x"), ("schema/a.json", "y")]),
            false,
        )
        .unwrap();
        assert_eq!(listing(&directory), ["agents.yaml", "schema"]);
        assert_eq!(
            fs::read_to_string(directory.join("schema/a.json")).unwrap(),
            "y"
        );
    }

    #[test]
    fn nothing_is_overwritten_unless_forced() {
        let home = tempfile::tempdir().unwrap();
        fs::write(home.path().join("tools.yml"), "mine").unwrap();
        let new = files(&[("agents.yaml", "x"), ("tools.yaml", "y")]);
        let Err(SettingsError::Exists(paths)) = write(home.path(), &new, false) else {
            panic!("should have refused");
        };
        assert_eq!(paths, [home.path().join("tools.yml")]);
        assert_eq!(listing(home.path()), ["tools.yml"]);
        write(home.path(), &new, true).unwrap();
        assert_eq!(listing(home.path()), ["agents.yaml", "tools.yaml"]);
    }

    #[test]
    fn a_failure_half_way_leaves_everything_as_it_was() {
        let home = tempfile::tempdir().unwrap();
        fs::write(home.path().join("agents.yaml"), "mine").unwrap();
        fs::write(
            home.path().join("schema"),
            "a file where a directory should be",
        )
        .unwrap();
        let new = files(&[("agents.yaml", "x"), ("schema/a.json", "y")]);
        assert!(matches!(
            write(home.path(), &new, true),
            Err(SettingsError::Io { .. })
        ));
        assert_eq!(listing(home.path()), ["agents.yaml", "schema"]);
        assert_eq!(
            fs::read_to_string(home.path().join("agents.yaml")).unwrap(),
            "mine"
        );
    }

    #[test]
    fn created_directories_go_away_with_a_failure() {
        let home = tempfile::tempdir().unwrap();
        let directory = home.path().join("new/deep");
        let new = files(&[("a", "x"), ("a/b", "y")]);
        assert!(write(&directory, &new, false).is_err());
        assert!(listing(home.path()).is_empty());
    }

    #[test]
    fn names_cannot_lead_out() {
        let home = tempfile::tempdir().unwrap();
        for name in ["../x", "/etc/x", "", "a/../../x"] {
            assert!(
                write(home.path(), &files(&[(name, "x")]), true).is_err(),
                "{name}"
            );
        }
    }
}
