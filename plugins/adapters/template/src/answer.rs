//! What a JSON document says, in places that are given or usual.
//!
//! Owns the usual places. A place that the user gives is the only one tried; nothing there is then not told. A total of
//! tokens that does not say which were input is passed on as such and never split.

use serde_json::value::RawValue;
use tollgate_plugin_sdk::contract::{Cost, Usage};
use tollgate_plugin_sdk::json;
use tollgate_plugin_sdk::money::Dollars;

use crate::options::Fields;
use crate::path::Path;

const TEXT: &[&str] = &[
    "response",
    "text",
    "content",
    "output",
    "message",
    "completion",
    "result",
];
const INPUT: &[&str] = &[
    "usage.input_tokens",
    "usage.prompt_tokens",
    "input_tokens",
    "prompt_tokens",
];
const OUTPUT: &[&str] = &[
    "usage.output_tokens",
    "usage.completion_tokens",
    "output_tokens",
    "completion_tokens",
];
const CACHE_READ: &[&str] = &[
    "usage.cache_read_input_tokens",
    "usage.cache_read_tokens",
    "usage.prompt_tokens_details.cached_tokens",
    "usage.input_tokens_details.cached_tokens",
    "cache_read_tokens",
];
const TOTAL: &[&str] = &["tokens", "total_tokens", "usage.total_tokens"];
const COST: &[&str] = &[
    "cost_usd",
    "total_cost_usd",
    "cost",
    "total_cost",
    "cost.total_usd",
];
const SESSION: &[&str] = &["session_id", "session", "conversation_id"];
const MODEL: &[&str] = &["model", "model_name", "engine"];
const ERROR: &[&str] = &["error.message", "error", "errors"];
const WARNING: &[&str] = &["warning", "warnings"];

/// Places where cached tokens are inside the input.
const INCLUSIVE: &[&str] = &[
    "usage.prompt_tokens_details.cached_tokens",
    "usage.input_tokens_details.cached_tokens",
];

/// Everything that was found.
#[derive(Debug, Default)]
pub(crate) struct Answer {
    pub(crate) text: Option<String>,
    pub(crate) session: Option<String>,
    pub(crate) model: Option<String>,
    pub(crate) error: Option<String>,
    pub(crate) warning: Option<String>,
    pub(crate) usage: Option<Usage>,
    pub(crate) cost: Option<Cost>,
}

/// Reads what is in `documents`; where several say the same thing, the last counts.
pub(crate) fn read(documents: &[&RawValue], fields: &Fields) -> Answer {
    let look = |given: &Option<Path>, usual: &[&'static str]| Look {
        documents,
        given: given.clone(),
        usual: usual.to_vec(),
    };
    let string = |raw: &RawValue| json::string(Some(raw));
    Answer {
        text: look(&fields.text, TEXT).find(string),
        session: look(&fields.session, SESSION).find(string),
        model: look(&fields.model, MODEL).find(string),
        error: look(&fields.error, ERROR).find(complaint),
        warning: look(&None, WARNING).find(complaint),
        usage: usage(&look, fields),
        cost: look(&fields.cost_usd, COST)
            .find(Dollars::from_raw)
            .map(cost),
    }
}

struct Look<'a> {
    documents: &'a [&'a RawValue],
    given: Option<Path>,
    usual: Vec<&'static str>,
}

impl Look<'_> {
    fn find<T>(&self, read: impl Fn(&RawValue) -> Option<T>) -> Option<T> {
        self.find_with_place(read).map(|(value, _)| value)
    }

    /// The value, and the usual place where it was.
    fn find_with_place<T>(
        &self,
        read: impl Fn(&RawValue) -> Option<T>,
    ) -> Option<(T, &'static str)> {
        let at = |path: &Path| {
            self.documents
                .iter()
                .rev()
                .find_map(|document| path.find(document).and_then(&read))
        };
        if let Some(given) = &self.given {
            return at(given).map(|value| (value, ""));
        }
        self.usual.iter().find_map(|place| {
            Path::parse(place)
                .and_then(|path| at(&path))
                .map(|value| (value, *place))
        })
    }
}

fn usage<'a>(
    look: &impl Fn(&Option<Path>, &[&'static str]) -> Look<'a>,
    fields: &Fields,
) -> Option<Usage> {
    let count = |raw: &RawValue| json::count(Some(raw));
    let input = look(&fields.input_tokens, INPUT).find(count);
    let output = look(&fields.output_tokens, OUTPUT).find(count);
    let cached = look(&fields.cache_read_tokens, CACHE_READ).find_with_place(count);
    let total = look(&None, TOTAL).find(count);
    if input.is_none() && output.is_none() && cached.is_none() && total.is_none() {
        return None;
    }
    let usual = cached.is_some_and(|(_, place)| INCLUSIVE.contains(&place));
    let inside = cached
        .filter(|_| fields.input_includes_cache.unwrap_or(usual))
        .map_or(0, |(tokens, _)| tokens);
    Some(Usage {
        scope: "run".to_owned(),
        key: None,
        input: input.map(|tokens| tokens.saturating_sub(inside)),
        output,
        cache_read: cached.map(|(tokens, _)| tokens),
        cache_write: None,
        reasoning: None,
        // A total alone does not say what it is made of.
        settled: input.is_some() && output.is_some(),
        model: None,
        extra: total
            .map(|total| ("total".to_owned(), total))
            .into_iter()
            .collect(),
    })
}

fn cost(dollars: Dollars) -> Cost {
    Cost {
        scope: "run".to_owned(),
        key: None,
        microusd: dollars.micros(),
        basis: "reported".to_owned(),
        settled: true,
    }
}

/// An error or a warning as text; None where the field says that there is none.
fn complaint(raw: &RawValue) -> Option<String> {
    match raw.get() {
        "null" | "false" | "0" | "\"\"" | "[]" | "{}" => None,
        other => json::string(Some(raw)).or_else(|| Some(other.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(json: &str, fields: &Fields) -> Answer {
        let documents: Vec<&RawValue> = serde_json::Deserializer::from_str(json)
            .into_iter()
            .map(|d| d.expect(json))
            .collect();
        read(&documents, fields)
    }

    #[test]
    fn usual_places_are_tried_in_order() {
        let said = answer(
            r#"{"message":"later","response":"first","model":"m","session_id":"s","usage":{"prompt_tokens":10,
               "completion_tokens":5,"prompt_tokens_details":{"cached_tokens":4},"total_tokens":15},"cost_usd":0.0125,
               "error":null,"errors":[],"warnings":["w"]}"#,
            &Fields::default(),
        );
        assert_eq!(said.text.as_deref(), Some("first"));
        assert_eq!(
            (said.model.as_deref(), said.session.as_deref()),
            (Some("m"), Some("s"))
        );
        assert_eq!(
            (said.error, said.warning.as_deref()),
            (None, Some(r#"["w"]"#))
        );
        let usage = said.usage.expect("usage");
        assert_eq!(
            (usage.input, usage.output, usage.cache_read, usage.settled),
            (Some(6), Some(5), Some(4), true)
        );
        assert_eq!(usage.extra, [("total".to_owned(), 15)]);
        assert_eq!(said.cost.expect("cost").microusd, 12_500);
    }

    #[test]
    fn given_places_are_the_only_ones() {
        let fields = Fields {
            text: Path::parse("choices[0].text"),
            input_tokens: Path::parse("in"),
            cost_usd: Path::parse("nowhere"),
            ..Fields::default()
        };
        let said = answer(
            r#"{"text":"no","choices":[{"text":"yes"}],"in":3,"cost":9}"#,
            &fields,
        );
        assert_eq!(said.text.as_deref(), Some("yes"));
        assert!(said.cost.is_none());
        let usage = said.usage.expect("usage");
        assert_eq!(
            (usage.input, usage.output, usage.settled),
            (Some(3), None, false)
        );
    }

    #[test]
    fn of_several_documents_the_last_that_says_it_counts() {
        let said = answer(
            "{\"text\":\"a\",\"model\":\"m\"}\n{\"text\":\"b\"}",
            &Fields::default(),
        );
        assert_eq!(
            (said.text.as_deref(), said.model.as_deref()),
            (Some("b"), Some("m"))
        );
    }

    #[test]
    fn a_total_is_not_split() {
        let usage = answer(r#"{"tokens":7}"#, &Fields::default())
            .usage
            .expect("usage");
        assert_eq!(
            (usage.input, usage.output, usage.settled),
            (None, None, false)
        );
    }

    #[test]
    fn errors_are_seen() {
        for (json, error) in [
            (
                r#"{"error":{"message":"bad key","code":1}}"#,
                Some("bad key"),
            ),
            (r#"{"error":"down"}"#, Some("down")),
            (r#"{"errors":["x"]}"#, Some(r#"["x"]"#)),
            (r#"{"error":false}"#, None),
            (r#"{"error":""}"#, None),
        ] {
            assert_eq!(
                answer(json, &Fields::default()).error.as_deref(),
                error,
                "{json}"
            );
        }
    }
}
