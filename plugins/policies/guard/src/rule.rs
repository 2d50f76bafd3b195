//! What the configuration may say.
//!
//! Owns the checks of single entries: an entry that could never match is a mistake, because it would look like protection.

use tollgate_policy_sdk::prelude::*;

use crate::flags::{DENIED, Flag};
use crate::places::{Place, Program};

/// The bounds.
#[derive(Debug)]
pub struct Rule {
    pub(crate) flags: Vec<Flag>,
    pub(crate) programs: Vec<Program>,
    pub(crate) directories: Vec<Place>,
    pub(crate) deny_directories: Vec<Place>,
    pub(crate) deny_tools: Vec<String>,
}

impl Rule {
    pub(crate) fn read(fields: &mut Fields<'_>) -> Self {
        let allowed: Vec<String> = fields.list("allow_flags").unwrap_or_default();
        let denied: Option<Vec<String>> = fields.list("deny_flags");
        for (key, entries) in [
            ("allow_flags", Some(&allowed)),
            ("deny_flags", denied.as_ref()),
        ] {
            let entries = entries.map(Vec::as_slice).unwrap_or_default();
            for (index, entry) in entries.iter().enumerate() {
                check_flag(fields, &format!("{key}[{index}]"), entry);
            }
        }
        let denied =
            denied.unwrap_or_else(|| DENIED.iter().map(|flag| (*flag).to_owned()).collect());
        let denied = denied.into_iter().filter(|flag| !allowed.contains(flag));
        Self {
            flags: denied.map(Flag::new).collect(),
            programs: programs(fields),
            directories: places(fields, "directories"),
            deny_directories: places(fields, "deny_directories"),
            deny_tools: tools(fields),
        }
    }
}

fn check_flag(fields: &mut Fields<'_>, place: &str, entry: &str) {
    if !entry.starts_with('-') {
        let message = format!("`{}` is not a flag", words::snippet(entry, 60));
        fields.mistake(place, &message, Some("write it with its dashes"));
    } else if entry.contains(char::is_whitespace) {
        let fix = "write a flag and its value as --flag=value; two arguments are recognised, too";
        fields.mistake(place, "it holds a space", Some(fix));
    }
}

fn programs(fields: &mut Fields<'_>) -> Vec<Program> {
    let entries: Vec<String> = fields.list("programs").unwrap_or_default();
    let mut programs = Vec::new();
    for (index, entry) in entries.iter().enumerate() {
        match Program::read(entry) {
            Some(program) => programs.push(program),
            None => fields.mistake(
                &format!("programs[{index}]"),
                &format!(
                    "`{}` is neither a name nor an absolute path",
                    words::snippet(entry, 60)
                ),
                Some("write a name such as claude, or the whole path without `..`"),
            ),
        }
    }
    programs
}

fn places(fields: &mut Fields<'_>, key: &str) -> Vec<Place> {
    let entries: Vec<String> = fields.list(key).unwrap_or_default();
    let mut places = Vec::new();
    for (index, entry) in entries.iter().enumerate() {
        let at = format!("{key}[{index}]");
        match Place::read(entry) {
            Some(place) if key == "deny_directories" && place.is_everything() => fields.mistake(
                &at,
                "it denies every directory there is",
                Some("write /. for the root itself"),
            ),
            Some(place) => places.push(place),
            None => fields.mistake(
                &at,
                &format!("`{}` is not an absolute path", words::snippet(entry, 60)),
                Some("write the whole path, without ~ and `..`"),
            ),
        }
    }
    places
}

fn tools(fields: &mut Fields<'_>) -> Vec<String> {
    let entries: Vec<String> = fields.list("deny_tools").unwrap_or_default();
    for (index, entry) in entries.iter().enumerate() {
        if entry.trim_ascii() != entry || entry.is_empty() {
            let fix = "write the name as the agent prints it, such as WebFetch";
            fields.mistake(&format!("deny_tools[{index}]"), "it is no name", Some(fix));
        }
    }
    entries
}
