//! One buffer to the end of a segment: whole, or not at all.

use std::fs;
use std::io;
use std::os::unix::fs::FileExt as _;

use super::ballast;
use super::error::JournalError;
use super::options::JournalOptions;
use super::segment::Segment;

/// One buffer, whole or not at all. A full disk gets one more chance, without the ballast.
pub(super) fn write_or_take_back(
    active: &Segment,
    size: u64,
    buffer: &[u8],
    options: &JournalOptions,
) -> Result<(), JournalError> {
    let mut outcome = write_all(active, buffer, options);
    if let Err(error) = &outcome
        && error.kind() == io::ErrorKind::StorageFull
        && take_back(active, size).is_ok()
        && ballast::drop_it(&options.state_dir)
    {
        outcome = write_all(active, buffer, options);
    }
    outcome.map_err(|source| {
        // If this fails, too, the rest is a torn tail, which the next append closes off.
        drop(take_back(active, size));
        JournalError::Append {
            path: active.path.clone(),
            source,
        }
    })
}

fn take_back(active: &Segment, size: u64) -> io::Result<()> {
    active.file.set_len(size)
}

fn write_all(active: &Segment, buffer: &[u8], options: &JournalOptions) -> io::Result<()> {
    let mut rest = buffer;
    while !rest.is_empty() {
        match options.disk.append(&active.file, rest) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(n) => rest = &rest[n..],
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Whether a segment that is not empty ends where a line ends.
pub(super) fn ends_in_newline(active: &Segment, size: u64) -> Result<bool, JournalError> {
    let mut last = [0];
    // The segment is open for appending only; its size was read under the lock.
    fs::File::open(&active.path)
        .and_then(|file| file.read_exact_at(&mut last, size - 1))
        .map_err(|source| JournalError::Read {
            path: active.path.clone(),
            source,
        })?;
    Ok(last == *b"\n")
}
