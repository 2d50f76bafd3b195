//! How long `version` and `--help` take, and what they touch.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::Trouble;
use super::ground::{Ground, program};
use super::options::Options;
use super::table::{Table, figures, time};
use super::timing::{Contestant, interleaved};

pub(super) fn run(options: &Options) -> Result<(), Trouble> {
    let ground = Ground::new(&options.dir)?;
    let state = ground.path("state");
    let tollgate = |argument| ground.tollgate(&state, &[argument]);
    let nothing = find("true")?;
    let contestants = [
        Contestant {
            name: "true".to_owned(),
            command: Box::new(|| Ok(ground.bare(&nothing))),
        },
        Contestant {
            name: "tollgate version".to_owned(),
            command: Box::new(|| tollgate("version")),
        },
        Contestant {
            name: "tollgate --help".to_owned(),
            command: Box::new(|| tollgate("--help")),
        },
    ];
    let all = interleaved(&contestants, options.rounds * 3)?;
    let mut table = Table::new(&["program", "least", "median", "p99", "runs", "over true"]);
    for (contestant, samples) in contestants.iter().zip(&all) {
        let [least, median, p99, runs] = figures(samples);
        let over = time(samples.median_over(&all[0]));
        let name = contestant.name.clone();
        table.row([name, least, median, p99, runs, over]);
    }
    table.print();
    let bytes = fs::metadata(program("host-under-test")?)?.len();
    println!("\nsize of the program: {} MB", bytes / 1_000_000);
    for argument in ["version", "--help"] {
        touched(&ground, argument)?;
    }
    Ok(())
}

/// Say which files of its own a command opens, if the machine can tell.
fn touched(ground: &Ground, argument: &str) -> Result<(), Trouble> {
    let Ok(strace) = find("strace") else {
        println!("what `{argument}` touches: not told, strace is not here");
        return Ok(());
    };
    let trace = ground.path("tmp/trace");
    let state = ground.path("state");
    let tollgate = ground.tollgate(&state, &[argument])?;
    let mut command = Command::new(strace);
    command
        .args(["-f", "-qq", "-e", "trace=%file,clone,clone3", "-o"])
        .arg(&trace)
        .arg(tollgate.get_program())
        .args(tollgate.get_args())
        .env_clear()
        .envs(tollgate.get_envs().filter_map(|(k, v)| Some((k, v?))))
        .stdout(std::process::Stdio::null());
    if !command.status()?.success() {
        println!("what `{argument}` touches: not told, strace may not trace here");
        return Ok(());
    }
    let calls = fs::read_to_string(&trace)?;
    let own = |line: &&str| {
        let places = ["config", "state", "cache", "home"].map(|name| ground.path(name));
        let inside = |place: &PathBuf| line.contains(&*place.to_string_lossy());
        !line.contains("execve") && places.iter().any(inside)
    };
    let own: Vec<&str> = calls.lines().filter(own).collect();
    let threads = calls.lines().filter(|line| line.contains("clone")).count();
    println!(
        "`{argument}` makes {} calls on files: {} in the folders of configuration, record, index, and cache; \
         it starts {threads} threads",
        calls.lines().count() - threads,
        own.len(),
    );
    for line in own {
        println!("  {line}");
    }
    Ok(())
}

/// A program of the machine.
fn find(name: &str) -> Result<PathBuf, Trouble> {
    ["/usr/bin", "/bin"]
        .map(|dir| Path::new(dir).join(name))
        .into_iter()
        .find(|path| path.is_file())
        .ok_or_else(|| format!("there is no {name}").into())
}
