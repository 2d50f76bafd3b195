//! Components that the configuration names: by id, or as a file whose bytes count.

use std::path::PathBuf;

use super::Context;
use crate::model::{Digest, FileDigest, excerpt};
use crate::settings::collector::Collector;
use crate::settings::files::{NotRead, read_bounded};
use crate::settings::yaml::Node;

/// Largest component that is accepted; real ones are below 1 MiB.
const MAX_BYTES: u64 = 64 * 1024 * 1024;

/// What a text names.
pub(super) enum Component {
    /// An id; whether there is such a component is not said.
    Id(String),
    /// A file, absolute; whether it can be read was noted.
    File(PathBuf),
}

/// What the text of `node` names, which people call `what`: a file when it has a slash or ends in
/// `.wasm`. The digest of a file goes to `files`.
pub(super) fn read(
    (node, text): (&Node, &str),
    (what, path): (&str, &str),
    context: Context<'_>,
    files: &mut Vec<FileDigest>,
    notes: &mut Collector,
) -> Component {
    let is_file = text.contains('/') || text.ends_with(".wasm");
    if !is_file {
        return Component::Id(text.to_owned());
    }
    let file = context.path(text);
    match read_bounded(&file, MAX_BYTES) {
        Ok(bytes) => files.push(FileDigest {
            name: text.to_owned(),
            sha256: Digest::of(&bytes),
        }),
        Err(why) => {
            let why = match why {
                NotRead::NotAFile => "it is not a regular file".to_owned(),
                NotRead::TooLarge => "it is larger than 64 MiB".to_owned(),
                NotRead::Io(e) => e.to_string(),
            };
            notes
                .error(
                    node.at,
                    path,
                    format!("{what} file '{}' cannot be read: {why}", excerpt(text)),
                )
                .fix(format!(
                    "put the component at {}",
                    context.environment.display(&file)
                ));
        }
    }
    Component::File(file)
}
