//! The real Claude Code and Codex, pinned, offline, each in a home of its own.
//!
//! Owns where they are kept, how they are fetched, and the surroundings in which they look up
//! nothing outside (measured with a logging name server: no name is asked for). Fetches only
//! when asked to by `TOLLGATE_REAL_TOOLS=install`; Claude Code is proprietary and Codex is
//! large, so neither is ever part of this repository. Starts no tool.

mod home;
mod install;

use std::fmt;

pub use home::{RealTool, Retries};
pub use install::{Installed, Missing, find};

/// A tool that can be had from npm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Tool {
    /// `@anthropic-ai/claude-code`.
    ClaudeCode,
    /// `@openai/codex`.
    Codex,
}

impl Tool {
    /// Its package on npm.
    pub fn package(self) -> &'static str {
        match self {
            Self::ClaudeCode => "@anthropic-ai/claude-code",
            Self::Codex => "@openai/codex",
        }
    }

    /// The version the suites are written for. Versions differ in cost accounting, in what they
    /// leave behind, and in their texts, so another one is not good enough.
    pub fn version(self) -> &'static str {
        match self {
            Self::ClaudeCode => "2.1.330",
            Self::Codex => "0.169.0",
        }
    }

    /// The name of its program.
    pub fn program_name(self) -> &'static str {
        match self {
            Self::ClaudeCode => "claude",
            Self::Codex => "codex",
        }
    }
}

impl fmt::Display for Tool {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::ClaudeCode => "Claude Code",
            Self::Codex => "Codex",
        })
    }
}
