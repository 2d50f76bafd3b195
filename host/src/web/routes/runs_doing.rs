//! Starting runs and ending them.

use super::super::command::{Command, Permission, RunRequest};
use super::super::given::Given;
use super::super::kind::Kind;
use super::super::problem::Problem;
use super::super::route::{Field, Form, Param, Reply, Route, Verb};
use super::board::NOTHING;
use super::params::{AGENT, CONSENT, FORCE, INVOCATION, JUSTIFICATION, NAME, RUN};

/// A prompt may have 10 MiB; written as JSON it is longer.
const PROMPT_LIMIT: usize = 10 << 20;
const REQUEST_LIMIT: usize = 12 << 20;
const SMALL: usize = 1 << 20;

/// What may stand in the way of starting something.
const START_FAILS: &[&str] = &[
    "unknown_agent",
    "bad_target",
    "no_tool",
    "bad_prompt",
    "budget_exceeded",
    "policy_denied",
    "needs_confirmation",
    "conflict",
    "record",
];
const SUBMIT_FAILS: &[&str] = &[
    "unknown_agent",
    "bad_target",
    "no_tool",
    "bad_prompt",
    "budget_exceeded",
    "policy_denied",
    "needs_confirmation",
    "key_reused",
    "conflict",
    "record",
    "too_many_requests",
];
const RETRY_FAILS: &[&str] = &[
    "unknown_run",
    "run_over",
    "not_kept",
    "budget_exceeded",
    "policy_denied",
    "needs_confirmation",
    "conflict",
    "no_tool",
    "record",
];
const STOP_FAILS: &[&str] = &["unknown_run", "run_over", "record"];

pub(super) static ROUTES: &[Route] = &[
    Route::does(Verb::Post, "/api/v1/runs", "Start a run", |given| {
        Ok(Command::Submit {
            key: given.needed("idempotency-key")?,
            request: request(given)?,
        })
    })
    .about(
        "The answer comes when the run is on record; a supervisor of its own owns it from there. \
         The same key with the same body gives the same run again and starts nothing. A problem \
         `needs_confirmation` holds the questions of policies in `details.questions`; send the \
         request again with `\"consent\": true` to answer yes.",
    )
    .params(&[KEY])
    .body(REQUEST)
    .replies(&[
        Reply::json(201, "Started", "It is on record; `Location` says where."),
        Reply::json(200, "Started", "It was there already: a repeated key."),
    ])
    .fails(SUBMIT_FAILS),
    Route::does(
        Verb::Post,
        "/api/v1/route",
        "Where a request would go, and why",
        |given| Ok(Command::Route(request(given)?)),
    )
    .about("What `tollgate exec --dry-run --json` prints. Starts nothing.")
    .body(REQUEST)
    .fails(START_FAILS),
    Route::does(
        Verb::Post,
        "/api/v1/runs/{run}/cancel",
        "End a run step by step",
        |given| stop(given, false),
    )
    .about(
        "First the tool's own way to stop, then TERM, then KILL. The record says when it is over.",
    )
    .params(&[RUN])
    .body(STOP)
    .replies(&[Reply::json(202, "Stopping", "")])
    .fails(STOP_FAILS),
    Route::does(
        Verb::Post,
        "/api/v1/runs/{run}/kill",
        "End a run at once",
        |given| stop(given, true),
    )
    .params(&[RUN])
    .body(STOP)
    .replies(&[Reply::json(202, "Stopping", "")])
    .fails(STOP_FAILS),
    Route::does(
        Verb::Post,
        "/api/v1/runs/{run}/retry",
        "Try again what failed",
        |given| {
            Ok(Command::Retry {
                run: given.needed("run")?,
                invocation: given.text("invocation"),
                permission: permission(given),
            })
        },
    )
    .params(&[RUN])
    .body(RETRY)
    .replies(&[Reply::json(202, "Started", "")])
    .fails(RETRY_FAILS),
    Route::does(
        Verb::Delete,
        "/api/v1/runs/{run}/content",
        "Remove the prompts, logs, and answers of a run",
        |given| {
            Ok(Command::Forget {
                run: given.needed("run")?,
            })
        },
    )
    .about("The record of the run stays.")
    .params(&[RUN])
    .body(NOTHING)
    .replies(&[Reply::json(200, "Removed", "")])
    .fails(&["unknown_run", "conflict", "record"]),
];

const KEY: Param = Param::header(
    "idempotency-key",
    Kind::Key { max: 200 },
    "Yours to choose, new for each run; a UUID is fine.",
)
.required();

const REQUEST: Form = Form {
    limit: REQUEST_LIMIT,
    fields: &[
        AGENT.required(),
        Field::new(
            "prompt",
            Kind::Prose { max: PROMPT_LIMIT },
            "What is asked.",
        )
        .required(),
        Field::new("task_type", NAME, "Which kind of task it is."),
        Field::new("tool", NAME, "This tool and no other."),
        Field::new("model", NAME, "This model and no other."),
        Field::new("max_cost_usd", Kind::Dollars, "The most it may cost."),
        Field::new(
            "timeout",
            Kind::Line { max: 20 },
            "The longest it may take, as in `10m`.",
        ),
        Field::new("resume", NAME, "The conversation to go on with."),
        Field::new("tasks", Kind::Ids { max: 100 }, "The tasks that it is for."),
        CONSENT,
        FORCE,
        JUSTIFICATION,
    ],
    example: r#"{"agent": "architect", "prompt": "Say hello."}"#,
};

const STOP: Form = Form {
    limit: SMALL,
    fields: &[INVOCATION],
    example: "{}",
};

const RETRY: Form = Form {
    limit: SMALL,
    fields: &[INVOCATION, FORCE, CONSENT, JUSTIFICATION],
    example: "{}",
};

fn request(given: &Given) -> Result<RunRequest, Problem> {
    Ok(RunRequest {
        agent: given.needed("agent")?,
        prompt: given.needed("prompt")?,
        task_type: given.text("task_type"),
        tool: given.text("tool"),
        model: given.text("model"),
        max_cost_usd: given.text("max_cost_usd"),
        timeout: given.text("timeout"),
        resume: given.text("resume"),
        tasks: given.list("tasks"),
        permission: permission(given),
    })
}

fn permission(given: &Given) -> Permission {
    Permission {
        consent: given.flag("consent"),
        force: given.flag("force"),
        justification: given.text("justification"),
    }
}

fn stop(given: &Given, kill: bool) -> Result<Command, Problem> {
    Ok(Command::Stop {
        run: given.needed("run")?,
        invocation: given.text("invocation"),
        kill,
    })
}
