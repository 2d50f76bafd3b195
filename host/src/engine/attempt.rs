//! One attempt, from its adapter to its end.
//!
//! The order is fixed: plan in the sandbox, record the intent, start the process, record the start,
//! listen until it is gone, hear the adapter's last word. What each fact means is decided in
//! `lifecycle` and `accounting`.

use std::sync::Arc;
use std::time::Duration;

use uuid::Uuid;

use crate::accounting::{Baseline, Tally};
use crate::lifecycle::{AttemptFacts, Effects, conclude, is_same_model};
use crate::model::{
    AttemptIntent, AttemptOutcome, AttemptStarted, ExitStatus, Failure, FailureCode, Prices,
    PrivacyLevel, ProcessRef, Settings, Target,
};
use crate::process::{Caps, Identity, Interrupts, RunningChild, Tenure, start_ticks};
use crate::spool::AttemptFolder;

use super::drive::Drive;
use super::error::EngineError;
use super::gate::Gate;
use super::house::Engine;
use super::launch::Launch;
use super::prepare::{Prepared, spawn_failure, tools_name};
use super::process_file::ProcessFile;
use super::progress::{Progress, Watcher};
use super::purse::Purse;
use super::reading::Reading;
use super::record::{Intended, Record};
use super::viewing::Viewing;
use super::wishes::Wishes;

/// How an attempt ended, with everything that is known about it.
pub(super) struct AttemptEnd {
    /// How it ended.
    pub(super) outcome: AttemptOutcome,
    /// What went wrong.
    pub(super) failure: Option<Failure>,
    /// How its process ended, if there was one.
    pub(super) status: Option<ExitStatus>,
    /// What it did on the way.
    pub(super) effects: Effects,
    /// Whether all of its processes are gone, and how many had to be ended.
    pub(super) tree: Option<(bool, u32)>,
    /// A stop was asked for.
    pub(super) cancel_requested: bool,
    /// What was heard; `None` when no process ran.
    pub(super) heard: Option<Heard>,
}

/// What a process left behind.
pub(super) struct Heard {
    /// Everything its adapter understood.
    pub(super) reading: Reading,
    /// Tokens and money.
    pub(super) tally: Tally,
}

/// Everything that one attempt works with.
pub(super) struct Attempt<'a, 'r> {
    pub(super) engine: &'a Engine,
    pub(super) launch: &'a Launch,
    pub(super) prompt: &'a Arc<str>,
    pub(super) target: &'a Target,
    pub(super) record: &'a mut Record<'r>,
    pub(super) viewing: &'a mut Viewing,
    pub(super) folder: &'a AttemptFolder,
}

impl Attempt<'_, '_> {
    /// Make the attempt. An attempt that fails is a result; only a record that cannot be written is
    /// an error.
    pub(super) async fn make(
        mut self,
        interrupts: &mut Interrupts,
    ) -> Result<AttemptEnd, EngineError> {
        let Some(tool) = self.engine.settings.tools.get(&self.target.tool) else {
            let missing = format!("tool '{}' is not configured", self.target.tool);
            let failure = Failure::fatal(FailureCode::TOOL_MISSING, missing);
            return Ok(not_started(failure));
        };
        let asked = &self.launch.asked;
        let purse = Purse::open(self.engine, &asked.agent, self.target, self.record)?;
        let prepared = match self.prepare(tool, purse.most(self.engine)?) {
            Ok(prepared) => prepared,
            Err(failure) => return Ok(not_started(failure)),
        };
        let mut gate = Gate::new(self.engine, self.launch, self.target, self.record.name());
        let program = prepared.spec.program.display().to_string();
        let said = gate.command(program, prepared.shown_args.clone())?;
        if let Some(judged) = said.judged {
            self.record.add_to_invocation(judged);
        }
        if let Some(failure) = said.stop {
            return Ok(not_started(failure));
        }
        let baseline = match self.intend(&prepared)? {
            Intended::Go(baseline) => baseline,
            Intended::Stopped => return Ok(stopped_before_start()),
        };
        self.viewing.see(Progress::Starting {
            attempt: self.record.name().to_string(),
            target: self.target.clone(),
        });
        let spec = prepared.spec.clone();
        let child = match RunningChild::spawn_under(Tenure::Sole, spec, Caps::default()) {
            Ok(child) => child,
            Err(error) => return Ok(not_started(spawn_failure(&error))),
        };
        self.record_start(&child.identity(), prepared.spec.marker)?;
        let watching = Watching {
            baseline,
            purse,
            gate,
        };
        self.listen(prepared, child, watching, interrupts).await
    }

    /// Make it durable that a process is about to be started, and learn what its session used
    /// before.
    fn intend(&mut self, prepared: &Prepared) -> Result<Intended, EngineError> {
        let private = self.engine.settings.telemetry.privacy == PrivacyLevel::None;
        let shown = |text: String| (!private).then_some(text);
        let intent = AttemptIntent {
            target: self.target.clone(),
            adapter: prepared.adapter.clone(),
            program: shown(prepared.spec.program.display().to_string()),
            n_args: u32::try_from(prepared.spec.args.len()).unwrap_or(u32::MAX),
            timeout_ms: millis(prepared.spec.timeout),
            resume: self.launch.asked.resume.clone().filter(|_| !private),
            marker: prepared.spec.marker,
        };
        self.record
            .intend(intent, &self.target.tool, self.launch.asked.resume.as_ref())
    }

    /// Who runs: first in a file, since that is quick, then on record.
    fn record_start(&mut self, tool: &Identity, marker: Uuid) -> Result<(), EngineError> {
        let supervisor = ProcessRef {
            pid: std::process::id(),
            start_ticks: start_ticks(std::process::id()),
        };
        let process = ProcessFile {
            pid: tool.pid,
            start_ticks: tool.start_ticks,
            supervisor,
            boot: self.engine.desk.boot.clone(),
            marker,
        };
        self.folder
            .write_process(&process)
            .map_err(EngineError::Spool)?;
        self.record.add(AttemptStarted {
            pid: tool.pid,
            pgid: tool.pgid,
            start_ticks: tool.start_ticks,
            supervisor: Some(supervisor),
        });
        self.record.commit()
    }

    async fn listen(
        self,
        prepared: Prepared,
        child: RunningChild,
        watching: Watching<'_>,
        interrupts: &mut Interrupts,
    ) -> Result<AttemptEnd, EngineError> {
        let (settings, target) = (&self.engine.settings, self.target);
        let wanted = settings
            .tools
            .get(&target.tool)
            .map(|tool| tools_name(tool, target))
            .unwrap_or_default();
        let mut drive = Drive {
            run: prepared.run,
            reading: Reading::default(),
            facts: AttemptFacts::default(),
            baseline: watching.baseline,
            prices: &|served| prices(settings, target, served),
            engine: self.engine,
            purse: watching.purse,
            gate: watching.gate,
            framing: [prepared.spec.stdout, prepared.spec.stderr],
            record: self.record,
            viewing: self.viewing,
            clock: self.engine.clock(),
            last_tally: None,
            last_usage: None,
            usage_due: None,
            tree: None,
        };
        for remark in prepared.remarks {
            drive.warn(remark);
        }
        let mut wishes = Wishes::watch(&self.engine.desk);
        drive.through(child, interrupts, &mut wishes).await?;
        drive.compare_models(&wanted, is_same_model);
        drive.tell_unknown_usage();
        drive.tell_cap();
        let tally = drive.tally();
        let (outcome, failure) = conclude(&drive.facts);
        drop(prepared.files);
        Ok(AttemptEnd {
            outcome,
            failure,
            status: drive.facts.status,
            effects: drive.reading.effects(),
            tree: drive.tree,
            cancel_requested: drive.facts.stopped.is_some(),
            heard: Some(Heard {
                tally,
                reading: drive.reading,
            }),
        })
    }
}

/// What a running attempt is held against.
struct Watching<'a> {
    baseline: Baseline,
    purse: Purse<'a>,
    gate: Gate<'a>,
}

/// Nothing was started, and why.
fn not_started(failure: Failure) -> AttemptEnd {
    AttemptEnd {
        outcome: AttemptOutcome::Failed,
        failure: Some(failure),
        status: None,
        effects: Effects::default(),
        tree: None,
        cancel_requested: false,
        heard: None,
    }
}

/// Somebody stopped it before there was anything to stop.
fn stopped_before_start() -> AttemptEnd {
    let failure = Failure::fatal(FailureCode::ABORTED, "stopped before it was started");
    AttemptEnd {
        outcome: AttemptOutcome::Cancelled,
        cancel_requested: true,
        ..not_started(failure)
    }
}

/// The prices of the model that served: the configured ones when it is the one that was asked
/// for, those of the catalogue when it is another that is listed there, else none.
fn prices(settings: &Settings, target: &Target, served: Option<&str>) -> Option<Prices> {
    let wanted = settings.models.get(&target.model)?.prices;
    let Some(served) = served else {
        return Some(wanted);
    };
    let tool = settings.tools.get(&target.tool)?;
    if is_same_model(&tools_name(tool, target), served)
        || is_same_model(target.model.as_str(), served)
    {
        return Some(wanted);
    }
    settings
        .models
        .iter()
        .find(|(name, _)| is_same_model(name.as_str(), served))
        .map(|(_, model)| model.prices)
}

/// Whole milliseconds; more than half a billion years are cut.
pub(super) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
