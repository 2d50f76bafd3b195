//! The files that a workflow names: prompts must be there, and answers must not cover each other.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use crate::model::{Digest, PROMPT_CAP, excerpt};
use crate::settings::collector::Collector;
use crate::settings::files::{NotRead, decode, read_bounded};
use crate::settings::read::Context;
use crate::settings::yaml::{Node, Position};

/// Note everything that is wrong with the files, and return a digest of each prompt file, in the
/// order of the steps.
pub(super) fn check(
    steps: &[Node],
    workflow: &Path,
    context: Context<'_>,
    notes: &mut Collector,
) -> Vec<Digest> {
    // What is read, and by whom it is written; a path means the same however it is spelt.
    let mut sources: BTreeMap<PathBuf, Option<Digest>> = BTreeMap::new();
    let mut digests = Vec::new();
    for (place, node, text) in named(steps, "prompt_file") {
        let path = context.path(text);
        let digest = sources.entry(plain(&path)).or_insert_with(|| {
            let read = read_prompt(&path);
            read.map_err(|(message, fix)| {
                let shown = excerpt(text);
                notes
                    .error(
                        node.at,
                        &format!("steps[{place}].prompt_file"),
                        format!("'{shown}' {message}"),
                    )
                    .fix(fix);
            })
            .ok()
        });
        digests.extend(digest.clone());
    }
    sources.insert(plain(workflow), None);
    check_outputs(steps, &sources, context, notes);
    digests
}

fn check_outputs(
    steps: &[Node],
    sources: &BTreeMap<PathBuf, Option<Digest>>,
    context: Context<'_>,
    notes: &mut Collector,
) {
    let mut written: BTreeMap<PathBuf, Position> = BTreeMap::new();
    for (place, node, text) in named(steps, "output") {
        let path = plain(&context.path(text));
        let message = if let Some(first) = written.get(&path) {
            format!(
                "'{}' is the output of another step, in line {}",
                excerpt(text),
                first.line
            )
        } else if sources.contains_key(&path) {
            format!("'{}' is a part of this workflow", excerpt(text))
        } else {
            written.insert(path, node.at);
            continue;
        };
        notes
            .error(node.at, &format!("steps[{place}].output"), message)
            .fix("name another file");
    }
}

/// The steps that have the field: their places, and the text with its node.
fn named<'n>(
    steps: &'n [Node],
    field: &'static str,
) -> impl Iterator<Item = (usize, &'n Node, &'n str)> {
    steps.iter().enumerate().filter_map(move |(place, step)| {
        let node = step.get(field)?;
        Some((place, node, node.text().filter(|text| !text.is_empty())?))
    })
}

/// A digest of a prompt file, or what is wrong with it and what to do.
fn read_prompt(path: &Path) -> Result<Digest, (String, &'static str)> {
    let bytes = read_bounded(path, PROMPT_CAP).map_err(|not_read| match not_read {
        NotRead::NotAFile => ("is not a regular file".to_owned(), "name a file"),
        NotRead::TooLarge => (
            format!("is larger than {} MiB", PROMPT_CAP >> 20),
            "shorten it",
        ),
        NotRead::Io(error) => (
            format!("cannot be read: {error}"),
            "check the path; it starts at the workflow's folder",
        ),
    })?;
    if bytes.is_empty() {
        return Err(("is empty".to_owned(), "write the prompt into it"));
    }
    let digest = Digest::of(&bytes);
    match decode(bytes) {
        Ok(_) => Ok(digest),
        Err(at) => Err((
            format!("is not UTF-8 (line {}, column {})", at.line, at.column),
            "save the file as UTF-8",
        )),
    }
}

/// The path without detours, as written: links are not followed, so that what is not there yet can
/// be compared, too.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                plain.pop();
            }
            _ => plain.push(part),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_path_are_one() {
        for path in ["/a/b", "/a/./b", "/a/c/../b", "/../a/b/"] {
            assert_eq!(plain(Path::new(path)), Path::new("/a/b"), "{path}");
        }
    }
}
