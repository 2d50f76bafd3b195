//! A board as people leave it: specifications and tasks of mixed quality, the same for a seed.
//!
//! Writes files and says what a reader must make of them. Knows nothing of the program's own reading:
//! what is good, broken, or an orphan is decided here, by how the file is written.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::Lcg;

/// What was planted, by what a reader must say about it.
#[derive(Debug, Default)]
pub struct Planted {
    /// Paths of specifications that can be used, below their folder.
    pub specs: BTreeSet<String>,
    /// Paths of Markdown files without front matter, below the folder of specifications.
    pub documents: BTreeSet<String>,
    /// Ids of tasks that can be used.
    pub tasks: BTreeSet<String>,
    /// Those of them that belong to no specification.
    pub orphans: BTreeSet<String>,
    /// Those of them whose priority may be changed.
    pub editable: BTreeSet<String>,
    /// Those of them that wait in the inbox.
    pub inbox: BTreeSet<String>,
    /// Those of them whose files are not quite as they should be; each is named in a problem.
    pub odd: BTreeSet<String>,
    /// Files that cannot be used, below the root; each is named in a problem.
    pub broken: BTreeSet<String>,
}

const AGENTS: [&str; 5] = [
    "python-pedro",
    "frontend-freddy",
    "curator",
    "architect-alphonso",
    "backend-dev",
];
const INITIATIVES: [&str; 4] = [
    "Control Plane",
    "Dashboard Enhancements",
    "Framework Distribution",
    "Quickstart & Onboarding",
];

/// Plant so many specifications and tasks below `root`, about one in ten of them broken.
///
/// # Panics
/// When a file cannot be written.
pub fn plant(root: &Path, specs: u64, tasks: u64, seed: u64) -> Planted {
    let mut planted = Planted::default();
    let mut random = Lcg::new(seed);
    for n in 0..specs {
        spec(root, n, &mut random, &mut planted);
    }
    let links: Vec<String> = planted.specs.iter().cloned().collect();
    for n in 0..tasks {
        task(root, n, &links, &mut random, &mut planted);
    }
    planted
}

fn put(root: &Path, path: &str, bytes: &[u8]) {
    let path = root.join(path);
    fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
    fs::write(path, bytes).expect("a file");
}

fn pick<'a>(random: &mut Lcg, from: &[&'a str]) -> &'a str {
    from[usize::try_from(random.below(from.len() as u64)).expect("small")]
}

/// Some paragraphs with everything in them that could confuse a reader of YAML.
fn prose(random: &mut Lcg, indent: &str) -> String {
    let lines = [
        "## Context: what this is about",
        "- status: done (not really)",
        "priority: critical, said somebody once",
        "Quotes ' and \" and `code`, {braces}, [brackets], 100 % and #hashes.",
        "",
        "Umlauts äöü, an arrow → and a check ✅.",
        "id: not-this-one",
    ];
    let n = 5 + random.below(40);
    (0..n)
        .map(|_| format!("{indent}{}\n", pick(random, &lines)))
        .collect()
}

fn spec(root: &Path, n: u64, random: &mut Lcg, planted: &mut Planted) {
    let folder = pick(random, &["", "initiatives/", "initiatives/dashboard/"]);
    let inner = format!("{folder}spec-{n:03}.md");
    let path = format!("specifications/{inner}");
    let status = pick(
        random,
        &[
            "draft",
            "planned",
            "in_progress",
            "implemented",
            "deprecated",
        ],
    );
    let priority = pick(random, &["CRITICAL", "HIGH", "MEDIUM", "low"]);
    let initiative = pick(random, &INITIATIVES);
    let body = prose(random, "");
    let mut text = format!(
        "---\nid: \"SPEC-{n:03}\"\ntitle: \"Specification {n}: the thing\"\nstatus: \"{status}\"\ninitiative: \"{initiative}\"\npriority: {priority} # for now\nfeatures:\n  - id: \"FEAT-{n:03}-01\"\n    title: \"One: first\"\n    status: planned\n  - id: \"FEAT-{n:03}-02\"\n    title: \"Two\"\ncreated: \"2026-02-13\"\nauthor: annie\n---\n\n# Specification {n}\n\n---\n\n{body}"
    );
    match n % 12 {
        7 => {
            put(root, &path, format!("# Notes\n\n{body}").as_bytes());
            planted.documents.insert(inner);
            return;
        }
        9 => {
            let text = text.replacen("title: \"", "title: '", 1);
            put(root, &path, text.as_bytes());
            planted.broken.insert(path);
            return;
        }
        3 => text = text.replace('\n', "\r\n"),
        5 => text = text.replace("author: annie\n", "author: annie\ncompletion: 40\n"),
        _ => {}
    }
    put(root, &path, text.as_bytes());
    planted.specs.insert(inner);
}

/// A task before it is written.
struct Draft {
    id: String,
    agent: &'static str,
    folder: String,
    status: &'static str,
    text: String,
}

fn task(root: &Path, n: u64, links: &[String], random: &mut Lcg, planted: &mut Planted) {
    let mut draft = draft(n, random);
    let is_orphan = link(n, links, random, &mut draft.text);
    draft.text.push_str("description: |\n");
    draft.text.push_str(&prose(random, "  "));
    if draft.status == "done" {
        draft
            .text
            .push_str("result:\n  summary: 'It is done: all of it'\n  artefacts:\n    - a.rs\n  completed_at: \"2026-02-13T10:00:00Z\"\n");
    } else if draft.status == "error" {
        draft
            .text
            .push_str("error:\n  message: it broke\n  timestamp: \"2026-02-13T10:00:00Z\"\n");
    }
    let path = format!("work/collaboration/{}/{}.yaml", draft.folder, draft.id);
    if n % 13 == 5 {
        put(root, &path, &broken(n, &draft));
        planted.broken.insert(path);
        return;
    }
    if n % 17 == 3 {
        let agent = format!("agent: {}\n", draft.agent);
        draft.text = draft.text.replacen(&agent, "", 1);
        planted.odd.insert(draft.id.clone());
    }
    match n % 5 {
        1 => draft.text = draft.text.replace('\n', "\r\n"),
        2 => draft.text.truncate(draft.text.trim_end().len()),
        _ => {}
    }
    put(root, &path, draft.text.as_bytes());
    if is_orphan {
        planted.orphans.insert(draft.id.clone());
    }
    if !matches!(draft.status, "in_progress" | "done" | "error") {
        planted.editable.insert(draft.id.clone());
    }
    if draft.folder == "inbox" {
        planted.inbox.insert(draft.id.clone());
    }
    planted.tasks.insert(draft.id);
}

fn draft(n: u64, random: &mut Lcg) -> Draft {
    let agent = pick(random, &AGENTS);
    let id = format!("2026-02-13T{n:04}-{agent}-task");
    let (folder, status) = match random.below(10) {
        0 | 1 => ("inbox".to_owned(), "new"),
        2 => (format!("assigned/{agent}"), "assigned"),
        3 => (format!("assigned/{agent}"), "in_progress"),
        4 => (format!("assigned/{agent}"), "blocked"),
        5 => ("fridge/legacy".to_owned(), "assigned"),
        6 => ("error".to_owned(), "error"),
        7 => ("archive/2026-01".to_owned(), "done"),
        _ => (format!("done/{agent}"), "done"),
    };
    let priority = match random.below(6) {
        0 => String::new(),
        1 => "priority: HIGH\n".to_owned(),
        2 => "priority: 'medium' # was high\n".to_owned(),
        3 => "priority: \"low\"\n".to_owned(),
        4 => "priority:\n".to_owned(),
        _ => "priority: normal  # for now\n\n# What follows is old.\n".to_owned(),
    };
    let text = format!(
        "# Task {n}, written by hand.\nid: {id}\ntitle: \"Task {n}: do the thing\"\nagent: {agent}\nstatus: {status} # see the folder\n{priority}context:\n  priority: low\n  notes:\n  - 'status: new'\nartefacts:\n- src/thing_{n}.rs\ncreated_at: \"2026-02-13T10:00:00Z\"\ntags: [a, 'b: c']\n"
    );
    Draft {
        id,
        agent,
        folder,
        status,
        text,
    }
}

/// Name a specification, or one that is not there, or none.
fn link(n: u64, links: &[String], random: &mut Lcg, text: &mut String) -> bool {
    match random.below(8) {
        0 => true,
        1 => {
            text.push_str(&format!("specification: specifications/gone-{n}.md\n"));
            true
        }
        _ if links.is_empty() => true,
        _ => {
            let links: Vec<&str> = links.iter().map(String::as_str).collect();
            let path = pick(random, &links);
            text.push_str(&format!(
                "specification: specifications/{path}\nfeature: Two\n"
            ));
            false
        }
    }
}

/// The same task in a file that cannot be used.
fn broken(n: u64, draft: &Draft) -> Vec<u8> {
    let text = &draft.text;
    match n % 6 {
        0 => format!("---\n{text}---\n\n# Task\n").into_bytes(),
        1 => text.replacen("title: \"", "title: \"\n\"", 1).into_bytes(),
        2 => text.replacen("id: ", "id: another-", 1).into_bytes(),
        3 => [text.as_bytes(), b"note: \xff\xfe\n"].concat(),
        4 => format!("{text}status: new\n").into_bytes(),
        _ => Vec::new(),
    }
}
