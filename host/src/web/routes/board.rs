//! Initiatives, specifications, and tasks.

use super::super::command::{Command, TaskMove, TaskPriority};
use super::super::given::Given;
use super::super::kind::Kind;
use super::super::problem::Problem;
use super::super::question::Question;
use super::super::route::{Field, Form, Param, Reply, Route, Verb};
use super::params::{AGENT, IF_MATCH, INCLUDE_DONE, TASK};

const SMALL: usize = 1 << 20;
const IF_NONE_MATCH: Param = Param::header(
    "if-none-match",
    Kind::Line { max: 1000 },
    "Versions that are here already; 304 when one of them still holds.",
);
const UNCHANGED: Reply = Reply::of(304, "", "It is as it was.");
const TASK_REPLY: Reply = Reply::json(200, "Task", "`ETag` names its version.");
const EDIT_FAILS: &[&str] = &[
    "unknown_task",
    "unknown_specification",
    "conflict",
    "precondition_failed",
    "precondition_required",
    "record",
];

pub(super) static ROUTES: &[Route] = &[
    Route::reads(
        "/api/v1/initiatives",
        "Initiatives with their specifications and tasks",
        |_| Ok(Question::Initiatives),
    )
    .params(&[IF_NONE_MATCH])
    .replies(&[Reply::json(200, "Initiatives", ""), UNCHANGED]),
    Route::reads("/api/v1/specs/{*path}", "A specification", |given| {
        Ok(Question::Spec {
            path: given.needed("path")?,
        })
    })
    .params(&[SPEC, IF_NONE_MATCH])
    .replies(&[Reply::json(200, "Specification", ""), UNCHANGED])
    .fails(&["unknown_specification", "conflict"]),
    Route::reads("/api/v1/tasks", "The tasks of the board", |given| {
        Ok(Question::Tasks {
            include_done: given.flag("include_done"),
        })
    })
    .params(&[INCLUDE_DONE, IF_NONE_MATCH])
    .replies(&[Reply::json(200, "Tasks", ""), UNCHANGED]),
    Route::reads("/api/v1/tasks/{id}", "A task", |given| {
        Ok(Question::Task {
            id: given.needed("id")?,
        })
    })
    .params(&[TASK, IF_NONE_MATCH])
    .replies(&[TASK_REPLY, UNCHANGED])
    .fails(&["unknown_task"]),
    Route::does(
        Verb::Patch,
        "/api/v1/tasks/{id}/priority",
        "Set a task's priority",
        set_priority,
    )
    .about("`If-Match` is required: nobody's change is overwritten unseen.")
    .params(&[TASK, IF_MATCH.required()])
    .body(PRIORITY)
    .replies(&[TASK_REPLY])
    .fails(EDIT_FAILS),
    Route::does(
        Verb::Patch,
        "/api/v1/tasks/{id}/specification",
        "Tie a task to a specification",
        set_specification,
    )
    .about("`If-Match` is required: nobody's change is overwritten unseen.")
    .params(&[TASK, IF_MATCH.required()])
    .body(SPECIFICATION)
    .replies(&[TASK_REPLY])
    .fails(EDIT_FAILS),
    Route::does(
        Verb::Delete,
        "/api/v1/tasks/{id}/specification",
        "Tie a task to no specification",
        |given| {
            Ok(Command::SetSpecification {
                task: given.needed("id")?,
                specification: None,
                feature: None,
                if_match: given.tag("if-match"),
            })
        },
    )
    .about("It is an orphan then. `If-Match` is required.")
    .params(&[TASK, IF_MATCH.required()])
    .body(NOTHING)
    .replies(&[TASK_REPLY])
    .fails(EDIT_FAILS),
    Route::does(
        Verb::Post,
        "/api/v1/tasks/{id}/start",
        "Begin a task",
        |given| move_task(given, TaskMove::Start),
    )
    .params(&[TASK, IF_MATCH])
    .body(MOVE)
    .replies(&[TASK_REPLY])
    .fails(EDIT_FAILS),
    Route::does(
        Verb::Post,
        "/api/v1/tasks/{id}/complete",
        "Finish a task",
        |given| move_task(given, TaskMove::Complete),
    )
    .params(&[TASK, IF_MATCH])
    .body(MOVE)
    .replies(&[TASK_REPLY])
    .fails(EDIT_FAILS),
    Route::does(
        Verb::Post,
        "/api/v1/tasks/{id}/freeze",
        "Set a task aside",
        |given| move_task(given, TaskMove::Freeze),
    )
    .params(&[TASK, IF_MATCH])
    .body(MOVE)
    .replies(&[TASK_REPLY])
    .fails(EDIT_FAILS),
];

const SPEC: Param = Param::path(
    "path",
    Kind::RelativePath,
    "Path of the specification, below the folder of specifications.",
);

pub(super) const PRIORITY: Form = Form {
    limit: SMALL,
    fields: &[Field::new(
        "priority",
        Kind::OneOf(TaskPriority::WORDS),
        "How urgent it is.",
    )
    .required()],
    example: r#"{"priority": "high"}"#,
};

pub(super) const SPECIFICATION: Form = Form {
    limit: SMALL,
    fields: &[
        Field::new(
            "specification",
            Kind::RelativePath,
            "Path of the specification.",
        )
        .required(),
        Field::new(
            "feature",
            Kind::Line { max: 500 },
            "Title of one of its features.",
        ),
    ],
    example: r#"{"specification": "dashboard/board.md"}"#,
};

/// Nothing to say; an empty object is as good.
pub(super) const NOTHING: Form = Form {
    limit: SMALL,
    fields: &[],
    example: "{}",
};

const MOVE: Form = Form {
    limit: SMALL,
    fields: &[
        AGENT,
        Field::new("summary", Kind::Prose { max: 10_000 }, "What came of it."),
    ],
    example: "{}",
};

pub(super) fn set_priority(given: &Given) -> Result<Command, Problem> {
    Ok(Command::SetPriority {
        task: given.needed("id")?,
        priority: given.chosen("priority", TaskPriority::of)?,
        if_match: given.tag("if-match"),
    })
}

pub(super) fn set_specification(given: &Given) -> Result<Command, Problem> {
    Ok(Command::SetSpecification {
        task: given.needed("id")?,
        specification: Some(given.needed("specification")?),
        feature: given.text("feature"),
        if_match: given.tag("if-match"),
    })
}

fn move_task(given: &Given, to: TaskMove) -> Result<Command, Problem> {
    Ok(Command::MoveTask {
        task: given.needed("id")?,
        to,
        agent: given.text("agent"),
        summary: given.text("summary"),
        if_match: given.tag("if-match"),
    })
}
