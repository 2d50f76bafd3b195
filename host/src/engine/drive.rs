//! Listening to a running tool until it is gone.
//!
//! The loop only collects: each turn brings one thing that happened, and a synchronous function
//! takes it in and says what to do to the process. Nothing is decided in the waiting.

use std::sync::Arc;
use std::time::Duration;

use crate::accounting::{Baseline, Tally};
use crate::lifecycle::AttemptFacts;
use crate::model::{
    Action, AttemptCancelRequested, AttemptSignalled, Chunk, Clock, Failure, FailureCode, Framing,
    Prices, Source, Step, StopReason, ToolEventBody, sentence,
};
use crate::process::{Ended, Interrupt, Interrupts, ProcessEvent, RunningChild};
use crate::sandbox::AdapterRun;

use super::error::EngineError;
use super::gate::Gate;
use super::house::Engine;
use super::progress::{Progress, Warning, Watcher};
use super::purse::Purse;
use super::reading::Reading;
use super::record::Record;
use super::viewing::Viewing;
use super::wishes::Wishes;

/// Everything that listening works with and fills.
pub(super) struct Drive<'a, 'r> {
    pub(super) run: AdapterRun,
    pub(super) reading: Reading,
    pub(super) facts: AttemptFacts,
    pub(super) baseline: Baseline,
    pub(super) prices: &'a dyn Fn(Option<&str>) -> Option<Prices>,
    pub(super) engine: &'a Engine,
    pub(super) purse: Purse<'a>,
    pub(super) gate: Gate<'a>,
    pub(super) framing: [Framing; 2],
    pub(super) record: &'a mut Record<'r>,
    pub(super) viewing: &'a mut Viewing,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) last_tally: Option<Tally>,
    pub(super) last_usage: Option<(Duration, Tally)>,
    /// When usage that was told is to be put on record, if some is not.
    pub(super) usage_due: Option<Duration>,
    pub(super) tree: Option<(bool, u32)>,
}

/// One turn of the loop.
enum Happening {
    Process(Option<ProcessEvent>),
    Interrupt(Interrupt),
    Recorded,
    UsageDue,
}

impl Drive<'_, '_> {
    /// Listen until the process is gone and hear the adapter's last word.
    pub(super) async fn through(
        &mut self,
        mut child: RunningChild,
        interrupts: &mut Interrupts,
        wishes: &mut Wishes,
    ) -> Result<(), EngineError> {
        loop {
            let usage_due = self.until_usage_due();
            let happening = tokio::select! {
                event = child.next() => Happening::Process(event),
                interrupt = interrupts.next() => Happening::Interrupt(interrupt),
                () = wishes.changed() => Happening::Recorded,
                () = pause(usage_due) => Happening::UsageDue,
            };
            match happening {
                Happening::Process(Some(ProcessEvent::Ended(ended))) => {
                    self.ended(ended);
                    break;
                }
                Happening::Process(Some(event)) => self.happened(event, &mut child)?,
                Happening::Process(None) => break,
                Happening::Recorded => self.look_for_wish(&mut child)?,
                Happening::UsageDue => self.keep_usage(self.tally())?,
                Happening::Interrupt(interrupt) => self.interrupted(interrupt, &mut child)?,
            }
        }
        self.last_word();
        self.tell_unrecognised();
        Ok(())
    }

    /// Tokens and money so far.
    pub(super) fn tally(&self) -> Tally {
        let prices = (self.prices)(self.reading.served_model.as_deref());
        self.reading.account.tally(&self.baseline, prices.as_ref())
    }

    fn happened(
        &mut self,
        event: ProcessEvent,
        child: &mut RunningChild,
    ) -> Result<(), EngineError> {
        match event {
            ProcessEvent::Output(chunks) => self.output(&chunks, child)?,
            ProcessEvent::OutputCapReached { source, cap } => self.warn(Warning::new(
                "output_cut",
                format!(
                    "{} is longer than {cap} bytes; the rest was dropped",
                    name(source)
                ),
            )),
            ProcessEvent::OutputFailed { source, error } => self.warn(Warning::new(
                "output_failed",
                format!("{} broke off: {error}", name(source)),
            )),
            ProcessEvent::AnswerUnreadable(error) => self.warn(Warning::new(
                "answer_unreadable",
                format!("failed to {}", sentence(&error)),
            )),
            ProcessEvent::StdinClosed { complete, .. } => {
                if !complete {
                    self.warn(Warning::new(
                        "prompt_not_read",
                        "the tool did not read all of its input",
                    ));
                }
            }
            ProcessEvent::TimedOut => self.stopping(StopReason::Timeout)?,
            ProcessEvent::Lingered => self.stopping(StopReason::Lingered)?,
            ProcessEvent::Signalled { signal, step, .. } => {
                self.viewing.see(Progress::Signalled {
                    signal: signal.as_str().to_owned(),
                });
                self.record.add(AttemptSignalled {
                    signal: signal.as_str().to_owned(),
                    step,
                });
                self.record.jot()?;
            }
            ProcessEvent::Drained { complete } => {
                if !complete {
                    self.warn(Warning::new(
                        "pipe_held",
                        "a process that the tool left behind held its output open",
                    ));
                }
            }
            ProcessEvent::Exited(_) | ProcessEvent::Ended(_) => {}
        }
        Ok(())
    }

    fn output(&mut self, chunks: &[Chunk], child: &mut RunningChild) -> Result<(), EngineError> {
        self.reading.n_lines += chunks.len() as u64;
        let [stdout, stderr] = self.framing;
        for chunk in chunks {
            let framing = if chunk.source == Source::Stderr {
                stderr
            } else {
                stdout
            };
            self.viewing.output(chunk, framing);
            if let Some(cut) = &chunk.cut {
                let (all, kept) = (cut.total_bytes, chunk.data.len());
                let message = format!("a line of {all} bytes was cut to its first {kept}");
                self.warn(Warning::new("line_cut", message));
            }
        }
        if self.facts.adapter_fault.is_some() {
            return Ok(());
        }
        match self.run.push(chunks) {
            Ok(step) => self.step(step, Some(child))?,
            Err(fault) => {
                self.adapter_failed(&fault);
                child.stop(StopReason::Adapter);
                self.stopping(StopReason::Adapter)?;
            }
        }
        self.show_plugin_logs();
        self.watch_money(child)
    }

    fn step(
        &mut self,
        step: Step,
        mut child: Option<&mut RunningChild>,
    ) -> Result<(), EngineError> {
        for event in &step.events {
            for progress in self.reading.hear(event) {
                self.viewing.see(progress);
            }
            let Some(child) = child.as_deref_mut() else {
                continue;
            };
            match &event.body {
                ToolEventBody::Finished(_) => child.finished(),
                ToolEventBody::Started(_) => child.resumed(),
                ToolEventBody::ToolCall(call) => {
                    let said = self.gate.tool_call(&call.name)?;
                    self.heed(said, child)?;
                }
                _ => {}
            }
        }
        for action in step.actions {
            match (action, child.as_deref_mut()) {
                (_, None) => {}
                (Action::WriteStdin(bytes), Some(child)) => {
                    if let Err(error) = child.write_stdin(bytes) {
                        let message = format!("failed to {}", sentence(&error));
                        self.warn(Warning::new("stdin", message));
                    }
                }
                (Action::CloseStdin, Some(child)) => child.close_stdin(),
                (Action::Interrupt, Some(child)) => {
                    child.stop(StopReason::Adapter);
                    self.stopping(StopReason::Adapter)?;
                }
                (Action::Other(kind, _), Some(_)) => self.warn(Warning::new(
                    "action_refused",
                    format!("the adapter asked for '{kind}', which this version does not know"),
                )),
            }
        }
        Ok(())
    }

    fn until_usage_due(&self) -> Option<Duration> {
        let due = self.usage_due?;
        Some(due.saturating_sub(self.clock.monotonic()))
    }

    /// Whether somebody wants it stopped is on record; the record is looked at whenever it changed.
    fn look_for_wish(&mut self, child: &mut RunningChild) -> Result<(), EngineError> {
        if self.facts.stopped.is_none() {
            let looked = self.purse.look_at_family(self.engine)?;
            self.heed_purse(looked, child)?;
        }
        let Some(kill) = self.record.wish()? else {
            return Ok(());
        };
        if kill {
            child.kill(StopReason::Interrupt);
        } else {
            child.stop(StopReason::Interrupt);
        }
        self.facts.stopped.get_or_insert(StopReason::Interrupt);
        Ok(())
    }

    fn interrupted(
        &mut self,
        interrupt: Interrupt,
        child: &mut RunningChild,
    ) -> Result<(), EngineError> {
        if interrupt == Interrupt::CtrlC && self.facts.stopped == Some(StopReason::Interrupt) {
            child.kill(StopReason::Interrupt);
            return Ok(());
        }
        child.stop(StopReason::Interrupt);
        self.stopping(StopReason::Interrupt)
    }

    /// The first reason for stopping is the one that counts; lingering is none, since the tool had
    /// said its last word.
    pub(super) fn stopping(&mut self, reason: StopReason) -> Result<(), EngineError> {
        if self.facts.stopped.is_some() {
            return Ok(());
        }
        self.facts.stopped = Some(reason);
        self.record.add(AttemptCancelRequested {
            reason: reason.as_str().to_owned(),
            kill: false,
        });
        self.record.jot()
    }

    fn ended(&mut self, ended: Ended) {
        self.facts.status = ended.status;
        self.tree = Some((ended.tree_empty, ended.swept));
        if !ended.tree_empty {
            self.warn(Warning::new(
                "tree_not_empty",
                "processes of the tool are still there and could not be ended",
            ));
        }
        if ended.swept > 0 {
            self.warn(Warning::new(
                "swept",
                format!("ended {} processes that the tool left behind", ended.swept),
            ));
        }
    }

    fn last_word(&mut self) {
        if self.facts.adapter_fault.is_none() {
            let reason = match self.facts.stopped {
                None => "exited",
                Some(StopReason::Interrupt) => "cancelled",
                Some(StopReason::OverBudget) => "over-budget",
                Some(reason) => reason.as_str(),
            };
            match self
                .run
                .finish(self.facts.status.unwrap_or_default(), reason)
            {
                // Without a process there is nothing to stop and nothing new to record.
                Ok(step) => drop(self.step(step, None)),
                Err(fault) => self.adapter_failed(&fault),
            }
            self.show_plugin_logs();
        }
        self.facts.finished = self.reading.finished.clone();
        self.facts.failure = self.reading.failure.clone();
    }

    fn adapter_failed(&mut self, fault: &dyn std::error::Error) {
        self.facts.adapter_fault = Some(Failure::fatal(
            FailureCode::ADAPTER_FAULT,
            format!("the adapter was stopped: {}", sentence(fault)),
        ));
    }

    fn show_plugin_logs(&mut self) {
        for line in self.run.take_logs() {
            self.viewing.see(Progress::Plugin {
                level: line.level.as_str().to_owned(),
                message: line.message,
            });
        }
    }
}

async fn pause(time: Option<Duration>) {
    match time {
        Some(time) => tokio::time::sleep(time).await,
        None => std::future::pending().await,
    }
}

fn name(source: Source) -> &'static str {
    match source {
        Source::Stdout => "standard output",
        Source::Stderr => "standard error",
        Source::OutputFile => "the output file",
    }
}
