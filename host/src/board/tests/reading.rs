//! What is read, and what is said about files that are not as they should be.

use jiff::Timestamp;
use proptest::prelude::*;

use super::super::cache::read_task;
use super::super::spec;
use super::super::task::Place;
use super::super::{Lane, Severity, TaskPriority, TaskStatus};
use super::Yard;

#[test]
fn an_empty_project_has_an_empty_board() {
    let yard = Yard::new();
    let view = yard.view();
    assert!(view.tasks.is_empty() && view.specs.is_empty() && view.problems.is_empty());
    assert!(!view.has_specifications && !view.has_tasks);
}

#[test]
fn a_task_of_the_origin_is_read_whole() {
    let yard = Yard::new();
    yard.put(
        "work/collaboration/assigned/python-pedro/2026-02-13T1000-writer.yaml",
        "id: 2026-02-13T1000-writer
title: \"M6.1 Task 1: JSONL Event Writer\"
agent: python-pedro
batch: M6.1
priority: HIGH
status: in_progress
mode: /programming
created_at: \"2026-02-13T10:00:00Z\"
started_at: 2026-02-13T11:00:00Z
specification: specifications/control-plane.md
feature: 'FEAT-01: Writer'
estimated_effort_hours: 8
description: |
  Implement the writer.

  ## Scope
  - status: done
artefacts:
- src/event_writer.py
artefacts_not_created:
- name: docs
  rationale: later
context:
  notes: [\"a: b\"]
",
    );
    let task = yard.shown("2026-02-13T1000-writer");
    assert_eq!(yard.problems(), "");
    assert_eq!(task.title, "M6.1 Task 1: JSONL Event Writer");
    assert_eq!(task.status, TaskStatus::InProgress);
    assert_eq!(task.lane, Lane::Assigned);
    assert_eq!(task.priority, TaskPriority::High);
    assert_eq!(task.agent.as_deref(), Some("python-pedro"));
    assert_eq!(task.feature.as_deref(), Some("FEAT-01: Writer"));
    assert_eq!(task.mode.as_deref(), Some("/programming"));
    assert_eq!(task.artefacts, ["src/event_writer.py"]);
    assert_eq!(task.started_at.as_deref(), Some("2026-02-13T11:00:00Z"));
    assert!(
        task.description
            .unwrap()
            .starts_with("Implement the writer.")
    );
    assert_eq!(
        (task.editable, task.why_not.as_deref()),
        (false, Some("it is in progress"))
    );
}

#[test]
fn the_fields_of_a_document_are_those_of_the_contract() {
    let yard = Yard::new();
    yard.task("inbox/one.yaml", "new", "priority: low\n");
    let mut task = serde_json::to_value(yard.shown("one")).unwrap();
    task["etag"] = "E".into();
    task["updated_at"] = "T".into();
    insta::assert_snapshot!(task.to_string(), @r#"{"id":"one","title":"one","status":"inbox","written_status":"new","lane":"inbox","priority":"low","agent":"amy","specification":null,"feature":null,"mode":null,"artefacts":[],"description":null,"created_at":null,"started_at":null,"completed_at":null,"freeze_reason":null,"error":null,"summary":null,"path":"work/collaboration/inbox/one.yaml","etag":"E","editable":true,"why_not":null,"updated_at":"T"}"#);
}

#[test]
fn a_file_that_cannot_be_used_is_named_with_its_line_and_left_out() {
    let yard = Yard::new();
    let put = |name: &str, text: &[u8]| {
        yard.put(&format!("work/collaboration/inbox/{name}.yaml"), text);
    };
    put("bad-quote", b"id: bad-quote\nstatus: 'new\nagent: a\n");
    put("bytes", b"id: bytes\nstatus: \xff\xfe\n");
    put("documents", b"---\nid: documents\n---\n# Task\n");
    put("doubled", b"id: doubled\nstatus: new\nid: doubled\n");
    put("empty", b"");
    put("large", "# \u{e4}\n".repeat(300_000).as_bytes());
    put("list", b"- id: list\n");
    put("nameless", b"status: new\nagent: a\n");
    put("other-name", b"status: new\nid: another-name\n");
    put("tabs", b"id: tabs\n\tstatus: new\n");
    yard.task("inbox/good.yaml", "new", "");
    insta::assert_snapshot!(yard.problems(), @"
    work/collaboration/inbox/bad-quote.yaml:2: error: Invalid YAML: invalid indentation in quoted scalar -> check indentation, colons and quotes here and on the line before
    work/collaboration/inbox/bytes.yaml:2: error: The file is not UTF-8 -> save the file as UTF-8
    work/collaboration/inbox/documents.yaml:3: error: More than one document in the file -> remove the `---` on this line; a text that holds one needs a block (`KEY: |`)
    work/collaboration/inbox/doubled.yaml:3: error: Duplicate key 'id', first on line 1 -> keep one of the two
    work/collaboration/inbox/empty.yaml: error: The file is empty -> write a task, or delete the file
    work/collaboration/inbox/large.yaml: error: The file is larger than 1 MiB -> move long texts to a file of their own
    work/collaboration/inbox/list.yaml:1: error: The file is a list, not a map of fields -> write `id: …`, `status: …`
    work/collaboration/inbox/nameless.yaml: error: `id` is missing -> add `id: …`
    work/collaboration/inbox/other-name.yaml:2: error: The id 'another-name' is not the name of the file, 'other-name' -> write `id: other-name`, or rename the file to `another-name.yaml`
    work/collaboration/inbox/tabs.yaml:1: error: Invalid YAML: while scanning a plain scalar, found a tab -> check indentation, colons and quotes here and on the line before
    ");
    let view = yard.view();
    let ids: Vec<&str> = view.tasks.iter().map(|task| task.id.as_str()).collect();
    assert_eq!(ids, ["good"]);
}

#[test]
fn a_field_that_is_not_as_agreed_is_named_and_the_task_is_shown() {
    let yard = Yard::new();
    let put = |name: &str, text: &str| {
        yard.put(&format!("work/collaboration/{name}.yaml"), text);
    };
    put("inbox/bare", "id: bare\n");
    put(
        "inbox/old",
        "task_id: old\nagent: a\nstatus: new\nartifacts: []\n",
    );
    put(
        "inbox/words",
        "id: words\nagent: a\nstatus: todo\nartefacts: x\npriority: urgent\nmode: fast\ncontext: none\ntitle: [a]\n",
    );
    put(
        "inbox/moments",
        "id: moments\nagent: a\nstatus: new\nartefacts: [1, [2]]\ncreated_at: 2026-02-09 20:33:00+00:00\nassigned_at: soon\nartefacts_not_created: [x]\n",
    );
    put(
        "done/a/no-result",
        "id: no-result\nagent: a\nstatus: done\nartefacts: []\n",
    );
    put(
        "done/a/half-result",
        "id: half-result\nagent: a\nstatus: done\nartefacts: []\nresult:\n  artefacts: x\n  completed_at: 2026-02-09\n",
    );
    put(
        "inbox/early-result",
        "id: early-result\nagent: a\nstatus: new\nartefacts: []\nresult: {summary: s}\nerror: {message: m}\n",
    );
    put(
        "error/failed",
        "id: failed\nagent: a\nstatus: error\nartefacts: []\n",
    );
    insta::assert_snapshot!(yard.problems(), @r#"
    work/collaboration/done/a/half-result.yaml:6: warning: `result.artefacts` is not a list of texts -> write `artefacts: []` if there are none
    work/collaboration/done/a/half-result.yaml:6: warning: `result.summary` is missing -> say what was done
    work/collaboration/done/a/half-result.yaml:7: warning: `result.completed_at` is '2026-02-09', not a moment in UTC -> write `completed_at: "2026-02-09T00:00:00Z"`
    work/collaboration/done/a/no-result.yaml:3: warning: The task is done but has no `result` -> add `result:` with `summary`, `artefacts`, and `completed_at`
    work/collaboration/error/failed.yaml:3: warning: The task ended with an error but has no `error` -> add `error:` with `message` and `timestamp`
    work/collaboration/inbox/bare.yaml: error: `agent` is missing -> add `agent: …`
    work/collaboration/inbox/bare.yaml: error: `artefacts` is missing -> add `artefacts: …`
    work/collaboration/inbox/bare.yaml: error: `status` is missing -> add `status: …`
    work/collaboration/inbox/early-result.yaml:5: warning: `result` is for tasks whose status is `done` -> remove it, or write `status: done`
    work/collaboration/inbox/early-result.yaml:6: warning: `error` is for tasks whose status is `error` -> remove it, or write `status: error`
    work/collaboration/inbox/moments.yaml:4: warning: `artefacts` has a list among its texts -> write every item as one text; quote it if it has a colon
    work/collaboration/inbox/moments.yaml:5: warning: `created_at` is '2026-02-09 20:33:00+00:00', not a moment in UTC -> write `created_at: "2026-02-09T20:33:00Z"`
    work/collaboration/inbox/moments.yaml:6: warning: `assigned_at` is 'soon', not a moment in UTC -> write it as in `assigned_at: "2026-02-09T04:40:00Z"`
    work/collaboration/inbox/moments.yaml:7: warning: `artefacts_not_created` is not a list of `name` and `rationale` -> write each item as `- name: …` with `rationale: …` below it
    work/collaboration/inbox/old.yaml:1: warning: `task_id` is the old name of `id` -> write `id: old`
    work/collaboration/inbox/words.yaml:3: warning: `status` is 'todo', which is not known -> use one of new, inbox, assigned, in_progress, blocked, done, error
    work/collaboration/inbox/words.yaml:4: warning: `artefacts` is the text 'x', not a list -> write `artefacts: [ONE, TWO]`
    work/collaboration/inbox/words.yaml:5: warning: `priority` is 'urgent', which is not known -> use one of critical, high, medium, normal, low
    work/collaboration/inbox/words.yaml:6: warning: `mode` is 'fast', which is not known -> use one of /analysis-mode, /creative-mode, /meta-mode, /programming, /planning
    work/collaboration/inbox/words.yaml:7: warning: `context` is the text 'none', not a map -> write it as `KEY: VALUE` lines
    work/collaboration/inbox/words.yaml:8: warning: `title` is a list, not a single value -> write `title: TEXT`
    "#);
    assert_eq!(yard.view().tasks.len(), 8);
    assert_eq!(yard.shown("words").priority, TaskPriority::Normal);
}

#[test]
fn where_folder_and_file_disagree_the_folder_counts_and_it_is_said() {
    let yard = Yard::new();
    yard.task("inbox/a.yaml", "in_progress", "");
    yard.task("assigned/amy/b.yaml", "done", "");
    yard.task("assigned/bob/c.yaml", "assigned", "");
    yard.task("assigned/d.yaml", "blocked", "");
    yard.task("done/amy/e.yaml", "in_progress", "");
    yard.task("archive/2026/f.yaml", "assigned", "");
    yard.task("fridge/old/g.yaml", "in_progress", "");
    insta::assert_snapshot!(yard.problems(), @"
    work/collaboration/archive/2026/f.yaml:3: warning: The task is in `archive/` but its status says `assigned`; the folder counts -> write `status: done`, or move the file to `assigned/AGENT/`
    work/collaboration/assigned/amy/b.yaml:3: warning: The task is done but has no `result` -> add `result:` with `summary`, `artefacts`, and `completed_at`
    work/collaboration/assigned/amy/b.yaml:3: warning: The task is in `assigned/` but its status says `done`; the folder counts -> write `status: assigned`, or move the file to `done/AGENT/`
    work/collaboration/assigned/bob/c.yaml:2: warning: The task is in the folder of 'bob' but names 'amy'; the folder counts -> write `agent: bob`, or move the file to the folder of 'amy'
    work/collaboration/assigned/d.yaml:2: warning: The task is assigned but in nobody's folder -> move the file to `assigned/AGENT/`
    work/collaboration/done/amy/e.yaml:3: warning: The task is in `done/` but its status says `in_progress`; the folder counts -> write `status: done`, or move the file to `assigned/AGENT/`
    work/collaboration/inbox/a.yaml:3: warning: The task is in `inbox/` but its status says `in_progress`; the folder counts -> write `status: inbox`, or move the file to `assigned/AGENT/`
    ");
    let view = yard.view();
    let shown: Vec<String> = view
        .tasks
        .iter()
        .map(|task| {
            let agent = task.agent.as_deref().unwrap_or("-");
            let why = task.why_not.as_deref().unwrap_or("editable");
            format!("{} {} {agent}: {why}", task.id, task.status.as_str())
        })
        .collect();
    insta::assert_snapshot!(shown.join("\n"), @"
    a inbox amy: its status says that it is in progress
    b assigned amy: its status says that it is done
    c assigned bob: editable
    d blocked amy: editable
    e done amy: it is done
    f frozen amy: it is in the archive
    g frozen amy: its status says that it is in progress
    ");
}

#[test]
fn a_task_in_two_folders_is_shown_once_and_said_twice() {
    let yard = Yard::new();
    yard.task("inbox/a.yaml", "new", "");
    yard.task("assigned/amy/a.yaml", "in_progress", "");
    yard.task(
        "done/amy/a.yaml",
        "done",
        "result: {summary: s, artefacts: []}\n",
    );
    yard.task("fridge/b.yaml", "assigned", "");
    yard.task("assigned/amy/b.yaml", "in_progress", "");
    insta::assert_snapshot!(yard.problems(), @"
    work/collaboration/assigned/amy/a.yaml: error: The task 'a' is also in `work/collaboration/done/amy/a.yaml`, which counts -> compare the two and delete one; an interrupted move leaves the one in `assigned/` behind
    work/collaboration/fridge/b.yaml: error: The task 'b' is also in `work/collaboration/assigned/amy/b.yaml`, which counts -> compare the two and delete one; an interrupted move leaves the one in `fridge/` behind
    work/collaboration/inbox/a.yaml: error: The task 'a' is also in `work/collaboration/done/amy/a.yaml`, which counts -> compare the two and delete one; an interrupted move leaves the one in `inbox/` behind
    ");
    assert_eq!(yard.view().tasks.len(), 2);
    assert_eq!(yard.shown("a").path, "work/collaboration/done/amy/a.yaml");
    assert_eq!(
        yard.shown("b").path,
        "work/collaboration/assigned/amy/b.yaml"
    );
}

#[test]
fn specifications_are_read_from_their_front_matter() {
    let yard = Yard::new();
    yard.spec(
        "dash/tracking.md",
        "SPEC-1",
        "status: In Progress\ninitiative: Dashboard\npriority: HIGH\nepic: E\ntarget_personas: [dev]\nfeatures:\n  - id: F-1\n    title: One\n    status: planned\n    priority: P1\n  - title: no id\n  - id: F-2\n    title: Two\n    status: someday\ncompletion: 40\ncreated: 2026-02-13\nupdated: '2026-02-14'\nauthor: annie\n",
    );
    yard.put("specifications/README.md", "# Specifications\n\n---\n");
    let view = yard.view();
    insta::assert_snapshot!(serde_json::to_string(&view.specs).unwrap(), @r#"[{"id":"SPEC-1","title":"Title of SPEC-1","status":"in_progress","initiative":"Dashboard","priority":"high","epic":"E","target_personas":["dev"],"features":[{"id":"F-1","title":"One","status":"planned","priority":"P1"},{"id":"F-2","title":"Two","status":null,"priority":null}],"completion":40,"created":"2026-02-13","updated":"2026-02-14","author":"annie","path":"dash/tracking.md"}]"#);
    insta::assert_snapshot!(yard.problems(), @"
    specifications/dash/tracking.md:14: warning: A feature without `id` or `title` is left out -> give it both
    specifications/dash/tracking.md:15: warning: The status 'someday' of feature 'F-2' is not known -> use one of draft, review, approved, planned, in_progress, implemented, deprecated, archived
    ");
    assert_eq!(view.documents, ["README.md"]);
}

#[test]
fn a_front_matter_that_cannot_be_used_is_named() {
    let yard = Yard::new();
    yard.put("specifications/bytes.md", b"---\nid: \xff\n---\n");
    yard.put("specifications/deep.md", "---\na: [[[[[1]]]]]\n---\n");
    yard.put("specifications/empty.md", "---\n---\n");
    yard.put("specifications/half.md", "---\nid: X\ntitle: T\n---\n");
    yard.put("specifications/open.md", "---\nid: X\n# T\n");
    yard.put("specifications/wrong.md", "---\nid: X\ntitle: 'T\n---\n");
    yard.spec("word.md", "W", "status: someday\ninitiative: I\npriority: p1\ncompletion: 101\nfeatures: x\ntags: [a]\nversion: 1\n");
    yard.spec("word2.md", "W", "status: draft\ninitiative: I\n");
    insta::assert_snapshot!(yard.problems(), @"
    specifications/bytes.md: error: The front matter is not UTF-8 -> save the file as UTF-8
    specifications/deep.md:2: error: Nested more than 5 levels deep -> flatten the structure
    specifications/empty.md:1: error: The front matter has no fields -> write `id: …`, `title: …`
    specifications/half.md: error: `initiative` is missing -> add `initiative: …`
    specifications/half.md: error: `status` is missing -> add `status: …`
    specifications/open.md:1: error: The front matter does not end within its first 10 KB -> end it with a line of `---`
    specifications/word.md:4: warning: `status` is 'someday', which is not known -> use one of draft, review, approved, planned, in_progress, implemented, deprecated, archived
    specifications/word.md:6: warning: `priority` is 'p1', which is not known -> use one of critical, high, medium, normal, low
    specifications/word.md:7: warning: `completion` is '101', not a whole percentage -> write a whole number from 0 to 100, or remove it
    specifications/word.md:8: warning: `features` is the text 'x', not a list -> write each as `- id: …` with `title: …` below it
    specifications/word.md:9: warning: `tags` is not a field of specifications -> remove it, or use one of id, title, status, initiative, priority, epic, target_personas, features, completion, created, updated, author
    specifications/word.md:10: warning: `version` is not a field of specifications -> remove it, or use one of id, title, status, initiative, priority, epic, target_personas, features, completion, created, updated, author
    specifications/word2.md: warning: The id 'W' is also that of `word.md` -> give one of the two another id
    specifications/wrong.md:3: error: Invalid YAML: while scanning a quoted scalar, found unexpected end of stream -> check indentation, colons and quotes here and on the line before
    ");
    assert_eq!(yard.view().specs.len(), 2);
}

#[test]
fn hostile_texts_are_bounded_and_escaped() {
    let yard = Yard::new();
    yard.task(
        "inbox/a.yaml",
        "\"no\\e[2Jpe\"",
        &format!(
            "title: {}\ndescription: {}\n",
            "t".repeat(9_000),
            "d".repeat(9_000)
        ),
    );
    let task = yard.shown("a");
    assert_eq!(task.title.chars().count(), 301);
    assert_eq!(task.description.unwrap().chars().count(), 201);
    assert!(
        yard.problems().contains("`status` is 'no\\u{1b}[2Jpe'"),
        "{}",
        yard.problems()
    );
}

/// What people and programs leave behind: fields with values of every kind, and noise.
fn debris() -> impl Strategy<Value = Vec<u8>> {
    let keys = prop::sample::select(vec![
        "id",
        "task_id",
        "status",
        "agent",
        "artefacts",
        "result",
        "error",
        "context",
        "title",
        "created_at",
        "initiative",
        "features",
        "completion",
        "priority",
        "zzz",
    ]);
    let values = prop_oneof![
        prop::sample::select(vec![
            "t",
            "done",
            "new",
            "[a, {b: c}]",
            "{summary: s}",
            "\n  - x\n  - id: 1",
            "|\n  text",
            "~",
            "&a x",
            "*a",
            "!!int 5",
            "101",
            "2026-02-09",
            "'",
            "\"\\u0",
            "\u{2028}",
        ])
        .prop_map(str::to_owned),
        "[ab:#'\"|>{},&*!?\\-ä \n\t]{0,20}",
    ];
    let fields = prop::collection::vec((keys, values), 0..8).prop_map(|fields| -> String {
        let lines = fields
            .iter()
            .map(|(key, value)| format!("{key}: {value}\n"));
        lines.collect()
    });
    (fields, prop::collection::vec(any::<u8>(), 0..4)).prop_map(|(text, noise)| {
        let mut bytes = text.into_bytes();
        bytes.extend(noise);
        bytes
    })
}

proptest! {
    #[test]
    fn whatever_is_in_a_file_it_is_a_task_or_a_problem(bytes in debris(), lane in 0..6_usize) {
        let place = Place {
            path: "work/collaboration/inbox/t.yaml",
            lane: Lane::ALL[lane],
            agent: None,
            etag: "E",
            updated_at: Timestamp::UNIX_EPOCH,
        };
        let (task, problems) = read_task(&bytes, place);
        let is_refused = problems.iter().any(|problem| problem.severity == Severity::Error);
        prop_assert!(task.is_some() || is_refused, "{problems:?}");
        if let Some(task) = task {
            prop_assert_eq!(task.id, "t");
        }
        let n_lines = bytes.iter().filter(|byte| matches!(byte, b'\n' | b'\r')).count() + 2;
        for problem in problems {
            prop_assert!(problem.line.is_none_or(|line| (1..=n_lines).contains(&(line as usize))));
            prop_assert!(!problem.fix.is_empty() && !problem.message.contains('\n'));
        }
    }

    #[test]
    fn whatever_is_in_a_front_matter_it_is_a_specification_or_a_problem(bytes in debris()) {
        let head = [b"---\n", &bytes[..], b"\n---\n"].concat();
        let (read, problems) = spec::read(&head, "specifications/a.md", "a.md");
        let is_refused = problems.iter().any(|problem| problem.severity == Severity::Error);
        prop_assert_eq!(matches!(read, spec::Read::Bad), is_refused, "{:?}", problems);
    }
}
