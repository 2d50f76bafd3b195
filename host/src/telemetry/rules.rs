//! The rules of OTLP's JSON, as far as this room uses it: what a strict collector would hold
//! against a body. For tests.

use serde_json::{Map, Value};

type Checked = Result<(), String>;

/// Whether `body` is an `ExportTraceServiceRequest`.
pub(crate) fn check_traces(body: &Value) -> Checked {
    let at = "resourceSpans";
    only(body, &[at], "body")?;
    for resource in list(body, at)? {
        only(resource, &["resource", "scopeSpans"], at)?;
        attributes(&resource["resource"])?;
        for scope in list(resource, "scopeSpans")? {
            only(scope, &["scope", "schemaUrl", "spans"], "scopeSpans")?;
            text(&scope["scope"], "name")?;
            for span in list(scope, "spans")? {
                check_span(span).map_err(|why| format!("{why}: {span}"))?;
            }
        }
    }
    Ok(())
}

/// Whether `body` is an `ExportMetricsServiceRequest`.
pub(crate) fn check_metrics(body: &Value) -> Checked {
    let at = "resourceMetrics";
    only(body, &[at], "body")?;
    for resource in list(body, at)? {
        only(resource, &["resource", "scopeMetrics"], at)?;
        attributes(&resource["resource"])?;
        for scope in list(resource, "scopeMetrics")? {
            only(scope, &["scope", "schemaUrl", "metrics"], "scopeMetrics")?;
            for metric in list(scope, "metrics")? {
                check_metric(metric).map_err(|why| format!("{why}: {metric}"))?;
            }
        }
    }
    Ok(())
}

fn check_span(span: &Value) -> Checked {
    let fields = [
        "traceId",
        "spanId",
        "parentSpanId",
        "name",
        "kind",
        "startTimeUnixNano",
        "endTimeUnixNano",
        "attributes",
        "links",
        "status",
    ];
    only(span, &fields, "span")?;
    hex(span, "traceId", 32)?;
    hex(span, "spanId", 16)?;
    if span.get("parentSpanId").is_some() {
        hex(span, "parentSpanId", 16)?;
    }
    text(span, "name")?;
    within(span, "kind", 1..=5)?;
    if number(span, "startTimeUnixNano")? > number(span, "endTimeUnixNano")? {
        return Err("it ends before it begins".to_owned());
    }
    attributes(span)?;
    for link in span["links"].as_array().into_iter().flatten() {
        only(link, &["traceId", "spanId"], "link")?;
        hex(link, "traceId", 32)?;
        hex(link, "spanId", 16)?;
    }
    match span.get("status") {
        Some(status) => within(status, "code", 0..=2),
        None => Ok(()),
    }
}

fn check_metric(metric: &Value) -> Checked {
    only(
        metric,
        &["name", "description", "unit", "histogram", "sum"],
        "metric",
    )?;
    text(metric, "name")?;
    text(metric, "unit")?;
    let (kind, data) = match (metric.get("histogram"), metric.get("sum")) {
        (Some(data), None) => ("histogram", data),
        (None, Some(data)) => ("sum", data),
        _ => return Err("one kind of data".to_owned()),
    };
    within(data, "aggregationTemporality", 1..=2)?;
    for point in list(data, "dataPoints")? {
        attributes(point)?;
        if number(point, "startTimeUnixNano")? > number(point, "timeUnixNano")? {
            return Err("a point before its begin".to_owned());
        }
        match kind {
            "sum" => {
                number(point, "asInt")?;
            }
            _ => histogram(point)?,
        }
    }
    Ok(())
}

fn histogram(point: &Value) -> Checked {
    let bounds: Option<Vec<f64>> = list(point, "explicitBounds")?
        .iter()
        .map(Value::as_f64)
        .collect();
    let bounds = bounds.ok_or("bounds are numbers")?;
    if !bounds.is_sorted_by(|a, b| a < b) {
        return Err("bounds rise".to_owned());
    }
    let mut n_counted = 0;
    let buckets = list(point, "bucketCounts")?;
    for bucket in buckets {
        let count = bucket.as_str().ok_or("a count is a text")?;
        n_counted += count.parse::<u64>().map_err(|e| e.to_string())?;
    }
    if buckets.len() != bounds.len() + 1 || n_counted != number(point, "count")? {
        return Err("buckets do not fit".to_owned());
    }
    let is_number = |name: &str| point[name].is_number();
    ["sum", "min", "max"]
        .iter()
        .all(|name| is_number(name))
        .then_some(())
        .ok_or_else(|| "sum, min, and max are numbers".to_owned())
}

fn attributes(of: &Value) -> Checked {
    let mut names = Vec::new();
    for attribute in list(of, "attributes")? {
        only(attribute, &["key", "value"], "attribute")?;
        names.push(text(attribute, "key")?);
        let value = attribute["value"]
            .as_object()
            .ok_or("a value is an object")?;
        check_value(value).map_err(|why| format!("{why}: {attribute}"))?;
    }
    let n_all = names.len();
    names.sort_unstable();
    names.dedup();
    (names.len() == n_all)
        .then_some(())
        .ok_or_else(|| format!("a name twice: {names:?}"))
}

fn check_value(value: &Map<String, Value>) -> Checked {
    let mut fields = value.iter();
    let (Some((kind, inner)), None) = (fields.next(), fields.next()) else {
        return Err("one kind of value".to_owned());
    };
    let is_good = match kind.as_str() {
        "stringValue" => inner.is_string(),
        "boolValue" => inner.is_boolean(),
        "intValue" => inner.as_str().is_some_and(|n| n.parse::<i64>().is_ok()),
        _ => false,
    };
    is_good.then_some(()).ok_or_else(|| format!("not a {kind}"))
}

fn only(value: &Value, allowed: &[&str], what: &str) -> Checked {
    let fields = value
        .as_object()
        .ok_or_else(|| format!("{what} is an object"))?;
    match fields.keys().find(|key| !allowed.contains(&key.as_str())) {
        Some(key) => Err(format!("{what} has no field {key}")),
        None => Ok(()),
    }
}

fn list<'a>(value: &'a Value, name: &str) -> Result<&'a Vec<Value>, String> {
    value[name]
        .as_array()
        .ok_or_else(|| format!("{name} is a list"))
}

fn text<'a>(value: &'a Value, name: &str) -> Result<&'a str, String> {
    let text = value[name].as_str().filter(|text| !text.is_empty());
    text.ok_or_else(|| format!("{name} is a text"))
}

fn hex(value: &Value, name: &str, n_digits: usize) -> Checked {
    let digits = text(value, name)?;
    let is_hex = digits.bytes().all(|b| b.is_ascii_hexdigit());
    let is_zero = digits.bytes().all(|b| b == b'0');
    (digits.len() == n_digits && is_hex && !is_zero)
        .then_some(())
        .ok_or_else(|| format!("{name} is {n_digits} hex digits"))
}

fn number(value: &Value, name: &str) -> Result<u64, String> {
    let digits = text(value, name)?;
    digits
        .parse()
        .map_err(|_| format!("{name} is a number as a text"))
}

fn within(value: &Value, name: &str, range: std::ops::RangeInclusive<u64>) -> Checked {
    let number = value[name].as_u64();
    number
        .filter(|number| range.contains(number))
        .map(drop)
        .ok_or_else(|| format!("{name} is a number in {range:?}"))
}
