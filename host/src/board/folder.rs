//! A folder held open, and what is done with the names in it.
//!
//! Every name is one component and no symbolic link is ever followed, so whatever is reached from a
//! folder lies below it, whoever renames what in the meantime. Only the root itself is opened by its
//! path. What is written is on the disk before a call returns.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Component, Path};

use rustix::fs::{self, AtFlags, FileType, Gid, Mode, OFlags, Uid};

use super::stamp::Stamp;

/// A folder held open.
#[derive(Debug)]
pub(super) struct Folder(OwnedFd);

/// Why a file was not read.
#[derive(Debug)]
pub(super) enum NotRead {
    Gone,
    Link,
    NotAFile,
    TooLarge,
    Io(io::Error),
}

/// What a folder holds.
#[derive(Debug, Default)]
pub(super) struct Names {
    /// In the order of their bytes; hidden ones are left out.
    pub(super) names: Vec<OsString>,
    /// There were more than asked for.
    pub(super) is_cut: bool,
}

impl Folder {
    /// Open a folder by its path; links in it are followed, since who configured it meant them.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        Ok(Self(fs::open(path, flags, Mode::empty())?))
    }

    /// A folder in this one.
    pub(super) fn child(&self, name: &OsStr) -> io::Result<Self> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        Ok(Self(fs::openat(&self.0, name, flags, Mode::empty())?))
    }

    /// A folder below this one. The path may only go down.
    pub(super) fn below(&self, path: &Path) -> io::Result<Self> {
        let mut here = Self(self.0.try_clone()?);
        for component in path.components() {
            match component {
                Component::Normal(name) => here = here.child(name)?,
                Component::CurDir => {}
                Component::ParentDir | Component::RootDir | Component::Prefix(_) => {
                    return Err(io::ErrorKind::InvalidInput.into());
                }
            }
        }
        Ok(here)
    }

    /// The same, made if it is not there.
    pub(super) fn made_below(&self, path: &Path) -> io::Result<Self> {
        let mut here = Self(self.0.try_clone()?);
        for component in path.components() {
            let Component::Normal(name) = component else {
                return Err(io::ErrorKind::InvalidInput.into());
            };
            match fs::mkdirat(&here.0, name, Mode::from_raw_mode(0o777)) {
                Ok(()) => here.sync()?,
                Err(rustix::io::Errno::EXIST) => {}
                Err(error) => return Err(error.into()),
            }
            here = here.child(name)?;
        }
        Ok(here)
    }

    /// The names in it, at most `most`.
    pub(super) fn names(&self, most: usize) -> io::Result<Names> {
        let mut found = Names::default();
        for entry in fs::Dir::read_from(&self.0)? {
            let entry = entry?;
            let name = OsStr::from_bytes(entry.file_name().to_bytes());
            if name.as_bytes().starts_with(b".") {
                continue;
            }
            if found.names.len() == most {
                found.is_cut = true;
                break;
            }
            found.names.push(name.to_owned());
        }
        found.names.sort_unstable();
        Ok(found)
    }

    /// Hidden names that begin so.
    pub(super) fn hidden(&self, prefix: &str) -> io::Result<Vec<OsString>> {
        let mut found = Vec::new();
        for entry in fs::Dir::read_from(&self.0)? {
            let entry = entry?;
            let name = entry.file_name().to_bytes();
            if name.starts_with(prefix.as_bytes()) {
                found.push(OsStr::from_bytes(name).to_owned());
            }
        }
        Ok(found)
    }

    /// What stands under a name, itself and not what it points to.
    pub(super) fn stamp(&self, name: &OsStr) -> io::Result<Stamp> {
        let found = fs::statat(&self.0, name, AtFlags::SYMLINK_NOFOLLOW)?;
        Ok(Stamp::of(&found))
    }

    /// The first `most` bytes of a regular file, and its stamp from before they were read.
    pub(super) fn head(&self, name: &OsStr, most: u64) -> Result<(Vec<u8>, Stamp), NotRead> {
        // Looked at before opening: opening a device can do something.
        match self.stamp(name) {
            Ok(stamp) if stamp.kind == FileType::Symlink => return Err(NotRead::Link),
            Ok(stamp) if stamp.kind != FileType::RegularFile => return Err(NotRead::NotAFile),
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(NotRead::Gone),
            Err(error) => return Err(NotRead::Io(error)),
        }
        let cannot = |error: io::Error| match error.kind() {
            io::ErrorKind::NotFound => NotRead::Gone,
            _ => NotRead::Io(error),
        };
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let opened = fs::openat(&self.0, name, flags, Mode::empty());
        let file = File::from(opened.map_err(|error| cannot(error.into()))?);
        let found = fs::fstat(&file).map_err(|error| NotRead::Io(error.into()))?;
        let stamp = Stamp::of(&found);
        if stamp.kind != FileType::RegularFile {
            return Err(NotRead::NotAFile);
        }
        let mut bytes = Vec::with_capacity(usize::try_from(stamp.size.min(most)).unwrap_or(0));
        file.take(most)
            .read_to_end(&mut bytes)
            .map_err(NotRead::Io)?;
        Ok((bytes, stamp))
    }

    /// All of a regular file of at most `most` bytes, and its stamp from before it was read.
    pub(super) fn read(&self, name: &OsStr, most: u64) -> Result<(Vec<u8>, Stamp), NotRead> {
        let (bytes, stamp) = self.head(name, most.saturating_add(1))?;
        if bytes.len() as u64 > most {
            return Err(NotRead::TooLarge);
        }
        Ok((bytes, stamp))
    }

    /// Make a file that was not there, with the mode and, if this process may, the owner of `like`.
    pub(super) fn create(&self, name: &OsStr, bytes: &[u8], like: &Like) -> io::Result<()> {
        let flags =
            OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let mut file = File::from(fs::openat(&self.0, name, flags, Mode::RUSR | Mode::WUSR)?);
        file.write_all(bytes)?;
        let made = fs::fstat(&file)?;
        if (made.st_uid, made.st_gid) != (like.uid, like.gid) {
            let (uid, gid) = (Uid::from_raw(like.uid), Gid::from_raw(like.gid));
            // Only root may give a file away; for anybody else it stays theirs, as with any editor.
            let _ = fs::fchown(&file, Some(uid), Some(gid));
        }
        fs::fchmod(&file, like.mode)?;
        file.sync_all()
    }

    /// Give a file another name in `to`, over whatever has that name.
    pub(super) fn rename_over(&self, name: &OsStr, to: &Self, new: &OsStr) -> io::Result<()> {
        Ok(fs::renameat(&self.0, name, &to.0, new)?)
    }

    /// Give a file another name in `to`, unless something has that name.
    pub(super) fn rename_new(&self, name: &OsStr, to: &Self, new: &OsStr) -> io::Result<()> {
        #[cfg(any(target_os = "linux", target_os = "macos"))]
        {
            use rustix::io::Errno;
            let flags = fs::RenameFlags::NOREPLACE;
            match fs::renameat_with(&self.0, name, &to.0, new, flags) {
                Ok(()) => return Ok(()),
                // Not every file system can; all that matter can link.
                Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => {}
                Err(error) => return Err(error.into()),
            }
        }
        fs::linkat(&self.0, name, &to.0, new, AtFlags::empty())?;
        self.remove(name)
    }

    pub(super) fn remove(&self, name: &OsStr) -> io::Result<()> {
        Ok(fs::unlinkat(&self.0, name, AtFlags::empty())?)
    }

    /// Make what was made, renamed, or removed in it last.
    pub(super) fn sync(&self) -> io::Result<()> {
        Ok(fs::fsync(&self.0)?)
    }

    /// The folder opened once more, for a lock of its own: a copy of the handle would share it.
    pub(super) fn handle_for_lock(&self) -> io::Result<File> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        Ok(File::from(fs::openat(&self.0, ".", flags, Mode::empty())?))
    }

    /// Mode and owner of a file.
    pub(super) fn like(&self, name: &OsStr) -> io::Result<Like> {
        let found = fs::statat(&self.0, name, AtFlags::SYMLINK_NOFOLLOW)?;
        Ok(Like {
            mode: Mode::from_raw_mode(found.st_mode),
            uid: found.st_uid,
            gid: found.st_gid,
        })
    }
}

/// Whose a file is, and who may do what with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Like {
    mode: Mode,
    uid: u32,
    gid: u32,
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    fn name(text: &str) -> &OsStr {
        OsStr::new(text)
    }

    #[test]
    fn nothing_is_reached_through_a_link_or_upwards() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(dir.path().join("in/deep")).unwrap();
        std::fs::write(dir.path().join("secret"), "s").unwrap();
        symlink("../secret", dir.path().join("in/link")).unwrap();
        symlink("..", dir.path().join("in/up")).unwrap();
        let inside = Folder::open(&dir.path().join("in")).unwrap();
        assert!(matches!(inside.read(name("link"), 10), Err(NotRead::Link)));
        assert!(inside.child(name("up")).is_err());
        assert!(inside.below(Path::new("up")).is_err());
        assert!(inside.below(Path::new("../in")).is_err());
        assert!(inside.below(Path::new("/")).is_err());
        assert!(inside.below(Path::new("./deep")).is_ok());
    }

    #[test]
    fn what_is_no_file_is_not_opened_and_what_is_too_large_not_kept() {
        let dir = tempfile::tempdir().unwrap();
        let folder = Folder::open(dir.path()).unwrap();
        fs::mknodat(
            &folder.0,
            "pipe",
            FileType::Fifo,
            Mode::RUSR | Mode::WUSR,
            0,
        )
        .unwrap();
        std::fs::write(dir.path().join("eleven"), "x".repeat(11)).unwrap();
        assert!(matches!(
            folder.read(name("pipe"), 10),
            Err(NotRead::NotAFile)
        ));
        assert!(matches!(
            folder.read(name("eleven"), 10),
            Err(NotRead::TooLarge)
        ));
        assert_eq!(folder.read(name("eleven"), 11).unwrap().0.len(), 11);
        assert!(matches!(folder.read(name("none"), 10), Err(NotRead::Gone)));
    }

    #[test]
    fn a_new_name_never_takes_the_place_of_a_file() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("a"), "a").unwrap();
        std::fs::write(dir.path().join("b"), "b").unwrap();
        let folder = Folder::open(dir.path()).unwrap();
        let refused = folder
            .rename_new(name("a"), &folder, name("b"))
            .unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::AlreadyExists);
        folder.rename_new(name("a"), &folder, name("c")).unwrap();
        let read = |at: &str| std::fs::read_to_string(dir.path().join(at)).ok();
        assert_eq!(
            (read("a"), read("b"), read("c")),
            (None, Some("b".into()), Some("a".into()))
        );
    }

    #[test]
    fn hidden_names_are_left_out_and_names_are_counted() {
        let dir = tempfile::tempdir().unwrap();
        for n in ["b", ".hidden", "a", "c"] {
            std::fs::write(dir.path().join(n), "").unwrap();
        }
        let folder = Folder::open(dir.path()).unwrap();
        let all = folder.names(3).unwrap();
        assert_eq!(
            (all.names, all.is_cut),
            (vec!["a".into(), "b".into(), "c".into()], false)
        );
        assert!(folder.names(2).unwrap().is_cut);
    }
}
