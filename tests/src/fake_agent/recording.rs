//! A recording of a real tool, as the stand-in plays it back.
//!
//! Owns the reading of its three files (`NAME.json`, `NAME.stdout`, `NAME.stderr`). Writes nothing.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use rustix::process::Signal;
use serde_json::Value;

use super::script::signal;

/// How a recorded process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    Exit(u8),
    Signal(Signal),
}

#[derive(Debug)]
pub(super) struct Recording {
    pub(super) stdout: Vec<u8>,
    pub(super) stderr: Vec<u8>,
    pub(super) ending: Ending,
}

/// Reads the recording that this JSON file describes. An empty stream has no file.
pub(super) fn read(json: &Path) -> Result<Recording, String> {
    let text =
        fs::read_to_string(json).map_err(|e| format!("cannot read {}: {e}", json.display()))?;
    let value: Value =
        serde_json::from_str(&text).map_err(|e| format!("{} is no JSON: {e}", json.display()))?;
    let exit = value["exit"].as_str().unwrap_or_default();
    let ending =
        ending(exit).ok_or_else(|| format!("{}: cannot play the exit {exit:?}", json.display()))?;
    Ok(Recording {
        stdout: stream(json, "stdout")?,
        stderr: stream(json, "stderr")?,
        ending,
    })
}

/// Reads `"0"`, `"143"`, or `"signal 15 (SIGTERM)"`.
fn ending(exit: &str) -> Option<Ending> {
    match exit.strip_prefix("signal ") {
        Some(died) => signal(died.split(' ').next()?).map(Ending::Signal),
        None => exit.parse().ok().map(Ending::Exit),
    }
}

fn stream(json: &Path, extension: &str) -> Result<Vec<u8>, String> {
    let path: PathBuf = json.with_extension(extension);
    match fs::read(&path) {
        Ok(bytes) => Ok(bytes),
        Err(missing) if missing.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(other) => Err(format!("cannot read {}: {other}", path.display())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endings_are_read_as_recorded() {
        assert_eq!(ending("0"), Some(Ending::Exit(0)));
        assert_eq!(ending("143"), Some(Ending::Exit(143)));
        assert_eq!(
            ending("signal 15 (SIGTERM)"),
            Some(Ending::Signal(Signal::TERM))
        );
        assert_eq!(ending("timeout"), None);
    }

    #[test]
    fn a_missing_stream_is_an_empty_one() {
        let folder = tempfile::tempdir().unwrap();
        let json = folder.path().join("case-1.json");
        fs::write(&json, r#"{"exit": "1"}"#).unwrap();
        fs::write(folder.path().join("case-1.stderr"), b"\xff").unwrap();
        let recording = read(&json).unwrap();
        assert_eq!((recording.stdout, recording.stderr), (vec![], vec![0xff]));
        assert_eq!(recording.ending, Ending::Exit(1));
    }
}
