//! Changes to every kind of field, and the property that nothing else moves.

use proptest::prelude::*;

use super::*;

fn set(text: &str, key: &'static str, value: &str) -> String {
    edit(text, &[Change::Text(key, value.to_owned())]).unwrap()
}

fn refused(text: &str, change: Change) -> String {
    edit(text, &[change]).unwrap_err().message
}

#[test]
fn only_the_value_changes() {
    for (before, after) in [
        ("id: x\npriority: low\n", "id: x\npriority: high\n"),
        (
            "id: x\npriority: low  # why\n",
            "id: x\npriority: high  # why\n",
        ),
        (
            "id: x\npriority:   'low' # why\n",
            "id: x\npriority:   'high' # why\n",
        ),
        (
            "id: x\npriority: \"lo\\\"w\" # why\n",
            "id: x\npriority: \"high\" # why\n",
        ),
        (
            "id: x\npriority: 'it''s' # '\n",
            "id: x\npriority: 'high' # '\n",
        ),
        ("id: x\npriority:\nz: 1\n", "id: x\npriority: high\nz: 1\n"),
        (
            "id: x\npriority: # none\nz: 1\n",
            "id: x\npriority: high # none\nz: 1\n",
        ),
        ("id: x\npriority: ~\n", "id: x\npriority: high\n"),
        ("id: x\npriority: null # n\n", "id: x\npriority: high # n\n"),
        ("\"priority\": low\nid: x\n", "\"priority\": high\nid: x\n"),
        ("id: x\npriority : low\n", "id: x\npriority : high\n"),
        ("id: x\npriority: low", "id: x\npriority: high"),
        (
            "id: x\r\npriority: low # c\r\nz: 1\r\n",
            "id: x\r\npriority: high # c\r\nz: 1\r\n",
        ),
        (
            "\u{feff}id: ä\npriority: low\n",
            "\u{feff}id: ä\npriority: high\n",
        ),
        (
            "---\nid: x\npriority: low\n...\n",
            "---\nid: x\npriority: high\n...\n",
        ),
        ("  id: x\n  priority: low\n", "  id: x\n  priority: high\n"),
        (
            "id: x\npriority: very\n  low # c\nz: 1\n",
            "id: x\npriority: high # c\nz: 1\n",
        ),
        (
            "id: x\npriority: |\n  low\n\n# c\nz: 1\n",
            "id: x\npriority: high\n\n# c\nz: 1\n",
        ),
        (
            "id: x\npriority: >-\n  low\n  er\nz: 1\n",
            "id: x\npriority: high\nz: 1\n",
        ),
        (
            "context:\n  priority: low\nnotes: |\n  priority: low\npriority: low\n",
            "context:\n  priority: low\nnotes: |\n  priority: low\npriority: high\n",
        ),
    ] {
        assert_eq!(set(before, "priority", "high"), after, "{before:?}");
    }
}

#[test]
fn a_missing_field_is_put_beside_its_kin() {
    for (before, after) in [
        (
            "id: x\nstatus: new # n\nz: 1\n",
            "id: x\nstatus: new # n\npriority: high\nz: 1\n",
        ),
        ("id: x\r\nz: 1", "id: x\r\npriority: high\r\nz: 1"),
        ("id: x", "id: x\npriority: high"),
        ("  id: x\n  z: 1\n", "  id: x\n  priority: high\n  z: 1\n"),
        ("z: 1\n# end\n", "z: 1\n# end\npriority: high\n"),
        ("z: |\n  text", "z: |\n  text\npriority: high"),
    ] {
        let made = edit(before, &[Change::Text("priority", "high".to_owned())]);
        if before.ends_with("text") {
            // Readers disagree on whether the block ends with a newline, and there is no other place.
            assert!(made.is_err());
        } else {
            assert_eq!(made.unwrap(), after, "{before:?}");
        }
    }
}

#[test]
fn a_map_is_added_at_the_end() {
    let result = Change::Map(
        "result",
        vec![
            ("summary", Value::Text("done: \"all\"\nof it".to_owned())),
            (
                "artefacts",
                Value::List(vec!["a.rs".to_owned(), "- b".to_owned()]),
            ),
        ],
    );
    insta::assert_snapshot!(
        edit("id: x\nstatus: done # s\n\n# the end\n", std::slice::from_ref(&result)).unwrap(),
        @r#"
    id: x
    status: done # s

    # the end
    result:
      summary: "done: \"all\"\nof it"
      artefacts:
        - a.rs
        - "- b"
    "#
    );
    insta::assert_snapshot!(
        edit("id: x\nresult: # to come\nstatus: done\n...\n", std::slice::from_ref(&result)).unwrap(),
        @r#"
    id: x
    result: {summary: "done: \"all\"\nof it", artefacts: ["a.rs", "- b"]} # to come
    status: done
    ...
    "#
    );
    insta::assert_snapshot!(
        edit("id: x\nstatus: done\nnotes: |+\n  text\n...\n", &[result]).unwrap(),
        @r#"
    id: x
    status: done
    result:
      summary: "done: \"all\"\nof it"
      artefacts:
        - a.rs
        - "- b"
    notes: |+
      text
    ...
    "#
    );
}

#[test]
fn what_cannot_be_changed_alone_is_refused() {
    let high = || Change::Text("priority", "high".to_owned());
    for (text, why) in [
        (
            "{id: x, priority: low}\n",
            "not written as one field a line",
        ),
        ("- priority: low\n", "not written as one field a line"),
        (
            "id: x\npriority: &p low\nz: *p\n",
            "an anchor, an alias, or a tag",
        ),
        ("p: &p low\npriority: *p\n", "an anchor, an alias, or a tag"),
        (
            "id: x\npriority: !!str low\n",
            "an anchor, an alias, or a tag",
        ),
        ("id: x\npriority: [low]\n", "is a list, not a single value"),
        (
            "id: x\npriority:\n  low: 1\n",
            "is a map, not a single value",
        ),
        (
            "id: x\npriority: | # why\n  low\n",
            "in a way that is not understood",
        ),
        ("id: x\npriority: low\nid: y\n", "Duplicate key"),
        ("id: x\n---\npriority: low\n", "More than one document"),
        ("id: 'x\n", "Invalid YAML"),
    ] {
        let message = refused(text, high());
        assert!(message.contains(why), "{text:?}: {message}");
    }
    let map = Change::Map("result", vec![("summary", Value::Text("s".to_owned()))]);
    let message = refused("id: x\nresult:\n  summary: old\n", map);
    assert_eq!(message, "There is a `result` already");
}

#[test]
fn nothing_is_put_where_nothing_is_meant() {
    let empty = |text: &str| edit(text, &[Change::Null("feature")]).unwrap();
    assert_eq!(
        empty("id: x\nfeature: F-1 # f\n"),
        "id: x\nfeature: null # f\n"
    );
    assert_eq!(empty("id: x\n"), "id: x\n");
}

/// One field, in one of the ways in which people write them; `word` is its value where it has one.
fn written(key: &str, word: &str, kind: usize) -> String {
    match kind {
        0 => format!("{key}: {word}\n"),
        1 => format!("{key}: {word}  # priority: no\n"),
        2 => format!("{key}: '{word}'\n"),
        3 => format!("{key}: \"{word}\" # it's \"so\"\n"),
        4 => format!("{key}:\n"),
        5 => format!("{key}: # none\n"),
        6 => format!("{key}: >-\n  {word}\n  priority: more\n"),
        7 => format!("{key}: |\n  priority: {word}\n\n  status: done\n"),
        8 => format!("\"{key}\": {word}\n"),
        9 => format!("{key}: {word}\n  and more\n"),
        10 => format!("{key}:\n  priority: {word}\n  status: [a, b]\n"),
        11 => format!("{key}:\n- priority: {word}\n- status\n"),
        12 => format!("{key}: {{priority: {word}, status: 'x'}}\n"),
        _ => format!("{key}: 'a ''{word}'' # b'\n"),
    }
}

/// How many of the kinds of [`written`] are single values.
const SINGLE: usize = 10;
const KINDS: usize = 14;

fn between() -> impl Strategy<Value = &'static str> {
    prop_oneof![
        Just(""),
        Just("\n"),
        Just("# priority: none\n"),
        Just("\n# ä: 'x\n\n"),
    ]
}

/// The text before a field, and the text behind it.
fn around() -> impl Strategy<Value = (String, String)> {
    let fields = prop::collection::vec((0..KINDS, between()), 0..6);
    let head = prop_oneof![Just(""), Just("---\n"), Just("# head\n")];
    (head, fields, any::<prop::sample::Index>()).prop_map(|(head, fields, index)| {
        let all: Vec<String> = fields
            .iter()
            .enumerate()
            .map(|(n, (kind, between))| {
                format!("{}{between}", written(&format!("key{n}"), "wörd", *kind))
            })
            .collect();
        let middle = index.index(all.len() + 1);
        let (before, behind) = all.split_at(middle);
        (format!("{head}id: x\n{}", before.concat()), behind.concat())
    })
}

/// The same text with other ends of lines.
fn ended(text: &str, crlf: bool) -> String {
    if crlf {
        text.replace('\n', "\r\n")
    } else {
        text.to_owned()
    }
}

proptest! {
    #[test]
    fn a_value_changes_and_nothing_around_it(
        (before, behind) in around(),
        kind in 0..SINGLE,
        crlf in any::<bool>(),
        value in prop_oneof![Just("high".to_owned()), "\\PC{1,20}"],
    ) {
        let (before, behind) = (ended(&before, crlf), ended(&behind, crlf));
        let field = ended(&written("priority", "low", kind), crlf);
        let text = format!("{before}{field}{behind}");
        let made = edit(&text, &[Change::Text("priority", value.clone())]).unwrap();
        let now = made
            .strip_prefix(before.as_str())
            .and_then(|rest| rest.strip_suffix(behind.as_str()));
        let now = now.unwrap_or_else(|| panic!("more changed:\n{text}\n=>\n{made}"));
        let read = parse(now, BOUNDS).unwrap().unwrap();
        prop_assert_eq!(read.entries().len(), 1);
        prop_assert_eq!(read.entries()[0].value.written().unwrap_or_default(), value);
        // A comment behind the value stays behind it.
        let comment = |text: &str| text.find(" # ").map(|at| text[at..].to_owned());
        if matches!(kind, 1 | 3 | 5) {
            prop_assert!(now.ends_with(&comment(&field).unwrap()), "{:?}", now);
        }
    }

    #[test]
    fn a_field_is_added_and_nothing_else_moves(
        (before, behind) in around(),
        crlf in any::<bool>(),
        is_open_ended in any::<bool>(),
    ) {
        let mut text = ended(&format!("{before}{behind}"), crlf);
        if is_open_ended {
            text.truncate(text.trim_end().len());
        }
        let made = edit(&text, &[Change::Text("priority", "high".to_owned())]).unwrap();
        let newline = if text.contains('\r') { "\r\n" } else { "\n" };
        let line = format!("priority: high{newline}");
        let open = format!("{newline}priority: high");
        let without = made.replacen(&line, "", 1);
        prop_assert!(
            without == text || made.strip_suffix(&open) == Some(&text),
            "{text:?} => {made:?}"
        );
        prop_assert_eq!(made.matches('\n').count(), text.matches('\n').count() + 1);
    }

    #[test]
    fn a_whole_step_keeps_every_line_of_the_others(
        (before, behind) in around(),
        kind in 0..SINGLE,
        crlf in any::<bool>(),
    ) {
        let field = written("status", "in_progress", kind);
        let text = ended(&format!("{before}{field}{behind}"), crlf);
        let made = edit(&text, &[
            Change::Text("status", "done".to_owned()),
            Change::Map("result", vec![
                ("summary", Value::Text("s".to_owned())),
                ("artefacts", Value::List(vec![])),
            ]),
            Change::Text("completed_at", "2026-01-01T00:00:00Z".to_owned()),
        ]).unwrap();
        let mut lines = made.lines();
        for old in before.lines().chain(behind.lines()) {
            prop_assert!(lines.any(|line| line.trim_end() == old.trim_end()), "{old:?} of {text:?} in {made:?}");
        }
        let root = parse(&made, BOUNDS).unwrap().unwrap();
        prop_assert_eq!(root.get("status").unwrap().written(), Some("done"));
        prop_assert_eq!(root.get("completed_at").unwrap().written(), Some("2026-01-01T00:00:00Z"));
        prop_assert_eq!(root.get("result").unwrap().get("summary").unwrap().written(), Some("s"));
    }

    #[test]
    fn no_text_makes_it_panic(text in "[ab:#'\"|>{},&*!?\\-ä \n\r\t]{0,60}", key in 0..3_usize) {
        let key = ["a", "b", "priority"][key];
        if let Ok(made) = edit(&text, &[Change::Text(key, "x: 'y'".to_owned())]) {
            let root = parse(made.trim_start_matches('\u{feff}'), BOUNDS).unwrap().unwrap();
            let is_map = root.is_map();
            prop_assert!(is_map);
            prop_assert_eq!(root.get(key).unwrap().written(), Some("x: 'y'"));
        }
    }
}
