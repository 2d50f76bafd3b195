//! Events as they happen.

use super::super::kind::Kind;
use super::super::live::Topic;
use super::super::route::{Act, Param, Reply, Route, Verb};
use super::params::SEQ;

pub(super) static ROUTES: &[Route] = &[
    Route::new(Verb::Get, "/api/v1/live", "Events as they happen, for browsers", Act::Socket)
        .about(
            "A WebSocket. The token is the first message, within 2 s: \
             `{\"token\": \"…\", \"since\": 41, \"topics\": [\"runs\"]}`. The server says \
             `{\"type\": \"hello\", \"seq\": 41}`, then \
             `{\"type\": \"events\", \"seq\": 43, \"events\": […]}` at most every 50 ms, each event \
             once and in order, `{\"type\": \"board\"}` when files of the board changed, and \
             `{\"type\": \"resync\", \"seq\": 99}` before it closes because the client reads too \
             slowly or `since` is not known: load everything again, then come back with the new \
             number. Close codes: 1001 the server goes, 4400 the first message makes no sense, \
             4401 the token, 4408 no first message, 4409 resync.",
        )
        .open()
        .replies(&[Reply::of(101, "", "The WebSocket is open.")])
        .fails(&["forbidden_origin", "bad_request", "upgrade_required", "too_many_requests"]),
    Route::new(Verb::Get, "/api/v1/events", "Events as they happen, for programs", Act::Stream)
        .about(
            "Server-sent events: `id: SEQ`, `event: TYPE`, `data: {…}`. `event: resync` comes \
             before the stream ends because the client reads too slowly or `since` is not known. \
             A comment every 15 s shows that the server is there.",
        )
        .params(STREAM)
        .replies(&[Reply::of(200, "text/event-stream", "The events, until somebody goes.")])
        .fails(&["too_many_requests"]),
];

const STREAM: &[Param] = &[
    Param::query(
        "since",
        SEQ,
        "Events after this one; those to come when it is not given.",
    ),
    Param::query(
        "topics",
        Kind::Several(Topic::WORDS),
        "Only events of these kinds; all when it is not given.",
    ),
    Param::header(
        "last-event-id",
        SEQ,
        "As `since`, and stronger; browsers send it by themselves.",
    ),
];
