//! Reading runs, attempts, and what they printed.

use super::super::given::Given;
use super::super::kind::Kind;
use super::super::problem::Problem;
use super::super::question::{ExportFormat, LogStream, Question, RunStatus, RunsQuery};
use super::super::route::{Act, PLAIN, Param, Reply, Route, Verb};
use super::params::{ATTEMPT, NAME, RUN, SEQ};

pub(super) static ROUTES: &[Route] = &[
    Route::reads(
        "/api/v1/overview",
        "What runs, what needs somebody, what it costs",
        |_| Ok(Question::Overview),
    )
    .replies(&[Reply::json(200, "Overview", "")]),
    Route::reads(
        "/api/v1/runs",
        "The runs, newest first, a page at a time",
        runs,
    )
    .params(RUNS)
    .replies(&[Reply::json(200, "Runs", "")])
    .fails(&["unknown_run"]),
    Route::reads(
        "/api/v1/runs/{run}",
        "A run with its invocations and attempts",
        |given| {
            Ok(Question::Run {
                run: given.needed("run")?,
            })
        },
    )
    .params(&[RUN])
    .replies(&[Reply::json(200, "RunDetail", "")])
    .fails(&["unknown_run"]),
    Route::reads(
        "/api/v1/runs/{run}/why",
        "Why a run went as it did",
        |given| {
            Ok(Question::Why {
                run: given.needed("run")?,
            })
        },
    )
    .about("What `tollgate why --json` prints.")
    .params(&[RUN])
    .fails(&["unknown_run"]),
    Route::reads(
        "/api/v1/runs/{run}/events",
        "What the record says about a run",
        events,
    )
    .params(EVENTS)
    .replies(&[Reply::json(200, "Events", "")])
    .fails(&["unknown_run"]),
    Route::reads(
        "/api/v1/runs/{run}/export",
        "A run for other programs",
        |given| {
            Ok(Question::Export {
                run: given.needed("run")?,
                format: given.chosen("format", ExportFormat::of)?,
            })
        },
    )
    .params(&[RUN, FORMAT])
    .replies(&[
        Reply::json(200, "Object", "`json` and `otlp`."),
        Reply::of(200, "application/x-ndjson", "`jsonl` and `origin-jsonl`."),
        Reply::of(200, "application/yaml", "`yaml`."),
    ])
    .fails(&["unknown_run"]),
    Route::reads("/api/v1/attempts/{id}", "An attempt", |given| {
        Ok(Question::Attempt {
            id: given.needed("id")?,
        })
    })
    .params(&[ATTEMPT])
    .replies(&[Reply::json(200, "AttemptDetail", "")])
    .fails(&["unknown_attempt"]),
    Route::new(
        Verb::Get,
        "/api/v1/attempts/{id}/log",
        "What an attempt's tool printed",
        Act::Log,
    )
    .about(
        "The bytes as they are. `x-log-offset`, `x-log-next`, and `x-log-size` say where they \
             stand, `x-log-left-out` how many bytes were not kept; `x-log-complete: true` means \
             that no more will come. To follow a log, ask again from `x-log-next`.",
    )
    .params(LOG)
    .replies(&[
        Reply::of(200, PLAIN, "A piece of the log."),
        Reply::of(206, PLAIN, "The piece that `Range` asked for."),
    ])
    .fails(&["unknown_attempt", "not_kept", "range_not_satisfiable"]),
    Route::reads(
        "/api/v1/attempts/{id}/answer",
        "The answer of an attempt",
        |given| {
            Ok(Question::AnswerText {
                id: given.needed("id")?,
            })
        },
    )
    .params(&[ATTEMPT])
    .replies(&[Reply::of(200, PLAIN, "")])
    .fails(&["unknown_attempt", "not_kept"]),
];

const RUNS: &[Param] = &[
    Param::query(
        "status",
        Kind::OneOf(RunStatus::WORDS),
        "Runs in this state.",
    ),
    Param::query("agent", NAME, "Runs of this agent."),
    Param::query("tool", NAME, "Runs that used this tool."),
    Param::query("model", NAME, "Runs that used this model."),
    Param::query("initiative", NAME, "Runs for tasks of this initiative."),
    Param::query("task", NAME, "Runs for this task."),
    Param::query(
        "q",
        Kind::Line { max: 100 },
        "Found in the id, agent, tool, model, workflow, or failure code, in any case.",
    ),
    Param::query(
        "before",
        Kind::Id,
        "Only runs older than this one: `next` of the page before.",
    ),
    Param::query(
        "limit",
        Kind::Whole { min: 1, max: 200 },
        "At most so many.",
    )
    .or("50"),
];

const EVENTS: &[Param] = &[
    RUN,
    Param::query("after", SEQ, "Only events with a greater sequence number."),
    Param::query(
        "limit",
        Kind::Whole { min: 1, max: 1000 },
        "At most so many.",
    )
    .or("200"),
];

const FORMAT: Param =
    Param::query("format", Kind::OneOf(ExportFormat::WORDS), "Which format.").or("json");

const LOG: &[Param] = &[
    ATTEMPT,
    Param::query("stream", Kind::OneOf(LogStream::WORDS), "Which stream.").or("stdout"),
    Param::query(
        "offset",
        SEQ,
        "The first byte; 0 when neither this nor `Range` is given.",
    ),
    Param::query(
        "limit",
        Kind::Whole {
            min: 1,
            max: 1 << 20,
        },
        "At most so many bytes.",
    )
    .or("262144"),
    Param::header(
        "range",
        Kind::Line { max: 200 },
        "One range, as in `bytes=0-1023` or `bytes=-1024`; other forms are ignored.",
    ),
];

fn runs(given: &Given) -> Result<Question, Problem> {
    Ok(Question::Runs(RunsQuery {
        status: given.choice("status", RunStatus::of),
        agent: given.text("agent"),
        tool: given.text("tool"),
        model: given.text("model"),
        initiative: given.text("initiative"),
        task: given.text("task"),
        q: given.text("q"),
        before: given.text("before"),
        limit: given.count("limit")?,
    }))
}

fn events(given: &Given) -> Result<Question, Problem> {
    Ok(Question::RunEvents {
        run: given.needed("run")?,
        after: given.whole("after"),
        limit: given.count("limit")?,
    })
}
