//! While the server serves, a collector that is configured is told what ended.
//!
//! One thread of its own does it, so that neither a page nor a run waits for a collector. What
//! cannot be sent stays on record and is tried again, later each time; a change of the configuration
//! takes effect with the next look. Nothing is sent unless somebody named a collector.

use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::house::House;
use crate::cli::escape::one_line;
use crate::cli::failure::{Code, Failure};
use crate::cli::run::record::failed as unread;
use crate::cli::screen::Screen;
use crate::cli::telemetry::{How, Teller, failed, refused};
use crate::engine::tell::{OtlpError, Pause as _, PushError, Pushed, Retries, Stop, Waited};
use crate::model::{Clock as _, SystemClock};
use crate::query::QueryError;

/// How often is looked whether something ended.
const LOOK: Duration = Duration::from_secs(2);

/// The first wait behind a failure; it doubles each time.
const FIRST_WAIT: Duration = Duration::from_secs(5);

/// No wait is longer, unless the collector asks for a longer one.
const LONGEST_WAIT: Duration = Duration::from_secs(300);

/// How long a stop waits for a request that is on its way. What it carries is sent again by whoever
/// comes next, with the same ids.
const GRACE: Duration = Duration::from_secs(2);

/// What is known of the telling, for the page that says what needs somebody.
#[derive(Default)]
pub(super) struct Telling {
    stop: Stop,
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    /// Why nothing more is sent.
    problem: Option<Problem>,
    /// What the collector did not take, lately.
    refused: Option<Problem>,
}

struct Problem {
    at: Timestamp,
    message: String,
}

impl Telling {
    /// What needs somebody.
    pub(super) fn needs(&self) -> Vec<Value> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let need = |title: &str, problem: &Problem| {
            json!({
                "kind": "record",
                "title": title,
                "detail": problem.message,
                "at": problem.at.to_string(),
            })
        };
        let problem = known.problem.as_ref();
        let refused = known.refused.as_ref();
        let problem = problem.map(|it| need("the collector is not told what ran", it));
        let refused = refused.map(|it| need("the collector did not take everything", it));
        problem.into_iter().chain(refused).collect()
    }

    fn change<T>(&self, change: impl FnOnce(&mut Known) -> T) -> T {
        change(&mut self.known.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The thread that tells.
pub(super) struct Thread {
    thread: JoinHandle<()>,
    /// Closed when it has ended; nothing is ever sent through it.
    over: Receiver<()>,
}

/// Begin to tell.
pub(super) fn start(house: &Arc<House>, screen: Screen) -> Result<Thread, Failure> {
    let (over_tx, over) = sync_channel(0);
    let beside = Arc::clone(house);
    let thread = std::thread::Builder::new()
        .name("telling".to_owned())
        .spawn(move || {
            let _over_tx = over_tx;
            Rounds::new(&beside, screen).go_on();
        })
        .map_err(|error| Failure::new(Code::Io, format!("cannot serve: {error}")))?;
    Ok(Thread { thread, over })
}

impl Thread {
    /// End it. One that is still being answered is left: it keeps its place only when it was.
    pub(super) fn end(self, house: &House, screen: Screen) {
        house.telling.stop.stop();
        match self.over.recv_timeout(GRACE) {
            Err(RecvTimeoutError::Timeout) => {
                screen.note(
                    "the collector did not answer in time; what it has not is sent next time",
                );
            }
            // A panic of it was shown by the hook.
            _ => drop(self.thread.join()),
        }
    }
}

/// What the thread remembers from look to look.
struct Rounds<'a> {
    house: &'a House,
    screen: Screen,
    teller: Option<Teller>,
    /// A collector is named, and must not or cannot be used.
    is_unusable: bool,
    /// The last event that the collector was told, and everything before it.
    told: Option<u64>,
    wait: Duration,
    not_before: Duration,
}

impl<'a> Rounds<'a> {
    fn new(house: &'a House, screen: Screen) -> Self {
        Self {
            house,
            screen,
            teller: None,
            is_unusable: false,
            told: None,
            wait: FIRST_WAIT,
            not_before: Duration::ZERO,
        }
    }

    fn go_on(&mut self) {
        loop {
            self.look();
            if self.house.telling.stop.pause(LOOK) == Waited::Stopped {
                return;
            }
        }
    }

    fn look(&mut self) {
        // One that cannot be read is shown on the page by whoever shows the configuration.
        let Ok(loaded) = self.house.loaded() else {
            return;
        };
        match Teller::of(&self.house.ground, &loaded) {
            Ok(teller) => self.change_to(teller),
            Err(failure) => {
                self.teller = None;
                self.is_unusable = true;
                return self.fail(&failure, None);
            }
        }
        if SystemClock.monotonic() >= self.not_before {
            self.tell();
        }
    }

    /// Another collector, or none, begins anew.
    fn change_to(&mut self, teller: Option<Teller>) {
        if teller == self.teller && !self.is_unusable {
            return;
        }
        if let Some(teller) = &teller {
            let endpoint = &teller.otlp.endpoint;
            self.screen
                .note(&format!("what ended is sent to {endpoint}"));
        }
        let (house, screen) = (self.house, self.screen);
        house.telling.change(|known| *known = Known::default());
        *self = Rounds {
            teller,
            ..Rounds::new(house, screen)
        };
    }

    fn tell(&mut self) {
        let Some(teller) = &self.teller else { return };
        let record = match self.house.record() {
            Ok(record) => record,
            Err(failure) => return self.fail(&failure, None),
        };
        match record.query.as_of_seq() {
            Ok(known) if known == self.told => return,
            Ok(_) => {}
            Err(error) => return self.fail(&unread(&error), None),
        }
        let how = How {
            again: false,
            retries: Retries {
                n_tries: 1,
                ..Retries::default()
            },
            pause: &self.house.telling.stop,
        };
        match teller.push(&record.query, &how) {
            Ok(pushed) => self.succeed(&pushed),
            // Whoever sends now sends this, too; or it is looked at again.
            Err(untold) if is_no_news(&untold.why) => self.remark(&untold.pushed),
            Err(untold) => {
                self.remark(&untold.pushed);
                let asked = match &untold.why {
                    PushError::Send(OtlpError::Busy { retry_after, .. }) => *retry_after,
                    _ => None,
                };
                self.fail(&failed(&untold.why), asked);
            }
        }
    }

    fn succeed(&mut self, pushed: &Pushed) {
        self.remark(pushed);
        self.told = pushed.at.as_ref().map(|at| at.seq);
        self.wait = FIRST_WAIT;
        if self
            .house
            .telling
            .change(|known| known.problem.take())
            .is_some()
        {
            self.screen
                .note("the collector takes what it is sent again");
        }
    }

    /// Said once; the page shows it for as long as it lasts.
    fn fail(&mut self, failure: &Failure, asked: Option<Duration>) {
        let wait = self.wait.max(asked.unwrap_or_default());
        self.not_before = SystemClock.monotonic().saturating_add(wait);
        self.wait = self.wait.saturating_mul(2).min(LONGEST_WAIT);
        let at = SystemClock.now();
        let is_new = self.house.telling.change(|known| {
            let before = known.problem.take();
            let at = before.as_ref().map_or(at, |before| before.at);
            let message = failure.message.clone();
            known.problem = Some(Problem { at, message });
            before.is_none()
        });
        if is_new {
            self.screen.warn(&failure.message);
            for hint in &failure.hints {
                self.screen.note(hint);
            }
            self.screen
                .note("nothing is lost: it stays on record, and sending is tried again");
        }
    }

    /// What the collector did not take.
    fn remark(&self, pushed: &Pushed) {
        if pushed.n_rejected == 0 {
            return;
        }
        let said = pushed.messages.first();
        let said = said.map_or_else(String::new, |said| format!(": {}", one_line(said, 300)));
        let message = format!("{}{said}", refused(pushed.n_rejected));
        self.screen.warn(&message);
        let at = SystemClock.now();
        let telling = &self.house.telling;
        telling.change(|known| known.refused = Some(Problem { at, message }));
    }
}

/// Another process sends, or this one is to stop.
fn is_no_news(why: &PushError<QueryError>) -> bool {
    matches!(
        why,
        PushError::Send(OtlpError::InUse { .. } | OtlpError::Stopped { .. })
    )
}
