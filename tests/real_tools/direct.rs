//! Real tools started as a host would start them, and watched to their end.
//!
//! Owns one run: the prompt on stdin, both streams read to their end, a time limit. A run that
//! is dropped early is killed.

use std::{
    io::{BufRead, BufReader, Read, Write},
    process::{Child, Command, ExitStatus, Stdio},
    sync::mpsc::{Receiver, RecvTimeoutError, channel},
    thread::JoinHandle,
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tollgate_tests::{
    mock_api::MockApi,
    real_tools::{RealTool, Retries, Tool, find},
};

/// No run here takes a quarter of it.
const LIMIT: Duration = Duration::from_secs(60);

/// The tool, ready to ask this API; `None` when it is not here, which is said.
pub fn tool(tool: Tool, api: &MockApi) -> Option<RealTool> {
    match find(tool) {
        Ok(installed) => Some(installed.at_home(&api.url(), Retries::None).unwrap()),
        Err(missing) => {
            missing.skip();
            None
        }
    }
}

/// A tool at work.
pub struct Running {
    child: Child,
    lines: Receiver<Vec<u8>>,
    seen: Vec<Vec<u8>>,
    stderr: Option<JoinHandle<String>>,
}

/// A tool that is done.
pub struct Outcome {
    pub status: ExitStatus,
    /// Every line of stdout, as JSON.
    pub events: Vec<Value>,
    pub stderr: String,
}

/// Starts the tool in its workspace with this prompt on stdin.
pub fn start(tool: &RealTool, args: &[&str], prompt: &str) -> Running {
    let mut child = Command::new(&tool.program)
        .args(args)
        .env_clear()
        .envs(tool.env.iter().map(|(name, value)| (name, value)))
        .current_dir(tool.workspace())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let prompt = prompt.to_owned();
    // A tool that refuses its arguments never reads its prompt: that is no fault of the run.
    std::thread::spawn(move || drop(stdin.write_all(prompt.as_bytes())));
    let stdout = BufReader::new(child.stdout.take().unwrap());
    let (line_tx, lines) = channel();
    std::thread::spawn(move || {
        for line in stdout.split(b'\n') {
            if line_tx.send(line.unwrap()).is_err() {
                return;
            }
        }
    });
    let mut stderr = child.stderr.take().unwrap();
    let stderr = std::thread::spawn(move || {
        let mut bytes = Vec::new();
        stderr.read_to_end(&mut bytes).unwrap();
        String::from_utf8_lossy(&bytes).into_owned()
    });
    Running {
        child,
        lines,
        seen: Vec::new(),
        stderr: Some(stderr),
    }
}

/// Starts the tool and waits for its end.
pub fn run(tool: &RealTool, args: &[&str], prompt: &str) -> Outcome {
    start(tool, args, prompt).finish()
}

impl Running {
    pub fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// Waits until stdout is closed and the tool is gone.
    pub fn finish(mut self) -> Outcome {
        loop {
            match self.lines.recv_timeout(LIMIT) {
                Ok(line) => self.seen.push(line),
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => {
                    panic!(
                        "no line and no end in {LIMIT:?}, after {} lines",
                        self.seen.len()
                    )
                }
            }
        }
        let status = self.child.wait().unwrap();
        let stderr = self.stderr.take().unwrap().join().unwrap();
        let events = self
            .seen
            .iter()
            .map(|line| serde_json::from_slice(line).unwrap())
            .collect();
        Outcome {
            status,
            events,
            stderr,
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It is gone already, unless a test failed.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

impl Outcome {
    /// The only event of this type.
    pub fn event(&self, kind: &str) -> &Value {
        let mut found = self.events.iter().filter(|event| event["type"] == kind);
        let (Some(event), None) = (found.next(), found.next()) else {
            panic!(
                "not exactly one {kind}: {:#?}\nstderr: {}",
                self.events, self.stderr
            )
        };
        event
    }

    pub fn has(&self, kind: &str) -> bool {
        self.events.iter().any(|event| event["type"] == kind)
    }
}
