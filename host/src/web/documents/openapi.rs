//! The OpenAPI 3.1 document of the interface.
//!
//! Shapes of answers are in `shapes.json`; they name what there is and forbid nothing more.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::super::problem::{CODES, Class, class};
use super::super::route::{Act, Field, Form, JSON, Param, Place, Reply, Route, Verb};
use super::super::routes::by_path;

/// The shapes of answers, by name.
const SHAPES: &str = include_str!("shapes.json");
const PROBLEM: &str = "application/problem+json";

/// The document as JSON text.
pub(in crate::web) fn openapi_bytes() -> Vec<u8> {
    openapi().to_string().into_bytes()
}

fn openapi() -> Value {
    let mut paths = Map::new();
    for (path, routes) in by_path() {
        let operations = routes
            .iter()
            .map(|route| (route.verb.as_str().to_ascii_lowercase(), operation(route)));
        paths.insert(path.replace("{*", "{"), Value::Object(operations.collect()));
    }
    let codes: Vec<&str> = CODES.iter().map(|class| class.code).collect();
    let mut shapes: Value = serde_json::from_str(SHAPES).unwrap_or_default();
    shapes["Problem"]["properties"]["code"]["enum"] = json!(codes);
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "tollgate serve",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "The local control plane over HTTP. Money is whole micro-dollars; \
                unknown is null, never 0. Times are RFC 3339 in UTC. `x-index-seq` is the last \
                event of the record that an answer takes into account.",
        },
        "servers": [{"url": "/"}],
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "schemas": shapes,
        },
    })
}

fn operation(route: &Route) -> Value {
    let mut operation = json!({
        "operationId": operation_id(route),
        "summary": route.summary,
        "tags": [tag(route)],
        "responses": responses(route),
    });
    if !route.about.is_empty() {
        operation["description"] = json!(route.about);
    }
    if route.is_open {
        operation["security"] = json!([]);
    }
    if !route.params.is_empty() {
        let params: Vec<Value> = route.params.iter().map(param).collect();
        operation["parameters"] = json!(params);
    }
    if let Some(form) = &route.body {
        let is_required = form.fields.iter().any(|field| field.is_required);
        let example: Value = serde_json::from_str(form.example).unwrap_or_default();
        operation["requestBody"] = json!({
            "required": is_required,
            "content": {JSON: {"schema": form_schema(form), "example": example}},
        });
    }
    operation
}

/// A name for generated clients, such as `post_runs_run_cancel`.
fn operation_id(route: &Route) -> String {
    let path = route.path.trim_start_matches("/api/v1");
    let path = path.replace("/api/", "/origin/");
    let words: Vec<&str> = path
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .collect();
    let words = if words.is_empty() {
        "page".to_owned()
    } else {
        words.join("_")
    };
    format!("{}_{words}", route.verb.as_str().to_ascii_lowercase())
}

/// What the documents group a route under.
pub(super) fn tag(route: &Route) -> &'static str {
    let inside = route.path.strip_prefix("/api/v1/").unwrap_or_default();
    let first = inside.split('/').next().unwrap_or_default();
    match first {
        _ if route.is_origin => "The program that came before",
        "overview" | "runs" | "attempts" | "route" => "Runs",
        "costs" | "budgets" => "Costs",
        "initiatives" | "specs" | "tasks" => "Board",
        "live" | "events" => "Live",
        "" | "openapi.json" if route.path != "/metrics" => "Server",
        _ => "Configuration and health",
    }
}

fn param(param: &Param) -> Value {
    let mut schema = param.kind.schema();
    if let Some(default) = param.default {
        // The default of a number is a number.
        schema["default"] = param.kind.read(default).unwrap_or_default();
    }
    let mut described = json!({
        "name": param.name,
        "in": param.place.as_str(),
        "required": param.is_required,
        "description": param.about,
        "schema": schema,
    });
    if param.place == Place::Query {
        described["allowEmptyValue"] = json!(true);
    }
    if param.place == Place::Path && param.name == "path" {
        described["x-rest-of-path"] = json!(true);
    }
    described
}

fn form_schema(form: &Form) -> Value {
    let field = |field: &Field| {
        let mut schema = if field.is_required {
            field.kind.schema()
        } else {
            json!({"anyOf": [field.kind.schema(), {"type": "null"}]})
        };
        schema["description"] = json!(field.about);
        (field.name.to_owned(), schema)
    };
    let properties: Map<String, Value> = form.fields.iter().map(field).collect();
    let required = form.fields.iter().filter(|field| field.is_required);
    let required: Vec<&str> = required.map(|field| field.name).collect();
    json!({
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    })
}

fn responses(route: &Route) -> Value {
    let mut responses = Map::new();
    for reply in route.replies {
        let entry = responses
            .entry(reply.status.to_string())
            .or_insert_with(|| json!({"description": described(reply), "headers": headers(route)}));
        if !reply.media.is_empty() {
            entry["content"][reply.media]["schema"] = shape(reply);
        }
    }
    for (status, classes) in problems(route) {
        let lines: Vec<String> = classes
            .iter()
            .map(|class| format!("`{}`: {}", class.code, class.title))
            .collect();
        responses.insert(status.to_string(), problem(&lines.join(". ")));
    }
    responses.insert("default".to_owned(), problem("Any other problem."));
    Value::Object(responses)
}

fn described(reply: &Reply) -> &'static str {
    match (reply.about, reply.status) {
        ("", 201) => "It is there now.",
        ("", 202) => "It is on record and under way.",
        ("", _) => "The answer.",
        (about, _) => about,
    }
}

fn shape(reply: &Reply) -> Value {
    match reply.shape {
        Some(shape) => json!({"$ref": format!("#/components/schemas/{shape}")}),
        None if reply.media.starts_with("text/") => json!({"type": "string"}),
        None => json!({}),
    }
}

fn headers(route: &Route) -> Value {
    match route.act {
        Act::Ask(_) | Act::Do(_) => json!({
            "x-index-seq": {
                "description": "The last event that the answer takes into account.",
                "schema": {"type": "integer"},
            },
        }),
        Act::Log
        | Act::Socket
        | Act::Stream
        | Act::Alive
        | Act::OriginAlive
        | Act::Document
        | Act::Asset => json!({}),
    }
}

fn problem(description: &str) -> Value {
    json!({
        "description": description,
        "content": {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    })
}

/// The problems that a route may answer with, by status: its own and those of its kind.
pub(in crate::web) fn problems(route: &Route) -> BTreeMap<u16, Vec<Class>> {
    let mut codes: Vec<&str> = route.fails.to_vec();
    codes.extend(["bad_request", "misdirected", "uri_too_long", "internal"]);
    if !route.is_open {
        codes.push("unauthorized");
    }
    if matches!(route.act, Act::Ask(_) | Act::Do(_) | Act::Log | Act::Stream) {
        codes.push("unavailable");
    }
    if !route.params.is_empty() || route.body.is_some() {
        codes.push("invalid_request");
    }
    if route.verb != Verb::Get {
        codes.extend([
            "forbidden_origin",
            "length_required",
            "unsupported_media_type",
        ]);
    }
    if route.body.is_some() {
        codes.extend(["too_large", "request_timeout"]);
    }
    if route.params.iter().any(|param| param.place == Place::Path) {
        codes.push("not_found");
    }
    let mut by_status: BTreeMap<u16, Vec<Class>> = BTreeMap::new();
    for code in codes {
        let mut class = class(code);
        if route.is_origin && class.status == 422 {
            class.status = 400;
        }
        let classes = by_status.entry(class.status).or_default();
        if !classes.contains(&class) {
            classes.push(class);
        }
    }
    by_status
}
