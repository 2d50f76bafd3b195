//! Slow, large, many, and broken: each costs what it may cost.

use std::io::Write;
use std::time::Duration;

use tokio::time::Instant;

use super::client::Client;
use super::house::{House, hasty};
use crate::web::Notice;

const RUN: &str = "POST /api/v1/runs";

#[test]
fn a_head_that_does_not_come_ends_the_connection() {
    let house = House::with(|options| hasty(&mut options.limits));
    for start in ["", "G", "GET /api/v1/overview HTTP/1.1\r\nHost: a\r\n"] {
        let mut client = house.connect();
        client.write(start.as_bytes());
        let said = String::from_utf8(client.all()).unwrap();
        assert!(
            said.is_empty() || said.starts_with("HTTP/1.1 408"),
            "{said}"
        );
    }
}

#[test]
fn a_head_that_drips_ends_too() {
    let house = House::with(|options| hasty(&mut options.limits));
    let began = Instant::now();
    let mut stream = house.connect().stream;
    // Each byte comes well within the time; all together do not.
    let ended = loop {
        if stream.write_all(b"G").is_err() {
            break began.elapsed();
        }
        assert!(
            began.elapsed() < Duration::from_secs(5),
            "it drips for ever"
        );
        std::thread::park_timeout(Duration::from_millis(20));
    };
    assert!(ended >= Duration::from_millis(250), "{ended:?}");
}

#[test]
fn an_idle_connection_goes_after_its_request() {
    let house = House::with(|options| hasty(&mut options.limits));
    let mut client = house.connect();
    client.write(&house.request("GET /api/v1/overview", &[], ""));
    assert_eq!(client.reply().status, 200);
    assert!(client.is_closed());
}

#[test]
fn a_body_that_does_not_come_is_a_problem() {
    let house = House::with(|options| hasty(&mut options.limits));
    let more = [
        "Content-Type: application/json",
        "Idempotency-Key: k",
        "Content-Length: 100",
    ];
    let mut client = house.connect();
    client.write(&house.request(RUN, &more, ""));
    client.write(b"{\"agent\"");
    let reply = client.reply();
    assert_eq!(
        (reply.status, reply.code().as_str()),
        (408, "request_timeout")
    );
    assert!(client.is_closed());
    assert_eq!(house.service.asked(), 0);
}

#[test]
fn a_body_that_ends_early_is_nobodys_request() {
    let house = House::new();
    let more = [
        "Content-Type: application/json",
        "Idempotency-Key: k",
        "Content-Length: 100",
    ];
    let mut client = house.connect();
    client.write(&house.request(RUN, &more, ""));
    client.write(b"{\"agent\": \"a\", \"prompt\": \"p\"}");
    client.stream.shutdown(std::net::Shutdown::Write).unwrap();
    client.all();
    drop(client);
    assert_eq!(house.get("/api/v1/agents").status, 200);
    assert!(house.service.commands.lock().unwrap().is_empty());
}

#[test]
fn a_body_waits_until_the_client_hears_that_it_may_come() {
    let house = House::new();
    let body = r#"{"agent":"a","prompt":"p"}"#;
    let length = format!("Content-Length: {}", body.len());
    let more = [
        "Content-Type: application/json",
        "Idempotency-Key: k",
        &length,
        "Expect: 100-continue",
    ];
    let mut client = house.connect();
    client.write(&house.request(RUN, &more, ""));
    assert_eq!(client.head().status, 100);
    client.write(body.as_bytes());
    assert_eq!(client.reply().status, 201);
    // Without a token it need not be sent at all.
    let mut client = house.connect();
    client.write(&house.bare_request(RUN, &more, ""));
    assert_eq!(client.head().status, 401);
}

#[test]
fn large_bodies_are_refused_and_the_client_hears_it() {
    let house = House::new();
    let large = |n: usize| format!(r#"{{"agent":"a","prompt":"{}"}}"#, "x".repeat(n));
    let key = ["Idempotency-Key: k"];
    assert_eq!(house.json(RUN, &key, &large(10 << 20)).status, 201);
    assert_eq!(house.json(RUN, &key, &large((10 << 20) + 1)).status, 422);
    assert_eq!(
        house
            .json("POST /api/v1/config/validate", &[], &large(900 << 10))
            .status,
        422
    );
    let reply = house.json("POST /api/v1/config/validate", &[], &large(1 << 20));
    assert_eq!((reply.status, reply.code().as_str()), (413, "too_large"));
    // Nothing of it is read first: a length is enough.
    let more = [
        "Content-Type: application/json",
        "Idempotency-Key: k",
        "Content-Length: 9999999999",
    ];
    let mut client = house.connect();
    client.write(&house.request(RUN, &more, ""));
    client.stream.shutdown(std::net::Shutdown::Write).unwrap();
    let said = client.all();
    assert!(said.is_empty() || said.starts_with(b"HTTP/1.1 413"));
    assert_eq!(house.service.commands.lock().unwrap().len(), 1);
}

#[test]
fn large_heads_are_refused() {
    let house = House::new();
    let large = format!("X-A: {}", "a".repeat(17 << 10));
    let reply = house.send(&house.request("GET /api/v1/overview", &[&large], ""));
    assert_eq!(reply.status, 431);
    let many: Vec<String> = (0..100).map(|n| format!("X-{n}: a")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let reply = house.send(&house.request("GET /api/v1/overview", &many, ""));
    assert_eq!(reply.status, 431);
    // One that never ends.
    let mut client = house.connect();
    client.write(b"GET / HTTP/1.1\r\nX-A: ");
    client.write(&vec![b'a'; 200 << 10]);
    let said = client.all();
    assert!(said.is_empty() || said.starts_with(b"HTTP/1.1 431"));
    assert_eq!(house.service.asked(), 0);
}

#[test]
fn a_few_calls_at_a_time_and_the_others_wait() {
    let house = House::with(|options| options.limits.n_reading = 3);
    let slow = house.request("GET /api/v1/runs/RUN-SLOW", &[], "");
    let mut waiting: Vec<Client> = (0..12).map(|_| house.connect()).collect();
    for client in &mut waiting {
        client.write(&slow);
    }
    house.service.wait_for_waiting(3);
    // Reading waits for reading; a change does not.
    let reply = house.json("POST /api/v1/runs/RUN-1/cancel", &[], "");
    assert_eq!(reply.status, 202);
    let reply = house.send(&house.bare_request("GET /healthz", &[], ""));
    assert_eq!(reply.status, 200);
    assert_eq!(house.service.open_gate(), 3);
    for client in &mut waiting {
        assert_eq!(client.reply().status, 200);
    }
}

#[test]
fn whoever_waits_too_long_for_a_turn_hears_it() {
    let house = House::with(|options| {
        options.limits.n_reading = 1;
        options.limits.turn = Duration::from_millis(100);
    });
    let mut first = house.connect();
    first.write(&house.request("GET /api/v1/runs/RUN-SLOW", &[], ""));
    house.service.wait_for_waiting(1);
    let reply = house.get("/api/v1/overview");
    assert_eq!((reply.status, reply.code().as_str()), (503, "unavailable"));
    assert_eq!(reply.header("retry-after"), Some("1"));
    house.service.open_gate();
    assert_eq!(first.reply().status, 200);
}

#[test]
fn a_panic_ends_its_request_and_nothing_else() {
    let house = House::new();
    for _ in 0..10 {
        let reply = house.get("/api/v1/runs/RUN-PANICS");
        assert_eq!((reply.status, reply.code().as_str()), (500, "internal"));
        assert!(!reply.text().contains("bug of the service"));
        assert!(reply.header("content-security-policy").is_some());
    }
    let reply = house.json("POST /api/v1/runs/RUN-PANICS/kill", &[], "");
    assert_eq!(reply.status, 500);
    assert_eq!(house.get("/api/v1/overview").status, 200);
    let notices = house.service.notices.lock().unwrap();
    let place = "/api/v1/runs/{run}".to_owned();
    assert_eq!(notices[0], Notice::Panicked { place });
    assert_eq!(notices.len(), 11);
}

#[test]
fn more_connections_wait_until_there_is_a_place() {
    let house = House::with(|options| options.limits.n_connections = 2);
    let request = house.request("GET /api/v1/overview", &[], "");
    let mut first = house.connect();
    first.write(&request);
    assert_eq!(first.reply().status, 200);
    let mut second = house.connect();
    second.write(&request);
    assert_eq!(second.reply().status, 200);
    let mut third = house.connect();
    third.write(&request);
    third.stream.set_nonblocking(true).unwrap();
    // The first two are still served while the third waits.
    first.write(&request);
    assert_eq!(first.reply().status, 200);
    let peeked = third.stream.peek(&mut [0]).map_err(|error| error.kind());
    assert_eq!(peeked, Err(std::io::ErrorKind::WouldBlock));
    third.stream.set_nonblocking(false).unwrap();
    drop(second);
    assert_eq!(third.reply().status, 200);
}

#[test]
fn a_client_that_does_not_read_loses_its_place() {
    let house = House::with(|options| {
        hasty(&mut options.limits);
        options.limits.n_connections = 1;
    });
    let mut lazy = house.connect();
    lazy.write(&house.request("GET /api/v1/attempts/LARGE/answer", &[], ""));
    // There is one place, so this is answered only when the lazy one has lost it.
    assert_eq!(house.get("/api/v1/overview").status, 200);
    assert!(lazy.all().len() < 32 << 20);
}

#[test]
fn many_requests_on_one_connection_come_in_order() {
    let house = House::new();
    let mut client = house.connect();
    let mut all = Vec::new();
    for n in 0..50 {
        all.extend(house.request(&format!("GET /api/v1/runs/RUN-{n}"), &[], ""));
    }
    client.write(&all);
    for n in 0..50 {
        let asked = client.reply().json()["asked"].as_str().unwrap().to_owned();
        assert!(asked.contains(&format!("\"RUN-{n}\"")), "{n}: {asked}");
    }
}

#[test]
fn garbage_costs_a_connection_and_nothing_else() {
    let house = House::new();
    for garbage in [
        &b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"[..],
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"\0\0\0\0\0\0\0\0\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET /\r\n\r\n",
        b"\r\n\r\n\r\n\r\nX",
        "GET /\u{e9} HTTP/1.1\r\nHost: a\r\n\r\n".as_bytes(),
    ] {
        let mut client = house.connect();
        client.write(garbage);
        client.stream.shutdown(std::net::Shutdown::Write).unwrap();
        let said = client.all();
        let refused = said.is_empty() || said.starts_with(b"HTTP/1.1 4");
        assert!(refused, "{}", String::from_utf8_lossy(&said));
    }
    assert_eq!(house.get("/api/v1/overview").status, 200);
}
