//! Bringing the index up to the end of the journal, whoever reads the journal.

use std::sync::mpsc;

use crate::model::{Cursor, Event};

use super::error::IndexError;
use super::writer::IndexWriter;

/// Records per transaction: enough to make commits cheap, little enough that the three chunks in
/// memory (one is read, one waits, one is written) are small beside the cache of SQLite.
const CHUNK: usize = 4_000;

/// Why the index is not at the end.
#[derive(Debug, thiserror::Error)]
pub enum CatchUpError<E> {
    /// The journal could not be read.
    #[error(transparent)]
    Source(E),
    /// The index could not be written.
    #[error(transparent)]
    Index(#[from] IndexError),
}

/// Take in all of `records`, which begin right behind [`IndexWriter::cursor`], and publish a
/// rebuild at the end; gives back how many there were. What was taken in before an error stays,
/// unless it belongs to a rebuild. Reading goes on in a thread of its own while rows are written.
///
/// # Errors
/// The first error of either side.
pub fn catch_up<E, R>(writer: &mut IndexWriter, records: R) -> Result<u64, CatchUpError<E>>
where
    E: std::error::Error + Send,
    R: IntoIterator<Item = Result<(Cursor, Event), E>>,
    R::IntoIter: Send,
{
    let records = records.into_iter();
    let n_records = std::thread::scope(|scope| {
        // One chunk waits while one is read and one is written: memory stays bounded.
        let (chunk_tx, chunk_rx) = mpsc::sync_channel(1);
        scope.spawn(move || read_chunks(records, &chunk_tx));
        let mut n_records = 0;
        for chunk in chunk_rx {
            let chunk: Vec<_> = chunk.map_err(CatchUpError::Source)?;
            writer.apply(&chunk)?;
            n_records += chunk.len() as u64;
        }
        Ok::<_, CatchUpError<E>>(n_records)
    })?;
    writer.publish()?;
    Ok(n_records)
}

type Chunk<E> = Result<Vec<(Cursor, Event)>, E>;

/// Ends when the records do, after an error, or when nobody takes the chunks any more.
fn read_chunks<E>(
    records: impl Iterator<Item = Result<(Cursor, Event), E>>,
    chunk_tx: &mpsc::SyncSender<Chunk<E>>,
) {
    let mut chunk = Vec::new();
    for record in records {
        match record {
            Ok(record) => chunk.push(record),
            Err(error) => {
                let sent = chunk_tx.send(Ok(std::mem::take(&mut chunk)));
                drop(sent.and_then(|()| chunk_tx.send(Err(error))));
                return;
            }
        }
        if chunk.len() == CHUNK && chunk_tx.send(Ok(std::mem::take(&mut chunk))).is_err() {
            return;
        }
    }
    drop(chunk_tx.send(Ok(chunk)));
}
