//! The paths of the program that came before, with its bodies. Problems of form are 400 there.

use super::super::command::TaskPriority;
use super::super::kind::Kind;
use super::super::question::{OriginPage, Question};
use super::super::route::{Act, Field, Form, Reply, Route, Verb};
use super::board::{SPECIFICATION, set_priority, set_specification};
use super::params::{IF_MATCH, INCLUDE_DONE, TASK};

pub(super) static ROUTES: &[Route] = &[
    Route::new(
        Verb::Get,
        "/health",
        "Whether the server is there",
        Act::OriginAlive,
    )
    .open()
    .origin()
    .replies(&[Reply::json(200, "OriginHealth", "")]),
    Route::reads("/api/stats", "Counts of tasks and costs", |_| {
        Ok(Question::Origin(OriginPage::Stats))
    })
    .origin(),
    Route::reads("/api/tasks", "The board", |given| {
        Ok(Question::Origin(OriginPage::Tasks {
            include_done: given.flag("include_done"),
        }))
    })
    .params(&[INCLUDE_DONE])
    .origin(),
    Route::reads("/api/tasks/finished", "The finished tasks", |_| {
        Ok(Question::Origin(OriginPage::FinishedTasks))
    })
    .replies(&[Reply::json(200, "Any", "")])
    .origin(),
    Route::reads(
        "/api/portfolio",
        "Initiatives with their specifications and tasks",
        |_| Ok(Question::Origin(OriginPage::Portfolio)),
    )
    .origin(),
    Route::reads(
        "/api/agents/portfolio",
        "The agents and their tasks",
        |_| Ok(Question::Origin(OriginPage::AgentsPortfolio)),
    )
    .replies(&[Reply::json(200, "Any", "")])
    .origin(),
    Route::does(
        Verb::Patch,
        "/api/tasks/{id}/priority",
        "Set a task's priority",
        set_priority,
    )
    .params(&[TASK, IF_MATCH])
    .body(PRIORITY)
    .fails(&["unknown_task", "conflict", "record"])
    .origin(),
    Route::does(
        Verb::Patch,
        "/api/tasks/{id}/specification",
        "Tie a task to a specification",
        set_specification,
    )
    .params(&[TASK, IF_MATCH])
    .body(SPECIFICATION)
    .fails(&[
        "unknown_task",
        "unknown_specification",
        "conflict",
        "record",
    ])
    .origin(),
];

const PRIORITY: Form = Form {
    limit: 1 << 20,
    fields: &[Field::new(
        "priority",
        Kind::AnyCase(TaskPriority::WORDS),
        "How urgent it is.",
    )
    .required()],
    example: r#"{"priority": "HIGH"}"#,
};
