//! What viewers of an attempt get to see, written beside it.
//!
//! A file, so that no viewer ever holds an attempt up and any number of them can come late. A disk
//! that is full costs the viewers their view, never the attempt its life.

use crate::model::{Chunk, Framing, Source};
use crate::spool::{AttemptFolder, CappedLog, ProgressLog};

use super::progress::{Progress, Watcher};

/// The files that viewers read.
pub(super) struct Viewing {
    progress: ProgressLog,
    /// Raw output; only where somebody may want to read it later.
    raw: Option<(CappedLog, CappedLog)>,
}

impl Viewing {
    /// Begin to write them. What cannot be opened is not written.
    pub(super) fn new(folder: &AttemptFolder, raw: bool) -> Self {
        Self {
            progress: folder.progress(),
            raw: raw.then(|| (folder.log(Source::Stdout), folder.log(Source::Stderr))),
        }
    }

    /// Keep output as it came, line by line.
    pub(super) fn output(&mut self, chunk: &Chunk, framing: Framing) {
        let Some((stdout, stderr)) = &mut self.raw else {
            return;
        };
        let log = match chunk.source {
            Source::Stdout => stdout,
            Source::Stderr => stderr,
            Source::OutputFile => return,
        };
        log.write(&chunk.data);
        if let Some(cut) = &chunk.cut {
            log.write(" [...] ".as_bytes());
            log.write(&cut.tail);
        }
        if framing == Framing::Lines {
            log.write(b"\n");
        }
    }

    /// No more output comes; says how many bytes of which stream were not kept.
    pub(super) fn finish(self) -> Vec<(&'static str, u64)> {
        let Some((stdout, stderr)) = self.raw else {
            return Vec::new();
        };
        [("stdout", stdout), ("stderr", stderr)]
            .into_iter()
            .map(|(name, log)| (name, log.finish().left_out))
            .filter(|(_, dropped)| *dropped > 0)
            .collect()
    }
}

impl Watcher for Viewing {
    fn see(&mut self, progress: Progress) {
        self.progress.append(&progress);
    }
}
