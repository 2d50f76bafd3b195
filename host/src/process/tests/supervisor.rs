//! A supervisor: on its own, and the owner of its attempt for exactly as long as it lives.

use std::ffi::OsString;
use std::fs::{File, TryLockError};
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::Stdio;

use rustix::process::{Pid, Signal, kill_process};

use super::*;

/// A shell script as a supervisor. Its folder holds the claim and the log.
fn spec(folder: &Path, script: &str) -> SupervisorSpec {
    SupervisorSpec {
        program: "/bin/sh".into(),
        args: ["-c", script].map(OsString::from).into(),
        env: vec![("PATH".into(), "/usr/bin:/bin".into())],
        cwd: "/".into(),
        claim: claim(folder),
        log: File::create(folder.join("log")).unwrap(),
    }
}

/// The claim, opened once more.
fn claim(folder: &Path) -> File {
    let mut options = File::options();
    let options = options.create(true).truncate(false).write(true);
    options.open(folder.join("claim")).unwrap()
}

fn is_held(folder: &Path) -> bool {
    match claim(folder).try_lock() {
        Ok(()) => false,
        Err(TryLockError::WouldBlock) => true,
        Err(TryLockError::Error(error)) => panic!("{error}"),
    }
}

fn pid(identity: Identity) -> Pid {
    Pid::from_raw(i32::try_from(identity.pid).unwrap()).unwrap()
}

fn wait_for_end(supervisor: &mut Supervisor) -> ExitStatus {
    loop {
        if let Some(status) = supervisor.reap() {
            return status;
        }
        std::thread::yield_now();
    }
}

#[test]
fn the_claim_is_held_for_as_long_as_the_supervisor_lives() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let spec = spec(folder, "exec sleep 1000");
    spec.claim.lock().unwrap();
    let mut supervisor = start_supervisor(spec).unwrap();
    assert!(is_held(folder), "our own file is closed");
    assert_eq!(supervisor.reap(), None);

    kill_process(pid(supervisor.identity()), Signal::KILL).unwrap();
    claim(folder).lock().unwrap(); // waits until it is free
    let identity = supervisor.identity();
    assert_eq!(wait_for_end(&mut supervisor).signal, Some(libc::SIGKILL));
    let likeness = is_same_process(identity.pid, identity.start_ticks);
    assert_ne!(likeness, Likeness::Same);
}

#[test]
fn a_claim_has_one_holder() {
    let folder = tempfile::tempdir().unwrap();
    let holder = claim(folder.path());
    holder.lock().unwrap();
    let refusal = start_supervisor(spec(folder.path(), "exit 0")).unwrap_err();
    assert!(
        matches!(refusal, ProcessError::NotClaimed { .. }),
        "{refusal}"
    );
    drop(holder);

    let missing = SupervisorSpec {
        program: "/no/such/program".into(),
        ..spec(folder.path(), "")
    };
    let refusal = start_supervisor(missing).unwrap_err();
    assert_eq!(refusal.code().as_str(), "tool-missing", "{refusal}");
    claim(folder.path()).lock().unwrap(); // another test may be forking
}

#[cfg(target_os = "linux")]
#[test]
fn it_starts_with_nothing_of_ours_but_what_it_was_given() {
    use std::os::fd::AsFd as _;

    let leak = File::open("/dev/null").unwrap();
    rustix::io::fcntl_setfd(leak.as_fd(), rustix::io::FdFlags::empty()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let script = "exec 1>&2; echo $$; cat /proc/self/stat; ls /proc/self/fd; \
                  readlink /proc/$$/fd/0 /proc/$$/cwd; tr '\\0' '\\n' </proc/$$/environ; exit 7";
    let mut supervisor = start_supervisor(spec(folder.path(), script)).unwrap();
    assert_eq!(wait_for_end(&mut supervisor).code, Some(7));

    let log = std::fs::read_to_string(folder.path().join("log")).unwrap();
    let lines: Vec<&str> = log.lines().collect();
    let stat: Vec<&str> = lines[1].split(' ').collect();
    assert_eq!(lines[0], supervisor.identity().pid.to_string());
    assert_eq!(
        (stat[4], stat[5]),
        (lines[0], lines[0]),
        "group and session"
    );
    assert_eq!(
        lines[2..6],
        ["0", "1", "2", "3"],
        "the fourth is the listing"
    );
    let claim = folder.path().join("claim");
    assert_eq!(
        lines[6..],
        [claim.to_str().unwrap(), "/", "PATH=/usr/bin:/bin"]
    );
}

/// What the stand-in does that a test kills: starts a supervisor, tells its number, and stays.
pub(super) fn start_and_stay(folder: &Path) {
    let supervisor = start_supervisor(spec(folder, "exec sleep 1000")).unwrap();
    let identity = supervisor.identity();
    let line = format!(
        "\nstarted {} {}\n",
        identity.pid,
        identity.start_ticks.unwrap()
    );
    std::io::stdout().write_all(line.as_bytes()).unwrap();
    std::thread::park();
}

#[cfg(target_os = "linux")]
#[test]
fn it_outlives_a_starter_that_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let mut starter = alone::standing_in("starter", folder)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let told = BufReader::new(starter.stdout.take().unwrap())
        .lines()
        .find_map(|line| Some(line.unwrap().strip_prefix("started ")?.to_owned()))
        .unwrap();
    let (number, start) = told.split_once(' ').unwrap();
    let (number, start) = (number.parse().unwrap(), start.parse().ok());
    starter.kill().unwrap();
    starter.wait().unwrap();

    assert_eq!(is_same_process(number, start), Likeness::Same);
    assert!(is_held(folder));
    let identity = Identity {
        pid: number,
        pgid: number,
        start_ticks: start,
    };
    kill_process(pid(identity), Signal::KILL).unwrap();
    claim(folder).lock().unwrap();
    while is_same_process(number, start) == Likeness::Same {
        std::thread::yield_now();
    }
}

#[cfg(target_os = "linux")]
#[test]
fn no_dead_supervisor_stays_behind() {
    let folder = tempfile::tempdir().unwrap();
    let supervisor = start_supervisor(spec(folder.path(), "exit 0")).unwrap();
    let Identity {
        pid, start_ticks, ..
    } = supervisor.identity();
    while is_same_process(pid, start_ticks) == Likeness::Same {
        std::thread::yield_now();
    }
    drop(supervisor);
    assert_ne!(super::start_ticks(pid), start_ticks, "the zombie is gone");
}
