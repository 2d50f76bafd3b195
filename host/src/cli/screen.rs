//! Where the command line writes: results to stdout, talk to stderr.
//!
//! The one place that prints. It knows about colour, quiet, and JSON, and lets nothing through that
//! could act on a terminal; it never decides anything.

use std::io::{self, IsTerminal, Write};
use std::sync::OnceLock;

use anstyle::{AnsiColor, Style};
use serde_json::Value;

use super::args::Global;
use super::escape;
use super::failure::Failure;

const ERROR: Style = AnsiColor::Red.on_default().bold();
const WARNING: Style = AnsiColor::Yellow.on_default().bold();
const HINT: Style = AnsiColor::Cyan.on_default();
const DIM: Style = Style::new().dimmed();

/// Stdout and stderr, and how much to say.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Screen {
    json: bool,
    quiet: bool,
    verbose: bool,
}

impl Screen {
    /// A screen for these options; also settles for the whole process whether colour is used.
    pub(crate) fn new(global: &Global) -> Self {
        if global.no_color {
            anstream::ColorChoice::Never.write_global();
        }
        Self {
            json: global.json,
            quiet: global.quiet,
            verbose: global.verbose,
        }
    }

    /// Whether one JSON document is wanted.
    pub(crate) fn json(self) -> bool {
        self.json
    }

    /// Whether only what went wrong is wanted.
    pub(crate) fn quiet(self) -> bool {
        self.quiet
    }

    /// Whether more is wanted.
    pub(crate) fn verbose(self) -> bool {
        self.verbose
    }

    /// Whether a person looks at stdout.
    pub(crate) fn stdout_is_terminal(self) -> bool {
        std::io::stdout().is_terminal()
    }

    /// The document that a command would print with `--json`, instead of printing it: what the API
    /// answers with is what the command says. Talk and questions are dropped; there is nobody to
    /// hear them.
    pub(crate) fn captured<T>(
        command: impl FnOnce(Self) -> Result<T, Failure>,
    ) -> Result<Value, Failure> {
        let screen = Self {
            json: true,
            quiet: true,
            verbose: false,
        };
        CAPTURED.set(Some(Value::Null));
        let done = command(screen);
        let document = CAPTURED.take();
        done.map(|_| document.unwrap_or_default())
    }

    /// A result, with a line feed.
    pub(crate) fn result(self, text: &str) {
        if is_captured() {
            return;
        }
        remember(write_all(&mut anstream::stdout(), text, true));
    }

    /// Bytes of a result, as they are.
    pub(crate) fn bytes(self, bytes: &[u8]) {
        if is_captured() {
            return;
        }
        let mut out = std::io::stdout().lock();
        let written = out.write_all(bytes).and_then(|()| out.flush());
        remember(written);
    }

    /// What a tool wrote: made harmless on a terminal, exact in a pipe.
    pub(crate) fn raw(self, bytes: &[u8]) {
        if self.stdout_is_terminal() {
            let text = String::from_utf8_lossy(bytes);
            self.bytes(escape::for_terminal(&text).as_bytes());
        } else {
            self.bytes(bytes);
        }
    }

    /// Whether whoever read the results has gone, as `head` does when it has seen enough.
    pub(crate) fn reader_gone() -> bool {
        GONE.load(std::sync::atomic::Ordering::Relaxed)
    }

    /// Why results could not be written, if they could not. A reader that went away does not
    /// count: that was its wish.
    pub(crate) fn lost() -> Option<String> {
        LOST.get().cloned()
    }

    /// A piece of an answer: made harmless on a terminal, exact in a pipe.
    pub(crate) fn answer(self, text: &str) {
        if self.stdout_is_terminal() {
            self.bytes(escape::for_terminal(text).as_bytes());
        } else {
            self.bytes(text.as_bytes());
        }
    }

    /// The JSON document.
    pub(crate) fn document(self, value: &Value) {
        if is_captured() {
            CAPTURED.set(Some(value.clone()));
            return;
        }
        // Invariant: a `Value` always serialises.
        let text = serde_json::to_string_pretty(value).unwrap_or_default();
        remember(write_all(&mut anstream::stdout(), &text, true));
    }

    /// Something worth knowing; silent with --quiet and --json.
    pub(crate) fn note(self, text: &str) {
        if !self.quiet && !self.json {
            let text = escape::for_terminal(text);
            tell(&format!("{DIM}{text}{DIM:#}"), true);
        }
    }

    /// Plain talk; silent with --quiet and --json.
    pub(crate) fn say(self, text: &str) {
        if !self.quiet && !self.json {
            tell(&escape::for_terminal(text), true);
        }
    }

    /// A question that waits for an answer on the same line.
    pub(crate) fn prompt(self, text: &str) {
        tell(&escape::for_terminal(text), false);
    }

    /// Something the user should act on or know about; silent with --json, where it stands in the
    /// document.
    pub(crate) fn warn(self, text: &str) {
        if !self.json {
            let text = escape::for_terminal(text);
            tell(&format!("{WARNING}warning:{WARNING:#} {text}"), true);
        }
    }

    /// A line that the next one replaces; only for people who look at a terminal.
    pub(crate) fn status(self, text: &str) {
        if !self.quiet && !self.json && std::io::stderr().is_terminal() {
            let line = format!("\r\x1b[2K{DIM}{text}{DIM:#}");
            tell(&line, false);
        }
    }

    /// Take the line of [`Self::status`] away.
    pub(crate) fn clear_status(self) {
        if !self.quiet && !self.json && std::io::stderr().is_terminal() {
            tell("\r\x1b[2K", false);
        }
    }

    /// The end of a failed command.
    pub(crate) fn fail(self, failure: &Failure) {
        if self.json {
            self.document(&failure.document());
            return;
        }
        let mut text = String::new();
        if let Some(report) = &failure.report {
            text.push_str(&escape::for_terminal(report));
            text.push_str("\n\n");
        }
        let message = escape::for_terminal(&failure.message);
        text.push_str(&format!("{ERROR}error:{ERROR:#} {message}\n"));
        if !failure.hints.is_empty() {
            text.push('\n');
        }
        for hint in failure.hints.iter().map(|hint| escape::for_terminal(hint)) {
            text.push_str(&format!("{HINT}hint:{HINT:#} {hint}\n"));
        }
        tell(&text, false);
    }
}

thread_local! {
    /// The document of the command that is captured on this thread, if one is.
    static CAPTURED: std::cell::RefCell<Option<Value>> = const { std::cell::RefCell::new(None) };
}

fn is_captured() -> bool {
    CAPTURED.with_borrow(Option::is_some)
}

/// The first reason why results could not be written.
static LOST: OnceLock<String> = OnceLock::new();

/// Whether whoever read the results has gone.
static GONE: std::sync::atomic::AtomicBool = std::sync::atomic::AtomicBool::new(false);

fn remember(written: io::Result<()>) {
    if written
        .as_ref()
        .is_err_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
    {
        GONE.store(true, std::sync::atomic::Ordering::Relaxed);
    }
    if let Err(error) = written
        && error.kind() != io::ErrorKind::BrokenPipe
    {
        LOST.get_or_init(|| error.to_string());
    }
}

/// Talk: when nobody can hear it, there is nobody left to tell.
fn tell(text: &str, line: bool) {
    if is_captured() {
        return;
    }
    drop(write_all(&mut anstream::stderr(), text, line));
}

fn write_all(out: &mut impl Write, text: &str, line: bool) -> io::Result<()> {
    let end = if line { "\n" } else { "" };
    out.write_all(text.as_bytes())?;
    out.write_all(end.as_bytes())?;
    out.flush()
}
