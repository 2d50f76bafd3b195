//! No spelling of a path leads anywhere else.

use super::house::House;
use crate::web::Question;

/// Ways out of a folder, as they were tried elsewhere.
const OUT: &[&str] = &[
    "../etc/passwd",
    "..%2fetc%2fpasswd",
    "..%2Fetc%2Fpasswd",
    "%2e%2e/etc/passwd",
    "%2e%2e%2fetc%2fpasswd",
    "%2E%2E%2Fetc",
    ".%2e/etc/passwd",
    "a/../../etc/passwd",
    "a/%2e%2e/%2e%2e/etc/passwd",
    "./a",
    "%2e/a",
    "a//b",
    "a/",
    "%2fetc%2fpasswd",
    "/etc/passwd",
    "//etc/passwd",
    "..%5cetc%5cpasswd",
    "a%5c..%5cb",
    "..\\etc",
    "a%00.md",
    "%00",
    "a%0ab",
    "a%0d%0aX-Injected:%20yes",
    "%c0%ae%c0%ae/etc/passwd",
    "%ff",
    "a%1b%5b31m",
    "%7f",
];

#[test]
fn no_spelling_leaves_the_folder_of_specifications() {
    let house = House::new();
    for path in OUT {
        let reply = house.get(&format!("/api/v1/specs/{path}"));
        assert!(
            matches!(reply.status, 400 | 404 | 422),
            "{path}: {}",
            reply.status
        );
        assert!(reply.header("x-injected").is_none());
    }
    assert_eq!(house.service.asked(), 0);
    // Decoded once and only once: what looks encoded after that is a name like another.
    let reply = house.get("/api/v1/specs/%252e%252e/a%2Fb.md");
    assert_eq!(reply.status, 200);
    let path = "%2e%2e/a/b.md".to_owned();
    assert_eq!(house.service.last_question(), Question::Spec { path });
}

#[test]
fn names_of_runs_attempts_and_tasks_are_no_paths() {
    let house = House::new();
    let paths = [
        "/api/v1/runs/X",
        "/api/v1/attempts/X",
        "/api/v1/attempts/X/log",
        "/api/v1/tasks/X",
    ];
    for out in OUT.iter().filter(|out| !matches!(**out, "a/" | "a//b")) {
        for path in paths {
            let path = path.replace('X', out);
            let reply = house.get(&path);
            assert!(
                matches!(reply.status, 400 | 404 | 422),
                "{path}: {}",
                reply.status
            );
        }
    }
    assert_eq!(house.service.asked(), 0);
}

#[test]
fn assets_come_out_of_a_list_and_nowhere_else() {
    let house = House::new();
    for path in OUT {
        let line = format!("GET /assets/{path}");
        let reply = house.send(&house.bare_request(&line, &[], ""));
        assert!(
            matches!(reply.status, 400 | 404 | 422),
            "{path}: {}",
            reply.status
        );
    }
    for path in [
        "/assets",
        "/assets/",
        "/assets/INDEX.HTML",
        "/index.html",
        "//",
        "/assets/app.js/",
    ] {
        let reply = house.send(&house.bare_request(&format!("GET {path}"), &[], ""));
        assert_eq!(reply.status, 404, "{path}");
    }
}

#[test]
fn what_is_not_there_is_a_problem_like_any_other() {
    let house = House::new();
    for path in [
        "/nothing",
        "/api/v1/",
        "/api/v1/runs/",
        "/api/v2/runs",
        "/api/v1/runs/A/B/C",
        "*",
    ] {
        let reply = house.get(path);
        assert_eq!(reply.status, 404, "{path}");
        assert_eq!(reply.code(), "not_found");
    }
}

#[test]
fn long_addresses_are_refused() {
    let house = House::new();
    let reply = house.get(&format!("/api/v1/runs/{}", "a".repeat(5000)));
    assert_eq!(reply.status, 414);
    assert_eq!(reply.code(), "uri_too_long");
    let reply = house.get(&format!("/api/v1/runs?q={}", "a".repeat(5000)));
    assert_eq!(reply.status, 414);
    let reply = house.get(&format!("/api/v1/runs/{}", "a".repeat(201)));
    assert_eq!(reply.status, 422);
    assert_eq!(house.service.asked(), 0);
}
