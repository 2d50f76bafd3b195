//! What the tools of an invocation wrote themselves, byte for byte.
//!
//! Reads the logs that supervisors keep of submitted runs; never the record's words.

use std::time::Duration;

use crate::model::{InvocationNumber, RunId, Source};
use crate::spool::Watch;

use super::desk::Desk;
use super::error::EngineError;

/// How long a change may go unnoticed where the system does not tell.
const AT_MOST: Duration = Duration::from_millis(500);

/// What is read.
#[derive(Debug, Clone, Copy)]
pub struct RawLog<'r> {
    /// Of this run.
    pub run: &'r RunId,
    /// Of this invocation of it.
    pub invocation: InvocationNumber,
    /// This stream.
    pub source: Source,
}

/// How much is read at a time, in bytes.
const PIECE: usize = 256 << 10;

/// How far one has read.
#[derive(Clone, Copy)]
struct Place {
    attempt: u32,
    offset: u64,
}

impl Place {
    const START: Self = Self {
        attempt: 1,
        offset: 0,
    };
}

impl Desk {
    /// Whether anything of what an invocation said is kept.
    #[must_use]
    pub fn has_content(&self, run: &RunId, invocation: InvocationNumber) -> bool {
        self.spool
            .invocation(run, invocation)
            .attempt(1)
            .has_content()
    }

    /// Hand over all that the attempts of an invocation wrote to a stream, in pieces.
    ///
    /// # Errors
    /// When a log cannot be read.
    pub fn show_raw(
        &self,
        log: RawLog<'_>,
        show: &mut dyn FnMut(&[u8]),
    ) -> Result<(), EngineError> {
        let mut place = Place::START;
        self.read_on(log, &mut place, show)
    }

    /// The same, until the invocation is over.
    ///
    /// # Errors
    /// When a log or the record cannot be read.
    pub async fn follow_raw(
        &self,
        log: RawLog<'_>,
        show: &mut dyn FnMut(&[u8]),
    ) -> Result<(), EngineError> {
        let mut place = Place::START;
        let mut watch = Watch::new(&[&self.log_dir()]);
        loop {
            let open = self.view(|ledger| ledger.open(log.run, log.invocation).is_some())?;
            let folder = self.spool.invocation(log.run, log.invocation);
            let attempt = folder.attempt(place.attempt);
            if attempt.path().is_dir() {
                watch.add(attempt.path());
            }
            self.read_on(log, &mut place, show)?;
            if !open {
                return Ok(());
            }
            watch.changed(AT_MOST).await;
        }
    }

    fn read_on(
        &self,
        log: RawLog<'_>,
        place: &mut Place,
        show: &mut dyn FnMut(&[u8]),
    ) -> Result<(), EngineError> {
        let folder = self.spool.invocation(log.run, log.invocation);
        loop {
            let part = folder
                .attempt(place.attempt)
                .read_log(log.source, place.offset, PIECE)
                .map_err(EngineError::Spool)?;
            if !part.bytes.is_empty() {
                place.offset = part.next_offset();
                show(&part.bytes);
                continue;
            }
            let next = place.attempt.saturating_add(1);
            if !folder.attempt(next).path().is_dir() {
                return Ok(());
            }
            (place.attempt, place.offset) = (next, 0);
        }
    }
}
