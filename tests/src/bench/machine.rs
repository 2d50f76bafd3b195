//! What the figures were taken on.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;

use super::Trouble;
use super::ground::{MEMORY, folder};
use super::table::time;
use super::timing::{Samples, timed};

const SYNCS: usize = 200;

/// Print the facts of the machine and of the device behind `dir`.
pub(super) fn print(dir: &Path) -> Result<(), Trouble> {
    let field = |path: &str, name: &str| {
        let text = fs::read_to_string(path).unwrap_or_default();
        let line = text.lines().find(|line| line.starts_with(name));
        let value = line.and_then(|line| Some(line.split_once(':')?.1.trim().to_owned()));
        value.unwrap_or_else(|| "unknown".to_owned())
    };
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    println!("# Machine\n");
    println!(
        "- processor: {}, {} cores; memory {}",
        field("/proc/cpuinfo", "model name"),
        std::thread::available_parallelism()?,
        field("/proc/meminfo", "MemTotal"),
    );
    println!("- kernel: {}; load: {}", kernel.trim(), load());
    for place in [dir, Path::new(MEMORY)] {
        if place.is_dir() {
            let syncs = sync_times(place)?;
            println!(
                "- {}: {}, append of 1 KiB and fdatasync: median {}, p99 {}",
                place.display(),
                file_system(place),
                time(syncs.median()),
                time(syncs.percentile(99)),
            );
        }
    }
    Ok(())
}

/// Load averages over 1, 5, and 15 minutes, running and existing tasks.
pub(super) fn load() -> String {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').take(4).collect::<Vec<_>>().join(" ")
}

/// How long the device takes to confirm a small append.
pub(super) fn sync_times(dir: &Path) -> Result<Samples, Trouble> {
    let folder = folder(dir)?;
    let mut file = File::create(folder.path().join("syncs"))?;
    let mut samples = Samples::default();
    for _ in 0..SYNCS {
        let (time, done) = timed(|| {
            file.write_all(&[b'x'; 1024])
                .and_then(|()| file.sync_data())
        });
        done?;
        samples.push(time);
    }
    Ok(samples)
}

/// The type of the file system that holds `dir`: of the longest mount point above it.
fn file_system(dir: &Path) -> String {
    let mounts = fs::read_to_string("/proc/self/mounts").unwrap_or_default();
    let dir = dir.canonicalize().unwrap_or_else(|_| dir.to_owned());
    mounts
        .lines()
        .filter_map(|line| {
            let mut fields = line.split(' ').skip(1);
            Some((fields.next()?, fields.next()?))
        })
        .filter(|(point, _)| dir.starts_with(point))
        .max_by_key(|(point, _)| point.len())
        .map_or_else(|| "unknown".to_owned(), |(_, kind)| kind.to_owned())
}
