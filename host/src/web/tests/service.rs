//! A service that remembers what it was asked, and answers as a test wants.

use std::sync::{Arc, Condvar, Mutex};

use serde_json::json;

use crate::web::{
    Answer, Command, Done, LiveEvent, LogSlice, Notice, Payload, Problem, Question, Service, Topic,
};

/// The bytes of every attempt's log.
pub(super) const LOG: &[u8] = b"0123456789abcdefghij";

#[derive(Default)]
pub(super) struct Fake {
    pub(super) questions: Mutex<Vec<Question>>,
    pub(super) commands: Mutex<Vec<Command>>,
    pub(super) notices: Mutex<Vec<Notice>>,
    /// The record, and the first event that it still knows.
    pub(super) record: Mutex<Vec<LiveEvent>>,
    pub(super) oldest: Mutex<u64>,
    /// How many look-backs there were.
    pub(super) n_looks: Mutex<usize>,
    gate: Mutex<Gate>,
    turned: Condvar,
}

#[derive(Default)]
struct Gate {
    is_open: bool,
    n_waiting: usize,
    n_at_once: usize,
}

impl Fake {
    pub(super) fn asked(&self) -> usize {
        self.questions.lock().unwrap().len() + self.commands.lock().unwrap().len()
    }

    pub(super) fn last_question(&self) -> Question {
        self.questions.lock().unwrap().last().unwrap().clone()
    }

    pub(super) fn last_command(&self) -> Command {
        self.commands.lock().unwrap().last().unwrap().clone()
    }

    /// Wait until `n` calls wait at the gate.
    pub(super) fn wait_for_waiting(&self, n: usize) {
        let gate = self.gate.lock().unwrap();
        let waits = |gate: &mut Gate| gate.n_waiting < n;
        drop(self.turned.wait_while(gate, waits).unwrap());
    }

    /// Let everybody through; returns how many waited at once at most.
    pub(super) fn open_gate(&self) -> usize {
        let mut gate = self.gate.lock().unwrap();
        gate.is_open = true;
        self.turned.notify_all();
        gate.n_at_once
    }

    fn wait_at_gate(&self) {
        let mut gate = self.gate.lock().unwrap();
        gate.n_waiting += 1;
        gate.n_at_once = gate.n_at_once.max(gate.n_waiting);
        self.turned.notify_all();
        let mut gate = self.turned.wait_while(gate, |gate| !gate.is_open).unwrap();
        gate.n_waiting -= 1;
    }

    fn run(&self, run: &str) -> Result<(), Problem> {
        match run {
            "RUN-MISSING" => Err(Problem::new("unknown_run", "there is no run of this name")
                .fix("see `tollgate run list`")),
            "RUN-SLOW" => {
                self.wait_at_gate();
                Ok(())
            }
            "RUN-PANICS" => panic!("a bug of the service"),
            _ => Ok(()),
        }
    }
}

impl Service for Fake {
    fn answer(&self, question: Question) -> Result<Answer, Problem> {
        self.questions.lock().unwrap().push(question.clone());
        match &question {
            Question::Run { run } => self.run(run)?,
            Question::Log { offset, limit, .. } => {
                return Ok(Answer {
                    body: Payload::Log(slice(*offset, *limit)),
                    seq: Some(7),
                    etag: None,
                });
            }
            Question::AnswerText { id } if id == "HOSTILE" => {
                let text = "<script>alert(1)</script>\u{1b}]52;c;ZXZpbA==\u{7}";
                return Ok(Answer::text("text/plain; charset=utf-8", text));
            }
            Question::AnswerText { id } if id == "LARGE" => {
                return Ok(Answer::text(
                    "text/plain; charset=utf-8",
                    "x".repeat(32 << 20),
                ));
            }
            Question::AnswerText { .. } | Question::Metrics => {
                return Ok(Answer::text("text/plain; charset=utf-8", "text"));
            }
            Question::Task { .. } | Question::Spec { .. } | Question::Initiatives => {
                return Ok(Answer::json(json!({"id": "T", "text": "t"}))
                    .as_of(7)
                    .version("v1"));
            }
            _ => {}
        }
        Ok(Answer::json(json!({"asked": format!("{question:?}")})).as_of(7))
    }

    fn perform(&self, command: Command) -> Result<Done, Problem> {
        self.commands.lock().unwrap().push(command.clone());
        match &command {
            Command::Submit { key, request } => match (key.as_str(), request.agent.as_str()) {
                ("again", _) => Ok(Done::ok(json!({"run_id": "RUN-1", "replayed": true}))),
                (_, "asked") => Err(Problem::new("needs_confirmation", "a policy asks")
                    .details(json!({"questions": [{"policy": "p", "text": "really?"}]}))),
                _ => Ok(Done::created("/api/v1/runs/RUN-1", json!({"run_id": "RUN-1"})).as_of(8)),
            },
            Command::Stop { run, .. } | Command::Retry { run, .. } => {
                self.run(run)?;
                Ok(Done::accepted(json!({"run_id": run})).as_of(9))
            }
            Command::SetPriority { if_match, .. } => match if_match.as_deref() {
                None | Some("v1") => Ok(Done::ok(json!({"id": "T"})).version("v2")),
                Some(_) => Err(Problem::new("precondition_failed", "the task has changed")),
            },
            _ => Ok(Done::ok(json!({"did": format!("{command:?}")}))),
        }
    }

    fn events_after(&self, after: u64, limit: usize) -> Result<Option<Vec<LiveEvent>>, Problem> {
        *self.n_looks.lock().unwrap() += 1;
        let record = self.record.lock().unwrap();
        let last = record.last().map_or(0, |event| event.seq);
        if after < *self.oldest.lock().unwrap() || after > last {
            return Ok(None);
        }
        let later = record.iter().filter(|event| event.seq > after);
        Ok(Some(later.take(limit).cloned().collect()))
    }

    fn noticed(&self, notice: Notice) {
        self.notices.lock().unwrap().push(notice);
    }
}

fn slice(offset: u64, limit: u64) -> LogSlice {
    let size = LOG.len() as u64;
    let first = offset.min(size);
    let next = (first + limit).min(size);
    let bytes = &LOG[usize::try_from(first).unwrap()..usize::try_from(next).unwrap()];
    LogSlice {
        bytes: bytes.to_vec(),
        offset: first,
        next,
        size,
        complete: true,
        left_out: 3,
    }
}

/// The event `seq`; every third is about usage.
pub(super) fn event(seq: u64) -> LiveEvent {
    let topic = if seq.is_multiple_of(3) {
        Topic::Usage
    } else {
        Topic::Runs
    };
    LiveEvent {
        seq,
        topic,
        json: Arc::from(format!(
            r#"{{"seq":{seq},"type":"run.submitted","data":{{}}}}"#
        )),
        kind: Arc::from("run.submitted"),
    }
}

/// The events `from..=to`.
pub(super) fn events(from: u64, to: u64) -> Vec<LiveEvent> {
    (from..=to).map(event).collect()
}
