//! The tables as JSON Schemas (draft 2020-12), for editors.

use serde_json::{Map, Value, json};

use super::kind::{Field, Kind, Object, OneOf, Status};

/// The schema of a file whose root is `object`.
pub(crate) fn json_schema(title: &str, object: &Object) -> Value {
    let mut schema = Map::new();
    schema.insert(
        "$schema".to_owned(),
        "https://json-schema.org/draft/2020-12/schema".into(),
    );
    schema.insert("title".to_owned(), title.into());
    schema.extend(of_object(object));
    Value::Object(schema)
}

fn of_object(object: &Object) -> Map<String, Value> {
    let accepted = || {
        object
            .fields
            .iter()
            .filter(|f| !matches!(f.status, Status::Refused(_)))
    };
    let properties: Map<String, Value> = accepted()
        .map(|f| (f.name.to_owned(), of_field(f)))
        .collect();
    let required: Vec<&str> = accepted().filter(|f| f.required).map(|f| f.name).collect();
    let mut schema = Map::new();
    schema.insert("description".to_owned(), object.about.into());
    schema.insert("type".to_owned(), "object".into());
    schema.insert("additionalProperties".to_owned(), false.into());
    if !required.is_empty() {
        schema.insert("required".to_owned(), required.into());
    }
    schema.insert("properties".to_owned(), properties.into());
    let choices: Vec<Value> = (object.one_of.fields().iter())
        .map(|f| json!({ "required": [f] }))
        .collect();
    match object.one_of {
        OneOf::None => {}
        OneOf::Exactly(_) => {
            schema.insert("oneOf".to_owned(), choices.into());
        }
        OneOf::AtMost(fields) => {
            schema.insert("not".to_owned(), json!({ "required": fields }));
        }
    }
    schema
}

fn of_field(field: &Field) -> Value {
    let mut schema = Map::new();
    let about = match field.status {
        Status::Old(instead) => format!("An older spelling; write {instead}."),
        Status::Unused(why) => format!("Has no effect: {why}."),
        Status::Current | Status::Refused(_) => field.about.to_owned(),
    };
    let kind = of_kind(field.kind);
    schema.extend(kind);
    schema.insert("description".to_owned(), about.into());
    if let Some(default) = field.default {
        // A default that is no JSON, such as `30m`, is a text.
        let value = serde_json::from_str(default).unwrap_or_else(|_| default.into());
        schema.insert("default".to_owned(), value);
    }
    if field.status != Status::Current {
        schema.insert("deprecated".to_owned(), true.into());
    }
    if !field.required {
        allow_null(&mut schema);
    }
    Value::Object(schema)
}

/// Leaving a value out after the colon is the same as leaving the field out.
fn allow_null(schema: &mut Map<String, Value>) {
    match schema.get_mut("type") {
        Some(Value::Array(types)) => types.push("null".into()),
        Some(single) => *single = json!([single.take(), "null"]),
        None => {}
    }
    if let Some(Value::Array(words)) = schema.get_mut("enum") {
        words.push(Value::Null);
    }
}

fn of_kind(kind: Kind) -> Map<String, Value> {
    let schema = match kind {
        Kind::Any => json!({}),
        Kind::Text => json!({ "type": "string", "minLength": 1 }),
        Kind::Name(rule) => json!({ "type": "string", "pattern": rule.pattern() }),
        Kind::Flag => json!({ "type": "boolean" }),
        Kind::FlagOrText => json!({ "type": ["boolean", "string"] }),
        Kind::Choice(words) => json!({ "type": "string", "enum": words }),
        Kind::Choices(words) => json!({
            "type": "array", "minItems": 1, "items": { "type": "string", "enum": words },
        }),
        Kind::WordOr(words, object) => {
            let mut schema = of_object(object);
            schema.insert("type".to_owned(), json!(["string", "object"]));
            let pattern = format!("^({})$", words.join("|"));
            schema.insert("pattern".to_owned(), pattern.into());
            Value::Object(schema)
        }
        Kind::Moment => json!({
            "type": "string",
            "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}([T ].*([Zz]|[-+][0-9:]+))?$",
        }),
        Kind::Zone => json!({ "type": "string", "minLength": 1 }),
        Kind::Whole(least, most) => json!({ "type": "integer", "minimum": least, "maximum": most }),
        Kind::Decimal { most, .. } => json!({ "type": "number", "minimum": 0, "maximum": most }),
        Kind::Duration => json!({
            "type": ["number", "string"],
            "exclusiveMinimum": 0,
            "pattern": "^([0-9]+(\\.[0-9]+)?|([0-9]+(ms|s|m|h|d))+)$",
        }),
        other => return of_many(other),
    };
    match schema {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

/// Lists and objects.
fn of_many(kind: Kind) -> Map<String, Value> {
    let schema = match kind {
        Kind::TextList(least) => json!({
            "type": "array", "minItems": least, "items": { "type": "string", "minLength": 1 },
        }),
        Kind::TextMap => json!({
            "type": "object", "additionalProperties": { "type": "string", "minLength": 1 },
        }),
        Kind::Limits(most) => json!({
            "type": "object",
            "additionalProperties": { "type": "integer", "minimum": 1, "maximum": most },
        }),
        Kind::Variables => json!({
            "type": "object",
            "propertyNames": { "pattern": "^[A-Za-z_][A-Za-z0-9_]*$" },
            "additionalProperties": { "type": ["string", "number", "boolean", "null"] },
        }),
        Kind::VariableNames(prefixes) => json!({
            "type": "array",
            "items": { "type": "string", "pattern": variable_pattern(prefixes) },
        }),
        Kind::ModelNames => {
            let name = json!({ "type": "string", "pattern": super::NameRule::Model.pattern() });
            json!({
                "type": ["array", "object"],
                "minItems": 1,
                "items": name,
                "minProperties": 1,
                "additionalProperties": { "type": ["string", "null"], "pattern": super::NameRule::Model.pattern() },
            })
        }
        Kind::AnyMap => json!({ "type": "object" }),
        Kind::Object(object) => Value::Object(of_object(object)),
        Kind::Objects(object, least, most) => json!({
            "type": "array", "minItems": least, "maxItems": most, "items": of_object(object),
        }),
        Kind::Named(object, rule) => json!({
            "type": "object",
            "propertyNames": { "pattern": rule.pattern() },
            "additionalProperties": of_object(object),
        }),
        // The others are single values, and were seen to before.
        _ => Value::Null,
    };
    match schema {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

fn variable_pattern(prefixes: bool) -> &'static str {
    if prefixes {
        r"^[A-Za-z_][A-Za-z0-9_]*\*?$"
    } else {
        "^[A-Za-z_][A-Za-z0-9_]*$"
    }
}
