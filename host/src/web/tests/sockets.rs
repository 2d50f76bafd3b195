//! Events over WebSockets, with slow and rude viewers.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde_json::json;
use tokio::time::Instant;

use super::client::Client;
use super::house::{House, hasty};
use super::service::{event, events};
use super::viewer::{Said, Viewer, upgrade};
use crate::web::{LiveEvent, Notice};

#[test]
fn a_viewer_hears_what_happens() {
    let house = House::new();
    let (mut viewer, seq) = Viewer::new(&house, &json!({}));
    assert_eq!(seq, 10);
    house.happen(events(11, 13));
    let Said::Text(message) = viewer.hear() else {
        panic!("no events");
    };
    assert_eq!(message["seq"], 13);
    assert_eq!(
        message["events"][0],
        json!({"seq": 11, "type": "run.submitted", "data": {}})
    );
    assert_eq!(message["events"].as_array().unwrap().len(), 3);
    house.hub.board_changed();
    assert_eq!(viewer.hear(), Said::Text(json!({"type": "board"})));
}

#[test]
fn what_was_missed_comes_first_from_the_record_then_from_the_ring() {
    let house = House::new();
    // 64 stay in the ring; the others are on record.
    house.happen(events(11, 2000));
    for since in [0, 1, 9, 10, 1000, 1935, 1936, 1937, 1999, 2000] {
        let (mut viewer, seq) = Viewer::new(&house, &json!({"since": since}));
        assert_eq!(seq, since);
        if since < 2000 {
            let heard = viewer.events_to(2000);
            assert!(heard.into_iter().eq(since + 1..=2000), "since {since}");
        }
    }
    let (mut viewer, _) = Viewer::new(&house, &json!({"since": 2000}));
    house.happen(events(2001, 2001));
    assert_eq!(viewer.events_to(2001), [2001]);
}

#[test]
fn a_place_that_is_not_known_is_told_and_left() {
    let house = House::new();
    *house.service.oldest.lock().unwrap() = 5;
    for since in [4, 11, 1_u64 << 50] {
        let mut viewer = Viewer::greeted(&house, &json!({"since": since}));
        assert_eq!(viewer.last_words(), (Some(10), 4409), "{since}");
    }
    let (_, seq) = Viewer::new(&house, &json!({"since": 5}));
    assert_eq!(seq, 5);
}

#[test]
fn an_answer_may_be_ahead_of_the_events_by_a_moment() {
    let house = House::new();
    // On record and shown, and not told to the hub yet.
    house.service.record.lock().unwrap().extend(events(11, 20));
    let (mut viewer, seq) = Viewer::new(&house, &json!({"since": 15}));
    assert_eq!(seq, 15);
    house.hub.publish(events(11, 20));
    assert!(viewer.events_to(20).into_iter().eq(16..=20));
}

#[test]
fn topics_choose() {
    let house = House::new();
    let (mut viewer, _) = Viewer::new(&house, &json!({"topics": ["usage"]}));
    house.hub.board_changed();
    house.happen(events(11, 20));
    house.happen(events(21, 24));
    assert_eq!(viewer.events_to(24), [12, 15, 18, 21, 24]);
    let (mut viewer, _) = Viewer::new(&house, &json!({"topics": ["board"]}));
    house.happen(events(25, 30));
    house.hub.board_changed();
    assert_eq!(viewer.hear(), Said::Text(json!({"type": "board"})));
}

#[test]
fn the_first_after_quiet_comes_at_once() {
    // If it waited for its turn, it would come long after the client has lost its patience.
    let house = House::with(|options| options.limits.batch = Duration::from_secs(600));
    let (mut viewer, _) = Viewer::new(&house, &json!({}));
    house.happen(events(11, 11));
    assert_eq!(viewer.events_to(11), [11]);
}

#[test]
fn what_happens_soon_after_comes_together() {
    let gap = Duration::from_secs(1);
    let house = House::with(|options| options.limits.batch = gap);
    let (mut viewer, _) = Viewer::new(&house, &json!({}));
    let began = Instant::now();
    house.happen(events(11, 11));
    assert_eq!(viewer.events_to(11), [11]);
    for seq in 12..=40 {
        house.happen(events(seq, seq));
    }
    let Said::Text(message) = viewer.hear() else {
        panic!("no events");
    };
    assert!(began.elapsed() >= gap, "{:?}", began.elapsed());
    assert_eq!(message["events"].as_array().unwrap().len(), 29);
}

#[test]
fn whoever_has_no_token_hears_nothing() {
    let house = House::with(|options| options.limits.greeting = Duration::from_secs(1));
    let token = house.token.as_str();
    house.happen(events(11, 20));
    for (said, code) in [
        (r#"{"token": ""}"#.to_owned(), 4401),
        (format!(r#"{{"token": "{}"}}"#, &token[1..]), 4401),
        (format!(r#"{{"token": "{token}0", "since": 0}}"#), 4401),
        (r#"{"since": 0}"#.to_owned(), 4400),
        (token.to_owned(), 4400),
        ("[]".to_owned(), 4400),
        (format!(r#"{{"token": "{token}", "more": 1}}"#), 4400),
        (format!(r#"{{"token": "{token}", "since": -1}}"#), 4400),
        (
            format!(r#"{{"token": "{token}", "since": 18446744073709551615}}"#),
            4400,
        ),
        (
            format!(r#"{{"token": "{token}", "topics": ["all"]}}"#),
            4400,
        ),
    ] {
        let mut viewer = Viewer::silent(&house);
        viewer.say(&said);
        assert_eq!(viewer.hear(), Said::Close(code), "{said}");
    }
    let mut viewer = Viewer::silent(&house);
    viewer.frame(0x82, token.as_bytes());
    assert_eq!(viewer.hear(), Said::Close(4400), "bytes");
    let began = Instant::now();
    let mut viewer = Viewer::silent(&house);
    viewer.frame(0x89, b"are you there");
    assert_eq!(viewer.client.exactly(2)[0], 0x8a);
    assert_eq!(viewer.client.exactly(13), b"are you there");
    assert_eq!(viewer.hear(), Said::Close(4408), "nothing");
    assert!(began.elapsed() >= Duration::from_secs(1));
    assert_eq!(*house.service.n_looks.lock().unwrap(), 0);
}

#[test]
fn another_page_opens_no_socket() {
    let house = House::new();
    let port = house.address.port();
    for line in [
        "Origin: null".to_owned(),
        "Origin: http://evil.example".to_owned(),
        format!("Origin: http://127.0.0.1:{}", port ^ 1),
        format!("Origin: http://localhost:{port}"),
        "Sec-Fetch-Site: cross-site".to_owned(),
    ] {
        let reply = house.send(&upgrade(&house, &[&line]));
        assert_eq!(
            (reply.status, reply.code().as_str()),
            (403, "forbidden_origin"),
            "{line}"
        );
    }
    let ours = format!("Origin: http://{}", house.host());
    assert_eq!(house.send(&upgrade(&house, &[&ours])).status, 101);
    // A token in the address is none, and is refused.
    let line = format!("GET /api/v1/live?token={}", house.token.as_str());
    let request = String::from_utf8(upgrade(&house, &[])).unwrap();
    let request = request.replace("GET /api/v1/live", &line);
    assert_eq!(house.send(request.as_bytes()).status, 422);
}

#[test]
fn what_is_no_upgrade_is_told_so() {
    let house = House::new();
    let reply = house.get("/api/v1/live");
    assert_eq!(
        (reply.status, reply.code().as_str()),
        (426, "upgrade_required")
    );
    assert_eq!(reply.header("upgrade"), Some("websocket"));
    let request = String::from_utf8(upgrade(&house, &[])).unwrap();
    let old = request.replace("Version: 13", "Version: 8");
    assert_eq!(house.send(old.as_bytes()).status, 426);
    let post = request.replace("GET ", "POST ");
    assert_eq!(house.send(post.as_bytes()).status, 405);
}

/// What a viewer does with a text that is too long.
type Rudeness = fn(&mut Viewer, &[u8]);

#[test]
fn rude_frames_end_the_socket() {
    let house = House::new();
    let large = vec![b'a'; 5000];
    let rude: [(&str, Rudeness); 5] = [
        ("too large", |viewer, large| viewer.frame(0x81, large)),
        ("too large in parts", |viewer, large| {
            viewer.frame(0x01, &large[..4000]);
            viewer.frame(0x80, &large[..4000]);
        }),
        ("no mask", |viewer, _| {
            viewer.client.write(&[0x81, 2, b'h', b'i']);
        }),
        ("unknown kind", |viewer, _| viewer.frame(0x83, b"")),
        ("no UTF-8", |viewer, _| viewer.frame(0x81, &[0xff, 0xfe])),
    ];
    for (what, be_rude) in rude {
        let mut before = Viewer::silent(&house);
        be_rude(&mut before, &large);
        assert_ne!(before.last_words().1, 1000, "{what}");
        let (mut after, _) = Viewer::new(&house, &json!({}));
        be_rude(&mut after, &large);
        assert_ne!(after.last_words().1, 1000, "{what}");
    }
    // A head that announces more than there will ever be costs nothing.
    let mut viewer = Viewer::silent(&house);
    viewer
        .client
        .write(&[0x81, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]);
    viewer.last_words();
    assert_eq!(house.get("/api/v1/overview").status, 200);
}

#[test]
fn what_a_viewer_says_later_means_nothing() {
    let house = House::new();
    let (mut viewer, _) = Viewer::new(&house, &json!({}));
    for _ in 0..100 {
        viewer.say(r#"{"token": "another", "since": 0}"#);
    }
    house.happen(events(11, 11));
    assert_eq!(viewer.events_to(11), [11]);
}

#[test]
fn silence_is_asked_about_and_then_ends() {
    let house = House::with(|options| options.limits.ping = Duration::from_millis(300));
    let (mut viewer, _) = Viewer::new(&house, &json!({}));
    for _ in 0..4 {
        assert_eq!(viewer.hear(), Said::Ping);
        viewer.frame(0x8a, b"");
    }
    let mut n_pings = 0;
    while viewer.hear() == Said::Ping {
        n_pings += 1;
    }
    assert!((2..=4).contains(&n_pings), "{n_pings}");
}

#[test]
fn there_are_so_many_places_and_they_come_back() {
    let house = House::with(|options| options.limits.n_viewers = 3);
    let mut viewers: Vec<Viewer> = (0..3).map(|_| Viewer::new(&house, &json!({})).0).collect();
    let refused = || house.send(&upgrade(&house, &[]));
    let reply = refused();
    assert_eq!(
        (reply.status, reply.code().as_str()),
        (429, "too_many_requests")
    );
    assert_eq!(
        house.get("/api/v1/events").status,
        429,
        "streams take the same places"
    );
    // One takes its leave, another just goes.
    viewers[0].frame(0x88, &1000_u16.to_be_bytes());
    assert_eq!(viewers[0].last_words().1, 1000);
    drop(viewers.pop());
    let mut came = 0;
    let began = Instant::now();
    while came < 2 {
        assert!(
            began.elapsed() < Duration::from_secs(10),
            "the places do not come back"
        );
        let mut client = house.connect();
        client.write(&upgrade(&house, &[]));
        if client.head().status == 101 {
            came += 1;
            viewers.push(Viewer { client });
        }
    }
}

/// An event of `n` bytes.
fn large(seq: u64, n: usize) -> LiveEvent {
    let text = "x".repeat(n);
    LiveEvent {
        json: format!(r#"{{"seq":{seq},"type":"run.submitted","data":{{"text":"{text}"}}}}"#)
            .into(),
        ..event(seq)
    }
}

#[test]
fn one_of_fifty_stops_reading_and_nobody_else_notices() {
    let house = House::with(|options| {
        hasty(&mut options.limits);
        options.limits.batch = Duration::from_millis(5);
        // The others read as fast as a busy machine lets them.
        options.limits.send = Duration::from_secs(4);
        options.limits.stall = Duration::from_secs(20);
    });
    let (mut lazy, _) = Viewer::new(&house, &json!({}));
    lazy.client.keep_little();
    let viewers: Vec<Viewer> = (0..49).map(|_| Viewer::new(&house, &json!({})).0).collect();
    let (first, last) = (11, 400);
    let seen: Vec<AtomicU64> = viewers.iter().map(|_| AtomicU64::new(first)).collect();
    std::thread::scope(|scope| {
        for (mut viewer, seen) in viewers.into_iter().zip(&seen) {
            scope.spawn(move || {
                let mut heard = Vec::new();
                while heard.last() != Some(&last) {
                    let next = heard.last().map_or(first, |seq| seq + 1);
                    heard.extend(viewer.events_to(next));
                    seen.store(heard[heard.len() - 1], Ordering::Relaxed);
                }
                assert!(heard.into_iter().eq(first..=last), "each once and in order");
            });
        }
        // As fast as the 49 read, so that the ring is enough for them.
        for seq in first..=last {
            let slowest = || seen.iter().map(|seen| seen.load(Ordering::Relaxed)).min();
            while slowest().unwrap() + 50 < seq {
                std::thread::yield_now();
            }
            house.happen(vec![large(seq, 20_000)]);
        }
    });
    let began = Instant::now();
    let is_cut = || {
        house
            .service
            .notices
            .lock()
            .unwrap()
            .contains(&Notice::ViewerCut)
    };
    while !is_cut() {
        assert!(
            began.elapsed() < Duration::from_secs(30),
            "the lazy one is never cut"
        );
        std::thread::yield_now();
    }
    // The lazy one was cut, and would hear so if it read.
    let (resync, code) = lazy.last_words();
    assert!(code == 4409 || code == 0, "{code}");
    assert!(resync.is_some() || code == 0);
    // It comes back from where it was, and has missed nothing.
    let (mut viewer, _) = Viewer::new(&house, &json!({"since": last - 30}));
    assert!(viewer.events_to(last).into_iter().eq(last - 29..=last));
}

#[test]
fn whoever_falls_out_of_the_ring_loads_again() {
    let house = House::with(|options| options.limits.batch = Duration::from_secs(2));
    let (mut viewer, _) = Viewer::new(&house, &json!({}));
    house.happen(events(11, 11));
    assert_eq!(viewer.events_to(11), [11]);
    // While nothing is told: more than the ring holds.
    house.happen(events(12, 200));
    assert_eq!(viewer.last_words(), (Some(200), 4409));
}

#[test]
fn viewers_that_come_and_go_miss_nothing() {
    let house = House::with(|options| options.limits.batch = Duration::from_millis(1));
    let last = 3000;
    std::thread::scope(|scope| {
        for n in 0..6 {
            let house = &house;
            scope.spawn(move || {
                let mut seen = 10;
                let mut heard = Vec::new();
                // Each goes after some messages and comes back from where it was.
                while seen < last {
                    let (mut viewer, from) = Viewer::new(house, &json!({"since": seen}));
                    assert_eq!(from, seen);
                    for _ in 0..=n {
                        match viewer.hear() {
                            Said::Text(message) if message["type"] == "events" => {
                                let events = message["events"].as_array().unwrap();
                                heard.extend(
                                    events.iter().map(|event| event["seq"].as_u64().unwrap()),
                                );
                                seen = message["seq"].as_u64().unwrap();
                            }
                            // Cut, like anybody who is too slow: come back from where it was.
                            _ => break,
                        }
                        if seen >= last {
                            break;
                        }
                    }
                }
                assert!(heard.into_iter().eq(11..=last), "viewer {n}");
            });
        }
        for seq in 11..=last {
            house.happen(events(seq, seq));
        }
    });
}

#[test]
fn a_socket_holds_no_place_among_the_connections() {
    let house = House::with(|options| options.limits.n_connections = 1);
    let _viewers: Vec<Viewer> = (0..5).map(|_| Viewer::new(&house, &json!({})).0).collect();
    let mut client: Client = house.connect();
    client.write(&house.request("GET /api/v1/overview", &[], ""));
    assert_eq!(client.reply().status, 200);
}
