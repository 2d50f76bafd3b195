//! What can go wrong in this room, apart from a guest's own faults.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use super::fault::GuestFault;

/// Why a component cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// The file is something else.
    #[error("not a WebAssembly component but {found}")]
    NotAComponent {
        /// What it is, with what to do about it.
        found: &'static str,
    },
    /// The file is too large.
    #[error("the component has {size} bytes; at most {limit} are accepted")]
    TooLarge {
        /// Its bytes.
        size: usize,
        /// Bytes accepted.
        limit: usize,
    },
    /// It wants functions that no plugin gets.
    #[error("the component imports what the sandbox does not offer: {}", .0.join(", "))]
    UnknownImports(Vec<String>),
    /// It was built for a contract that this host does not speak.
    #[error("the component was built for `{found}`; this host speaks `{needed}`{}", detail(.reason))]
    UnsupportedContract {
        /// Interface and version in the component.
        found: String,
        /// Interface and version of this host.
        needed: &'static str,
        /// Which part differs, when the version does not tell.
        reason: Option<String>,
    },
    /// It is a plugin of another kind.
    #[error("the component is {is} (it exports `{found}`), not {wanted} (`{needed}`)")]
    OtherKind {
        /// Interface and version in the component.
        found: String,
        /// The kind that it is, with its article.
        is: &'static str,
        /// Interface and version that were expected.
        needed: &'static str,
        /// The kind that was expected, with its article.
        wanted: &'static str,
    },
    /// It is no plugin.
    #[error("the component does not export `{needed}`; it exports {}", list(.found))]
    MissingExport {
        /// Interface and version of this host.
        needed: &'static str,
        /// What it exports.
        found: Vec<String>,
    },
    /// It uses a part of WebAssembly that is switched off here.
    #[error("the component uses {feature}, which is switched off here: {reason}")]
    RefusedFeature {
        /// The feature's usual name.
        feature: &'static str,
        /// Where and how.
        reason: String,
    },
    /// It is broken.
    #[error("the component is not valid: {reason}")]
    Invalid {
        /// What is wrong with it.
        reason: String,
    },
    /// It takes too long to compile.
    #[error("the component did not compile within {limit:?}")]
    CompileTime {
        /// Wall time allowed.
        limit: Duration,
    },
    /// What it says about itself makes no sense.
    #[error("the component describes itself with {what}")]
    BadDescription {
        /// What is wrong.
        what: String,
    },
    /// It misbehaved when it was asked what it is.
    #[error("the component cannot describe itself")]
    Fault(#[from] GuestFault),
    /// This machine cannot run plugins at all.
    #[error("the plugin engine cannot start here: {reason}")]
    Engine {
        /// What the engine says.
        reason: String,
    },
}

fn detail(reason: &Option<String>) -> String {
    reason
        .as_ref()
        .map_or_else(String::new, |reason| format!(" ({reason})"))
}

fn list(names: &[String]) -> String {
    if names.is_empty() {
        "nothing".to_owned()
    } else {
        names.join(", ")
    }
}

/// Why compiled code cannot be kept. Components work without, only slower to load.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CacheError {
    /// The directory cannot be made or opened.
    #[error("open the directory of compiled plugins {}", path.display())]
    Open {
        /// The directory.
        path: PathBuf,
        #[source]
        /// Why.
        source: io::Error,
    },
    /// Somebody else can write there, and what is there is executed.
    #[error("trust the directory of compiled plugins {}: {why}", path.display())]
    Unsafe {
        /// The directory.
        path: PathBuf,
        /// Whose it is, or who can write.
        why: &'static str,
    },
    /// An entry cannot be written.
    #[error("write the compiled plugin {name}")]
    Write {
        /// The entry.
        name: String,
        #[source]
        /// Why.
        source: io::Error,
    },
    /// The engine cannot put its code into bytes.
    #[error("serialise the compiled plugin: {reason}")]
    Serialise {
        /// What the engine says.
        reason: String,
    },
}

/// Why a policy gave no verdict. Texts are the policy's: hostile, at most 1 KiB.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PolicyFault {
    /// The policy misbehaved.
    #[error(transparent)]
    Guest(#[from] GuestFault),
    /// The policy says that it cannot judge.
    #[error("the policy says: {0}")]
    Said(String),
    /// The verdict makes no sense.
    #[error("the policy returned {what}")]
    Malformed {
        /// What is wrong with it.
        what: String,
    },
    /// It would have to read too much. It was not asked.
    #[error(
        "the configuration and the request have {found} bytes; a policy is handed at most {limit}"
    )]
    TooLong {
        /// Bytes.
        found: usize,
        /// Bytes handed over.
        limit: usize,
    },
}

/// Why there is no command to run.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PlanError {
    /// The adapter says so.
    #[error(transparent)]
    Problem(#[from] Problem),
    /// The adapter's plan asks for something it may never have.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The adapter misbehaved.
    #[error(transparent)]
    Fault(#[from] GuestFault),
}

/// What an adapter finds wrong with a task. Texts are the adapter's: hostile, at most 4 KiB.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// The tool cannot do it.
    #[error("{0}")]
    Unsupported(String),
    /// The user's options are wrong.
    #[error("{0}")]
    BadOptions(String),
    /// The tool breaks its own protocol.
    #[error("{0}")]
    Protocol(String),
    /// Something this host does not know.
    #[error("{message} ({code})")]
    Other {
        /// What kind.
        code: String,
        /// A sentence.
        message: String,
    },
}

/// What the host refuses in a plan, whatever the user's policy is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// Not the program that the user configured.
    #[error("the adapter asked to run `{}`, but only `{granted}` is granted", .asked.escape_debug())]
    Program {
        /// What the adapter wants.
        asked: String,
        /// What the configuration says.
        granted: String,
    },
    /// An argument that no program can be given.
    #[error("argument {index} of the adapter's plan {why}")]
    Argument {
        /// Its place, from 1.
        index: usize,
        /// What is wrong with it.
        why: &'static str,
    },
    /// Too many arguments or variables.
    #[error("the adapter's plan has {found} {what}; at most {limit} are accepted")]
    TooMany {
        /// Arguments, variables, steps.
        what: &'static str,
        /// How many there are.
        found: usize,
        /// How many are accepted.
        limit: usize,
    },
    /// Arguments and environment together are too large.
    #[error(
        "the adapter's plan has {found} bytes of arguments and variables; at most {limit} are accepted"
    )]
    TooLong {
        /// Bytes.
        found: usize,
        /// Bytes accepted.
        limit: usize,
    },
    /// A variable that changes what runs, or that cannot be one.
    #[error("the adapter asked to set `{}`, which {why}", .name.escape_debug())]
    Variable {
        /// Its name.
        name: String,
        /// Why not.
        why: &'static str,
    },
    /// It would let the process live on for too long.
    #[error("the adapter's plan waits {found:?} {what}; at most {limit:?} are accepted")]
    Wait {
        /// For what.
        what: &'static str,
        /// How long.
        found: Duration,
        /// How long is accepted.
        limit: Duration,
    },
}
