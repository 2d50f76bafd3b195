//! The policies: who is asked, what they said last, and trying others before they are in force.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::cli::failure::{Code, Failure};
use crate::cli::open;
use crate::cli::policy;
use crate::cli::policy::args::PolicyCommand;
use crate::cli::policy::explain;
use crate::cli::run::record::{OnRecord, failed};
use crate::cli::screen::Screen;
use crate::query::{Judged, VerdictRow};
use crate::settings::load_with_policies;

use super::house::House;

/// Verdicts that are shown.
const VERDICTS: u32 = 50;

/// The chain, and what came of asking it.
pub(super) fn policies(house: &House, record: &OnRecord) -> Result<Value, Failure> {
    let mut document =
        Screen::captured(|screen| policy::run(&PolicyCommand::List, &house.global, screen))?;
    let verdicts = record
        .query
        .verdicts(VERDICTS)
        .map_err(|error| failed(&error))?;
    let verdicts: Vec<Value> = verdicts.iter().map(verdict).collect();
    document["verdicts"] = verdicts.into();
    Ok(document)
}

fn verdict(row: &VerdictRow) -> Value {
    let judged = Judged {
        at: row.at,
        said: row.said.clone(),
    };
    let mut said = explain::document(row.invocation, &judged);
    said["run_id"] = json!(row.run);
    let name = row.run.as_ref().zip(row.invocation);
    let name = name.map(|(run, invocation)| format!("{run}.{invocation}"));
    said["invocation_id"] = json!(name);
    said
}

/// A `policies.yaml` that is only looked at; it is gone when this is.
pub(super) struct Tried {
    folder: PathBuf,
    file: PathBuf,
}

impl Tried {
    /// Where it lies.
    pub(super) fn path(&self) -> &Path {
        &self.file
    }
}

impl Drop for Tried {
    fn drop(&mut self) {
        // What stays behind is a file of a folder that only the user may read.
        drop(fs::remove_dir_all(&self.folder));
    }
}

/// Keep `text` in a file for as long as it is looked at.
pub(super) fn tried(house: &House, text: &str) -> Result<Tried, Failure> {
    let state_dir = &house.ground.places.state_dir;
    let folder = state_dir.join(format!("tried-{}", uuid::Uuid::now_v7()));
    let written = DirBuilder::new()
        .mode(0o700)
        .create(&folder)
        .and_then(|()| {
            let tried = Tried {
                file: folder.join("policies.yaml"),
                folder,
            };
            let mut options = OpenOptions::new();
            let options = options.write(true).create_new(true).mode(0o600);
            options.open(&tried.file)?.write_all(text.as_bytes())?;
            Ok(tried)
        });
    written.map_err(|error| {
        Failure::new(
            Code::Io,
            format!("cannot keep the policies to be tried: {error}"),
        )
    })
}

/// Whether `policies` could take the place of `policies.yaml`.
pub(super) fn validate(house: &House, policies: &str) -> Result<Value, Failure> {
    let tried = tried(house, policies)?;
    let ground = &house.ground;
    let loaded = load_with_policies(&ground.places, tried.path(), &ground.environment);
    let loaded = loaded.map_err(|error| open::settings(&error, &ground.environment))?;
    let warnings: Vec<String> = loaded.warnings.iter().map(ToString::to_string).collect();
    Ok(json!({ "valid": true, "diagnostics": warnings }))
}
