//! Builds the guests and turns them into the components in `plugins/dist`.
//!
//! `cargo run --manifest-path plugins/Cargo.toml -p pack --release` writes them; with `-- --check` it proves that what is
//! there comes from the sources that are there. With `-- --component MODULE COMPONENT` it packs one module of somebody else.
//! Owns `plugins/dist`. Never changes a source, and never fetches a target.

mod build;
mod component;
mod digest;
mod error;
mod guest;
mod paths;
mod single;
mod sources;

use std::process::ExitCode;

use crate::build::Built;
use crate::error::Error;
use crate::paths::Paths;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let outcome = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => Paths::of_this_checkout().and_then(|paths| write(&paths)),
        ["--check"] => Paths::of_this_checkout().and_then(|paths| check(&paths)),
        ["--component", from, to] => single::write(from.as_ref(), to.as_ref()),
        _ => Err(Error::Usage),
    };
    match outcome {
        Ok(report) => {
            say(&report);
            ExitCode::SUCCESS
        }
        Err(error) => {
            let mut text = format!("pack: failed to {error}");
            let mut source = std::error::Error::source(&error);
            while let Some(cause) = source {
                text.push_str(&format!(": {cause}"));
                source = cause.source();
            }
            say(&text);
            ExitCode::FAILURE
        }
    }
}

#[expect(clippy::print_stderr, reason = "the one place that talks to a person")]
fn say(text: &str) {
    eprintln!("{text}");
}

/// Builds everything and writes `dist`.
fn write(paths: &Paths) -> Result<String, Error> {
    let guests = guest::all(paths)?;
    let built = match build::all(paths, &guests)? {
        Built::Components(components) => components,
        Built::NoTarget(why) => return Err(Error::NoTarget { why }),
    };
    let mut report = String::new();
    for (guest, bytes) in guests.iter().zip(&built) {
        let id = &guest.id;
        let path = paths.component(id);
        std::fs::write(&path, bytes).map_err(|source| Error::Write { path, source })?;
        report.push_str(&format!(
            "{id}.wasm  {} bytes  {}\n",
            bytes.len(),
            digest::hex(bytes)
        ));
    }
    sources::write(paths, &guests, &built)?;
    report.push_str("written to plugins/dist");
    Ok(report)
}

/// Proves that `dist` comes from the sources: by building again, or, where that cannot be, by the sources' digests.
fn check(paths: &Paths) -> Result<String, Error> {
    let guests = guest::all(paths)?;
    sources::check(paths, &guests)?;
    match build::all(paths, &guests)? {
        Built::Components(built) => {
            for (guest, bytes) in guests.iter().zip(&built) {
                let path = paths.component(&guest.id);
                let kept = std::fs::read(&path).map_err(|source| Error::Read { path, source })?;
                if kept != *bytes {
                    return Err(Error::Differs {
                        guest: guest.id.clone(),
                        kept: digest::hex(&kept),
                        built: digest::hex(bytes),
                    });
                }
            }
            Ok("plugins/dist is byte for byte what its sources build to".to_owned())
        }
        Built::NoTarget(why) => Ok(format!(
            "NOT REBUILT: {why}\nThe sources and the components have the digests in plugins/dist/SOURCES.toml, so neither \
             was changed without the other being packed again; that they build to each other was not proved here."
        )),
    }
}
