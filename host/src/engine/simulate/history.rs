//! The record, read ahead of whoever judges.
//!
//! Reading and checking lines takes about as long as judging what stands in them, so a thread of
//! its own does it. Batches arrive whole and in order.

use std::path::Path;
use std::sync::mpsc::{SyncSender, sync_channel};

use crate::journal::{JournalError, Reader};

use super::super::error::EngineError;
use super::recorded::{Step, steps};

/// Batches that are read ahead.
const AHEAD: usize = 256;

/// What was read in all.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Read {
    /// Pieces of the record that are damaged and were stepped over.
    pub(super) n_damaged: u64,
}

/// Show every step of the record to `take`, in order.
pub(super) fn read(state_dir: &Path, mut take: impl FnMut(Vec<Step>)) -> Result<Read, EngineError> {
    let reader = Reader::open(state_dir).map_err(EngineError::ReadRecord)?;
    std::thread::scope(|scope| {
        let (batch_tx, batch_rx) = sync_channel(AHEAD);
        let reading = scope.spawn(move || all(reader, &batch_tx));
        for batch in batch_rx {
            take(batch);
        }
        // A panic of the other thread is one of this: it is ours either way.
        let read = reading
            .join()
            .unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        read.map_err(EngineError::ReadRecord)
    })
}

/// How many decisions are on record that can be judged again.
pub(super) fn count(state_dir: &Path) -> Result<u64, EngineError> {
    let mut n = 0;
    read(state_dir, |steps| {
        n += steps.iter().filter(|step| is_judged(step)).count() as u64;
    })?;
    Ok(n)
}

fn is_judged(step: &Step) -> bool {
    match step {
        Step::Decision(recorded) => recorded.request.is_ok(),
        Step::Event(_) => false,
    }
}

fn all(mut reader: Reader, batch_tx: &SyncSender<Vec<Step>>) -> Result<Read, JournalError> {
    while let Some(batch) = reader.next_batch()? {
        if batch_tx.send(steps(batch)).is_err() {
            // Nobody listens any more: whoever did has failed and says so.
            break;
        }
    }
    Ok(Read {
        n_damaged: reader.damage().len() as u64,
    })
}
