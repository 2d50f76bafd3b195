//! The ways a guest can misbehave, and how wasmtime's errors become one of them.
//!
//! Owns the mapping. Decides by type wherever wasmtime has one; two limits of wasmtime's own have
//! only a text, and the hostile suite goes red should that text change. Never shows anything.

use std::time::Duration;

use wasmtime::{Trap, WasmBacktrace};

use super::limits::Limits;

/// Frames of a backtrace that are kept, innermost first.
const FRAMES: usize = 12;
/// Bytes of a text from inside that are kept.
const TEXT: usize = 4 << 10;

/// How a guest broke its contract or a limit. The instance is dead afterwards.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum GuestFault {
    /// Its code trapped.
    #[error("the plugin crashed: {}", .panic.as_ref().unwrap_or(.message))]
    Trap {
        /// The kind of trap.
        message: String,
        /// What the guest logged as an error in the same call: its panic message, as a rule.
        panic: Option<String>,
        /// Names of functions, innermost first; at most 12.
        backtrace: Vec<String>,
    },
    /// One call took too long.
    #[error("the plugin did not return within {limit:?}")]
    Deadline {
        /// Processor time of one call.
        limit: Duration,
    },
    /// One call executed too many instructions.
    #[error("the plugin used up its {limit} units of fuel in one call")]
    Fuel {
        /// Units of one call.
        limit: u64,
    },
    /// All its memories and tables together grew too large.
    #[error("the plugin asked for more than {} MiB of memory", .limit >> 20)]
    Memory {
        /// Bytes.
        limit: usize,
    },
    /// One call handed too many bytes to the host.
    #[error("the plugin handed over more than {limit} bytes in one call")]
    TooMuchData {
        /// Bytes of one call.
        limit: usize,
    },
    /// It logged too much in one run.
    #[error("the plugin logged more than {calls} lines or {bytes} bytes in one run")]
    LogFlood {
        /// Lines of one run.
        calls: usize,
        /// Bytes of one run.
        bytes: usize,
    },
    /// It recursed too deeply.
    #[error("the plugin's stack overflowed")]
    StackOverflow,
    /// Its component holds too many instances, tables, or memories.
    #[error(
        "the plugin consists of more than {instances} instances, {tables} tables, or {memories} memories"
    )]
    Instances {
        /// Core instances.
        instances: usize,
        /// Tables.
        tables: usize,
        /// Linear memories.
        memories: usize,
    },
    /// It called a system function that no plugin gets.
    #[error("the plugin called `{function}`, which the sandbox does not offer")]
    NotOffered {
        /// Interface and function.
        function: String,
    },
    /// It returned something that makes no sense.
    #[error("the plugin returned {what}")]
    Malformed {
        /// What is wrong with it.
        what: String,
    },
    /// All calls of the run together took too long.
    #[error("the plugin used up its {limit:?} of processor time for this run")]
    CpuBudget {
        /// Processor time of one run.
        limit: Duration,
    },
}

impl GuestFault {
    /// Something that makes no sense.
    pub(super) fn malformed(what: impl Into<String>) -> Self {
        Self::Malformed { what: what.into() }
    }

    /// Tell what `error`, which ended a call or an instantiation, was. `fuel` and `transfer` are
    /// what the call was allowed; `panic` is what the guest logged last as an error.
    pub(super) fn from_wasmtime(
        error: &wasmtime::Error,
        limits: &Limits,
        (fuel, transfer): (u64, usize),
        panic: Option<String>,
    ) -> Self {
        // Raised by our own limiter, deadline, log, or stub, and carried through the guest.
        if let Some(fault) = error.downcast_ref::<Self>() {
            return fault.clone();
        }
        match error.downcast_ref::<Trap>() {
            Some(Trap::OutOfFuel) => return Self::Fuel { limit: fuel },
            Some(Trap::StackOverflow) => return Self::StackOverflow,
            _ => {}
        }
        let message = error.root_cause().to_string();
        if message.starts_with(TRANSFER_EXHAUSTED) {
            return Self::TooMuchData { limit: transfer };
        }
        if message.starts_with(COUNT_EXCEEDED) {
            return Self::Instances {
                instances: limits.instances,
                tables: limits.tables,
                memories: limits.memories,
            };
        }
        Self::Trap {
            message: bounded(&message),
            panic: panic.filter(|_| error.is::<Trap>()),
            backtrace: backtrace(error),
        }
    }
}

/// wasmtime's `HostcallFuelExhausted` is private.
const TRANSFER_EXHAUSTED: &str = "too much data is being copied between the host and the guest";
/// wasmtime has no type for too many instances, tables, or memories.
const COUNT_EXCEEDED: &str = "resource limit exceeded";

fn backtrace(error: &wasmtime::Error) -> Vec<String> {
    let Some(trace) = error.downcast_ref::<WasmBacktrace>() else {
        return Vec::new();
    };
    let frames = trace.frames().iter().take(FRAMES);
    frames
        .map(|frame| match frame.func_name() {
            Some(name) => bounded(name),
            None => format!("function {}", frame.func_index()),
        })
        .collect()
}

fn bounded(text: &str) -> String {
    text[..text.floor_char_boundary(TEXT)].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trap_is_told_by_its_panic_message_when_there_is_one() {
        let trap = |panic: Option<&str>| GuestFault::Trap {
            message: "wasm trap: unreachable".to_owned(),
            panic: panic.map(str::to_owned),
            backtrace: Vec::new(),
        };
        assert_eq!(
            trap(None).to_string(),
            "the plugin crashed: wasm trap: unreachable"
        );
        assert_eq!(
            trap(Some("index out of bounds")).to_string(),
            "the plugin crashed: index out of bounds"
        );
    }

    #[test]
    fn our_own_faults_survive_the_way_through_the_guest() {
        let fault = GuestFault::Memory { limit: 1 << 20 };
        let error = wasmtime::Error::from(fault.clone()).context("while doing something");
        let told = GuestFault::from_wasmtime(&error, &Limits::ADAPTER, (0, 0), None);
        assert_eq!(told, fault);
    }
}
