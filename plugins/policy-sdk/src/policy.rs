//! One rule: the trait a policy implements, and what the host's calls come to.
//!
//! Owns the promise that a configuration is either wholly understood or not used at all. Never touches WebAssembly, so a
//! native test asks a policy exactly as the host does.

use crate::config::{Fields, read};
use crate::contract::{About, Diagnostic, Request, Verdict};

/// A policy: a rule that judges requests by facts.
///
/// It has no state: the same configuration and the same request always give the same verdict, so that a verdict can be
/// given again over history.
pub trait Policy: 'static {
    /// Its configuration, understood.
    type Config;

    /// What this policy is, and when it wants to be asked.
    fn about() -> About;

    /// Reads the configuration. Keys that are not asked for are mistakes, and mistakes are noted by `fields`; what is
    /// returned is used only when there are none.
    fn configure(fields: &mut Fields<'_>) -> Self::Config;

    /// Judges one request.
    ///
    /// # Errors
    /// It cannot tell. Where the policy is required, the host takes that for a denial.
    fn judge(config: &Self::Config, request: &Request) -> Result<Verdict, String>;
}

/// Everything that is wrong with `config`; empty when nothing is.
#[must_use]
pub fn validate<P: Policy>(config: &str) -> Vec<Diagnostic> {
    read(config, P::configure).err().unwrap_or_default()
}

/// The verdict of the policy over `request`.
///
/// # Errors
/// The configuration is wrong, or the policy cannot tell.
pub fn evaluate<P: Policy>(config: &str, request: &Request) -> Result<Verdict, String> {
    match read(config, P::configure) {
        Ok(config) => P::judge(&config, request),
        Err(diagnostics) => {
            let all: Vec<String> = diagnostics.iter().map(told).collect();
            Err(format!("the configuration is wrong: {}", all.join("; ")))
        }
    }
}

fn told(diagnostic: &Diagnostic) -> String {
    let path = match diagnostic.path.as_str() {
        "" => String::new(),
        path => format!("{path}: "),
    };
    match &diagnostic.fix {
        Some(fix) => format!("{path}{} ({fix})", diagnostic.message),
        None => format!("{path}{}", diagnostic.message),
    }
}
