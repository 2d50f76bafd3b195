//! From what ended to what a collector has: batch by batch, each acknowledged before the next.
//!
//! At least once: what is sent twice has the same ids, and sums say the same twice. Nothing is left
//! out silently: what a collector does not take is counted and told.

use serde_json::Value;

use super::bookmark::{Bookmark, Kept};
use super::error::OtlpError;
use super::send::{Receipt, Sender, Signal};
use crate::model::{Cursor, Otlp, OtlpNames};
use crate::telemetry::{Batch, Source, Span, Window, spans, traces_request};

/// What a collector said is kept at most so often.
const MOST_MESSAGES: usize = 10;

/// A collector that has never taken anything is asked with so many other spans before it is given up.
const MOST_DOUBTS: usize = 3;

/// What is sent, and how it is named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    /// Whose record it is.
    pub source: Source,
    /// The names of facts.
    pub names: OtlpNames,
    /// Whether spans are sent.
    pub traces: bool,
    /// Whether metrics are sent.
    pub metrics: bool,
    /// Spans or points in one request, at most.
    pub most: usize,
}

impl Terms {
    /// The terms of a configuration.
    #[must_use]
    pub fn of(otlp: &Otlp, source: Source) -> Self {
        Self {
            source,
            names: otlp.names,
            traces: otlp.traces,
            metrics: otlp.metrics,
            most: usize::try_from(otlp.batch).unwrap_or(1).max(1),
        }
    }
}

/// What came of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pushed {
    /// Spans that the collector has.
    pub n_spans: u64,
    /// Requests with metrics that the collector has.
    pub n_metrics: u64,
    /// Spans and points that it did not take, and that are not sent again.
    pub n_rejected: u64,
    /// What it said; the first ones.
    pub messages: Vec<String>,
    /// How far it has got now.
    pub at: Option<Cursor>,
}

/// Why nothing more was sent.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PushError<E> {
    /// What is to be sent could not be had.
    #[error(transparent)]
    Batch(E),
    /// It could not be sent, or how far it got could not be kept.
    #[error(transparent)]
    Send(OtlpError),
}

/// It ended before everything was sent. What was acknowledged before is kept.
#[derive(Debug)]
pub struct Interrupted<E> {
    /// What was sent until then.
    pub pushed: Pushed,
    /// Why it ended.
    pub why: PushError<E>,
}

/// Send every batch to `sender`'s collector and move `bookmark` behind each; then send the sums.
///
/// # Errors
/// At the first batch that cannot be had or sent, with what was sent until then.
pub fn push<E>(
    batches: impl IntoIterator<Item = Result<Batch, E>>,
    terms: &Terms,
    sender: &Sender<'_>,
    bookmark: &mut Bookmark,
) -> Result<Pushed, Box<Interrupted<E>>> {
    let mut pushing = Pushing {
        terms,
        sender,
        pushed: Pushed {
            at: bookmark.at().cloned(),
            ..Pushed::default()
        },
        doubts: Vec::new(),
    };
    match pushing.all(batches, bookmark) {
        Ok(()) => Ok(pushing.pushed),
        Err(why) => Err(Box::new(Interrupted {
            pushed: pushing.pushed,
            why,
        })),
    }
}

struct Pushing<'a> {
    terms: &'a Terms,
    sender: &'a Sender<'a>,
    pushed: Pushed,
    /// What the collector could not use, while it is open whether it can use anything.
    doubts: Vec<OtlpError>,
}

impl Pushing<'_> {
    fn all<E>(
        &mut self,
        batches: impl IntoIterator<Item = Result<Batch, E>>,
        bookmark: &mut Bookmark,
    ) -> Result<(), PushError<E>> {
        for batch in batches {
            let batch = batch.map_err(PushError::Batch)?;
            self.batch(batch, bookmark).map_err(PushError::Send)?;
        }
        self.sums(bookmark).map_err(PushError::Send)
    }

    fn batch(&mut self, batch: Batch, bookmark: &mut Bookmark) -> Result<(), OtlpError> {
        let window = Window {
            after: bookmark.seq(),
            upto: batch.upto.seq,
        };
        if window.upto <= window.after {
            // All of it was told, and the place never moves back.
            return Ok(());
        }
        let mut kept = bookmark.kept.clone();
        if self.terms.traces {
            let (log, names) = (&self.terms.source.log, self.terms.names);
            let runs = batch.runs.iter();
            let told: Vec<Span> = runs
                .flat_map(|run| spans(log, names, run, window))
                .collect();
            for part in told.chunks(self.terms.most) {
                self.spans(part, &mut kept)?;
            }
            self.settle_doubts(&kept)?;
        }
        if self.terms.metrics && bookmark.is_kept() {
            let before = kept.sums.clone();
            for run in &batch.runs {
                kept.sums.add(run, window);
            }
            kept.has_untold_sums |= kept.sums != before;
        }
        kept.at = Some(batch.upto);
        bookmark.move_to(kept)?;
        self.pushed.at = bookmark.at().cloned();
        Ok(())
    }

    /// Send `part`; where the collector cannot use it, its halves, until what it cannot use stands
    /// alone.
    fn spans(&mut self, part: &[Span], kept: &mut Kept) -> Result<(), OtlpError> {
        let body = traces_request(&self.terms.source, self.terms.names, part);
        match self.sender.send(Signal::Traces, &body) {
            Ok(receipt) => {
                kept.has_taken = true;
                self.pushed.n_spans += (part.len() as u64).saturating_sub(receipt.n_rejected);
                self.note(receipt);
                Ok(())
            }
            Err(OtlpError::Rejected { .. }) if part.len() > 1 => {
                let (one, other) = part.split_at(part.len() / 2);
                self.spans(one, kept)?;
                self.spans(other, kept)
            }
            Err(error) => self.left_out(error, kept),
        }
    }

    /// Tell the sums, unless the collector knows them as they are.
    fn sums(&mut self, bookmark: &mut Bookmark) -> Result<(), OtlpError> {
        if !self.terms.metrics || !bookmark.kept.has_untold_sums {
            return Ok(());
        }
        let mut kept = bookmark.kept.clone();
        let now = self.sender.clock().now();
        let (source, names) = (&self.terms.source, self.terms.names);
        for body in kept.sums.requests(source, names, now, self.terms.most) {
            self.metrics(&body, &mut kept)?;
        }
        self.settle_doubts(&kept)?;
        kept.has_untold_sums = false;
        bookmark.move_to(kept)
    }

    fn metrics(&mut self, body: &Value, kept: &mut Kept) -> Result<(), OtlpError> {
        match self.sender.send(Signal::Metrics, body) {
            Ok(receipt) => {
                kept.has_taken = true;
                self.pushed.n_metrics += 1;
                self.note(receipt);
                Ok(())
            }
            Err(error) => self.left_out(error, kept),
        }
    }

    /// Go on without what the collector cannot use, for now.
    fn left_out(&mut self, error: OtlpError, kept: &Kept) -> Result<(), OtlpError> {
        if !matches!(error, OtlpError::Rejected { .. }) {
            return Err(error);
        }
        self.doubts.push(error);
        if self.doubts.len() < MOST_DOUBTS {
            return Ok(());
        }
        self.settle_doubts(kept)
    }

    /// What it cannot use is left out and counted. One that never took anything is more likely to be
    /// the wrong one: nothing is left out for its sake.
    fn settle_doubts(&mut self, kept: &Kept) -> Result<(), OtlpError> {
        for error in std::mem::take(&mut self.doubts) {
            if !kept.has_taken {
                return Err(error);
            }
            self.note(Receipt {
                n_rejected: 1,
                message: Some(error.to_string()),
                n_tries: 1,
            });
        }
        Ok(())
    }

    fn note(&mut self, receipt: Receipt) {
        self.pushed.n_rejected = self.pushed.n_rejected.saturating_add(receipt.n_rejected);
        let is_new = |message: &String| !self.pushed.messages.contains(message);
        if let Some(message) = receipt.message.filter(is_new)
            && self.pushed.messages.len() < MOST_MESSAGES
        {
            self.pushed.messages.push(message);
        }
    }
}
