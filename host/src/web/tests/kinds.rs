//! The check of a value and its schema say the same.

use proptest::prelude::*;
use serde_json::{Value, json};

use crate::web::kind::{Kind, MAX_WHOLE};

const WORDS: &[&str] = &["one", "two"];

/// Kinds with texts that they take and texts that they do not.
const TEXTS: &[(Kind, &[&str], &[&str])] = &[
    (
        Kind::Id,
        &["RUN-20261123-001.i1.a1", "a", "llama3:8b", "0"],
        &["", ".a", "-a", "a/b", "a b", "a\n", "\u{e9}", "%2e"],
    ),
    (
        Kind::Line { max: 5 },
        &["", "a b", "caf\u{e9}s"],
        &["abcdef", "a\nb", "a\u{7}", "a\u{9b}"],
    ),
    (Kind::Prose { max: 5 }, &["", "a\nb"], &["abcdef"]),
    (
        Kind::Key { max: 5 },
        &["a", "!~"],
        &["", "a b", "abcdef", "\u{e9}"],
    ),
    (Kind::OneOf(WORDS), &["one"], &["", "ONE", "three"]),
    (Kind::AnyCase(WORDS), &["one", "TWO"], &["", "three"]),
    (
        Kind::Several(WORDS),
        &["one", "two,one"],
        &["", "one,", "one, two", "three"],
    ),
    (
        Kind::Whole { min: 2, max: 10 },
        &["2", "10", "007"],
        &["", "1", "11", "+5", "-5", "5.0", " 5", "\u{665}"],
    ),
    (Kind::Flag, &["true", "false"], &["", "1", "True"]),
    (
        Kind::Day,
        &["2026-11-23", "2024-02-29", "2000-02-29"],
        &[
            "",
            "2026-02-29",
            "1900-02-29",
            "2026-04-31",
            "2026-13-01",
            "2026-1-1",
            "2026-00-01",
            "26-11-23",
        ],
    ),
    (
        Kind::Dollars,
        &["0", "1.5", "999999999.999999"],
        &["", ".5", "5.", "-1", "1e3", "1.1234567", "1,5"],
    ),
    (
        Kind::RelativePath,
        &["a.md", "a/b c/\u{e9}.md", "..a/b..", ".hidden"],
        &["", "/a", "a/", "a//b", "..", "a/../b", "./a", "a\\b", "a\0"],
    ),
    (
        Kind::Tag,
        &["\"v1\""],
        &["", "v1", "\"\"", "\"a\"b\"", "\"a b\"", "W/\"a\"", "\""],
    ),
];

#[test]
fn kinds_take_what_they_say() {
    for (kind, good, bad) in TEXTS {
        for text in *good {
            assert!(kind.read(text).is_ok(), "{kind:?} {text:?}");
        }
        for text in *bad {
            let must = kind.read(text).unwrap_err();
            assert!(!must.is_empty());
        }
    }
}

#[test]
fn values_of_bodies_have_their_type() {
    let whole = Kind::Whole {
        min: 0,
        max: MAX_WHOLE,
    };
    let ids = Kind::Ids { max: 2 };
    let files = Kind::Files { max: 1 };
    for (kind, good, bad) in [
        (
            whole,
            vec![json!(0), json!(MAX_WHOLE)],
            vec![json!("5"), json!(1.5), json!(-1), json!(true)],
        ),
        (Kind::Flag, vec![json!(true)], vec![json!("true"), json!(1)]),
        (
            Kind::Id,
            vec![json!("a")],
            vec![json!(1), json!(["a"]), json!({"a": 1})],
        ),
        (
            ids,
            vec![json!([]), json!(["a", "b"])],
            vec![json!("a"), json!([1]), json!(["a", "b", "c"])],
        ),
        (
            files,
            vec![json!({}), json!({"a": "b"})],
            vec![
                json!({"a": 1}),
                json!({"..": "b"}),
                json!({"a": "", "b": ""}),
            ],
        ),
    ] {
        for value in good {
            assert!(kind.take(value.clone()).is_ok(), "{kind:?} {value}");
        }
        for value in bad {
            assert!(kind.take(value.clone()).is_err(), "{kind:?} {value}");
        }
    }
}

#[test]
fn every_schema_says_a_type() {
    for (kind, _, _) in TEXTS {
        let schema = kind.schema();
        assert!(schema["type"].is_string(), "{kind:?}: {schema}");
    }
}

proptest! {
    /// No value makes a check panic, and none gets longer or changes its meaning on the way.
    #[test]
    fn hostile_text_is_taken_as_it_is_or_not_at_all(text in ".*") {
        for (kind, _, _) in TEXTS {
            if let Ok(Value::String(read)) = kind.read(&text) {
                prop_assert!(read.eq_ignore_ascii_case(&text));
            }
        }
        if Kind::RelativePath.read(&text).is_ok() {
            let path = std::path::Path::new(&text);
            let normal = |part| matches!(part, std::path::Component::Normal(_));
            prop_assert!(path.components().all(normal));
        }
    }

    /// A path out of parts that are tempting is taken only if it stays inside.
    #[test]
    fn tempting_paths_stay_inside(
        parts in proptest::collection::vec(prop_oneof!["\\.\\.", "\\.", "", "a", "\\.\\.\\.", "b\\\\c"], 1..6),
    ) {
        let path = parts.join("/");
        let inside = parts.iter().all(|part| !matches!(part.as_str(), "" | "." | "..") && !part.contains('\\'));
        prop_assert_eq!(Kind::RelativePath.read(&path).is_ok(), inside);
    }
}
