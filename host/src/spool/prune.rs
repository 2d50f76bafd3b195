//! Throwing away what nobody will look at again, once a day.
//!
//! Of an old run only `run.yaml` stays; tickets that nobody settled within a day go. The file
//! `runs/.pruned` remembers by its time when this was done last, and by its content the day
//! before which nothing is left to do, so that old runs cost a name each and no more. It never
//! touches a run that is active or an attempt whose claim is held.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _};
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::time::{Duration, SystemTime};

use jiff::{Timestamp, tz::TimeZone};

use super::error::SpoolError;
use super::files;
use super::invocation::InvocationFolder;
use super::place::Spool;
use crate::model::RunId;

const DAY: Duration = Duration::from_secs(86_400);
const STAMP: &str = ".pruned";
/// When there is more to do than is done at once, the next look is this much earlier.
const EARLIER: Duration = Duration::from_secs(23 * 3600);
/// How many runs lose their content at once, since somebody waits: removing is what takes time.
const AT_ONCE: u64 = 100;

/// What was thrown away.
#[derive(Debug, Default)]
pub struct Pruned {
    /// Runs that lost their content.
    pub n_runs: u64,
    /// Tickets that nobody settled.
    pub n_tickets: u64,
    /// What could not be removed; tried again another day.
    pub failures: Vec<SpoolError>,
}

impl Spool {
    /// Remove the content of runs of which nothing changed for `older_than` (`None`: none), and of
    /// tickets older than a day, unless that was done within the last day. At most 100 runs at
    /// once; then the next are due in an hour. Settle what can be settled before.
    ///
    /// # Errors
    /// When the folder of runs cannot be looked at.
    pub fn prune(
        &self,
        now: Timestamp,
        older_than: Option<Duration>,
        is_active: impl Fn(&RunId) -> bool,
    ) -> Result<Pruned, SpoolError> {
        let mut pruned = Pruned::default();
        if !files::is_folder(&self.runs) {
            return Ok(pruned);
        }
        let Some(stamp) = self.begin(now)? else {
            return Ok(pruned);
        };
        self.prune_tickets(now, &mut pruned)?;
        let before = older_than.and_then(|age| now.checked_sub(age).ok());
        if let Some(before) = before {
            let done = done_before(&stamp);
            let next = self.prune_runs(before, &done, is_active, &mut pruned)?;
            // Without it the next time looks at more, and that is all.
            drop(stamp.write_all_at(next.as_bytes(), 0));
        }
        let is_rest = pruned.n_runs >= AT_ONCE;
        let renewed = if is_rest { now - EARLIER } else { now };
        drop(stamp.set_modified(SystemTime::from(renewed)));
        Ok(pruned)
    }

    /// Have a run looked at again that got something new, as when it was resumed. When that cannot
    /// be noted, what is new is kept for longer, and that is all.
    pub(super) fn look_again_at(&self, run: &RunId) {
        let Some(day) = submitted_on(run.as_str()) else {
            return;
        };
        let mut options = OpenOptions::new();
        let stamp = files::open(options.read(true).write(true), &self.runs.join(STAMP));
        if let Ok(stamp) = stamp
            && day < done_before(&stamp).as_str()
        {
            drop(note_day(&stamp, day));
        }
    }

    /// The stamp, locked and renewed, if it is time and nobody else is at it.
    fn begin(&self, now: Timestamp) -> Result<Option<File>, SpoolError> {
        let path = self.runs.join(STAMP);
        // The usual way: one look, no lock.
        if fs::symlink_metadata(&path).is_ok_and(|meta| is_fresh(&meta, now)) {
            return Ok(None);
        }
        lock_stamp(&path, now).map_err(|source| SpoolError::Write { path, source })
    }

    fn prune_tickets(&self, now: Timestamp, pruned: &mut Pruned) -> Result<(), SpoolError> {
        let waiting_room = self.waiting_room();
        for name in files::names(&waiting_room)? {
            let path = waiting_room.join(name);
            let is_old = now.checked_sub(DAY).is_ok_and(|day| is_before(&path, day));
            if is_old {
                pruned.note(files::remove_folder(&path), |pruned, ()| {
                    pruned.n_tickets += 1;
                });
            }
        }
        Ok(())
    }

    /// Prune the runs of the days from `done` on that are old enough. Gives the day before which
    /// nothing is left.
    fn prune_runs(
        &self,
        before: Timestamp,
        done: &str,
        is_active: impl Fn(&RunId) -> bool,
        pruned: &mut Pruned,
    ) -> Result<String, SpoolError> {
        let mut next = day_of(before);
        let last = next.clone();
        let mut names = files::names(&self.runs)?;
        names.retain(|name| {
            submitted_on(name).is_some_and(|day| day >= done && day < last.as_str())
        });
        // The oldest first, so that the mark moves on even when not all is done at once.
        names.sort_unstable();
        for name in &names {
            let Some(day) = submitted_on(name) else {
                continue;
            };
            if pruned.n_runs >= AT_ONCE {
                return Ok(next.min(day.to_owned()));
            }
            let run = RunId::new(name.as_str());
            let outcome = if is_active(&run) {
                Ok(None)
            } else {
                self.prune_run(&run, before)
            };
            let finished = matches!(outcome, Ok(Some(_)));
            pruned.note(outcome, |pruned, removed| {
                pruned.n_runs += u64::from(removed == Some(true));
            });
            if !finished && day < next.as_str() {
                next = day.to_owned();
            }
        }
        Ok(next)
    }

    /// Prune one run: `None` when it must wait, else whether there was anything to remove.
    fn prune_run(&self, run: &RunId, before: Timestamp) -> Result<Option<bool>, SpoolError> {
        let folder = self.run_folder(run);
        let names = files::names(&folder)?;
        let invocations: Vec<_> = names
            .iter()
            .map(|name| InvocationFolder::at(folder.join(name)))
            .filter(|invocation| files::is_folder(invocation.path()))
            .collect();
        for invocation in &invocations {
            if !is_before(invocation.path(), before) {
                return Ok(None);
            }
            for attempt in invocation.attempts()? {
                if !is_before(attempt.path(), before) || attempt.is_claimed()? {
                    return Ok(None);
                }
            }
        }
        for invocation in &invocations {
            files::remove_folder(invocation.path())?;
        }
        // Succeeds only when there is no `run.yaml`.
        let is_bare = fs::remove_dir(&folder).is_ok();
        Ok(Some(is_bare || !invocations.is_empty()))
    }
}

impl Pruned {
    fn note<T>(&mut self, outcome: Result<T, SpoolError>, count: impl FnOnce(&mut Self, T)) {
        match outcome {
            Ok(done) => count(self, done),
            Err(error) => self.failures.push(error),
        }
    }
}

/// The stamp, locked and renewed; `None` when somebody else has it, or had it just now.
fn lock_stamp(path: &Path, now: Timestamp) -> io::Result<Option<File>> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    let stamp = files::open(&mut options, path)?;
    if stamp.try_lock().is_err() {
        return Ok(None);
    }
    let meta = stamp.metadata()?;
    if meta.len() == 0 {
        // Made just now, by us or by somebody who died before it was renewed.
        stamp.write_all_at(b"00000000", 0)?;
    } else if is_fresh(&meta, now) {
        return Ok(None);
    }
    // First, so that whoever dies over the work does not take everybody else along today.
    stamp.set_modified(SystemTime::from(now))?;
    Ok(Some(stamp))
}

/// Renewed within the last day. A time to come is a clock that was set back: not believed.
fn is_fresh(meta: &fs::Metadata, now: Timestamp) -> bool {
    let modified = meta.modified().map(Timestamp::try_from);
    modified
        .is_ok_and(|at| at.is_ok_and(|at| at <= now && now.duration_since(at).unsigned_abs() < DAY))
}

/// Whether a file or folder is there and was last changed before `time`.
fn is_before(path: &Path, time: Timestamp) -> bool {
    let modified = fs::symlink_metadata(path).and_then(|meta| meta.modified());
    modified.is_ok_and(|at| Timestamp::try_from(at).is_ok_and(|at| at < time))
}

fn done_before(mut stamp: &File) -> String {
    let mut day = String::new();
    match stamp.read_to_string(&mut day) {
        Ok(8) => day,
        _ => String::new(),
    }
}

/// Change what the stamp says, not when somebody looked last.
fn note_day(stamp: &File, day: &str) -> io::Result<()> {
    let looked = stamp.metadata()?.modified()?;
    stamp.write_all_at(day.as_bytes(), 0)?;
    stamp.set_modified(looked)
}

/// A time's UTC day as in the name of a run.
fn day_of(time: Timestamp) -> String {
    let date = time.to_zoned(TimeZone::UTC).date();
    format!("{:04}{:02}{:02}", date.year(), date.month(), date.day())
}

/// The day in `RUN-20261122-001`.
pub(super) fn submitted_on(name: &str) -> Option<&str> {
    let (day, number) = name.strip_prefix("RUN-")?.split_once('-')?;
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    (day.len() == 8 && is_number(day) && is_number(number)).then_some(day)
}
