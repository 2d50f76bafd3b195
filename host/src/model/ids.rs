//! Names and identities as types of their own, so that no two can be mixed up.
//!
//! Nothing here checks that a name exists anywhere; that is the settings' and the journal's work.

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! string_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Wrap a string that was checked where it came from.
            pub fn new(value: impl Into<String>) -> Self {
                Self(value.into())
            }

            /// The plain text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl std::borrow::Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl From<&str> for $name {
            fn from(value: &str) -> Self {
                Self(value.to_owned())
            }
        }
    };
}

string_id!(
    /// A role in `agents.yaml`.
    AgentName
);
string_id!(
    /// A tool in `tools.yaml`. Contains no colon.
    ToolName
);
string_id!(
    /// A model in `models.yaml`. May contain colons, as in `llama3:8b`.
    ModelName
);
string_id!(
    /// A conversation as the tool names it.
    SessionId
);
string_id!(
    /// What a caller sends along so that a repeated command is done once.
    IdempotencyKey
);
string_id!(
    /// A group of invocations: `RUN-YYYYMMDD-NNN`, numbered within the UTC day of its submission.
    RunId
);
string_id!(
    /// A task that a run is for, as whoever keeps the tasks names it.
    TaskId
);
string_id!(
    /// SHA-256 of some bytes, as 64 lower-case hex digits.
    Digest
);

impl Digest {
    /// The digest of `bytes`.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        use sha2::{Digest as _, Sha256};
        let mut text = String::with_capacity(64);
        for byte in Sha256::digest(bytes) {
            // Writing to a String cannot fail.
            let _ = fmt::Write::write_fmt(&mut text, format_args!("{byte:02x}"));
        }
        Self(text)
    }
}

impl TaskId {
    /// The longest name that is accepted, in characters.
    pub const MAX_CHARS: usize = 128;

    /// The most tasks that one request may be for.
    pub const MAX_OF_A_REQUEST: usize = 32;

    /// Read a name: 1 to [`Self::MAX_CHARS`] letters, digits, and `. _ - + : @ #`, of which the
    /// first is a letter, a digit, or `_`. So it is no path, no option, and one word on a line.
    ///
    /// # Errors
    /// Says what is wrong with it, for people.
    pub fn parse(text: &str) -> Result<Self, String> {
        let fits = |c: char| c.is_alphanumeric() || "._-+:@#".contains(c);
        let begins = |c: char| c.is_alphanumeric() || c == '_';
        let n_chars = text.chars().count();
        if n_chars > Self::MAX_CHARS {
            let most = Self::MAX_CHARS;
            return Err(format!(
                "a task's name has at most {most} characters, this has {n_chars}"
            ));
        }
        if !text.starts_with(begins) || !text.chars().all(fits) {
            return Err(
                "a task's name has letters, digits, and . _ - + : @ # only, and begins with a \
                 letter, a digit, or _"
                    .to_owned(),
            );
        }
        Ok(Self::new(text))
    }

    /// The tasks of one request: each once, in the order in which they were first named.
    ///
    /// # Errors
    /// When there are more than [`Self::MAX_OF_A_REQUEST`]; says so, for people.
    pub fn of_a_request(named: impl IntoIterator<Item = Self>) -> Result<Vec<Self>, String> {
        let mut tasks: Vec<Self> = Vec::new();
        for task in named {
            if !tasks.contains(&task) {
                tasks.push(task);
            }
        }
        let (n_tasks, most) = (tasks.len(), Self::MAX_OF_A_REQUEST);
        if n_tasks > most {
            return Err(format!(
                "a request is for at most {most} tasks, this names {n_tasks}"
            ));
        }
        Ok(tasks)
    }
}

/// One request within a run; printed `i1`, `i2`, ...
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct InvocationNumber(pub u32);

impl fmt::Display for InvocationNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "i{}", self.0)
    }
}

impl From<InvocationNumber> for String {
    fn from(number: InvocationNumber) -> Self {
        number.to_string()
    }
}

impl TryFrom<String> for InvocationNumber {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.strip_prefix('i')
            .and_then(|digits| digits.parse().ok())
            .map(Self)
            .ok_or_else(|| format!("`{text}` is not an invocation number such as `i1`"))
    }
}

/// One process within an invocation, printed `RUN-20261122-001.i1.a1`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AttemptRef {
    /// The run it belongs to.
    pub run: RunId,
    /// The request within the run.
    pub invocation: InvocationNumber,
    /// Counts from 1; a fallback or a retry is a new attempt.
    pub number: u32,
}

impl AttemptRef {
    /// The invocation's identity across runs, printed `RUN-20261122-001.i1`.
    #[must_use]
    pub fn invocation_id(&self) -> String {
        format!("{}.{}", self.run, self.invocation)
    }
}

impl std::str::FromStr for AttemptRef {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parts: Vec<&str> = text.split('.').collect();
        if let [run, invocation, attempt] = parts.as_slice()
            && let Ok(invocation) = InvocationNumber::try_from((*invocation).to_owned())
            && let Some(Ok(number)) = attempt.strip_prefix('a').map(str::parse)
        {
            return Ok(Self {
                run: RunId::new(*run),
                invocation,
                number,
            });
        }
        Err(format!(
            "`{text}` is not an attempt such as `RUN-20261122-001.i1.a1`"
        ))
    }
}

impl fmt::Display for AttemptRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.a{}", self.run, self.invocation, self.number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_task_is_one_word_that_is_no_path_and_no_option() {
        let longest = "é".repeat(TaskId::MAX_CHARS);
        for good in ["2026-11-22T1000-backend-dev-login", "_x", "7", &longest] {
            assert_eq!(TaskId::parse(good), Ok(TaskId::new(good)));
        }
        let too_long = "x".repeat(TaskId::MAX_CHARS + 1);
        for bad in [
            "",
            "-x",
            "../x",
            "a/b",
            "a b",
            "a\nb",
            ".x",
            "a\u{202e}b",
            &too_long,
        ] {
            assert!(TaskId::parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn the_tasks_of_a_request_are_bounded_and_each_is_there_once() {
        let named = ["b", "a", "b"].map(TaskId::from);
        let once = ["b", "a"].map(TaskId::from).to_vec();
        assert_eq!(TaskId::of_a_request(named), Ok(once));
        let many = (0..=TaskId::MAX_OF_A_REQUEST).map(|n| TaskId::new(n.to_string()));
        assert!(TaskId::of_a_request(many).is_err());
    }
}
