//! Events over server-sent events.

use std::time::Duration;

use super::client::Client;
use super::house::{House, hasty};
use super::service::{event, events};
use crate::web::LiveEvent;

struct Stream {
    client: Client,
    text: String,
}

impl Stream {
    fn new(house: &House, query: &str, more: &[&str]) -> Self {
        let mut client = house.connect();
        client.write(&house.request(&format!("GET /api/v1/events{query}"), more, ""));
        let reply = client.head();
        assert_eq!(reply.status, 200);
        assert_eq!(reply.header("content-type"), Some("text/event-stream"));
        assert_eq!(reply.header("cache-control"), Some("no-store"));
        Self {
            client,
            text: String::new(),
        }
    }

    /// The lines of the next event or comment; `None` at the end.
    fn next(&mut self) -> Option<Vec<String>> {
        loop {
            if let Some((block, rest)) = self.text.split_once("\n\n") {
                let lines = block.lines().map(str::to_owned).collect();
                self.text = rest.to_owned();
                return Some(lines);
            }
            let size = String::from_utf8(self.client.until(b"\r\n")).unwrap();
            let size = usize::from_str_radix(size.trim(), 16).unwrap();
            let chunk = self.client.exactly(size);
            self.client.until(b"\r\n");
            if size == 0 {
                return None;
            }
            self.text.push_str(&String::from_utf8(chunk).unwrap());
        }
    }

    /// The numbers of the events up to and with `last`.
    fn events_to(&mut self, last: u64) -> Vec<u64> {
        let mut seqs = Vec::new();
        while seqs.last().is_none_or(|seq| *seq < last) {
            let lines = self.next().unwrap();
            assert_eq!(lines[1], "event: run.submitted");
            seqs.push(lines[0].strip_prefix("id: ").unwrap().parse().unwrap());
        }
        seqs
    }
}

#[test]
fn a_stream_begins_where_it_is_asked_to() {
    let house = House::new();
    house.happen(events(11, 1000));
    for (query, more, begins) in [
        ("?since=0", vec![], 0),
        ("?since=900", vec![], 900),
        ("?since=900", vec!["Last-Event-ID: 990"], 990),
        ("", vec!["Last-Event-ID: 990"], 990),
    ] {
        let mut stream = Stream::new(&house, query, &more);
        let first = stream.next().unwrap();
        assert_eq!(first, ["retry: 1000".to_owned(), format!("id: {begins}")]);
        assert!(
            stream.events_to(1000).into_iter().eq(begins + 1..=1000),
            "{query}"
        );
    }
    let mut stream = Stream::new(&house, "", &[]);
    assert_eq!(stream.next().unwrap()[1], "id: 1000");
    house.happen(events(1001, 1001));
    let lines = stream.next().unwrap();
    assert_eq!(
        lines[2],
        r#"data: {"seq":1001,"type":"run.submitted","data":{}}"#
    );
    house.hub.board_changed();
    assert_eq!(stream.next().unwrap(), ["event: board", "data: {}"]);
}

#[test]
fn topics_choose() {
    let house = House::new();
    let mut stream = Stream::new(&house, "?topics=usage,config", &[]);
    stream.next();
    house.happen(events(11, 18));
    assert_eq!(stream.events_to(18), [12, 15, 18]);
    assert_eq!(house.get("/api/v1/events?topics=usage,").status, 422);
}

#[test]
fn a_place_that_is_not_known_is_told_and_left() {
    let house = House::new();
    let mut stream = Stream::new(&house, "?since=99", &[]);
    assert_eq!(
        stream.next().unwrap(),
        ["id: 10", "event: resync", "data: {\"seq\":10}"]
    );
    assert_eq!(stream.next(), None);
}

#[test]
fn quiet_is_shown_to_be_quiet() {
    let house = House::with(|options| options.limits.ping = Duration::from_millis(50));
    let mut stream = Stream::new(&house, "", &[]);
    stream.next();
    for _ in 0..3 {
        assert_eq!(stream.next().unwrap(), [": ping"]);
    }
}

#[test]
fn text_in_events_makes_no_events() {
    let house = House::new();
    let mut stream = Stream::new(&house, "", &[]);
    stream.next();
    let hostile = LiveEvent {
        kind: "a\nevent: evil\r\n\r\ndata: x".into(),
        json: "{\"seq\":11,\n\n\"data\":\"\rid: 99\"}".into(),
        ..event(11)
    };
    house.happen(vec![hostile]);
    let lines = stream.next().unwrap();
    assert_eq!(
        lines,
        [
            "id: 11",
            "event: aevent: evildata: x",
            "data: {\"seq\":11,",
            "data: ",
            "data: \"data\":\"",
            "data: id: 99\"}",
        ]
    );
}

#[test]
fn a_stream_that_is_not_read_is_cut_and_its_place_is_free_again() {
    let house = House::with(|options| {
        hasty(&mut options.limits);
        options.limits.n_viewers = 1;
        options.limits.batch = Duration::from_millis(1);
    });
    let mut lazy = Stream::new(&house, "", &[]);
    let text = "x".repeat(100_000);
    // Far more than the system keeps for somebody who does not read.
    let mut seq = 10;
    let is_full = || house.get("/api/v1/events?since=999999").status == 429;
    let began = tokio::time::Instant::now();
    while is_full() {
        assert!(began.elapsed() < Duration::from_secs(60), "it is never cut");
        seq += 1;
        let json = format!(r#"{{"seq":{seq},"data":"{text}"}}"#);
        house.happen(vec![LiveEvent {
            json: json.into(),
            ..event(seq)
        }]);
    }
    // What it had before is in order, up to where it was cut.
    let heard = lazy.client.all().len() as u64;
    assert!(
        heard < text.len() as u64 * (seq - 10),
        "it heard everything"
    );
}

#[test]
fn whoever_goes_gives_its_place_back() {
    let house = House::with(|options| options.limits.n_viewers = 1);
    for _ in 0..20 {
        let mut client = house.connect();
        let request = house.request("GET /api/v1/events", &[], "");
        // The place is free as soon as the server has heard that the one before went.
        let began = tokio::time::Instant::now();
        loop {
            client.write(&request);
            let reply = client.head();
            if reply.status == 200 {
                break;
            }
            assert_eq!(reply.status, 429);
            assert!(began.elapsed() < Duration::from_secs(10));
            client = house.connect();
        }
    }
}
