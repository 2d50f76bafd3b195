//! Other names, pages, and framings do not get in, and nothing is asked of the service for them.

use super::house::House;
use crate::web::route::Verb;
use crate::web::routes::all;

#[test]
fn only_our_names_are_served() {
    let house = House::with(|options| options.names = vec!["desk.example".to_owned()]);
    let port = house.address.port();
    for (hosts, status) in hosts(port) {
        let token = house.token.as_str();
        let mut text = "GET /api/v1/overview HTTP/1.1\r\n".to_owned();
        for host in &hosts {
            text.push_str(&format!("{host}\r\n"));
        }
        text.push_str(&format!("Authorization: Bearer {token}\r\n\r\n"));
        let before = house.service.asked();
        let reply = house.send(text.as_bytes());
        assert_eq!(reply.status, status, "{hosts:?}");
        if status == 421 {
            assert_eq!(reply.code(), "misdirected");
            assert_eq!(reply.header("connection"), Some("close"), "{hosts:?}");
            assert_eq!(house.service.asked(), before, "{hosts:?}");
        }
    }
}

/// Lines that say for whom a request is, and what becomes of it.
fn hosts(port: u16) -> Vec<(Vec<String>, u16)> {
    let other = port ^ 1;
    vec![
        (vec![format!("Host: 127.0.0.1:{port}")], 200),
        (vec![format!("Host: localhost:{port}")], 200),
        (vec![format!("Host: LOCALHOST:{port}")], 200),
        (vec![format!("Host: [::1]:{port}")], 200),
        (vec![format!("Host: desk.example:{port}")], 200),
        (vec![], 421),
        (vec!["Host: ".to_owned()], 421),
        (vec!["Host: 127.0.0.1".to_owned()], 421),
        (vec![format!("Host: 127.0.0.1:{other}")], 421),
        (vec!["Host: desk.example".to_owned()], 421),
        (vec![format!("Host: evil.example:{port}")], 421),
        (vec![format!("Host: 127.0.0.1.evil.example:{port}")], 421),
        (vec![format!("Host: localhost.evil.example:{port}")], 421),
        (vec![format!("Host: localhost.:{port}")], 421),
        (vec![format!("Host: 0.0.0.0:{port}")], 421),
        (vec![format!("Host: [::]:{port}")], 421),
        (vec![format!("Host: 127.1:{port}")], 421),
        (vec![format!("Host: 2130706433:{port}")], 421),
        (vec![format!("Host: [::ffff:127.0.0.1]:{port}")], 421),
        (vec![format!("Host: user@127.0.0.1:{port}")], 421),
        (vec![format!("Host: evil.example#127.0.0.1:{port}")], 421),
        (
            vec![
                format!("Host: 127.0.0.1:{port}"),
                format!("Host: evil.example:{port}"),
            ],
            421,
        ),
        (
            vec![
                format!("Host: 127.0.0.1:{port}"),
                format!("Host: 127.0.0.1:{port}"),
            ],
            421,
        ),
        (
            vec![
                format!("Host: evil.example:{port}"),
                format!("X-Forwarded-Host: 127.0.0.1:{port}"),
            ],
            421,
        ),
    ]
}

#[test]
fn an_absolute_address_must_name_us_too() {
    let house = House::new();
    let host = house.host();
    for (address, status) in [
        (format!("http://{host}/api/v1/overview"), 200),
        ("http://evil.example/api/v1/overview".to_owned(), 421),
        (format!("http://user@{host}/api/v1/overview"), 421),
        (format!("https://{host}/api/v1/overview"), 421),
        (format!("ftp://{host}/api/v1/overview"), 421),
    ] {
        let reply = house.get(&address);
        assert_eq!(reply.status, status, "{address}");
    }
    // The other way round: a good address does not excuse a bad name.
    let text = format!(
        "GET http://{host}/api/v1/overview HTTP/1.1\r\nHost: evil.example\r\n\
         Authorization: Bearer {}\r\n\r\n",
        house.token.as_str()
    );
    assert_eq!(house.send(text.as_bytes()).status, 421);
}

#[test]
fn every_page_is_served_without_a_name_of_its_own_but_never_to_another() {
    let house = House::new();
    for path in [
        "/",
        "/healthz",
        "/health",
        "/api/v1/openapi.json",
        "/assets/app.js",
        "/nowhere",
    ] {
        let text = format!("GET {path} HTTP/1.1\r\nHost: evil.example\r\n\r\n");
        assert_eq!(house.send(text.as_bytes()).status, 421, "{path}");
    }
}

/// Header lines with which another page's request would come.
fn foreign(house: &House) -> Vec<Vec<String>> {
    let port = house.address.port();
    let one = |line: String| vec![line];
    let host = house.host();
    vec![
        one("Origin: null".to_owned()),
        one("Origin: ".to_owned()),
        one("Origin: http://evil.example".to_owned()),
        one(format!("Origin: http://evil.example:{port}")),
        one(format!("Origin: http://127.0.0.1:{}", port ^ 1)),
        one("Origin: http://127.0.0.1".to_owned()),
        one(format!("Origin: http://{host}.evil.example")),
        one(format!("Origin: http://evil.example/http://{host}")),
        one(format!("Origin: http://{host}/")),
        one(format!("Origin: file://{host}")),
        one(format!("Origin: {host}")),
        // Ours by address, and yet another origin than the one that is asked.
        one(format!("Origin: http://localhost:{port}")),
        vec![format!("Origin: http://{host}"), "Origin: null".to_owned()],
        one("Sec-Fetch-Site: cross-site".to_owned()),
        one("Sec-Fetch-Site: same-site".to_owned()),
        vec![
            format!("Origin: http://{host}"),
            "Sec-Fetch-Site: cross-site".to_owned(),
        ],
        vec![
            "Sec-Fetch-Site: same-origin".to_owned(),
            "Sec-Fetch-Site: cross-site".to_owned(),
        ],
    ]
}

#[test]
fn another_page_changes_nothing_even_with_the_token() {
    let house = House::new();
    for lines in foreign(&house) {
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        for route in all().filter(|route| route.verb != Verb::Get) {
            let path = route.path.replace(['{', '}', '*'], "");
            let line = format!("{} {path}", route.verb.as_str());
            let body = route.body.map_or("", |form| form.example);
            let reply = house.json(&line, &lines, body);
            assert_eq!(reply.status, 403, "{line} {lines:?}");
            assert_eq!(reply.code(), "forbidden_origin");
            assert_eq!(reply.header("access-control-allow-origin"), None);
        }
        for method in ["OPTIONS", "PUT", "DELETE", "TRACE"] {
            let reply = house.json(&format!("{method} /api/v1/overview"), &lines, "");
            assert_eq!(reply.status, 403, "{method} {lines:?}");
        }
    }
    assert_eq!(house.service.asked(), 0);
}

#[test]
fn our_page_and_programs_may_change_things() {
    let house = House::new();
    let host = house.host();
    for lines in [
        vec![],
        vec![format!("Origin: http://{host}")],
        vec![
            format!("Origin: http://{host}"),
            "Sec-Fetch-Site: same-origin".to_owned(),
        ],
    ] {
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        let reply = house.json("POST /api/v1/runs/RUN-1/cancel", &lines, "{}");
        assert_eq!(reply.status, 202, "{lines:?}");
    }
}

#[test]
fn a_form_of_another_page_is_no_request() {
    let house = House::new();
    let body = r#"{"agent":"a","prompt":"p"}"#;
    for kind in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/jsonp",
        "text/json",
        "application/json, text/plain",
        "",
    ] {
        let line = format!("Content-Type: {kind}");
        let request = house.request("POST /api/v1/runs", &[&line, "Idempotency-Key: k"], body);
        let reply = house.send(&request);
        assert_eq!(reply.status, 415, "{kind}");
        assert_eq!(reply.code(), "unsupported_media_type");
    }
    let key = "Idempotency-Key: k";
    let twice = [
        key,
        "Content-Type: application/json",
        "Content-Type: text/plain",
    ];
    let reply = house.send(&house.request("POST /api/v1/runs", &twice, body));
    assert_eq!(reply.status, 415);
    let packed = [
        key,
        "Content-Type: application/json",
        "Content-Encoding: gzip",
    ];
    let reply = house.send(&house.request("POST /api/v1/runs", &packed, body));
    assert_eq!(reply.status, 415);
    assert_eq!(house.service.asked(), 0);
}

#[test]
fn there_is_one_way_to_read_a_request() {
    let house = House::new();
    let token = format!("Authorization: Bearer {}", house.token.as_str());
    let start = |more: &str| {
        format!(
            "POST /api/v1/runs/RUN-1/cancel HTTP/1.1\r\nHost: {}\r\n{token}\r\n\
             Content-Type: application/json\r\n{more}",
            house.host()
        )
    };
    let hidden = format!(
        "GET /api/v1/agents HTTP/1.1\r\nHost: {}\r\n{token}\r\n\r\n",
        house.host()
    );
    for (what, text) in framings(&start, &hidden) {
        let mut client = house.connect();
        client.write(text.as_bytes());
        let said = String::from_utf8_lossy(&client.all()).into_owned();
        assert!(
            said.starts_with("HTTP/1.1 400") || said.starts_with("HTTP/1.1 411"),
            "{what}: {said}"
        );
        assert_eq!(said.matches("HTTP/1.1").count(), 1, "{what}: {said}");
    }
    assert_eq!(house.service.asked(), 0);
}

/// Requests that two readers might see an end of in two places.
fn framings(start: &dyn Fn(&str) -> String, hidden: &str) -> Vec<(&'static str, String)> {
    vec![
        (
            "chunks",
            start("Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        ),
        (
            "chunks and a length",
            start(&format!(
                "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n{hidden}"
            )),
        ),
        (
            "a length and chunks",
            start(&format!(
                "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n{hidden}"
            )),
        ),
        (
            "unknown coding",
            start("Transfer-Encoding: gzip\r\nContent-Length: 0\r\n\r\n"),
        ),
        (
            "disguised coding",
            start("Transfer-Encoding: xchunked\r\nContent-Length: 0\r\n\r\n"),
        ),
        (
            "two lengths",
            start(&format!(
                "Content-Length: 2\r\nContent-Length: 40\r\n\r\n{{}}{hidden}"
            )),
        ),
        ("a list of lengths", start("Content-Length: 2, 3\r\n\r\n{}")),
        ("a signed length", start("Content-Length: +2\r\n\r\n{}")),
        ("a length below zero", start("Content-Length: -1\r\n\r\n{}")),
        ("a hex length", start("Content-Length: 0x2\r\n\r\n{}")),
        (
            "an endless length",
            start("Content-Length: 99999999999999999999\r\n\r\n{}"),
        ),
        (
            "a space before the colon",
            start("Content-Length : 2\r\n\r\n{}"),
        ),
        (
            "a folded header",
            start("X-A: b\r\n Content-Length: 2\r\n\r\n{}"),
        ),
        ("a NUL", start("X-A: \0\r\nContent-Length: 2\r\n\r\n{}")),
        (
            "a bare CR",
            start("X-A: b\rX-B: c\r\nContent-Length: 2\r\n\r\n{}"),
        ),
    ]
}

#[test]
fn no_answer_lets_another_page_read_it() {
    let house = House::new();
    let requests = [
        house.request("GET /api/v1/overview", &["Origin: http://evil.example"], ""),
        house.request("GET /api/v1/attempts/A/log", &[], ""),
        house.request("GET /api/v1/runs/RUN-MISSING", &[], ""),
        house.request("GET /api/v1/nothing", &[], ""),
        house.request("PUT /api/v1/overview", &[], ""),
        house.bare_request("GET /api/v1/overview", &[], ""),
        house.bare_request("GET /", &[], ""),
        house.bare_request("GET /assets/app.js", &[], ""),
        house.bare_request("HEAD /", &[], ""),
        b"GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n".to_vec(),
    ];
    for request in requests {
        let mut client = house.connect();
        client.write(&request);
        let reply = client.head();
        let policy = reply.header("content-security-policy").unwrap();
        assert_eq!(
            policy,
            "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
             img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
             require-trusted-types-for 'script'"
        );
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
        ] {
            assert_eq!(reply.header(name), Some(value), "{request:?}");
        }
        let cached = reply.header("cache-control").unwrap();
        assert!(matches!(cached, "no-store" | "no-cache"), "{cached}");
        let names = reply.headers.iter().map(|(name, _)| name.as_str());
        for name in names {
            assert!(!name.starts_with("access-control"), "{name}");
            assert_ne!(name, "set-cookie");
            assert_ne!(name, "server");
        }
    }
}

#[test]
fn what_a_model_wrote_is_text() {
    let house = House::new();
    let reply = house.get("/api/v1/attempts/HOSTILE/answer");
    assert_eq!(
        reply.header("content-type"),
        Some("text/plain; charset=utf-8")
    );
    assert_eq!(reply.header("x-content-type-options"), Some("nosniff"));
    assert!(reply.text().starts_with("<script>"));
}
