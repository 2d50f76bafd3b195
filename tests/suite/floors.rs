//! Who may import whom, as data, and who alone may name an outside crate.
//!
//! The tables are the diagram of `docs/house.md`; a path that they do not allow fails here.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Each room and the rooms it may name.
const ROOMS: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("accounting", &["model"]),
    ("lifecycle", &["model"]),
    ("routing", &["model"]),
    ("verdict", &["model"]),
    ("budget", &["model"]),
    ("telemetry", &["model"]),
    ("yaml", &["model"]),
    ("settings", &["model", "yaml"]),
    ("sandbox", &["model"]),
    ("process", &["model"]),
    ("journal", &["model"]),
    ("index", &["model", "lifecycle"]),
    ("otlp", &["model", "telemetry"]),
    ("spool", &["model"]),
    ("tree", &["model"]),
    ("board", &["model", "yaml"]),
    (
        "engine",
        &[
            "model",
            "accounting",
            "lifecycle",
            "routing",
            "verdict",
            "budget",
            "sandbox",
            "process",
            "journal",
            "index",
            "spool",
            "tree",
            "telemetry",
            "otlp",
            "board",
        ],
    ),
    ("query", &["model", "telemetry", "index", "journal"]),
    ("web", &["model"]),
    (
        "cli",
        &["model", "settings", "board", "engine", "query", "web"],
    ),
];

/// Outside names and the only rooms that may use them.
const OWNERS: &[(&str, &[&str])] = &[
    ("wasmtime", &["sandbox"]),
    ("rusqlite", &["index"]),
    ("tokio::process", &["process"]),
    ("std::process::Command", &["process"]),
    ("saphyr_parser", &["yaml"]),
    ("serde_yaml", &["settings", "board"]),
    ("ureq", &["otlp"]),
    ("axum", &["web"]),
    ("hyper", &["web"]),
    ("hyper_util", &["web"]),
    ("clap", &["cli"]),
    ("comfy_table", &["cli"]),
    ("anstream", &["cli"]),
];

fn source_dir() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../host/src")
}

/// Every source file below `dir`, with its room (the first folder).
fn sources() -> Vec<(String, PathBuf, String)> {
    let root = source_dir();
    let mut found = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder of sources") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ext| ext == "rs") {
                let inside = path.strip_prefix(&root).expect("below the root");
                let room = inside.components().next().expect("a name");
                let room = room.as_os_str().to_string_lossy().into_owned();
                let text = fs::read_to_string(&path).expect("a readable source");
                found.push((room, path, text));
            }
        }
    }
    found.retain(|(room, _, _)| !room.ends_with(".rs"));
    assert!(found.len() > 30, "the sources moved: {}", found.len());
    found
}

/// The line without a trailing comment.
fn code(line: &str) -> &str {
    line.split("//").next().unwrap_or_default()
}

#[test]
fn rooms_name_only_the_rooms_below_them() {
    let table: BTreeMap<_, _> = ROOMS.iter().copied().collect();
    let mut wrong = Vec::new();
    for (room, path, text) in sources() {
        let allowed = table
            .get(room.as_str())
            .unwrap_or_else(|| panic!("room `{room}` is not in the table"));
        for (number, line) in text.lines().enumerate() {
            for after in code(line).split("crate::").skip(1) {
                let named: String = after
                    .chars()
                    .take_while(|c| c.is_alphanumeric() || *c == '_')
                    .collect();
                let is_room = table.contains_key(named.as_str());
                if named != room && is_room && !allowed.contains(&named.as_str()) {
                    wrong.push(format!(
                        "{}:{}: {room} names {named}",
                        path.display(),
                        number + 1
                    ));
                }
                if !is_room && after.starts_with('{') {
                    wrong.push(format!(
                        "{}:{}: write `use crate::ROOM::...`, one room a line",
                        path.display(),
                        number + 1
                    ));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_room_of_the_table_exists() {
    for (room, _) in ROOMS {
        assert!(source_dir().join(room).join("mod.rs").is_file(), "{room}");
    }
}

#[test]
fn outside_crates_are_named_by_their_owner_alone() {
    let mut wrong = Vec::new();
    for (room, path, text) in sources() {
        for (number, line) in text.lines().enumerate() {
            for (name, owners) in OWNERS {
                let named = format!("{name}::");
                let code = code(line);
                let uses = code.contains(&named) || code.contains(&format!("use {name}"));
                if uses && !owners.contains(&room.as_str()) {
                    wrong.push(format!(
                        "{}:{}: {room} names {name}",
                        path.display(),
                        number + 1
                    ));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_file_says_what_it_is_for_and_stays_short() {
    let mut wrong = Vec::new();
    for (_, path, text) in sources() {
        if !text.starts_with("//!") {
            wrong.push(format!("{}: no header", path.display()));
        }
        let inside = path.strip_prefix(source_dir()).expect("below the root");
        let is_test = inside.components().any(|part| {
            let part = part.as_os_str().to_string_lossy();
            part == "tests" || part.ends_with("tests.rs")
        });
        if is_test {
            continue;
        }
        let n_lines = text
            .split("#[cfg(test)]")
            .next()
            .unwrap_or_default()
            .lines()
            .count();
        if n_lines > 400 {
            wrong.push(format!(
                "{}: {n_lines} lines before its tests",
                path.display()
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
