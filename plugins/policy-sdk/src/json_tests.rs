//! Held against the usual library: the same texts are JSON, and they say the same.

use proptest::prelude::*;
use serde_json::Value;
use serde_json::value::RawValue;

use super::*;

/// Whether the library takes `json` for a value without understanding its strings, as `members` does.
fn is_json(json: &str) -> bool {
    serde_json::from_str::<&RawValue>(json).is_ok()
}

fn agrees(json: &str) -> Result<(), TestCaseError> {
    let wrapped = format!("[{json}]");
    prop_assert_eq!(elements(&wrapped).is_ok(), is_json(&wrapped), "{}", json);
    let text_too = serde_json::from_str::<String>(json).ok();
    prop_assert_eq!(text(json).ok(), text_too, "{}", json);
    let number = serde_json::from_str::<u64>(json).ok();
    prop_assert_eq!(whole(json), number, "{}", json);
    if let Ok(Value::Object(object)) = serde_json::from_str(json) {
        let members = members(json).expect("an object");
        for (name, value) in &object {
            let last = members.iter().rfind(|(other, _)| other == name);
            let (_, raw) = last.expect("the same names");
            let raw: Value = serde_json::from_str(raw).expect("a value");
            prop_assert_eq!(&raw, value);
        }
    }
    Ok(())
}

/// Texts at the edge of the grammar.
const EDGES: [&str; 64] = [
    "",
    " ",
    "1",
    "-",
    "-0",
    "01",
    "1.",
    ".5",
    "1.5",
    "1e",
    "1e5",
    "1E+5",
    "1e-",
    "+1",
    "--1",
    "18446744073709551615",
    "18446744073709551616",
    "nul",
    "null",
    "nullx",
    "true",
    "falsee",
    "\"",
    "\"\"",
    "\"a",
    "\"\\\"",
    "\"\\x\"",
    "\"\\u12\"",
    "\"\\u00e9\"",
    "\"\\u+123\"",
    "\"\\ud83d\\ude00\"",
    "\"\\ud83d\"",
    "\"\\ud83dx\"",
    "\"\\ude00\"",
    "\"\\ud83d\\u0041\"",
    "\"\\ud83d\\ud83d\"",
    "\"\t\"",
    "\"é\"",
    "\"\\u12é\"",
    "{",
    "{}",
    "{ }",
    "{,}",
    "{\"a\"}",
    "{\"a\":}",
    "{\"a\":1}",
    "{\"a\":1,}",
    "{\"a\":1 \"b\":2}",
    "{ \"a\" : 1 , \"a\" : [ ] }",
    "{\"\\u0061\":1}",
    "{a:1}",
    "{\"\\ud83d\":1}",
    "[",
    "[]",
    "[,]",
    "[1,]",
    "[1 2]",
    "[1,[2,{\"x\":[]}]]",
    "1 2",
    "{} {}",
    "\u{feff}{}",
    "\u{a0}1",
    "]",
    "[1}",
];

#[test]
fn texts_at_the_edge_of_the_grammar() {
    for json in EDGES {
        agrees(json).expect(json);
    }
}

#[test]
fn nesting_has_a_bound() {
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    assert!(elements(&nested(100)).is_ok());
    let wrong = elements(&nested(200_000)).expect_err("too deep");
    assert_eq!(wrong.to_string(), "expected less nesting at byte 101");
}

#[test]
fn a_mistake_says_where_it_is() {
    let wrong = members(r#"{"a": 1 "b": 2}"#).expect_err("no comma");
    assert_eq!(wrong.to_string(), "expected `,` or `}` at byte 8");
}

fn documents() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (-1.0e9..1.0e9).prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((any::<String>(), inner), 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn documents_say_the_same(document in documents(), pretty in any::<bool>()) {
        let print = if pretty { serde_json::to_string_pretty } else { serde_json::to_string };
        agrees(&print(&document).expect("JSON"))?;
    }

    #[test]
    fn damaged_documents_are_refused_alike(document in documents(), at in any::<prop::sample::Index>(), new in any::<char>()) {
        let mut json: Vec<char> = document.to_string().chars().collect();
        let at = at.index(json.len());
        json[at] = new;
        agrees(&json.iter().collect::<String>())?;
        json.remove(at);
        agrees(&json.iter().collect::<String>())?;
    }

    #[test]
    fn noise_is_refused_alike(noise in r#"[\[\]{}",:\\u0-9a-f.eE+\- ]{0,24}"#) {
        agrees(&noise)?;
    }
}
