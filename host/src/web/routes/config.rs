//! The configuration in force, the health of the house, and its upkeep.

use super::super::command::Command;
use super::super::kind::Kind;
use super::super::question::Question;
use super::super::route::{Field, Form, Reply, Route, Verb};
use super::board::NOTHING;

const SMALL: usize = 1 << 20;

pub(super) static ROUTES: &[Route] = &[
    Route::reads("/api/v1/agents", "The agents", |_| Ok(Question::Agents))
        .replies(&[Reply::json(200, "Agents", "")]),
    Route::reads(
        "/api/v1/tools",
        "The tools, and whether they are there",
        |_| Ok(Question::Tools),
    )
    .replies(&[Reply::json(200, "Tools", "")]),
    Route::reads("/api/v1/models", "The models and their prices", |_| {
        Ok(Question::Models)
    })
    .replies(&[Reply::json(200, "Models", "")]),
    Route::reads(
        "/api/v1/policies",
        "The policies and their last verdicts",
        |_| Ok(Question::Policies),
    )
    .replies(&[Reply::json(200, "Policies", "")]),
    Route::reads(
        "/api/v1/plugins",
        "The components and how they are doing",
        |_| Ok(Question::Plugins),
    )
    .replies(&[Reply::json(200, "Plugins", "")]),
    Route::reads(
        "/api/v1/breakers",
        "The breakers that are not closed",
        |_| Ok(Question::Breakers),
    )
    .replies(&[Reply::json(200, "Breakers", "")]),
    Route::reads("/api/v1/doctor", "What is in order and what is not", |_| {
        Ok(Question::Doctor)
    })
    .about("What `tollgate doctor --json` prints.")
    .replies(&[Reply::json(200, "Doctor", "")]),
    Route::does(
        Verb::Post,
        "/api/v1/breakers/reset",
        "Close a breaker by hand",
        |given| {
            Ok(Command::ResetBreaker {
                key: given.needed("key")?,
            })
        },
    )
    .body(BREAKER)
    .replies(&[Reply::json(200, "Reset", "")])
    .fails(&["not_found", "record"]),
    Route::does(
        Verb::Post,
        "/api/v1/policies/simulate",
        "Judge past requests by other rules",
        |given| {
            Ok(Command::Simulate {
                since: given.text("since"),
                config: given.text("config"),
            })
        },
    )
    .about("What `tollgate policy simulate --json` prints. Changes nothing.")
    .body(SIMULATE)
    .fails(&["usage"]),
    Route::does(
        Verb::Post,
        "/api/v1/config/validate",
        "Check a configuration",
        |given| {
            Ok(Command::ValidateConfig {
                files: given.pairs("files"),
            })
        },
    )
    .about("Without files: the configuration in force. Stores nothing.")
    .body(VALIDATE)
    .replies(&[Reply::json(200, "Validated", "")]),
    Route::does(
        Verb::Post,
        "/api/v1/index/rebuild",
        "Make the index anew from the record",
        |_| Ok(Command::RebuildIndex),
    )
    .body(NOTHING)
    .replies(&[Reply::json(200, "Rebuilt", "")])
    .fails(&["record"]),
    Route::reads("/metrics", "Figures for Prometheus", |_| {
        Ok(Question::Metrics)
    })
    .replies(&[Reply::of(
        200,
        "text/plain; version=0.0.4; charset=utf-8",
        "The text format.",
    )]),
];

const BREAKER: Form = Form {
    limit: SMALL,
    fields: &[Field::new(
        "key",
        Kind::Line { max: 500 },
        "Its key, as `GET /breakers` says.",
    )
    .required()],
    example: r#"{"key": "tool:claude-code"}"#,
};

const SIMULATE: Form = Form {
    limit: SMALL,
    fields: &[
        Field::new(
            "since",
            Kind::Line { max: 40 },
            "How far back, as in `30d`.",
        ),
        Field::new(
            "config",
            Kind::Prose { max: SMALL },
            "The text of another `policies.yaml`.",
        ),
    ],
    example: r#"{"since": "30d"}"#,
};

const VALIDATE: Form = Form {
    limit: SMALL,
    fields: &[Field::new(
        "files",
        Kind::Files { max: 32 },
        "Names and texts, such as `agents.yaml`.",
    )],
    example: "{}",
};
