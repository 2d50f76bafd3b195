//! Values out of the path, the query, and the headers, checked against the table of routes.
//!
//! All that is wrong is told at once. Values are never repeated in a problem: they may be hostile.

use axum::http::request::Parts;
use serde_json::{Value, json};

use super::given::Given;
use super::problem::Problem;
use super::route::{Param, Place, Route};

/// The checked values that `parts` gives to `route`; `in_path` are the decoded parts of the path.
pub(super) fn parameters(
    route: &Route,
    parts: &Parts,
    in_path: &[(String, String)],
) -> Result<Given, Problem> {
    let mut found = Found::default();
    let query = pairs(parts.uri.query().unwrap_or_default(), &mut found.faults);
    for (name, _) in &query {
        found.expect_known(route, name);
    }
    for param in route.params {
        let texts: Vec<&str> = match param.place {
            Place::Path => named(in_path, param.name),
            Place::Query => named(&query, param.name),
            Place::Header => match in_headers(parts, param.name) {
                Ok(texts) => texts,
                Err(fault) => {
                    found.faults.push(fault);
                    continue;
                }
            },
        };
        found.take(param, &texts);
    }
    found.finish()
}

/// A value that cannot be used: where it stands, its name, and what it must be.
#[derive(Debug, Clone)]
pub(super) struct Fault {
    place: &'static str,
    name: String,
    must: String,
}

impl Fault {
    pub(super) fn new(place: &'static str, name: &str, must: impl Into<String>) -> Self {
        // A name that the client made up is as hostile as a value.
        let name = name.chars().filter(|c| !c.is_control()).take(80).collect();
        Self {
            place,
            name,
            must: must.into(),
        }
    }
}

/// The problem that tells of `faults`; there is at least one.
pub(super) fn invalid(faults: &[Fault]) -> Problem {
    let told: Vec<String> = faults
        .iter()
        .take(10)
        .map(|fault| format!("`{}` in the {} {}", fault.name, fault.place, fault.must))
        .collect();
    let facts: Vec<Value> = faults
        .iter()
        .take(10)
        .map(|fault| json!({"in": fault.place, "field": fault.name, "problem": fault.must}))
        .collect();
    Problem::new("invalid_request", told.join("; "))
        .fix("see /api/v1/openapi.json or docs/api.md for what this route takes")
        .details(json!({ "errors": facts }))
}

#[derive(Default)]
struct Found {
    given: Given,
    faults: Vec<Fault>,
    /// A change of a file does not say which version was seen.
    is_unseen: bool,
}

impl Found {
    fn expect_known(&mut self, route: &Route, name: &str) {
        let mut query = route
            .params
            .iter()
            .filter(|param| param.place == Place::Query);
        if query.any(|param| param.name == name) {
            return;
        }
        let must = match name {
            "token" | "access_token" | "k" => {
                "is never accepted: send it as `Authorization: Bearer`"
            }
            _ => "is not known here",
        };
        self.faults.push(Fault::new("query", name, must));
    }

    fn take(&mut self, param: &Param, texts: &[&str]) {
        let fault = |must: String| Fault::new(param.place.as_str(), param.name, must);
        // A filter that a page leaves empty is no filter. Nothing else may be empty unsaid.
        let is_absent = match texts {
            [] => true,
            [text] => text.is_empty() && param.place == Place::Query,
            _ => false,
        };
        let text = match (texts, param.default) {
            _ if is_absent && param.is_required => {
                self.is_unseen |= param.name == "if-match";
                let must = format!("is missing; it must be {}", param.kind.must());
                return self.faults.push(fault(must));
            }
            (_, Some(default)) if is_absent => default,
            (_, None) if is_absent => return,
            ([text], _) => text,
            _ => {
                return self
                    .faults
                    .push(fault("stands there more than once".to_owned()));
            }
        };
        match param.kind.read(text) {
            Ok(value) => self.given.put(param.name, value),
            Err(must) => self.faults.push(fault(format!("must be {must}"))),
        }
    }

    fn finish(self) -> Result<Given, Problem> {
        if self.faults.is_empty() {
            return Ok(self.given);
        }
        if self.is_unseen && self.faults.len() == 1 {
            return Err(Problem::new(
                "precondition_required",
                "this changes a file that others edit, too, and the header `If-Match` is missing",
            )
            .fix("read the task and send the value of its `ETag` header as `If-Match`"));
        }
        Err(invalid(&self.faults))
    }
}

fn named<'a>(pairs: &'a [(String, String)], name: &str) -> Vec<&'a str> {
    let mine = pairs.iter().filter(|(key, _)| key == name);
    mine.map(|(_, value)| value.as_str()).collect()
}

fn in_headers<'a>(parts: &'a Parts, name: &'static str) -> Result<Vec<&'a str>, Fault> {
    let values = parts.headers.get_all(name);
    let texts = values.iter().map(|value| value.to_str());
    let fault = |_| Fault::new("header", name, "must be visible ASCII");
    texts.collect::<Result<_, _>>().map_err(fault)
}

/// The decoded names and values of a query, in its order.
fn pairs(query: &str, faults: &mut Vec<Fault>) -> Vec<(String, String)> {
    let mut pairs = Vec::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        match (decoded(name), decoded(value)) {
            (Some(name), Some(value)) => pairs.push((name, value)),
            _ => faults.push(Fault::new("query", name, "is not percent-encoded UTF-8")),
        }
    }
    pairs
}

/// The text behind a form encoding: `+` is a space, `%XX` a byte. `None` when it is malformed.
fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let (high, low) = (hex(rest.next()?)?, hex(rest.next()?)?);
                high * 16 + low
            }
            byte => byte,
        });
    }
    String::from_utf8(bytes).ok()
}

fn hex(digit: u8) -> Option<u8> {
    let value = char::from(digit).to_digit(16)?;
    u8::try_from(value).ok()
}
