//! Tokens in one meaning for every tool.
//!
//! `input` excludes what was read from or written to a cache; `output` includes `reasoning`.
//! Adapters translate (OpenAI's input includes cached tokens, Anthropic's does not).

use serde::{Deserialize, Serialize};

/// Token counts; `None` is not known and never counts as zero.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// Fresh input tokens.
    #[serde(rename = "input_tokens")]
    pub input: Option<u64>,
    /// Output tokens, reasoning included.
    #[serde(rename = "output_tokens")]
    pub output: Option<u64>,
    /// Input tokens read from a cache.
    #[serde(rename = "cache_read_tokens")]
    pub cache_read: Option<u64>,
    /// Input tokens written to a cache.
    #[serde(rename = "cache_write_tokens")]
    pub cache_write: Option<u64>,
    /// The part of `output` that was reasoning.
    #[serde(rename = "reasoning_tokens")]
    pub reasoning: Option<u64>,
}

/// How far token counts can be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Exactness {
    /// The tool's final figures.
    Exact,
    /// The true counts may be higher.
    AtLeast,
    /// Nothing is known.
    Unknown,
}

impl Usage {
    /// No tokens at all, and known to be so.
    pub const ZERO: Self = Self {
        input: Some(0),
        output: Some(0),
        cache_read: Some(0),
        cache_write: Some(0),
        reasoning: Some(0),
    };

    /// Whether any count is known.
    #[must_use]
    pub fn is_known(&self) -> bool {
        self.input.is_some()
            || self.output.is_some()
            || self.cache_read.is_some()
            || self.cache_write.is_some()
    }

    /// All tokens that were processed; `None` when nothing is known.
    #[must_use]
    pub fn total(&self) -> Option<u64> {
        self.is_known().then(|| {
            [self.input, self.output, self.cache_read, self.cache_write]
                .iter()
                .flatten()
                .fold(0, |sum: u64, n| sum.saturating_add(*n))
        })
    }

    /// Add count by count; a count known on one side only is kept as it is.
    #[must_use]
    pub fn plus(&self, other: &Self) -> Self {
        self.zip(other, |a, b| match (a, b) {
            (Some(a), Some(b)) => Some(a.saturating_add(b)),
            (known, None) | (None, known) => known,
        })
    }

    /// Subtract count by count; `None` when a count would fall below zero, which means that the
    /// two do not belong to the same sequence of totals.
    #[must_use]
    pub fn minus(&self, earlier: &Self) -> Option<Self> {
        let mut consistent = true;
        let rest = self.zip(earlier, |now, before| match (now, before) {
            (Some(now), Some(before)) => {
                consistent &= now >= before;
                Some(now.saturating_sub(before))
            }
            (now, _) => now,
        });
        consistent.then_some(rest)
    }

    fn zip(
        &self,
        other: &Self,
        mut join: impl FnMut(Option<u64>, Option<u64>) -> Option<u64>,
    ) -> Self {
        Self {
            input: join(self.input, other.input),
            output: join(self.output, other.output),
            cache_read: join(self.cache_read, other.cache_read),
            cache_write: join(self.cache_write, other.cache_write),
            reasoning: join(self.reasoning, other.reasoning),
        }
    }
}
