//! `TestHouse`: a sealed place in which the program under test lives for the length of a test.
//!
//! Owns a temporary home, configuration, state, and cache, a `bin` folder of stand-in tools, and a
//! clean environment. It never uses anything of the machine's own home or configuration, and no
//! process that was started in it outlives it.

use std::ffi::OsString;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use crate::occupants;
use crate::terminal::Terminal;

/// A sealed house with the program in it.
#[derive(Debug)]
pub struct TestHouse {
    root: TempDir,
}

/// What one command printed and how it ended.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// Exit status; `None` when a signal ended it.
    pub status: Option<i32>,
    /// Standard output.
    pub stdout: String,
    /// Standard error, with the house's own path replaced by `HOUSE`.
    pub stderr: String,
}

/// A command that is being put together.
pub struct Call<'a> {
    house: &'a TestHouse,
    args: Vec<OsString>,
    stdin: Option<Vec<u8>>,
    env: Vec<(OsString, OsString)>,
    cwd: PathBuf,
    named_dirs: bool,
    stdout: Option<PathBuf>,
}

/// A program that was built beside this test, by name.
///
/// # Panics
/// When it is not there.
#[must_use]
pub fn built(name: &str) -> PathBuf {
    let here = std::env::current_exe().expect("a test knows its own path");
    let folder = here
        .parent()
        .and_then(Path::parent)
        .expect("tests live in target/PROFILE/deps");
    let path = folder.join(name);
    assert!(path.is_file(), "{} was not built", path.display());
    path
}

/// Nobody stays: a test that fails in the middle leaves supervisors and tools at work.
impl Drop for TestHouse {
    fn drop(&mut self) {
        occupants::evict(self.root.path());
    }
}

impl Default for TestHouse {
    fn default() -> Self {
        Self::new()
    }
}

impl TestHouse {
    /// An empty house.
    ///
    /// # Panics
    /// When no temporary folder can be made.
    #[must_use]
    pub fn new() -> Self {
        let root = TempDir::with_prefix("tollgate-house-").expect("a temporary folder");
        for folder in ["home", "config", "state", "cache", "bin", "work", "tmp"] {
            fs::create_dir(root.path().join(folder)).expect("a new folder");
        }
        Self { root }
    }

    /// A path inside the house.
    #[must_use]
    pub fn path(&self, inside: &str) -> PathBuf {
        self.root.path().join(inside)
    }

    /// Write a file inside the house, with the folders it needs.
    ///
    /// # Panics
    /// When it cannot be written.
    pub fn write(&self, inside: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(inside);
        fs::create_dir_all(path.parent().expect("a folder")).expect("folders");
        fs::write(&path, text).expect("a written file");
        path
    }

    /// Read a file inside the house.
    ///
    /// # Panics
    /// When it cannot be read.
    #[must_use]
    pub fn read(&self, inside: &str) -> String {
        fs::read_to_string(self.path(inside)).unwrap_or_else(|e| panic!("{inside}: {e}"))
    }

    /// Put a stand-in tool on the house's PATH that plays `script`, the flags of `fake-agent`.
    ///
    /// # Panics
    /// When it cannot be installed.
    pub fn tool<S: AsRef<str>>(&self, name: &str, script: &[S]) {
        let script: Vec<&str> = script.iter().map(AsRef::as_ref).collect();
        self.tool_scripts(name, &[&script]);
    }

    /// A stand-in tool that plays one script after the other, the last one for ever.
    ///
    /// # Panics
    /// When it cannot be installed.
    pub fn tool_scripts(&self, name: &str, scripts: &[&[&str]]) {
        let path = self.path("bin").join(name);
        if !path.exists() {
            fs::hard_link(built("fake-agent"), &path)
                .or_else(|_| fs::copy(built("fake-agent"), &path).map(|_| ()))
                .expect("a stand-in tool");
        }
        let script = match scripts {
            [one] => serde_json::to_string(one),
            many => serde_json::to_string(many),
        };
        self.write(&format!("bin/{name}.script.json"), script.expect("JSON"));
    }

    /// Every file under the state directory, with its bytes.
    ///
    /// # Panics
    /// When one cannot be read.
    #[must_use]
    pub fn state_files(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let mut folders = vec![self.path("state")];
        let mut found = Vec::new();
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(&folder).expect("a folder of the state directory") {
                let path = entry.expect("an entry").path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    let bytes = fs::read(&path).unwrap_or_else(|e| panic!("{path:?}: {e}"));
                    found.push((path, bytes));
                }
            }
        }
        found.sort();
        found
    }

    /// Write the four configuration files; see `tests/suite/` for examples.
    pub fn configure(&self, agents: &str, tools: &str, models: &str, policies: &str) {
        for (name, text) in [
            ("agents", agents),
            ("tools", tools),
            ("models", models),
            ("policies", policies),
        ] {
            self.write(&format!("config/{name}.yaml"), text);
        }
    }

    /// Put a command together.
    #[must_use]
    pub fn call<S: Into<OsString>>(&self, args: impl IntoIterator<Item = S>) -> Call<'_> {
        Call {
            house: self,
            args: args.into_iter().map(Into::into).collect(),
            stdin: None,
            env: Vec::new(),
            cwd: self.path("work"),
            named_dirs: true,
            stdout: None,
        }
    }

    /// Run a command with nothing on standard input.
    #[must_use = "snapshot it or assert something about it"]
    pub fn run<S: Into<OsString>>(&self, args: impl IntoIterator<Item = S>) -> Outcome {
        self.call(args).run()
    }

    /// All events of the journal, in order.
    ///
    /// # Panics
    /// When the journal cannot be exported.
    #[must_use]
    pub fn events(&self) -> Vec<Value> {
        let outcome = self.run(["journal", "export"]).success();
        outcome
            .stdout
            .lines()
            .map(|line| serde_json::from_str(line).expect("a JSON line"))
            .collect()
    }

    /// The types of all events of the journal, in order.
    #[must_use]
    pub fn event_types(&self) -> Vec<String> {
        self.events()
            .iter()
            .map(|event| event["type"].as_str().unwrap_or_default().to_owned())
            .collect()
    }

    /// `text` with paths, ids, and times that differ from run to run replaced.
    #[must_use]
    pub fn scrub(&self, text: &str) -> String {
        let root = self.root.path().to_string_lossy().into_owned();
        let real = fs::canonicalize(self.root.path()).map(|p| p.to_string_lossy().into_owned());
        let text = text.replace(&root, "HOUSE");
        real.map_or(text.clone(), |real| text.replace(&real, "HOUSE"))
    }
}

impl Call<'_> {
    /// Give it something to read.
    #[must_use]
    pub fn stdin(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.stdin = Some(bytes.into());
        self
    }

    /// Set a variable.
    #[must_use]
    pub fn env(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.env.push((name.into(), value.into()));
        self
    }

    /// Run it in this folder of the house.
    #[must_use]
    pub fn within(mut self, inside: &str) -> Self {
        self.cwd = self.house.path(inside);
        self
    }

    /// Let it look for its own configuration and state, instead of naming them.
    #[must_use]
    pub fn unnamed_dirs(mut self) -> Self {
        self.named_dirs = false;
        self
    }

    /// Let it write its results there.
    #[must_use]
    pub fn stdout_to(mut self, path: impl Into<PathBuf>) -> Self {
        self.stdout = Some(path.into());
        self
    }

    /// Run it to its end.
    #[must_use = "snapshot it or assert something about it"]
    pub fn run(self) -> Outcome {
        let house = self.house;
        let stdin = self.stdin.clone();
        let mut child = self.start();
        let mut pipe = child.stdin.take().expect("a pipe");
        let writer = std::thread::spawn(move || {
            // The program may end without reading; that is its right.
            let _ = pipe.write_all(&stdin.unwrap_or_default());
        });
        let output = child.wait_with_output().expect("an end");
        writer.join().expect("a writer that does not panic");
        Outcome {
            status: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: house.scrub(&String::from_utf8_lossy(&output.stderr)),
        }
    }

    /// Start it, with pipes on all three streams.
    ///
    /// # Panics
    /// When it cannot be started.
    #[must_use]
    pub fn start(self) -> Child {
        let mut command = Command::new(built("host-under-test"));
        self.furnish(&mut command);
        command.spawn().expect("the program under test")
    }

    /// Start it at a terminal, which shows what it says and at which it asks.
    ///
    /// # Panics
    /// When it cannot be started.
    #[must_use]
    pub fn at_terminal(self) -> Terminal {
        let mut command = Command::new(built("host-under-test"));
        self.furnish(&mut command);
        let input = self.stdin.unwrap_or_default();
        Terminal::start(&command, &input, &self.house.path("tmp"))
    }

    fn furnish(&self, command: &mut Command) {
        let house = self.house;
        command
            .args(&self.args)
            .current_dir(&self.cwd)
            .env_clear()
            .env("PATH", house.path("bin"))
            .env("HOME", house.path("home"))
            .env("TMPDIR", house.path("tmp"))
            .env("TOLLGATE_CACHE_DIR", shared_cache())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        if self.named_dirs {
            command
                .env("TOLLGATE_CONFIG_DIR", house.path("config"))
                .env("TOLLGATE_STATE_DIR", house.path("state"));
        }
        if let Some(path) = &self.stdout {
            let file = fs::File::options().write(true).open(path);
            command.stdout(file.expect("a place for the results"));
        }
        command.envs(self.env.iter().map(|(name, value)| (name, value)));
    }
}

/// Compiled adapters, shared by all houses of a build so that each is compiled once.
fn shared_cache() -> PathBuf {
    built("host-under-test").with_file_name("test-cache")
}

impl Outcome {
    /// Assert exit status 0.
    ///
    /// # Panics
    /// With both streams when it failed.
    pub fn success(self) -> Self {
        self.exit(0)
    }

    /// Assert this exit status.
    ///
    /// # Panics
    /// With both streams when it ended otherwise.
    pub fn exit(self, status: i32) -> Self {
        assert_eq!(
            self.status,
            Some(status),
            "\n-- stdout\n{}\n-- stderr\n{}",
            self.stdout,
            self.stderr
        );
        self
    }

    /// The one JSON document on standard output.
    ///
    /// # Panics
    /// When it is not one.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|e| {
            panic!(
                "{e}\n-- stdout\n{}\n-- stderr\n{}",
                self.stdout, self.stderr
            )
        })
    }

    /// Assert that standard error says this.
    ///
    /// # Panics
    /// When it does not.
    pub fn says(self, text: &str) -> Self {
        assert!(
            self.stderr.contains(text),
            "stderr does not say {text:?}:\n{}",
            self.stderr
        );
        self
    }
}
