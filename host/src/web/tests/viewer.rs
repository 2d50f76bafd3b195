//! A WebSocket client that speaks frame by frame.

use serde_json::{Value, json};

use super::client::Client;
use super::house::House;

const MASK: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

pub(super) struct Viewer {
    pub(super) client: Client,
}

/// What a server says on a socket.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Said {
    Text(Value),
    Ping,
    Close(u16),
    /// The connection ended without a word.
    End,
}

impl Viewer {
    /// An open socket that has not said who it is.
    pub(super) fn silent(house: &House) -> Self {
        let mut client = house.connect();
        client.write(&upgrade(house, &[]));
        let reply = client.reply();
        assert_eq!(reply.status, 101);
        assert_eq!(
            reply.header("sec-websocket-accept"),
            Some("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
        );
        Self { client }
    }

    /// A socket that was greeted with `more` besides the token.
    pub(super) fn greeted(house: &House, more: &Value) -> Self {
        let mut viewer = Self::silent(house);
        let mut greeting = json!({"token": house.token.as_str()});
        greeting
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        viewer.say(&greeting.to_string());
        viewer
    }

    /// A socket that was let in, and the event where it begins.
    pub(super) fn new(house: &House, more: &Value) -> (Self, u64) {
        let mut viewer = Self::greeted(house, more);
        let Said::Text(hello) = viewer.hear() else {
            panic!("no hello");
        };
        assert_eq!(hello["type"], "hello");
        let seq = hello["seq"].as_u64().unwrap();
        (viewer, seq)
    }

    pub(super) fn say(&mut self, text: &str) {
        self.frame(0x81, text.as_bytes());
    }

    /// One masked frame.
    pub(super) fn frame(&mut self, first: u8, payload: &[u8]) {
        let mut frame = vec![first];
        match u16::try_from(payload.len()) {
            Ok(n) if n < 126 => frame.push(0x80 | u8::try_from(n).unwrap()),
            Ok(n) => {
                frame.push(0x80 | 126);
                frame.extend(n.to_be_bytes());
            }
            Err(_) => {
                frame.push(0x80 | 127);
                frame.extend((payload.len() as u64).to_be_bytes());
            }
        }
        frame.extend(MASK);
        let masked = payload.iter().zip(MASK.iter().cycle());
        frame.extend(masked.map(|(byte, mask)| byte ^ mask));
        self.client.write(&frame);
    }

    /// The next thing that the server says.
    pub(super) fn hear(&mut self) -> Said {
        let Some((kind, payload)) = self.frame_heard() else {
            return Said::End;
        };
        match kind {
            0x81 => Said::Text(serde_json::from_slice(&payload).unwrap()),
            0x89 => Said::Ping,
            0x88 => Said::Close(u16::from_be_bytes([payload[0], payload[1]])),
            other => panic!("a frame of kind {other:#x}"),
        }
    }

    /// The next frame; `None` at the end, which may come within a frame when the server gives up.
    fn frame_heard(&mut self) -> Option<(u8, Vec<u8>)> {
        let head = self.client.whole(2)?;
        assert_eq!(head[1] & 0x80, 0, "a server does not mask");
        let length = match head[1] {
            126 => self.client.whole(2)?,
            127 => self.client.whole(8)?,
            n => vec![n],
        };
        let length = length
            .iter()
            .fold(0_usize, |n, byte| n << 8 | usize::from(*byte));
        Some((head[0], self.client.whole(length)?))
    }

    /// Everything from now on, up to and with the event `last`: the events in their order. Each
    /// message's own figure is checked.
    pub(super) fn events_to(&mut self, last: u64) -> Vec<u64> {
        let mut seqs: Vec<u64> = Vec::new();
        while seqs.last().is_none_or(|seq| *seq < last) {
            match self.hear() {
                Said::Text(message) if message["type"] == "events" => {
                    let events = message["events"].as_array().unwrap();
                    seqs.extend(events.iter().map(|event| event["seq"].as_u64().unwrap()));
                    assert!(message["seq"].as_u64() >= seqs.last().copied());
                }
                Said::Ping => self.frame(0x8a, b""),
                other => panic!("{other:?} after {:?}", seqs.last()),
            }
        }
        seqs
    }

    /// The last words: whether it was told to load everything again, and the close code.
    pub(super) fn last_words(&mut self) -> (Option<u64>, u16) {
        let mut resync = None;
        loop {
            match self.hear() {
                Said::Text(message) if message["type"] == "resync" => {
                    resync = message["seq"].as_u64();
                }
                Said::Text(_) | Said::Ping => {}
                Said::Close(code) => return (resync, code),
                Said::End => return (resync, 0),
            }
        }
    }
}

/// A request for a socket.
pub(super) fn upgrade(house: &House, more: &[&str]) -> Vec<u8> {
    let mut lines = vec![
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    ];
    lines.extend(more);
    house.bare_request("GET /api/v1/live", &lines, "")
}
