//! `tollgate telemetry push`: the collector is told what ended since the last time.

use std::time::Duration;

use serde_json::{Value, json};

use crate::cli::args::Global;
use crate::cli::escape::one_line;
use crate::cli::failure::Failure;
use crate::cli::open::Ground;
use crate::cli::run::record::OnRecord;
use crate::cli::screen::Screen;
use crate::engine::tell::{Pause, Pushed, Retries, Stop, Waited};

use super::args::PushArgs;
use super::teller::{How, Teller};

/// Send it, and say what was sent.
pub(super) fn run(args: PushArgs, global: &Global, screen: Screen) -> Result<(), Failure> {
    let ground = Ground::find(global)?;
    let loaded = ground.load(screen)?;
    let Some(teller) = Teller::of(&ground, &loaded)? else {
        return Err(super::off(&ground));
    };
    let record = OnRecord::open(&ground, screen)?;
    let waiting = Waiting {
        screen,
        stop: Stop::default(),
    };
    let how = How {
        again: args.again,
        retries: Retries {
            n_tries: args.tries,
            ..Retries::default()
        },
        pause: &waiting,
    };
    let pushed = teller.push(&record.query, &how);
    screen.clear_status();
    match pushed {
        Ok(pushed) => {
            tell(&teller, &pushed, &record, screen);
            Ok(())
        }
        Err(untold) => {
            let mut failure = super::failed(&untold.why);
            if untold.pushed != Pushed::default() {
                remark(&untold.pushed, screen);
            }
            let document = document(&teller, &untold.pushed, &record);
            failure.details = Some(Box::new(document));
            Err(failure)
        }
    }
}

/// Says that it waits, and waits.
struct Waiting {
    screen: Screen,
    stop: Stop,
}

impl Pause for Waiting {
    fn pause(&self, time: Duration) -> Waited {
        let seconds = time.as_secs_f64();
        self.screen.status(&format!(
            "the collector does not take it now; tried again in {seconds:.0} s"
        ));
        self.stop.pause(time)
    }
}

fn tell(teller: &Teller, pushed: &Pushed, record: &OnRecord, screen: Screen) {
    if screen.json() {
        screen.document(&document(teller, pushed, record));
        return;
    }
    let endpoint = &teller.otlp.endpoint;
    let line = match what(pushed) {
        Some(what) => format!("{what} sent to {endpoint}"),
        None if pushed.n_rejected > 0 => format!("nothing taken by {endpoint}"),
        None => format!("nothing new for {endpoint}"),
    };
    screen.result(&line);
    if let Some(at) = &pushed.at {
        screen.note(&format!("it has everything up to event {}", at.seq));
    }
    remark(pushed, screen);
}

/// What the collector did not take, and what it said.
fn remark(pushed: &Pushed, screen: Screen) {
    if pushed.n_rejected > 0 {
        screen.warn(&refused(pushed.n_rejected));
    }
    for message in &pushed.messages {
        screen.warn(&format!("the collector says: {}", one_line(message, 300)));
    }
}

/// The collector did not take so many.
pub(in crate::cli) fn refused(n_rejected: u64) -> String {
    let what = match n_rejected {
        1 => "1 span or data point".to_owned(),
        n => format!("{n} spans or data points"),
    };
    format!("the collector did not take {what}, and is not sent them again")
}

/// What was sent, in words.
fn what(pushed: &Pushed) -> Option<String> {
    let spans = match pushed.n_spans {
        0 => None,
        1 => Some("1 span".to_owned()),
        n => Some(format!("{n} spans")),
    };
    match (spans, pushed.n_metrics > 0) {
        (Some(spans), true) => Some(format!("{spans} and metrics")),
        (Some(spans), false) => Some(spans),
        (None, true) => Some("metrics".to_owned()),
        (None, false) => None,
    }
}

fn document(teller: &Teller, pushed: &Pushed, record: &OnRecord) -> Value {
    json!({
        "endpoint": teller.otlp.endpoint,
        "spans": pushed.n_spans,
        "metric_requests": pushed.n_metrics,
        "rejected": pushed.n_rejected,
        "messages": pushed.messages,
        "up_to_event": pushed.at.as_ref().map(|at| at.seq),
        "record_warnings": record.warnings,
    })
}
