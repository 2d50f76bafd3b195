//! The state directory: there, private, writable, on a file system that can be relied on.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use rustix::fs::{Access, access, statvfs};

use crate::journal::{VerifyReport, has_ballast, network_kind};

use super::check::{Area, Check, Remedy, some_of};

/// Less free space is worth a note, in bytes.
const LITTLE: u64 = 100 << 20;
/// With less, the next run may not be recorded.
const TOO_LITTLE: u64 = 10 << 20;

/// Folders of ours in the state directory.
const FOLDERS: [&str; 4] = ["log", "index", "runs", "content"];

/// Everything but the clock.
pub(super) fn checks(state_dir: &Path) -> Vec<Check> {
    let mut checks = vec![place(state_dir)];
    // What holds for a place that is not there yet holds for the folder that it will be made in.
    let there = state_dir.ancestors().find(|path| path.exists());
    if let Some(there) = there {
        checks.push(file_system(there));
        checks.extend(space(there));
    }
    if state_dir.is_dir() {
        checks.extend(privacy(state_dir));
        checks.extend(ballast(state_dir));
    }
    checks
}

/// Whether time went on since the last event.
pub(super) fn clock_check(verified: Option<&VerifyReport>, now: Timestamp) -> Option<Check> {
    let last = verified?.last_at?;
    let behind = last.duration_since(now);
    if behind.is_positive() && behind.as_secs() >= 1 {
        let message = format!(
            "the clock is {} s behind the last event on record ({last}); what is recorded meanwhile \
             gets that time",
            behind.as_secs()
        );
        return Some(Check::problem("clock", Area::State, message).fix("set the clock"));
    }
    let message = "the clock is not behind the last event";
    Some(Check::good("clock", Area::State, message))
}

fn place(state_dir: &Path) -> Check {
    const ID: &str = "state-directory";
    let shown = state_dir.display();
    let problem = |what: &str| Check::problem(ID, Area::State, format!("{shown} {what}"));
    if !state_dir.exists() {
        let parent = state_dir.ancestors().find(|path| path.exists());
        let writable = parent.is_some_and(|parent| parent.is_dir() && may_write(parent));
        if !writable {
            let what = "is not there and cannot be made";
            return problem(what).fix("name another place: --state-dir DIR");
        }
        let message = format!("{shown} is not there yet; the first run makes it");
        return Check::good(ID, Area::State, message);
    }
    if !state_dir.is_dir() {
        return problem("is not a directory").fix("name another place: --state-dir DIR");
    }
    let locked = std::iter::once(state_dir.to_owned())
        .chain(folders(state_dir))
        .find(|folder| !may_write(folder));
    if let Some(folder) = locked {
        let message = format!("{} cannot be written: nothing can be run", folder.display());
        return Check::problem(ID, Area::State, message)
            .fix("make it writable for this user, or name another place: --state-dir DIR");
    }
    Check::good(ID, Area::State, format!("{shown}, writable"))
}

fn may_write(path: &Path) -> bool {
    access(path, Access::WRITE_OK | Access::EXEC_OK).is_ok()
}

fn folders(state_dir: &Path) -> impl Iterator<Item = PathBuf> {
    let folders = FOLDERS.map(|name| state_dir.join(name));
    folders.into_iter().filter(|path| path.is_dir())
}

fn file_system(there: &Path) -> Check {
    const ID: &str = "file-system";
    match network_kind(there) {
        None => Check::good(ID, Area::State, "on a local file system"),
        Some(kind) => {
            let message = format!(
                "on {kind}, a network file system: locks and syncs cannot be relied on, so nothing \
                 is recorded there"
            );
            Check::problem(ID, Area::State, message).fix("keep it on a local disk: --state-dir DIR")
        }
    }
}

fn space(there: &Path) -> Option<Check> {
    const ID: &str = "free-space";
    let stat = statvfs(there).ok()?;
    let free = stat.f_bavail.saturating_mul(stat.f_frsize);
    let message = format!("{} free", size(free));
    Some(match free {
        ..TOO_LITTLE => Check::problem(ID, Area::State, message).fix("make room on that disk"),
        TOO_LITTLE..LITTLE => Check::note(ID, Area::State, message).fix("make room on that disk"),
        _ => Check::good(ID, Area::State, message),
    })
}

/// Whether others can look in, and whether it is ours at all.
fn privacy(state_dir: &Path) -> Vec<Check> {
    const ID: &str = "privacy";
    let own = rustix::process::geteuid().as_raw();
    let (mut strange, mut open, mut bare) = (Vec::new(), Vec::new(), Vec::new());
    for folder in std::iter::once(state_dir.to_owned()).chain(folders(state_dir)) {
        let Ok(meta) = fs::metadata(&folder) else {
            continue;
        };
        if meta.uid() != own {
            strange.push(folder);
        } else if meta.mode() & 0o077 != 0 {
            // Names are all that can be read while the folders inside are closed.
            let harmless = folder == state_dir && meta.mode() & 0o022 == 0;
            if harmless { &mut bare } else { &mut open }.push(folder);
        }
    }
    let shown = |folders: &[PathBuf]| {
        let names: Vec<_> = folders.iter().map(|path| path.display()).collect();
        some_of(&names)
    };
    let mut checks = Vec::new();
    if !strange.is_empty() {
        let message = format!("{} belongs to another user", shown(&strange));
        checks.push(Check::problem("owner", Area::State, message).fix("name a place of your own"));
    }
    let closes = "lets nobody else in (mode 0700)";
    if !open.is_empty() {
        let message = format!("other users can get into {}", shown(&open));
        open.append(&mut bare);
        let check = Check::problem(ID, Area::State, message);
        checks.push(check.mended_by(Remedy::Close(open), closes));
    } else if !bare.is_empty() {
        let message = format!(
            "other users can see the names in {}, nothing else",
            shown(&bare)
        );
        let check = Check::note(ID, Area::State, message);
        checks.push(check.mended_by(Remedy::Close(bare), closes));
    } else if strange.is_empty() {
        checks.push(Check::good(ID, Area::State, "closed to other users"));
    }
    checks
}

fn ballast(state_dir: &Path) -> Option<Check> {
    const ID: &str = "ballast";
    if !state_dir.join("log").is_dir() {
        return None;
    }
    if has_ballast(state_dir) {
        let message = "ballast laid, for recording what ends a run on a full disk";
        return Some(Check::good(ID, Area::State, message));
    }
    let message = "the ballast is gone: on a full disk, the end of a run may not be recorded";
    let check = Check::note(ID, Area::State, message);
    Some(check.mended_by(Remedy::LayBallast, "lays it, when there is room"))
}

/// Bytes as people say them.
fn size(bytes: u64) -> String {
    const UNITS: [(&str, u64); 3] = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)];
    let unit = UNITS.iter().find(|(_, unit)| bytes >= *unit);
    unit.map_or_else(
        || format!("{bytes} bytes"),
        |(name, unit)| format!("{}.{} {name}", bytes / unit, bytes % unit * 10 / unit),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::doctor::Verdict;

    #[test]
    fn sizes_read_as_people_say_them() {
        assert_eq!(size(1), "1 bytes");
        assert_eq!(size(1 << 20), "1.0 MiB");
        assert_eq!(size((7 << 30) + (1 << 29)), "7.5 GiB");
    }

    #[test]
    fn a_clock_that_was_set_back_is_told() {
        let last: Timestamp = "2026-11-22T10:00:00Z".parse().unwrap();
        let report = VerifyReport {
            last_at: Some(last),
            ..VerifyReport::default()
        };
        let at = |now: &str| clock_check(Some(&report), now.parse().unwrap()).unwrap();
        assert_eq!(at("2026-11-22T10:00:00Z").verdict, Verdict::Good);
        assert_eq!(at("2026-11-22T09:59:59.5Z").verdict, Verdict::Good);
        let behind = at("2026-11-22T09:00:00Z");
        assert_eq!(behind.verdict, Verdict::Problem);
        assert!(behind.message.contains("3600 s behind"), "{behind:?}");
        assert_eq!(clock_check(None, last), None);
    }
}
