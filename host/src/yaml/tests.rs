//! Trees, their places, and what is refused.

use super::{Bounds, Node, Parsed, Position, Problem};
use proptest::prelude::*;

const STRICT: Bounds = Bounds {
    depth: 64,
    values: 100_000,
    is_strict: true,
};

fn read(text: &str) -> Parsed {
    super::parse(text, STRICT)
}

fn problems(text: &str) -> Vec<String> {
    let shown = |p: &Problem| format!("{}:{}: {}", p.at.line, p.at.column, p.message);
    read(text).problems.iter().map(shown).collect()
}

#[test]
fn every_key_and_value_knows_its_place() {
    let parsed = read("# note\na:\n  b: [x, 'y']\n  c:\n  - z\n");
    assert!(parsed.problems.is_empty());
    let root = parsed.root.unwrap();
    let place = |node: &Node| (node.at.line, node.at.column);
    let b = root.get("a").unwrap().get("b").unwrap();
    assert_eq!(place(b), (3, 6));
    assert_eq!(place(&b.items()[1]), (3, 10));
    let a = &root.entries()[0];
    assert_eq!((a.key_at.line, a.key_at.column), (2, 1));
    assert_eq!(
        place(&root.get("a").unwrap().get("c").unwrap().items()[0]),
        (5, 5)
    );
}

#[test]
fn columns_count_characters_even_after_a_byte_order_mark() {
    let parsed = read("\u{feff}'ä': x\n");
    let root = parsed.root.unwrap();
    assert_eq!(root.get("ä").unwrap().at, Position { line: 1, column: 6 });
}

#[test]
fn what_is_refused_says_where_and_why() {
    assert_eq!(
        problems("a: 1\nb: 2\na: 3\n"),
        ["3:1: Duplicate key 'a', first on line 1"]
    );
    assert_eq!(
        problems("a: 1\n---\nb: 2\n"),
        ["2:1: More than one document in the file"]
    );
    assert_eq!(
        problems("a: !!int 5\n"),
        ["1:4: Tags such as 'tag:yaml.org,2002:!int' are not supported"]
    );
    assert_eq!(
        problems("x: &x {a: 1}\ny:\n  <<: *x\n"),
        ["3:3: Merge keys ('<<') are not supported"]
    );
    assert_eq!(
        problems("a: &a [*a]\n"),
        ["1:8: An alias stands inside the value it names"]
    );
    assert_eq!(
        problems("a: b\0c"),
        ["1:5: Invalid YAML: control character \\u{0}"]
    );
    assert_eq!(problems("a: [1, 2\nb: c\n").len(), 1);
    assert_eq!(
        problems("? [a]\n: b\n"),
        ["1:3: A key must be a single word or text"]
    );
}

#[test]
fn aliases_expand_and_stand_where_they_are_used() {
    let root = read("a: &x [1, 2]\nb: *x\n").root.unwrap();
    let b = root.get("b").unwrap();
    assert_eq!(b.items().len(), 2);
    assert_eq!(b.at, Position { line: 2, column: 4 });
}

#[test]
fn a_billion_laughs_are_cut_short() {
    let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
    for n in 1..12 {
        let aliases = vec![format!("*a{}", n - 1); 9].join(", ");
        text.push_str(&format!("a{n}: &a{n} [{aliases}]\n"));
    }
    let parsed = read(&text);
    assert!(parsed.root.is_none());
    assert!(
        parsed.problems[0]
            .message
            .contains("More than 100000 values"),
        "{:?}",
        parsed.problems
    );
}

#[test]
fn depth_is_bounded() {
    assert_eq!(
        problems(&"[".repeat(100_000)),
        ["1:256: Invalid YAML: recursion limit exceeded"]
    );
    let block: String = (0..100).map(|n| format!("{}a:\n", " ".repeat(n))).collect();
    assert!(problems(&block)[0].contains("Nested more than"));
}

#[test]
fn nothing_is_told_apart_from_something() {
    assert!(read("").root.is_none());
    assert!(read("# only a comment\n").root.is_none());
    assert!(read("---\n").root.is_none_or(|root| root.is_null()));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn no_text_panics(text in "([-:?,\\[\\]{}&*!|>'\"%@` \t\n#a-c0~.<=]|---|\\.\\.\\.|\n  |: |- |\\PC|\r\n){0,60}") {
        let _unused = read(&text);
    }
}

#[test]
fn keys_and_values_know_where_they_begin_and_end() {
    let root = read("# note\na: ä # c\nb:\n  c: 'x'\nd: {e: &x 1, f: *x}\n")
        .root
        .unwrap();
    let a = root.entry("a").unwrap();
    assert_eq!((a.key_span.clone(), a.value.span.clone()), (7..8, 10..11));
    let c = root.get("b").unwrap().get("c").unwrap();
    assert_eq!((c.at.line, c.at.column, c.text()), (4, 6, Some("x")));
    let d = root.get("d").unwrap();
    assert_eq!((root.flow, d.flow), (false, true));
    let bare = |key| d.get(key).unwrap().bare;
    assert_eq!((c.bare, bare("e"), bare("f")), (true, false, false));
}

#[test]
fn whoever_only_reads_may_have_tags_and_merge_keys() {
    let lenient = Bounds {
        is_strict: false,
        ..STRICT
    };
    let text = "a: !!int 5\nb: !!str 5\nc: &c {d: 1}\ne:\n  <<: *c\n";
    let root = super::parse(text, lenient).sound().unwrap().unwrap();
    assert_eq!(
        root.to_json().to_string(),
        r#"{"a":5,"b":"5","c":{"d":1},"e":{"<<":{"d":1}}}"#
    );
    let first = super::parse("a: 1\na: 2\na: 3\n", lenient)
        .sound()
        .unwrap_err();
    assert_eq!(first.at, Position { line: 2, column: 1 });
}

#[test]
fn values_are_counted_with_their_aliases() {
    let bounds = Bounds {
        values: 13,
        ..STRICT
    };
    // The map, three keys, a list of three, and the same again for an alias.
    let fits = "a: &a [1, 2, 3]\nb: *a\n";
    assert!(super::parse(fits, bounds).sound().is_ok());
    let problem = super::parse("a: &a [1, 2, 3]\nb: [*a]\nc: 1\n", bounds)
        .sound()
        .unwrap_err();
    assert!(
        problem.message.starts_with("More than 13 values"),
        "{problem:?}"
    );
}
