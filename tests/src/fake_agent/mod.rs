//! The stand-in agent: a program, not a mock, that does what a script of flags says.
//!
//! A script is a list of flags, performed in the order given; after the last one the program
//! exits with status 0. It comes from the first of these that is there:
//!
//! 1. `FAKE_AGENT_SCRIPT`: a JSON array of flags;
//! 2. `FAKE_AGENT_SCRIPT_FILE`: the path of a file that holds such an array;
//! 3. `<program>.script.json` beside the program *as it was invoked*, so that a test house can
//!    make `bin/claude` a symbolic link to this program and write `bin/claude.script.json`;
//! 4. the arguments of the command line.
//!
//! In the first three cases the real arguments are whatever an adapter planned. They are not
//! obeyed, but `--echo-args-to` records them, and the placeholders `{arg:N}` (the N-th argument,
//! from 1) and `{after:FLAG}` (the argument after FLAG) stand for them in paths. A script *file*
//! may also hold an array of arrays: one script for each invocation, the last one repeating.
//! `--version` alone is answered with a version line and does not count as an invocation,
//! unless the script holds `--scripted-version`.
//!
//! | flag | what it does |
//! |---|---|
//! | `--emit TEXT`, `--emit-line TEXT`, `--emit-err TEXT` | text on stdout without or with a line feed; a line on stderr |
//! | `--emit-file PATH`, `--emit-file-err PATH` | the bytes of a file, as they are, on stdout or stderr |
//! | `--flood BYTES`, `--long-line BYTES`, `--invalid-utf8` | so many bytes of short lines; one line of so many bytes; a line that is no UTF-8 |
//! | `--play RECORDING_JSON` | a recording: its stdout, its stderr, then its exit status or its death by the same signal |
//! | `--echo-stdin-to PATH`, `--echo-stdin-line-to PATH` | all of stdin to its end, or its next line, into a file |
//! | `--read-stdin` | read stdin to its end, as a real tool does |
//! | `--echo-args-to PATH`, `--echo-env-to PATH` | the whole argv as a JSON array; the environment as a JSON object |
//! | `--copy-prompt-file FROM TO`, `--write-file PATH TEXT`, `--touch PATH` | files |
//! | `--ignore-int`, `--ignore-term`, `--ignore-hup` | that signal has no effect from here on |
//! | `--setsid` | a session of its own |
//! | `--spawn-grandchild [--hold-stdout] [--setsid] [--clear-env] [--hop-pids] [--ignore-...] --pid-file PATH` | a process that lives until it is killed; its pid is in the file before the next flag is performed; with `--clear-env` it knows no variable but its script; with `--hop-pids` it begins to hop as below |
//! | `--hop N` | N times, a process with a session of its own goes on in place of the one before, which exits; the last one exits, too |
//! | `--pid-file PATH` | the program's own pid, whole or not at all |
//! | `--wait-for-file PATH`, `--sleep-ms N`, `--hang` | wait for a file, for a time, or until killed |
//! | `--exit N`, `--kill-self SIGNAL` | the end |
//! | `--version-line TEXT`, `--scripted-version` | what `--version` prints; or perform the script for it too |
//!
//! Nothing waits for longer than [`LONGEST_WAIT`]. What cannot be done ends the program with
//! status 70 and a line on stderr, a script that cannot be read with status 64.

mod perform;
mod recording;
mod script;
mod source;

use std::{
    ffi::OsString,
    io::{self, Write},
    process::ExitCode,
    time::Duration,
};

pub use script::{Grandchild, ScriptError, Step, parse};
pub use source::{SCRIPT_FILE_VAR, SCRIPT_VAR};

/// A stray stand-in ends by itself after this time, whatever its script says.
pub const LONGEST_WAIT: Duration = Duration::from_secs(120);

const UNREADABLE_SCRIPT: u8 = 64; // EX_USAGE
const CANNOT_BE_DONE: u8 = 70; // EX_SOFTWARE

/// The whole program.
pub fn run() -> ExitCode {
    let argv: Vec<OsString> = std::env::args_os().collect();
    let steps = match source::steps(&argv) {
        Ok(steps) => steps,
        Err(problem) => {
            return complain(&format!("unreadable script: {problem}"), UNREADABLE_SCRIPT);
        }
    };
    match perform::perform(&steps, &argv) {
        Ok(code) => ExitCode::from(code),
        Err(problem) => complain(&problem, CANNOT_BE_DONE),
    }
}

fn complain(problem: &str, code: u8) -> ExitCode {
    // Nobody may be listening, and there is nobody else to tell.
    drop(writeln!(io::stderr(), "fake-agent: {problem}"));
    ExitCode::from(code)
}
