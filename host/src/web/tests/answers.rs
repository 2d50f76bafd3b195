//! Statuses, headers, versions, and pieces of logs.

use super::house::House;
use super::service::LOG;
use crate::web::{CODES, Question, class};

#[test]
fn an_answer_says_up_to_where_it_looked() {
    let house = House::new();
    let reply = house.get("/api/v1/overview");
    assert_eq!(reply.status, 200);
    assert_eq!(reply.header("content-type"), Some("application/json"));
    assert_eq!(reply.header("x-index-seq"), Some("7"));
    assert_eq!(reply.header("cache-control"), Some("no-store"));
    assert_eq!(reply.json()["asked"], "Overview");
}

#[test]
fn what_is_the_same_is_not_sent_again() {
    let house = House::new();
    for path in [
        "/api/v1/tasks/T-1",
        "/api/v1/specs/a/b.md",
        "/api/v1/initiatives",
    ] {
        let reply = house.get(path);
        assert_eq!(reply.header("etag"), Some("\"v1\""), "{path}");
        for (seen, status) in [
            ("\"v1\"", 304),
            ("W/\"v1\"", 304),
            ("\"v0\", \"v1\"", 304),
            ("*", 304),
            ("\"v0\"", 200),
            ("v11", 200),
        ] {
            let line = format!("If-None-Match: {seen}");
            let reply = house.send(&house.request(&format!("GET {path}"), &[&line], ""));
            assert_eq!(reply.status, status, "{path} {seen}");
            assert_eq!(reply.header("etag"), Some("\"v1\""));
            assert_eq!(reply.header("x-index-seq"), Some("7"));
            assert_eq!(reply.body.is_empty(), status == 304);
        }
    }
}

#[test]
fn head_is_get_without_its_body() {
    let house = House::new();
    for path in [
        "/api/v1/overview",
        "/api/v1/attempts/A/log",
        "/",
        "/healthz",
        "/api/v1/openapi.json",
    ] {
        let whole = house.get(path);
        let mut client = house.connect();
        // Twice on one connection: a body that was sent all the same would be read as an answer.
        for _ in 0..2 {
            client.write(&house.request(&format!("HEAD {path}"), &[], ""));
            let reply = client.head();
            assert_eq!(reply.status, 200, "{path}");
            let length = reply.header("content-length").unwrap();
            assert_eq!(length, whole.body.len().to_string(), "{path}");
        }
    }
    let mut client = house.connect();
    client.write(&house.request("HEAD /api/v1/events", &[], ""));
    let reply = client.head();
    assert_eq!(reply.header("content-type"), Some("text/event-stream"));
}

#[test]
fn the_wrong_method_hears_the_right_ones() {
    let house = House::new();
    for (line, allowed) in [
        ("DELETE /api/v1/overview", "GET, HEAD"),
        ("PUT /api/v1/runs", "GET, POST, HEAD"),
        ("OPTIONS /api/v1/runs", "GET, POST, HEAD"),
        ("TRACE /", "GET, HEAD"),
        ("GET /api/v1/runs/RUN-1/cancel", "POST"),
        ("HEAD /api/v1/runs/RUN-1/cancel", "POST"),
        ("get /api/v1/overview", "GET, HEAD"),
    ] {
        let mut client = house.connect();
        client.write(&house.request(line, &[], ""));
        let reply = client.head();
        assert_eq!(reply.status, 405, "{line}");
        assert_eq!(reply.header("allow"), Some(allowed), "{line}");
    }
    assert_eq!(house.service.asked(), 0);
}

#[test]
fn a_log_says_where_its_piece_stands() {
    let house = House::new();
    let reply = house.get("/api/v1/attempts/A/log?stream=stderr&offset=5&limit=4");
    assert_eq!(reply.status, 200);
    assert_eq!(reply.body, &LOG[5..9]);
    assert_eq!(
        reply.header("content-type"),
        Some("text/plain; charset=utf-8")
    );
    for (name, value) in [
        ("x-log-offset", "5"),
        ("x-log-next", "9"),
        ("x-log-size", "20"),
        ("x-log-complete", "true"),
        ("x-log-left-out", "3"),
        ("accept-ranges", "bytes"),
    ] {
        assert_eq!(reply.header(name), Some(value), "{name}");
    }
    // Following: from `x-log-next`, which may be the end.
    let reply = house.get("/api/v1/attempts/A/log?offset=20");
    assert_eq!((reply.status, reply.body.len()), (200, 0));
}

#[test]
fn ranges_are_pieces_too() {
    let house = House::new();
    let log = |range: &str| {
        let line = format!("Range: {range}");
        house.send(&house.request("GET /api/v1/attempts/A/log", &[&line], ""))
    };
    for (range, bytes, stands) in [
        ("bytes=0-3", &LOG[..4], "bytes 0-3/20"),
        ("bytes=18-", &LOG[18..], "bytes 18-19/20"),
        ("bytes=18-99", &LOG[18..], "bytes 18-19/20"),
        ("bytes=-5", &LOG[15..], "bytes 15-19/20"),
        ("bytes=-99", LOG, "bytes 0-19/20"),
        ("bytes=0-18446744073709551615", LOG, "bytes 0-19/20"),
    ] {
        let reply = log(range);
        assert_eq!(reply.status, 206, "{range}");
        assert_eq!(reply.body, bytes, "{range}");
        assert_eq!(reply.header("content-range"), Some(stands), "{range}");
    }
    for range in ["bytes=20-", "bytes=99-100", "bytes=-0"] {
        let reply = log(range);
        assert_eq!(reply.status, 416, "{range}");
        assert_eq!(reply.code(), "range_not_satisfiable");
        assert_eq!(reply.header("content-range"), Some("bytes */20"));
    }
    for range in ["bytes=0-1,3-4", "items=1-2", "bytes=5-2"] {
        assert_eq!(log(range).status, 200, "{range}");
    }
    // A piece is never larger than it may be, whatever is asked.
    log("bytes=0-99999999");
    let Question::Log { limit, .. } = house.service.last_question() else {
        panic!("another question");
    };
    assert_eq!(limit, 1 << 20);
    let both = house.request(
        "GET /api/v1/attempts/A/log?offset=1",
        &["Range: bytes=0-1"],
        "",
    );
    assert_eq!(house.send(&both).status, 422);
}

#[test]
fn a_problem_of_the_service_keeps_its_code_and_its_hints() {
    let house = House::new();
    let reply = house.get("/api/v1/runs/RUN-MISSING");
    assert_eq!((reply.status, reply.code().as_str()), (404, "unknown_run"));
    assert_eq!(reply.json()["fix"][0], "see `tollgate run list`");
}

#[test]
fn every_code_has_one_row_and_a_status_that_says_error() {
    let mut codes: Vec<_> = CODES.iter().map(|class| class.code).collect();
    codes.sort_unstable();
    let n = codes.len();
    codes.dedup();
    assert_eq!(codes.len(), n, "a code stands there twice");
    assert!(CODES.iter().all(|class| (400..600).contains(&class.status)));
    assert_eq!(class("nobody told us").status, 500);
}

#[test]
fn the_page_is_asked_for_each_time_and_sent_once() {
    let house = House::new();
    let get = |path: &str, more: &[&str]| {
        house.send(&house.bare_request(&format!("GET {path}"), more, ""))
    };
    for (path, kind) in [
        ("/", "text/html; charset=utf-8"),
        ("/assets/index.html", "text/html; charset=utf-8"),
        ("/assets/style.css", "text/css; charset=utf-8"),
        ("/assets/app.js", "text/javascript; charset=utf-8"),
        ("/assets/favicon.svg", "image/svg+xml"),
    ] {
        let reply = get(path, &[]);
        assert_eq!(reply.status, 200, "{path}");
        assert_eq!(reply.header("content-type"), Some(kind));
        assert_eq!(reply.header("cache-control"), Some("no-cache"));
        let seen = format!("If-None-Match: {}", reply.header("etag").unwrap());
        let again = get(path, &[&seen]);
        assert_eq!((again.status, again.body.len()), (304, 0), "{path}");
    }
}
