//! The script of a stand-in agent: flags in, steps out.
//!
//! Owns the grammar. Performs nothing and reads nothing.

use std::{collections::VecDeque, fmt, path::PathBuf, time::Duration};

use rustix::process::Signal;

/// One thing to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Text on stdout, as it is.
    Emit(String),
    /// A line on stderr.
    EmitErr(String),
    /// The bytes of a file on stdout.
    EmitFile(PathBuf),
    /// The bytes of a file on stderr.
    EmitFileErr(PathBuf),
    /// All of stdin into a file.
    EchoStdinTo(PathBuf),
    /// The next line of stdin into a file.
    EchoStdinLineTo(PathBuf),
    /// All of stdin, thrown away.
    ReadStdin,
    /// The whole argv into a file, as a JSON array.
    EchoArgsTo(PathBuf),
    /// The environment into a file, as a JSON object.
    EchoEnvTo(PathBuf),
    /// A file copied to another place.
    CopyFile(PathBuf, PathBuf),
    /// A file with this text.
    WriteFile(PathBuf, String),
    /// An empty file, unless it is there.
    Touch(PathBuf),
    /// Exactly so many bytes of short lines on stdout.
    Flood(u64),
    /// A line of so many bytes and a line feed on stdout.
    LongLine(u64),
    /// A line on stdout that is no UTF-8.
    InvalidUtf8,
    /// A recording of a real tool, named by its JSON file.
    Play(PathBuf),
    /// The signal has no effect from here on.
    Ignore(Signal),
    /// A session of its own.
    Setsid,
    /// A process that outlives this one.
    SpawnGrandchild(Grandchild),
    /// So many processes, each started by the one before, which exits.
    Hop(u32),
    /// The program's own pid into a file.
    PidFile(PathBuf),
    /// Wait until the file is there.
    WaitForFile(PathBuf),
    /// Wait for a time.
    Sleep(Duration),
    /// Wait until killed.
    Hang,
    /// The end, with this status.
    Exit(u8),
    /// The end, by this signal.
    KillSelf(Signal),
    /// What `--version` prints.
    VersionLine(String),
    /// Perform the script for `--version` too.
    ScriptedVersion,
}

/// What a grandchild is like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grandchild {
    /// It keeps the program's stdout open.
    pub hold_stdout: bool,
    /// It leaves for a session of its own.
    pub setsid: bool,
    /// It knows no environment variable but its script, not even those that others know it by.
    pub clear_env: bool,
    /// It is never the same process for long.
    pub hop_pids: bool,
    /// Signals that have no effect on it.
    pub ignore: Vec<Signal>,
    /// Where it writes its pid.
    pub pid_file: PathBuf,
}

/// What is wrong with a script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScriptError(String);

impl fmt::Display for ScriptError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl std::error::Error for ScriptError {}

/// Reads a list of flags.
///
/// # Errors
/// When a flag is unknown, lacks its value, or has one that does not fit.
pub fn parse(flags: impl IntoIterator<Item = String>) -> Result<Vec<Step>, ScriptError> {
    let mut flags = Flags(flags.into_iter().collect());
    let mut steps = Vec::new();
    while let Some(flag) = flags.0.pop_front() {
        steps.push(flags.step(&flag)?);
    }
    Ok(steps)
}

struct Flags(VecDeque<String>);

impl Flags {
    fn step(&mut self, flag: &str) -> Result<Step, ScriptError> {
        Ok(match flag {
            "--emit" => Step::Emit(self.value(flag)?),
            "--emit-line" => Step::Emit(self.value(flag)? + "\n"),
            "--emit-err" => Step::EmitErr(self.value(flag)?),
            "--emit-file" => Step::EmitFile(self.path(flag)?),
            "--emit-file-err" => Step::EmitFileErr(self.path(flag)?),
            "--echo-stdin-to" => Step::EchoStdinTo(self.path(flag)?),
            "--echo-stdin-line-to" => Step::EchoStdinLineTo(self.path(flag)?),
            "--read-stdin" => Step::ReadStdin,
            "--echo-args-to" => Step::EchoArgsTo(self.path(flag)?),
            "--echo-env-to" => Step::EchoEnvTo(self.path(flag)?),
            "--copy-prompt-file" => Step::CopyFile(self.path(flag)?, self.path(flag)?),
            "--write-file" => Step::WriteFile(self.path(flag)?, self.value(flag)?),
            "--touch" => Step::Touch(self.path(flag)?),
            "--flood" => Step::Flood(self.number(flag)?),
            "--long-line" => Step::LongLine(self.number(flag)?),
            "--invalid-utf8" => Step::InvalidUtf8,
            "--play" => Step::Play(self.path(flag)?),
            "--setsid" => Step::Setsid,
            "--spawn-grandchild" => Step::SpawnGrandchild(self.grandchild()?),
            "--hop" => Step::Hop(self.number(flag)?),
            "--pid-file" => Step::PidFile(self.path(flag)?),
            "--wait-for-file" => Step::WaitForFile(self.path(flag)?),
            "--sleep-ms" => Step::Sleep(Duration::from_millis(self.number(flag)?)),
            "--hang" => Step::Hang,
            "--exit" => Step::Exit(self.number(flag)?),
            "--kill-self" => {
                let name = self.value(flag)?;
                Step::KillSelf(
                    signal(&name)
                        .ok_or_else(|| ScriptError(format!("{flag}: no signal {name:?}")))?,
                )
            }
            "--version-line" => Step::VersionLine(self.value(flag)?),
            "--scripted-version" => Step::ScriptedVersion,
            _ => match ignored_by(flag) {
                Some(signal) => Step::Ignore(signal),
                None => return Err(ScriptError(format!("unknown flag {flag:?}"))),
            },
        })
    }

    /// The flags that follow `--spawn-grandchild` and describe it.
    fn grandchild(&mut self) -> Result<Grandchild, ScriptError> {
        let (mut hold_stdout, mut setsid, mut clear_env, mut hop_pids) =
            (false, false, false, false);
        let (mut ignore, mut pid_file) = (Vec::new(), None);
        while let Some(flag) = self.0.front().cloned() {
            match flag.as_str() {
                "--hold-stdout" => hold_stdout = true,
                "--setsid" => setsid = true,
                "--clear-env" => clear_env = true,
                "--hop-pids" => hop_pids = true,
                "--pid-file" => {
                    self.0.pop_front();
                    pid_file = Some(self.path(&flag)?);
                    // The pid file is the last of them, so that the program's own flags can follow.
                    break;
                }
                _ => match ignored_by(&flag) {
                    Some(signal) => ignore.push(signal),
                    None => break,
                },
            }
            self.0.pop_front();
        }
        let pid_file = pid_file.ok_or_else(|| {
            ScriptError("--spawn-grandchild: its last flag must be --pid-file PATH".to_owned())
        })?;
        Ok(Grandchild {
            hold_stdout,
            setsid,
            clear_env,
            hop_pids,
            ignore,
            pid_file,
        })
    }

    fn value(&mut self, flag: &str) -> Result<String, ScriptError> {
        self.0
            .pop_front()
            .ok_or_else(|| ScriptError(format!("{flag}: a value is missing")))
    }

    fn path(&mut self, flag: &str) -> Result<PathBuf, ScriptError> {
        self.value(flag).map(PathBuf::from)
    }

    fn number<N: std::str::FromStr>(&mut self, flag: &str) -> Result<N, ScriptError> {
        let value = self.value(flag)?;
        value
            .parse()
            .map_err(|_| ScriptError(format!("{flag}: {value:?} is no number that fits")))
    }
}

fn ignored_by(flag: &str) -> Option<Signal> {
    match flag {
        "--ignore-int" => Some(Signal::INT),
        "--ignore-term" => Some(Signal::TERM),
        "--ignore-hup" => Some(Signal::HUP),
        _ => None,
    }
}

/// The flag that has a stand-in ignore this signal.
pub(super) fn ignore_flag(signal: Signal) -> &'static str {
    match signal {
        Signal::INT => "--ignore-int",
        Signal::TERM => "--ignore-term",
        _ => "--ignore-hup",
    }
}

/// A signal by its name, with or without `SIG`, or by its number.
pub(super) fn signal(name: &str) -> Option<Signal> {
    const KNOWN: [(&str, Signal); 10] = [
        ("HUP", Signal::HUP),
        ("INT", Signal::INT),
        ("QUIT", Signal::QUIT),
        ("ABRT", Signal::ABORT),
        ("KILL", Signal::KILL),
        ("SEGV", Signal::SEGV),
        ("PIPE", Signal::PIPE),
        ("TERM", Signal::TERM),
        ("USR1", Signal::USR1),
        ("USR2", Signal::USR2),
    ];
    let bare = name.strip_prefix("SIG").unwrap_or(name);
    KNOWN
        .into_iter()
        .find(|(known, signal)| *known == bare || signal.as_raw().to_string() == bare)
        .map(|(_, signal)| signal)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(script: &[&str]) -> Result<Vec<Step>, ScriptError> {
        parse(script.iter().map(ToString::to_string))
    }

    #[test]
    fn flags_become_steps_in_their_order() {
        let steps = read(&[
            "--emit-line",
            "--exit",
            "--sleep-ms",
            "5",
            "--emit-line",
            "",
            "--exit",
            "3",
        ])
        .unwrap();
        // A value may look like a flag: what follows `--emit-line` is text.
        let expected = [
            Step::Emit("--exit\n".into()),
            Step::Sleep(Duration::from_millis(5)),
            Step::Emit("\n".into()),
            Step::Exit(3),
        ];
        assert_eq!(steps, expected);
        assert_eq!(read(&[]).unwrap(), []);
    }

    #[test]
    fn every_flag_is_known() {
        let script = "--emit a --emit-line a --emit-err a --emit-file a --emit-file-err a --echo-stdin-to a --echo-stdin-line-to a \
            --echo-args-to a --echo-env-to a --copy-prompt-file a b --write-file a b --touch a --flood 1 \
            --long-line 1 --invalid-utf8 --play a --ignore-int --ignore-term --ignore-hup --setsid --pid-file a \
            --wait-for-file a --sleep-ms 1 --hang --exit 0 --kill-self TERM --version-line a --scripted-version --hop 1";
        let words: Vec<&str> = script.split_whitespace().collect();
        assert_eq!(read(&words).unwrap().len(), 29);
        // Each of them is in the table that people read.
        let table = include_str!("mod.rs");
        for flag in words.iter().filter(|word| word.starts_with("--")) {
            assert!(table.contains(flag), "{flag} is not documented");
        }
    }

    #[test]
    fn a_grandchild_takes_the_flags_up_to_its_pid_file() {
        let steps = read(&[
            "--spawn-grandchild",
            "--ignore-term",
            "--hold-stdout",
            "--clear-env",
            "--pid-file",
            "p",
            "--ignore-int",
        ])
        .unwrap();
        let grandchild = Grandchild {
            hold_stdout: true,
            setsid: false,
            clear_env: true,
            hop_pids: false,
            ignore: vec![Signal::TERM],
            pid_file: "p".into(),
        };
        assert_eq!(
            steps,
            [Step::SpawnGrandchild(grandchild), Step::Ignore(Signal::INT)]
        );
        assert!(read(&["--spawn-grandchild", "--setsid", "--emit", "x"]).is_err());
    }

    #[test]
    fn signals_have_names_and_numbers() {
        for name in ["TERM", "SIGTERM", "15"] {
            assert_eq!(signal(name), Some(Signal::TERM), "{name}");
        }
        assert_eq!(signal("9"), Some(Signal::KILL));
        assert_eq!(signal("SIGNOPE"), None);
    }

    #[test]
    fn what_cannot_be_read_is_said() {
        let cases: [(&[&str], &str); 6] = [
            (&["--nope"], "unknown flag \"--nope\""),
            (&["--emit-line"], "--emit-line: a value is missing"),
            (
                &["--copy-prompt-file", "a"],
                "--copy-prompt-file: a value is missing",
            ),
            (&["--exit", "256"], "--exit: \"256\" is no number that fits"),
            (
                &["--sleep-ms", "soon"],
                "--sleep-ms: \"soon\" is no number that fits",
            ),
            (
                &["--kill-self", "DEATH"],
                "--kill-self: no signal \"DEATH\"",
            ),
        ];
        for (script, problem) in cases {
            assert_eq!(read(script).unwrap_err().to_string(), problem);
        }
    }
}
