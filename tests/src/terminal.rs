//! A terminal with somebody at it: a command is started there, asks, and gets typed answers.
//!
//! The terminal is made by `script` of util-linux, which every Linux has. What the command reads comes
//! from a file and its answer goes into one, as in `answer=$(tollgate ... < prompt)`; everything else
//! is what the person would see. It never looks at the terminal that the tests run in.

use std::fs;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use crate::house::Outcome;

/// Longer than anything takes that is going to happen at all.
const SOON: Duration = Duration::from_secs(60);

/// A terminal at which a command was started.
#[derive(Debug)]
pub struct Terminal {
    keyboard: ChildStdin,
    screen: Receiver<Vec<u8>>,
    seen: Vec<u8>,
    child: Child,
    answer: PathBuf,
}

impl Terminal {
    /// Start `command` at a new terminal, reading `input`; `folder` is for what that takes.
    ///
    /// # Panics
    /// When that is not possible here.
    #[must_use]
    pub fn start(command: &Command, input: &[u8], folder: &Path) -> Self {
        let file = |name: &str| folder.join(format!("terminal-{name}"));
        let answer = file("answer");
        fs::write(file("input"), input).expect("its input");
        let words = std::iter::once(command.get_program()).chain(command.get_args());
        let words = words.map(|word| quoted(&word.to_string_lossy()));
        let words: Vec<String> = words.collect();
        let line = format!(
            "exec {} < {} > {}\n",
            words.join(" "),
            quoted(&file("input").to_string_lossy()),
            quoted(&answer.to_string_lossy())
        );
        let start = file("start");
        fs::write(&start, line).expect("a script");
        let mut script = Command::new("/usr/bin/script");
        script
            .args(["--quiet", "--return", "--command"])
            // In the place of the shell in between, which Ctrl-C would end with a status of its own.
            .arg(format!("exec /bin/sh {}", quoted(&start.to_string_lossy())))
            .arg(file("typescript"))
            .env_clear()
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        for (name, value) in command.get_envs() {
            script.env(name, value.unwrap_or_default());
        }
        if let Some(cwd) = command.get_current_dir() {
            script.current_dir(cwd);
        }
        let mut child = script.spawn().expect("`script`, of util-linux");
        let mut output = child.stdout.take().expect("a pipe");
        let (screen_tx, screen) = channel();
        std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(n @ 1..) = output.read(&mut bytes) {
                if screen_tx.send(bytes[..n].to_vec()).is_err() {
                    return;
                }
            }
        });
        Self {
            keyboard: child.stdin.take().expect("a pipe"),
            screen,
            seen: Vec::new(),
            child,
            answer,
        }
    }

    /// Watch the screen until it ends with this.
    ///
    /// # Panics
    /// When it does not come to that.
    pub fn until(&mut self, text: &str) {
        while !self.seen.ends_with(text.as_bytes()) {
            match self.screen.recv_timeout(SOON) {
                Ok(bytes) => self.seen.extend(bytes),
                Err(why) => panic!("{why} before {text:?}:\n{}", self.shown()),
            }
        }
    }

    /// Type this; `\u{4}` is Ctrl-D.
    ///
    /// # Panics
    /// When the terminal is gone.
    pub fn types(&mut self, keys: &str) {
        let typed = self.keyboard.write_all(keys.as_bytes());
        typed.expect("a terminal");
    }

    /// Watch it to its end. `stderr` is all that was on the screen.
    ///
    /// # Panics
    /// When it does not end.
    #[must_use]
    pub fn end(mut self) -> Outcome {
        loop {
            match self.screen.recv_timeout(SOON) {
                Ok(bytes) => self.seen.extend(bytes),
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => panic!("no end:\n{}", self.shown()),
            }
        }
        let status = self.child.wait().expect("an end");
        Outcome {
            status: status.code(),
            stdout: fs::read_to_string(&self.answer).expect("an answer"),
            stderr: self.shown(),
        }
    }

    /// What is on the screen; lines end as in a file.
    #[must_use]
    pub fn shown(&self) -> String {
        String::from_utf8_lossy(&self.seen).replace("\r\n", "\n")
    }
}

/// `word` for a shell.
fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', r"'\''"))
}
