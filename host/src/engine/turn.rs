//! One attempt as its supervisor sees it through, from the claim to the last batch.
//!
//! Its order is what makes the record true: the attempt's files are complete and durable before its
//! end is on record, and its end is on record before its slot is given away. Only a disk that is full
//! changes it: an end that was seen goes on record, whether its file can be written or not.

use std::sync::Arc;
use std::time::Duration;

use crate::model::{
    AttemptExited, AttemptOutcome, AttemptRef, AttemptWarned, OutputRef, PrivacyLevel, SessionId,
    SessionTotals, Target, sentence,
};
use crate::process::Interrupts;
use crate::spool::{AttemptFolder, InvocationFolder, Keep};

use super::aftermath::set_changes;
use super::attempt::{Attempt, AttemptEnd, Heard, millis};
use super::cancel::Cancel;
use super::closing::{Closed, Closing, close};
use super::error::EngineError;
use super::exit_file::{End, ExitFile};
use super::house::Engine;
use super::launch::Launch;
use super::ledger::OpenAttempt;
use super::progress::{Progress, Warning, Watcher};
use super::record::Record;
use super::report::AttemptReport;
use super::task_files::{Stayed, TaskFiles};
use super::viewing::Viewing;
use super::wishes::Wishes;

/// Everything that a supervisor works with.
pub(super) struct Turn<'e> {
    pub(super) engine: &'e Engine,
    pub(super) launch: &'e Launch,
    pub(super) prompt: Arc<str>,
    pub(super) name: AttemptRef,
    pub(super) invocation: InvocationFolder,
    /// When its supervisor began.
    pub(super) began: Duration,
}

impl Turn<'_> {
    /// See the attempt through. Only a record or a file that cannot be written is an error; the end
    /// of the attempt is then what recovery finds.
    pub(super) async fn take(self, interrupts: &mut Interrupts) -> Result<(), EngineError> {
        let folder = self.invocation.attempt(self.name.number);
        let queued = self.queued()?.ok_or(EngineError::NothingWritten)?;
        let target = &queued.target;
        let mut record = Record::new(&self.engine.desk, self.name.clone());
        let keeps = self.launch.detached || self.privacy() == PrivacyLevel::Full;
        let mut viewing = Viewing::new(&folder, keeps);
        self.wait_for(&queued, &record, &mut viewing, interrupts)
            .await?;
        let began = self.engine.clock().monotonic();
        let before = self.fingerprint();
        let mut stayed = self.begin_files();
        let attempt = Attempt {
            engine: self.engine,
            launch: self.launch,
            prompt: &self.prompt,
            target,
            record: &mut record,
            viewing: &mut viewing,
            folder: &folder,
        };
        let end = attempt.make(interrupts).await?;
        let mut exit = self.exit_file(target, &end, began);
        let changes = before.and_then(|before| self.changes(&before, &end));
        set_changes(&mut exit, changes);
        let told = exit.warnings.len();
        self.follow_up(target, &end, &mut exit, &mut record)?;
        for warning in &exit.warnings[told..] {
            viewing.see(Progress::Warning(warning.clone()));
        }
        let kept = end.heard.as_ref().map(|it| self.keep_answer(it, &folder));
        if let Some(Err(why)) = kept.map(|kept| kept.map(|output| set_output(&mut exit, output))) {
            let warning = answer_not_kept(&why);
            viewing.see(Progress::Warning(warning.clone()));
            exit.warnings.push(warning);
            record.add(AttemptWarned {
                code: "answer_not_kept".to_owned(),
                facts: serde_json::Map::new(),
            });
        }
        if exit.next.is_none() && end.outcome == AttemptOutcome::Done {
            stayed.extend(self.succeed_files());
        }
        tell_stayed(&stayed, &mut exit, &mut viewing, &mut record);
        self.tell_next(&end, &exit, &mut viewing);
        for (source, dropped) in viewing.finish() {
            record.add(log_cut(source, dropped));
        }
        if exit.next.is_none() {
            self.engine.desk.keep_request(&self.name, self.launch);
        }
        let kept = folder.write_exit(&exit, Keep::Fast);
        self.close(&exit, record)?;
        if kept.is_err() {
            // A full disk has a reserve for the record, which may have made room.
            folder
                .write_exit(&exit, Keep::Fast)
                .map_err(EngineError::Spool)?;
        }
        Ok(())
    }

    /// The attempt as it stands in the queue's record.
    fn queued(&self) -> Result<Option<OpenAttempt>, EngineError> {
        let name = &self.name;
        self.engine.desk.view(|ledger| {
            let open = ledger.open(&name.run, name.invocation)?;
            open.attempt.clone().filter(|it| it.number == name.number)
        })
    }

    /// Wait as long as the attempt is to wait, or until somebody wants it stopped: what comes after
    /// finds the wish on record.
    async fn wait_for(
        &self,
        queued: &OpenAttempt,
        record: &Record<'_>,
        viewing: &mut Viewing,
        interrupts: &mut Interrupts,
    ) -> Result<(), EngineError> {
        let Some(delay) = queued.delay_ms.map(Duration::from_millis) else {
            return Ok(());
        };
        let mut wishes = Wishes::watch(&self.engine.desk);
        let until = tokio::time::Instant::now() + delay;
        loop {
            if record.wish()?.is_some() {
                return Ok(());
            }
            tokio::select! {
                () = tokio::time::sleep_until(until) => return Ok(()),
                () = wishes.changed() => {}
                _ = interrupts.next() => {
                    viewing.see(Progress::Signalled { signal: "SIGINT".to_owned() });
                    let cancel = Cancel {
                        run: self.name.run.clone(),
                        invocation: Some(self.name.invocation),
                        kill: false,
                        reason: "interrupt",
                    };
                    return self.engine.desk.cancel(&cancel).map(drop);
                }
            }
        }
    }

    fn privacy(&self) -> PrivacyLevel {
        self.engine.settings.telemetry.privacy
    }

    fn close(&self, exit: &ExitFile, record: Record<'_>) -> Result<(), EngineError> {
        let closing = Closing {
            pending: record.into_pending(),
            limits: Some(&self.engine.settings.concurrency),
            ..Closing::new(&self.name, exit)
        };
        let closed = close(&self.engine.desk, &closing)?;
        if closed == Closed::Written {
            self.engine.desk.tidy(&self.name);
        }
        Ok(())
    }

    fn exit_file(&self, target: &Target, end: &AttemptEnd, began: Duration) -> ExitFile {
        let number = self.name.number;
        let code = end.failure.as_ref().map(|failure| failure.code.clone());
        ExitFile {
            report: AttemptReport {
                n: number,
                tool: target.tool.clone(),
                model: target.model.clone(),
                outcome: end.outcome,
                failure_code: code.clone(),
                failure_message: end.failure.as_ref().map(|failure| failure.message.clone()),
            },
            end: match (&end.heard, &code) {
                (Some(heard), _) => End::Exited(Box::new(self.exited(target, end, heard, began))),
                (None, Some(code)) if end.outcome != AttemptOutcome::Cancelled => {
                    End::NeverRan(code.clone())
                }
                (None, _) => End::Withdrawn,
            },
            warnings: end
                .heard
                .as_ref()
                .map(|heard| heard.reading.warnings.clone())
                .unwrap_or_default(),
            next: None,
            changes: None,
        }
    }

    /// The end of its process, with everything that must outlive it.
    fn exited(
        &self,
        target: &Target,
        end: &AttemptEnd,
        heard: &Heard,
        began: Duration,
    ) -> AttemptExited {
        let session = heard
            .reading
            .session
            .clone()
            .filter(|_| self.privacy() != PrivacyLevel::None);
        let elapsed = self.engine.clock().monotonic().saturating_sub(began);
        AttemptExited {
            target: target.clone(),
            outcome: end.outcome,
            failure_code: end.failure.as_ref().map(|failure| failure.code.clone()),
            exit_code: end.status.and_then(|status| status.code),
            signal: end.status.and_then(|status| status.signal),
            duration_ms: millis(elapsed),
            usage: heard.tally.usage,
            exactness: heard.tally.exactness,
            cost: heard.tally.cost,
            served_model: heard.reading.served_model.clone(),
            session_totals: session
                .as_ref()
                .map(|session| totals(target, session, heard)),
            session_id: session,
            n_lines: heard.reading.n_lines,
            n_unrecognised: heard.reading.n_unrecognised,
            output: None,
            tree_empty: end.tree.map(|(empty, _)| empty),
            swept: end.tree.map_or(0, |(_, swept)| swept),
            cancel_requested: end.cancel_requested,
            preferred_uusd: self.at_preferred(heard),
            prices: self.prices(target),
            changed_files: None,
        }
    }

    /// Keep the answer: for whoever waits, and for good where the privacy level asks for it. The
    /// end of an attempt that cost money goes on record whether that works or not.
    fn keep_answer(
        &self,
        heard: &Heard,
        folder: &AttemptFolder,
    ) -> Result<Option<OutputRef>, String> {
        let answer = &heard.reading.answer;
        let kept = self.engine.content().keep(answer.answer());
        if answer.any() {
            folder
                .write_answer(answer.answer(), Keep::Fast)
                .map_err(|error| sentence(&error))?;
        }
        kept.map_err(|error| sentence(&error))
    }

    /// The files of its tasks are in progress now; those that are not stay.
    fn begin_files(&self) -> Vec<Stayed> {
        let files = self.launch.asked.board.as_ref();
        files.map_or_else(Vec::new, |files| files.begin(&self.engine.desk.clock))
    }

    /// Nothing follows its success: the files of its tasks are done with it, or stay.
    fn succeed_files(&self) -> Vec<Stayed> {
        let files = self.launch.asked.board.as_ref();
        let succeed = |files: &TaskFiles| files.succeed(&self.name, &self.engine.desk.clock);
        files.map_or_else(Vec::new, succeed)
    }

    fn tell_next(&self, end: &AttemptEnd, exit: &ExitFile, viewing: &mut Viewing) {
        if let (Some(next), Some(failure)) = (&exit.next, &end.failure) {
            if next.is_retry() {
                let delay = Duration::from_millis(next.delay_ms);
                viewing.see(Progress::Retrying {
                    target: next.to.clone(),
                    failure: failure.clone(),
                    delay,
                });
                return;
            }
            viewing.see(Progress::FellBack {
                from: next.from.clone(),
                to: next.to.clone(),
                failure: failure.clone(),
                primary: next.from == self.launch.decision.target
                    && !self.launch.decision.fallback_used,
            });
        }
    }
}

/// To whoever waits, into the file of its end, and on record.
fn tell_stayed(
    stayed: &[Stayed],
    exit: &mut ExitFile,
    viewing: &mut Viewing,
    record: &mut Record<'_>,
) {
    for stayed in stayed {
        viewing.see(Progress::Warning(stayed.warning()));
        exit.warnings.push(stayed.warning());
        record.add(stayed.event());
    }
}

fn answer_not_kept(why: &str) -> Warning {
    let message = format!("the answer was not kept: failed to {why}");
    Warning::new("answer_not_kept", message)
}

fn set_output(exit: &mut ExitFile, output: Option<OutputRef>) {
    if let End::Exited(exited) = &mut exit.end {
        exited.output = output;
    }
}

fn log_cut(stream: &str, dropped: u64) -> AttemptWarned {
    let facts = [
        ("stream".to_owned(), stream.into()),
        ("dropped_bytes".to_owned(), dropped.into()),
    ];
    AttemptWarned {
        code: "log_cut".to_owned(),
        facts: facts.into_iter().collect(),
    }
}

/// The session's totals for the next resume. One that went on without telling its totals has
/// none any more, and says so.
fn totals(target: &Target, session: &SessionId, heard: &Heard) -> SessionTotals {
    heard
        .tally
        .session_totals(&target.tool)
        .filter(|totals| totals.session == *session)
        .unwrap_or_else(|| SessionTotals {
            tool: target.tool.clone(),
            session: session.clone(),
            usage: None,
            cost_uusd: None,
        })
}
