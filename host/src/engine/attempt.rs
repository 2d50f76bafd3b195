//! One attempt, from its adapter to its end.
//!
//! The order is fixed: plan in the sandbox, record the intent, start the process, record the start,
//! listen until it is gone, hear the adapter's last word. What each fact means is decided in
//! `lifecycle` and `accounting`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use uuid::Uuid;

use crate::accounting::{Baseline, Tally};
use crate::lifecycle::{AttemptFacts, Effects, conclude, is_same_model};
use crate::model::{
    AdapterIdentity, AdapterTask, AttemptIntent, AttemptOutcome, AttemptStarted, Availability,
    CommandPlan, ExitStatus, Failure, FailureCode, MicroUsd, Prices, PrivacyLevel, ProcessRef,
    Settings, Target, Tool, sentence,
};
use crate::process::{
    AttemptFiles, Caps, CommandSpec, EnvGrants, Identity, Interrupts, LaunchInputs, ProcessError,
    RunningChild, Tenure, start_ticks,
};
use crate::sandbox::{AdapterRun, PlanError};
use crate::spool::AttemptFolder;

use super::drive::Drive;
use super::error::EngineError;
use super::house::{Engine, availability_of};
use super::launch::Launch;
use super::process_file::ProcessFile;
use super::progress::{Progress, Warning, Watcher};
use super::reading::Reading;
use super::record::{Intended, Record};
use super::viewing::Viewing;
use super::wishes::Wishes;

/// The longest beginning of a prompt that an adapter is shown, in bytes.
const PROMPT_HEAD: usize = 64;

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

/// A process that is ready to be started.
struct Prepared {
    run: AdapterRun,
    spec: CommandSpec,
    files: AttemptFiles,
    adapter: AdapterIdentity,
    remarks: Vec<Warning>,
}

/// What a plan is completed by.
struct Granted<'t> {
    tool: &'t Tool,
    program: &'t Path,
    files: &'t AttemptFiles,
    marker: Uuid,
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
        let prepared = match self.prepare(tool) {
            Ok(prepared) => prepared,
            Err(failure) => return Ok(not_started(failure)),
        };
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
        self.listen(prepared, child, baseline, interrupts).await
    }

    /// The tool's program, looked for again: it may have gone since the request was routed.
    fn program(&self, tool: &Tool) -> Result<PathBuf, Failure> {
        let why = match availability_of(tool, &self.engine.env) {
            Availability::Available(path) => return Ok(path),
            Availability::NotFound => format!("'{}' is not on PATH", tool.binary),
            Availability::NotExecutable(path) => format!("{} is not executable", path.display()),
            Availability::VariableMissing(name) => {
                format!("the environment variable {name} is not set")
            }
        };
        Err(Failure::fatal(FailureCode::TOOL_MISSING, why))
    }

    /// Ask the adapter for a plan and complete it by what the user granted.
    fn prepare(&self, tool: &Tool) -> Result<Prepared, Failure> {
        let program = self.program(tool)?;
        let (adapter, identity) = self.engine.adapter(&tool.adapter)?;
        let mut run = adapter
            .start()
            .map_err(|fault| adapter_failure(&identity.id, &fault))?;
        let plan = run
            .plan(&self.task(tool))
            .map_err(|error| plan_failure(&identity.id, &error))?;
        let mut remarks = remarks_of(&plan);
        let features = &adapter.about().features;
        if self.launch.asked.max_cost.is_some() && !features.iter().any(|f| f == "max-cost") {
            let message = "this tool has no cap of its own: it is stopped once it tells that it \
                           has cost more, which may be at its end";
            remarks.push(Warning::new("cap_not_passed", message));
        }
        let marker = self
            .marker()
            .map_err(|why| Failure::fatal(FailureCode::SPAWN_FAILED, format!("failed to {why}")))?;
        // Not below the state directory: what runs in it may be kept from reading there.
        let folder = self.engine.temp_dir().join(format!("tollgate-{marker}"));
        let files = AttemptFiles::create(&plan, &folder, self.prompt)
            .map_err(|error| spawn_failure(&error))?;
        let granted = Granted {
            tool,
            program: &program,
            files: &files,
            marker,
        };
        let spec = self
            .complete(&plan, &granted)
            .map_err(|error| spawn_failure(&error))?;
        Ok(Prepared {
            run,
            spec,
            files,
            adapter: identity,
            remarks,
        })
    }

    /// The marker that the attempt was queued with.
    fn marker(&self) -> Result<Uuid, String> {
        let name = self.record.name();
        let known = self.engine.desk.view(|ledger| {
            let open = ledger.open(&name.run, name.invocation)?;
            open.attempt.as_ref()?.marker
        });
        known
            .map(|marker| marker.unwrap_or_else(Uuid::now_v7))
            .map_err(|error| sentence(&error))
    }

    /// Check the plan against what the user granted, and complete it.
    fn complete(
        &self,
        plan: &CommandPlan,
        granted: &Granted<'_>,
    ) -> Result<CommandSpec, ProcessError> {
        let tool = granted.tool;
        let inputs = LaunchInputs {
            binary: &tool.binary,
            program: granted.program,
            prompt_as_value_of: tool.prompt_as_value_of.as_deref(),
            env: EnvGrants {
                inherit: &tool.env_inherit,
                set: &tool.env,
                secrets: &BTreeMap::new(),
            },
            host_env: &self.engine.env,
            prompt: self.prompt,
            prompt_file: granted.files.prompt(),
            output_file: granted.files.output(),
            cwd: &self.launch.asked.cwd,
            timeout: self.launch.asked.timeout.unwrap_or(tool.timeout),
            marker: granted.marker,
        };
        crate::process::build(plan, &inputs)
    }

    fn task(&self, tool: &Tool) -> AdapterTask {
        let prompt = self.prompt;
        AdapterTask {
            program: tool.binary.clone(),
            prompt_bytes: prompt.len() as u64,
            prompt_head: prompt[..prompt.floor_char_boundary(PROMPT_HEAD)].to_owned(),
            model: Some(tools_name(tool, self.target)),
            resume: self.launch.asked.resume.as_ref().map(ToString::to_string),
            cwd: self.launch.asked.cwd.display().to_string(),
            max_cost_microusd: self.launch.asked.max_cost.map(|MicroUsd(micros)| micros),
            live_text: self.launch.asked.live_text,
            tool_version: None,
            options: tool.options.clone(),
        }
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
        baseline: Baseline,
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
            baseline,
            prices: &|served| prices(settings, target, served),
            max_cost: self.launch.asked.max_cost,
            framing: [prepared.spec.stdout, prepared.spec.stderr],
            record: self.record,
            viewing: self.viewing,
            clock: self.engine.clock(),
            last_usage: None,
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

/// The name by which the tool itself knows the target's model.
fn tools_name(tool: &Tool, target: &Target) -> String {
    tool.models
        .get(&target.model)
        .cloned()
        .unwrap_or_else(|| target.model.to_string())
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

/// Remarks of the adapter on its own plan that the user should see.
fn remarks_of(plan: &CommandPlan) -> Vec<Warning> {
    plan.extra
        .iter()
        .map(|(code, message)| Warning::new(&code.replace('-', "_"), message.clone()))
        .collect()
}

fn adapter_failure(id: &str, fault: &dyn std::error::Error) -> Failure {
    Failure::fatal(
        FailureCode::ADAPTER_FAULT,
        format!("adapter '{id}' was stopped: {}", sentence(fault)),
    )
}

fn plan_failure(id: &str, error: &PlanError) -> Failure {
    match error {
        PlanError::Fault(fault) => adapter_failure(id, fault),
        PlanError::Refused(refusal) => Failure::fatal(
            FailureCode::NOT_GRANTED,
            format!(
                "adapter '{id}' asked for what it is not granted: {}",
                sentence(refusal)
            ),
        ),
        other => Failure::fatal(FailureCode::UNSUPPORTED, sentence(other)),
    }
}

fn spawn_failure(error: &ProcessError) -> Failure {
    Failure {
        code: error.code(),
        ..Failure::fatal(
            FailureCode::SPAWN_FAILED,
            format!("failed to {}", sentence(error)),
        )
    }
}

/// Whole milliseconds; more than half a billion years are cut.
pub(super) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
