//! Bringing the index up to the end of the journal, whoever reads the journal.

use crate::model::{Cursor, Event};

use super::error::IndexError;
use super::writer::IndexWriter;

/// Records per transaction: enough to make commits cheap, little enough to stay in memory.
const CHUNK: usize = 10_000;

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
/// unless it belongs to a rebuild.
///
/// # Errors
/// The first error of either side.
pub fn catch_up<E: std::error::Error>(
    writer: &mut IndexWriter,
    records: impl IntoIterator<Item = Result<(Cursor, Event), E>>,
) -> Result<u64, CatchUpError<E>> {
    let mut n_records = 0;
    let mut chunk = Vec::new();
    for record in records {
        chunk.push(record.map_err(CatchUpError::Source)?);
        if chunk.len() == CHUNK {
            writer.apply(&chunk)?;
            n_records += chunk.len() as u64;
            chunk.clear();
        }
    }
    writer.apply(&chunk)?;
    writer.publish()?;
    Ok(n_records + chunk.len() as u64)
}
