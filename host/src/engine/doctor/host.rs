//! The machine and this program: whether what a run relies on is to be had.

use crate::index::sqlite;
use crate::journal::boot_id;
use crate::process::{Abilities, abilities};
use crate::spool::has_notices;

use super::check::{Area, Check};

/// Fewer open files are worth a note: a tool inherits the limit.
const FEW_FILES: u64 = 256;
/// Fewer processes are worth a note.
const FEW_PROCESSES: u64 = 200;

/// All of them.
pub(super) fn checks() -> Vec<Check> {
    let abilities = abilities();
    let mut checks = vec![version(), system(), supervision(abilities)];
    checks.extend(limit(
        "open-files",
        abilities.open_files,
        FEW_FILES,
        "open files in a process (ulimit -n)",
    ));
    checks.extend(limit(
        "processes",
        abilities.processes,
        FEW_PROCESSES,
        "processes of this user (ulimit -u)",
    ));
    checks
}

fn version() -> Check {
    const ID: &str = "version";
    let (sqlite, is_fit) = sqlite();
    let message = format!("tollgate {}, SQLite {sqlite}", env!("CARGO_PKG_VERSION"));
    if is_fit {
        return Check::good(ID, Area::Host, message);
    }
    let message = format!("{message}: versions before 3.51.3 can lose committed data");
    Check::problem(ID, Area::Host, message).fix("link a newer SQLite, or use the bundled one")
}

fn system() -> Check {
    let name = rustix::system::uname();
    let namespace = std::fs::read_link("/proc/self/ns/pid").ok();
    let namespace = namespace.map_or_else(
        || "unknown".to_owned(),
        |link| link.to_string_lossy().replace("pid:", ""),
    );
    let message = format!(
        "{} {} {}, boot {}, pid namespace {namespace}",
        name.sysname().to_string_lossy(),
        name.release().to_string_lossy(),
        name.machine().to_string_lossy(),
        boot_id(),
    );
    Check::good("system", Area::Host, message)
}

fn supervision(abilities: Abilities) -> Check {
    const ID: &str = "supervision";
    let missing: Vec<&str> = [
        (
            abilities.adopts_orphans,
            "no adoption of orphans (subreaper)",
        ),
        (abilities.has_handles, "no handles on processes (pidfd)"),
        (
            abilities.shows_markers,
            "no look at the environment of processes (/proc)",
        ),
    ]
    .into_iter()
    .filter_map(|(works, what)| (!works).then_some(what))
    .collect();
    if !missing.is_empty() {
        let message = format!(
            "{}: what a tool leaves behind may not be found",
            missing.join(", ")
        );
        return Check::note(ID, Area::Host, message);
    }
    if !has_notices() {
        let message = "no notices of change (inotify): whoever waits looks every 100 ms";
        return Check::note(ID, Area::Host, message)
            .fix("raise fs.inotify.max_user_instances and max_user_watches");
    }
    let message = "orphans, process handles, and notices of change work";
    Check::good(ID, Area::Host, message)
}

fn limit(id: &'static str, current: Option<u64>, few: u64, what: &str) -> Option<Check> {
    let current = current.filter(|current| *current < few)?;
    let check = Check::note(id, Area::Host, format!("only {current} {what}"));
    Some(check.fix("raise the limit: a tool may need more"))
}
