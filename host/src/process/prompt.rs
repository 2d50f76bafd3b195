//! The private files of one attempt: the prompt for tools that read a file, and the answer of
//! tools that write one.
//!
//! Owns a directory of its own (mode 0700) and what is in it (mode 0600 from the first moment, by
//! the mode of `open`). Everything is removed with the value, unless it is told to keep it. A plan
//! that asks for no file gets no directory. It never follows what a tool may have put in the
//! answer's place: only a regular file is read back.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;

use super::ProcessError;
use super::lines::{LineCaps, LongLine, Piece};
use crate::model::{Argument, CommandPlan};

/// The files of one attempt.
#[derive(Debug)]
pub struct AttemptFiles {
    folder: Option<PathBuf>,
    prompt: Option<PathBuf>,
    output: Option<PathBuf>,
}

impl AttemptFiles {
    /// Make what `plan` asks for, in the new directory `folder`, whose parent must exist.
    ///
    /// # Errors
    ///
    /// When the directory exists already, or something cannot be written.
    pub fn create(plan: &CommandPlan, folder: &Path, prompt: &str) -> Result<Self, ProcessError> {
        let mut files = Self {
            folder: None,
            prompt: None,
            output: None,
        };
        let wants_prompt = plan.args.contains(&Argument::PromptFile);
        let wants_output = plan.args.contains(&Argument::OutputFile);
        if !wants_prompt && !wants_output {
            return Ok(files);
        }
        let made = DirBuilder::new().mode(0o700).create(folder);
        made.map_err(|source| ProcessError::WriteFile {
            path: folder.to_owned(),
            source,
        })?;
        files.folder = Some(folder.to_owned());
        if wants_prompt {
            files.prompt = Some(write_new(folder.join("prompt"), prompt.as_bytes())?);
        }
        if wants_output {
            files.output = Some(write_new(folder.join("output"), &[])?);
        }
        Ok(files)
    }

    /// The file with the prompt, if the plan asked for one.
    #[must_use]
    pub fn prompt(&self) -> Option<&Path> {
        self.prompt.as_deref()
    }

    /// The file for the answer, if the plan asked for one.
    #[must_use]
    pub fn output(&self) -> Option<&Path> {
        self.output.as_deref()
    }

    /// Leave the files where they are.
    pub fn keep(mut self) {
        self.folder = None;
    }
}

impl Drop for AttemptFiles {
    fn drop(&mut self) {
        if let Some(folder) = &self.folder {
            // Nobody is left to tell, and what stays behind is private.
            drop(fs::remove_dir_all(folder));
        }
    }
}

fn write_new(path: PathBuf, bytes: &[u8]) -> Result<PathBuf, ProcessError> {
    let written = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&path)
        .and_then(|mut file| file.write_all(bytes));
    match written {
        Ok(()) => Ok(path),
        Err(source) => Err(ProcessError::WriteFile { path, source }),
    }
}

/// Read back a tool's answer: whole up to the cap of a line, else its two ends. `None` when it
/// wrote nothing.
pub(super) fn read_answer(path: &Path, caps: LineCaps) -> Result<Option<Piece>, ProcessError> {
    let failed = |source| ProcessError::ReadFile {
        path: path.to_owned(),
        source,
    };
    let mut file = match open_regular(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(error)),
    };
    let mut answer = LongLine::new(caps);
    let mut buffer = vec![0; 64 << 10];
    loop {
        match file.read(&mut buffer) {
            Ok(0) => return Ok((!answer.is_empty()).then(|| answer.take())),
            Ok(n) => answer.append(&buffer[..n]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(failed(error)),
        }
    }
}

/// Neither a link to somebody's secrets nor a pipe that never ends.
fn open_regular(path: &Path) -> io::Result<File> {
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let flags = i32::try_from(flags.bits()).unwrap_or_default();
    let file = OpenOptions::new()
        .read(true)
        .custom_flags(flags)
        .open(path)?;
    if file.metadata()?.is_file() {
        Ok(file)
    } else {
        Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "not a regular file",
        ))
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;
    use crate::model::{Cut, Framing, Input};

    fn plan(args: &[Argument]) -> CommandPlan {
        CommandPlan {
            program: "tool".to_owned(),
            args: args.to_vec(),
            env: Vec::new(),
            input: Input::None,
            stdout: Framing::Lines,
            stderr: Framing::Lines,
            stop: Vec::new(),
            linger: None,
            extra: Vec::new(),
        }
    }

    fn mode(path: &Path) -> u32 {
        path.metadata().unwrap().permissions().mode() & 0o7777
    }

    #[test]
    fn files_are_private_and_go_with_the_attempt() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("attempt");
        let wanted = plan(&[Argument::PromptFile, Argument::OutputFile]);
        let files = AttemptFiles::create(&wanted, &folder, "hello\0there").unwrap();
        let (prompt, output) = (files.prompt().unwrap(), files.output().unwrap());

        assert_eq!(fs::read(prompt).unwrap(), b"hello\0there");
        assert_eq!(
            (mode(&folder), mode(prompt), mode(output)),
            (0o700, 0o600, 0o600)
        );
        assert!(
            AttemptFiles::create(&wanted, &folder, "x").is_err(),
            "a directory is used once"
        );
        drop(files);
        assert!(!folder.exists());
    }

    #[test]
    fn files_are_kept_when_told_so_and_made_only_when_wanted() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("attempt");
        let none = AttemptFiles::create(&plan(&[]), &folder, "x").unwrap();
        assert_eq!(
            (none.prompt(), none.output(), folder.exists()),
            (None, None, false)
        );

        AttemptFiles::create(&plan(&[Argument::PromptFile]), &folder, "x")
            .unwrap()
            .keep();
        assert_eq!(fs::read(folder.join("prompt")).unwrap(), b"x");
    }

    #[test]
    fn answers_are_read_back_whole_or_by_their_ends() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("output");
        let caps = LineCaps {
            whole: 10,
            head: 4,
            tail: 3,
        };
        assert_eq!(read_answer(&path, caps).unwrap(), None);
        let cut = Cut {
            total_bytes: 13,
            tail: b"ten".to_vec(),
        };
        for (text, wanted) in [
            ("", None),
            ("two\nlines\n", Some((&b"two\nlines\n"[..], None))),
            ("more than ten", Some((&b"more"[..], Some(cut)))),
        ] {
            let wanted = wanted.map(|(data, cut)| Piece {
                data: data.to_vec(),
                cut,
            });
            fs::write(&path, text).unwrap();
            assert_eq!(read_answer(&path, caps).unwrap(), wanted, "{text:?}");
        }
    }

    #[test]
    fn only_a_regular_file_is_an_answer() {
        let root = tempfile::tempdir().unwrap();
        let (secret, link) = (root.path().join("secret"), root.path().join("link"));
        fs::write(&secret, "key").unwrap();
        std::os::unix::fs::symlink(&secret, &link).unwrap();
        let fifo = root.path().join("fifo");
        let kind = rustix::fs::FileType::Fifo;
        rustix::fs::mknodat(rustix::fs::CWD, &fifo, kind, 0o600.into(), 0).unwrap();
        for path in [link.as_path(), &fifo, root.path()] {
            let refused = read_answer(path, LineCaps::default()).unwrap_err();
            assert!(matches!(refused, ProcessError::ReadFile { .. }), "{path:?}");
        }
    }
}
