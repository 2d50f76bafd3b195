//! The server goes in good time and in good order.

use std::net::{Ipv4Addr, Ipv6Addr, TcpListener, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

use super::house::House;
use super::service::Fake;
use super::viewer::Viewer;
use crate::model::SystemClock;
use crate::web::{Hub, ServeOptions, Token, WebError, serve};

#[test]
fn viewers_hear_that_it_goes() {
    let mut house = House::with(|options| options.limits.drain = Duration::from_secs(600));
    let (mut viewer, _) = Viewer::new(&house, &json!({}));
    let mut silent = Viewer::silent(&house);
    let mut stream = house.connect();
    stream.write(&house.request("GET /api/v1/events", &[], ""));
    assert_eq!(stream.head().status, 200);
    house.tell_to_go();
    assert_eq!(viewer.last_words(), (None, 1001));
    assert_eq!(silent.last_words(), (None, 1001));
    assert!(
        stream.all().ends_with(b"0\r\n\r\n"),
        "the stream ends whole"
    );
    drop((viewer, silent));
    assert!(house.stop() < Duration::from_secs(60));
}

#[test]
fn a_request_at_hand_is_answered_and_no_other() {
    let mut house = House::new();
    let mut client = house.connect();
    client.write(&house.request("GET /api/v1/runs/RUN-SLOW", &[], ""));
    house.service.wait_for_waiting(1);
    let mut idle = house.connect();
    idle.write(&house.request("GET /api/v1/overview", &[], ""));
    assert_eq!(idle.reply().status, 200);
    house.tell_to_go();
    assert!(idle.is_closed(), "an idle connection goes at once");
    house.service.open_gate();
    assert_eq!(client.reply().status, 200);
    assert!(client.is_closed());
    let address = house.address;
    house.stop();
    assert!(TcpStream::connect(address).is_err());
}

#[test]
fn whoever_does_not_end_is_ended() {
    let house = House::with(|options| {
        options.limits.drain = Duration::from_millis(200);
        options.limits.stall = Duration::from_secs(600);
    });
    let mut client = house.connect();
    client.write(&house.request("GET /api/v1/attempts/LARGE/answer", &[], ""));
    assert_eq!(client.head().status, 200);
    // It does not read on.
    assert!(house.stop() < Duration::from_secs(60));
}

fn serve_at(listeners: Vec<TcpListener>, names: Vec<String>) -> Result<(), WebError> {
    let mut options = ServeOptions::new(Token::random()?, Arc::new(SystemClock));
    options.names = names;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(WebError::Listen)?;
    let (service, hub) = (Arc::new(Fake::default()), Arc::new(Hub::new(1, 0)));
    runtime.block_on(serve(listeners, service, hub, options, async {}))
}

#[test]
fn other_machines_are_never_served() {
    let local = || TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let open = TcpListener::bind((Ipv4Addr::UNSPECIFIED, 0)).unwrap();
    let error = serve_at(vec![local(), open], vec![]).unwrap_err();
    assert!(matches!(error, WebError::NotLoopback { .. }), "{error}");
    let error = serve_at(vec![], vec![]).unwrap_err();
    assert!(matches!(error, WebError::NoListener), "{error}");
    for name in [
        "0.0.0.0",
        "0",
        "0.0.0.0:80",
        "",
        "a b",
        "a/b",
        "a:b",
        "a:0",
        "a..b",
        "[::]",
        "user@a",
    ] {
        let error = serve_at(vec![local()], vec![name.to_owned()]).unwrap_err();
        assert!(matches!(error, WebError::BadName { .. }), "{name}: {error}");
    }
    for name in ["desk", "desk.example", "DESK.example:443"] {
        serve_at(vec![local()], vec![name.to_owned()]).unwrap();
    }
    if let Ok(six) = TcpListener::bind((Ipv6Addr::LOCALHOST, 0)) {
        serve_at(vec![local(), six], vec![]).unwrap();
    }
}
