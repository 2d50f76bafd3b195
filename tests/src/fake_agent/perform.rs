//! The steps of a script, performed one after the other.
//!
//! Owns the effects: output, files, waiting, signals, a grandchild. Reads no script.

use std::{
    collections::BTreeMap,
    ffi::OsString,
    fs,
    io::{self, BufRead, Write},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{Arc, atomic::AtomicBool},
    time::{Duration, Instant},
};

use rustix::process::{Signal, getpid, kill_process, setsid};
use serde_json::Value;

use super::{
    LONGEST_WAIT, recording,
    script::{Grandchild, Step, ignore_flag},
    source::SCRIPT_VAR,
};

const POLL: Duration = Duration::from_millis(2);
/// About as many as fit into [`LONGEST_WAIT`].
const HOPS: &str = "100000";
const FLOOD_LINE_BYTES: u64 = 80;

/// Performs the steps and tells the exit status. An error says what could not be done.
pub(super) fn perform(steps: &[Step], argv: &[OsString]) -> Result<u8, String> {
    for step in steps {
        match step {
            Step::Exit(code) => return Ok(*code),
            Step::Play(path) => return play(&filled(path, argv)?),
            Step::Hop(left) => return hop(*left).map_err(|e| format!("{step:?}: {e}")),
            _ => do_one(step, argv).map_err(|e| format!("{step:?}: {e}"))?,
        }
    }
    Ok(0)
}

fn do_one(step: &Step, argv: &[OsString]) -> Result<(), Box<dyn std::error::Error>> {
    let fill = |path: &Path| filled(path, argv);
    match step {
        Step::Emit(text) => out(text.as_bytes())?,
        Step::EmitErr(text) => err(format!("{text}\n").as_bytes())?,
        Step::EmitFile(path) => out(&fs::read(fill(path)?)?)?,
        Step::EmitFileErr(path) => err(&fs::read(fill(path)?)?)?,
        Step::EchoStdinTo(path) => echo_stdin(&fill(path)?)?,
        Step::EchoStdinLineTo(path) => echo_stdin_line(&fill(path)?)?,
        Step::ReadStdin => drop(io::copy(&mut io::stdin().lock(), &mut io::sink())?),
        Step::EchoArgsTo(path) => {
            write_whole(&fill(path)?, args_json(argv).to_string().as_bytes())?
        }
        Step::EchoEnvTo(path) => write_whole(&fill(path)?, env_json()?.as_bytes())?,
        Step::CopyFile(from, to) => write_whole(&fill(to)?, &fs::read(fill(from)?)?)?,
        Step::WriteFile(path, text) => write_whole(&fill(path)?, text.as_bytes())?,
        Step::Touch(path) => drop(
            fs::OpenOptions::new()
                .append(true)
                .create(true)
                .open(fill(path)?)?,
        ),
        Step::Flood(bytes) => flood(*bytes)?,
        Step::LongLine(bytes) => long_line(*bytes)?,
        Step::InvalidUtf8 => out(b"not utf-8: \xff\xfe\xc3\x28\n")?,
        Step::Ignore(signal) => ignore(*signal)?,
        Step::Setsid => drop(setsid()?),
        Step::SpawnGrandchild(grandchild) => spawn(grandchild, fill(&grandchild.pid_file)?)?,
        Step::PidFile(path) => {
            write_whole(&fill(path)?, getpid().as_raw_pid().to_string().as_bytes())?
        }
        Step::WaitForFile(path) => wait_for(&fill(path)?)?,
        Step::Sleep(time) => std::thread::sleep((*time).min(LONGEST_WAIT)),
        Step::Hang => std::thread::sleep(LONGEST_WAIT),
        Step::KillSelf(signal) => kill_process(getpid(), *signal)?,
        // Read before the script began.
        Step::VersionLine(_) | Step::ScriptedVersion => {}
        Step::Exit(_) | Step::Play(_) | Step::Hop(_) => {
            unreachable!("these end the script and are handled above")
        }
    }
    Ok(())
}

fn play(json: &Path) -> Result<u8, String> {
    let recording = recording::read(json)?;
    out(&recording.stdout)
        .and_then(|()| err(&recording.stderr))
        .map_err(|e| format!("cannot play: {e}"))?;
    match recording.ending {
        recording::Ending::Exit(code) => Ok(code),
        recording::Ending::Signal(signal) => {
            kill_process(getpid(), signal).map_err(|e| format!("cannot die by {signal:?}: {e}"))?;
            Err(format!("{signal:?} did not end the program"))
        }
    }
}

fn out(bytes: &[u8]) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(bytes)?;
    stdout.flush()
}

fn err(bytes: &[u8]) -> io::Result<()> {
    io::stderr().lock().write_all(bytes)
}

fn flood(bytes: u64) -> io::Result<()> {
    let mut stdout = io::BufWriter::with_capacity(64 * 1024, io::stdout().lock());
    let mut left = bytes;
    while left > 0 {
        let length = left.min(FLOOD_LINE_BYTES);
        for _ in 1..length {
            stdout.write_all(b"x")?;
        }
        stdout.write_all(b"\n")?;
        left -= length;
    }
    stdout.flush()
}

fn long_line(bytes: u64) -> io::Result<()> {
    let block = [b'x'; 64 * 1024];
    let mut stdout = io::stdout().lock();
    let mut left = bytes;
    while left > 0 {
        let length = left.min(block.len() as u64);
        stdout.write_all(&block[..usize::try_from(length).expect("a block fits in memory")])?;
        left -= length;
    }
    stdout.write_all(b"\n")?;
    stdout.flush()
}

fn echo_stdin(path: &Path) -> io::Result<()> {
    let partial = beside(path);
    io::copy(&mut io::stdin().lock(), &mut fs::File::create(&partial)?)?;
    fs::rename(partial, path)
}

fn echo_stdin_line(path: &Path) -> io::Result<()> {
    let mut line = Vec::new();
    io::stdin().lock().read_until(b'\n', &mut line)?;
    write_whole(path, &line)
}

/// Writes a file so that whoever waits for it never sees a part of it.
fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let partial = beside(path);
    fs::write(&partial, bytes)?;
    fs::rename(partial, path)
}

fn beside(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{}.partial", getpid().as_raw_pid()));
    name.into()
}

/// Arguments that are no UTF-8 become arrays of bytes, so that nothing is lost.
fn args_json(argv: &[OsString]) -> Value {
    argv.iter()
        .map(|arg| match arg.to_str() {
            Some(text) => Value::from(text),
            None => Value::from(arg.as_encoded_bytes()),
        })
        .collect()
}

fn env_json() -> serde_json::Result<String> {
    let env: BTreeMap<String, String> = std::env::vars_os()
        .map(|(name, value)| {
            (
                name.to_string_lossy().into_owned(),
                value.to_string_lossy().into_owned(),
            )
        })
        .collect();
    serde_json::to_string(&env)
}

/// A handler that does nothing: unlike "ignored", it is not inherited by programs started later.
fn ignore(signal: Signal) -> io::Result<()> {
    signal_hook::flag::register(signal.as_raw(), Arc::new(AtomicBool::new(false))).map(drop)
}

/// Starts the same program again with a script of its own, and waits for its pid.
fn spawn(grandchild: &Grandchild, pid_file: PathBuf) -> Result<(), Box<dyn std::error::Error>> {
    let pid_path = pid_file
        .to_str()
        .ok_or("the path of the pid file is no UTF-8")?;
    let mut script: Vec<&str> = grandchild
        .ignore
        .iter()
        .map(|signal| ignore_flag(*signal))
        .collect();
    if grandchild.setsid {
        script.push("--setsid");
    }
    script.extend(["--pid-file", pid_path]);
    if grandchild.hop_pids {
        script.extend(["--hop", HOPS]);
    }
    script.push("--hang");
    let stdout = if grandchild.hold_stdout {
        Stdio::inherit()
    } else {
        Stdio::null()
    };
    let mut command = Command::new(std::env::current_exe()?);
    if grandchild.clear_env {
        command.env_clear();
    }
    command
        .env(SCRIPT_VAR, serde_json::to_string(&script)?)
        .stdin(Stdio::null())
        .stdout(stdout)
        .stderr(Stdio::null())
        .spawn()?;
    Ok(wait_for(&pid_file)?)
}

/// Goes on in another process, in the environment and with the streams of this one.
fn hop(left: u32) -> io::Result<u8> {
    if let Some(left) = left.checked_sub(1) {
        let script = ["--setsid", "--hop", &left.to_string()];
        Command::new(std::env::current_exe()?)
            .env(SCRIPT_VAR, serde_json::to_string(&script)?)
            .spawn()?;
    }
    Ok(0)
}

fn wait_for(path: &Path) -> io::Result<()> {
    let start = Instant::now();
    while !path.exists() {
        if start.elapsed() > LONGEST_WAIT {
            return Err(io::Error::new(
                io::ErrorKind::TimedOut,
                "the file did not come",
            ));
        }
        std::thread::sleep(POLL);
    }
    Ok(())
}

/// A path with its placeholders replaced by the real arguments.
fn filled(path: &Path, argv: &[OsString]) -> Result<PathBuf, String> {
    let Some(name) = path
        .to_str()
        .and_then(|text| text.strip_prefix('{')?.strip_suffix('}'))
    else {
        return Ok(path.to_owned());
    };
    let index = match name.split_once(':') {
        Some(("arg", n)) => n.parse().ok(),
        Some(("after", flag)) => argv.iter().position(|arg| arg == flag).map(|at| at + 1),
        _ => None,
    };
    let found = index.and_then(|index: usize| argv.get(index));
    found
        .map(PathBuf::from)
        .ok_or_else(|| format!("no argument for {{{name}}}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_stand_for_real_arguments() {
        let argv: Vec<OsString> = ["codex", "exec", "-o", "/answer"].map(Into::into).into();
        let fill = |path: &str| filled(Path::new(path), &argv);
        assert_eq!(fill("/plain").unwrap(), Path::new("/plain"));
        assert_eq!(fill("{arg:1}").unwrap(), Path::new("exec"));
        assert_eq!(fill("{after:-o}").unwrap(), Path::new("/answer"));
        assert!(fill("{arg:9}").is_err());
        assert!(fill("{after:/answer}").is_err());
        assert!(fill("{what}").is_err());
    }

    #[test]
    fn files_and_the_end_of_a_script() {
        let folder = tempfile::tempdir().unwrap();
        let (a, b) = (folder.path().join("a"), folder.path().join("b"));
        let steps = [
            Step::WriteFile(a.clone(), "one\n".into()),
            Step::WaitForFile(a.clone()),
            Step::CopyFile(a, b.clone()),
            Step::Touch(b.clone()),
            Step::Exit(7),
            Step::Touch(folder.path().join("never")),
        ];
        assert_eq!(perform(&steps, &[]), Ok(7));
        assert_eq!(fs::read_to_string(b).unwrap(), "one\n");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    }
}
