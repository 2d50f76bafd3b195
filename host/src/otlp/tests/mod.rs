//! The room against a collector of its own: a server on this machine that answers as it is told.

mod pushing;
mod sending;
mod server;

use std::sync::Mutex;
use std::time::Duration;

use super::{Collector, Pause, Retries, Sender, Waited};
use crate::model::{FixedClock, Otlp, OtlpEndpoint};
use crate::telemetry::samples::at;

/// Notes the waits and takes no time for them.
#[derive(Default)]
struct Noted {
    waits: Mutex<Vec<Duration>>,
    /// The wait of this number, from 1, is ended.
    stopped_at: Option<usize>,
}

impl Pause for Noted {
    fn pause(&self, time: Duration) -> Waited {
        let mut waits = self.waits.lock().unwrap();
        waits.push(time);
        match self.stopped_at {
            Some(n) if waits.len() >= n => Waited::Stopped,
            _ => Waited::Over,
        }
    }
}

impl Noted {
    fn seconds(&self) -> Vec<u64> {
        let waits = self.waits.lock().unwrap();
        waits.iter().map(Duration::as_secs).collect()
    }
}

fn clock() -> FixedClock {
    FixedClock::at(at(100))
}

fn otlp(endpoint: &str) -> Otlp {
    let mut otlp = Otlp::at(OtlpEndpoint::parse(endpoint).unwrap());
    otlp.timeout = Duration::from_secs(5);
    otlp
}

fn sender<'a>(otlp: &Otlp, clock: &'a FixedClock, pause: &'a Noted) -> Sender<'a> {
    let headers = [("authorization".to_owned(), "Bearer hunter2".to_owned())];
    let collector = Collector::new(otlp, &headers).unwrap();
    Sender::new(collector, Retries::default(), clock, pause)
}
