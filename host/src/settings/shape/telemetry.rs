//! The tables of telemetry: what is recorded, and the collector that gets something of it.

use super::kind::{Kind, NOTE, Object, OneOf, optional, required};
use crate::model::OtlpNames;

/// Spans or data points in one request; a collector takes 20 MiB at least.
const MOST_IN_A_BATCH: u64 = 2_048;

const NAMES: [&str; OtlpNames::ALL.len()] = {
    let mut words = [""; OtlpNames::ALL.len()];
    let mut index = 0;
    while index < words.len() {
        words[index] = OtlpNames::ALL[index].as_str();
        index += 1;
    }
    words
};

/// `telemetry.yaml`.
pub(crate) static TELEMETRY: Object = Object {
    about: "Telemetry: what is recorded, for how long, and whether something of it is sent to a collector.",
    fields: &[
        optional(
            "enabled",
            Kind::Flag,
            "`false` is the same as `privacy_level: none`: accounting and budgets need a record. Nothing is sent then, whatever `otlp` says.",
        )
        .or("true"),
        optional(
            "privacy_level",
            Kind::Choice(&["none", "metadata", "full"]),
            "`none`: what accounting needs. `metadata`: also sizes, sessions, paths, failures. \
             `full`: also prompts and answers, in files only you can read.",
        )
        .or("metadata"),
        optional(
            "retention_days",
            Kind::Whole(0, 36_500),
            "Days that prompts and answers are kept; 0 means for ever.",
        )
        .or("30"),
        optional(
            "otlp",
            Kind::Object(&OTLP),
            "An OpenTelemetry collector that is told what ran; without it nothing is sent anywhere.",
        ),
        optional("db_path", Kind::Text, "").unused(
            "the index is kept in the state directory (--state-dir) and can be rebuilt at any time",
        ),
        NOTE,
    ],
    one_of: OneOf::None,
};

static OTLP: Object = Object {
    about: "A collector that takes OTLP over HTTP in JSON. It gets spans and metrics: names, times, tokens, cost, outcomes; never a prompt or an answer.",
    fields: &[
        required(
            "endpoint",
            Kind::Text,
            "Its address, such as `http://localhost:4318`; `/v1/traces` and `/v1/metrics` are added.",
        ),
        optional(
            "headers",
            Kind::TextMap,
            "Headers sent along; ${VAR} and ${VAR:default} are filled in when something is sent.",
        )
        .or("{}"),
        optional(
            "signals",
            Kind::Choices(&["traces", "metrics"]),
            "What is sent; both otherwise.",
        ),
        optional(
            "names",
            Kind::Choice(&NAMES),
            "The version of the OpenTelemetry conventions for generative AI that names facts.",
        )
        .or(OtlpNames::ALL[0].as_str()),
        optional(
            "batch",
            Kind::Whole(1, MOST_IN_A_BATCH),
            "Spans or data points in one request, at most.",
        )
        .or("512"),
        optional(
            "timeout",
            Kind::Duration,
            "How long one request may take: seconds, or an amount with units such as 30s.",
        )
        .or("10s"),
        NOTE,
    ],
    one_of: OneOf::None,
};
