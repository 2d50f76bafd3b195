//! From a target to a process that is ready to be started.
//!
//! The adapter plans in its sandbox; the plan is checked against what the user granted and
//! completed by it. Nothing is started here and nothing goes on record.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use uuid::Uuid;

use crate::model::{
    AdapterIdentity, AdapterTask, Argument, Availability, CommandPlan, Failure, FailureCode,
    MicroUsd, Target, Tool, sentence,
};
use crate::process::{AttemptFiles, CommandSpec, EnvGrants, LaunchInputs, ProcessError};
use crate::sandbox::{AdapterRun, PlanError};

use super::attempt::Attempt;
use super::house::availability_of;
use super::progress::Warning;

/// The longest beginning of a prompt that an adapter is shown, in bytes.
const PROMPT_HEAD: usize = 64;

/// A process that is ready to be started.
pub(super) struct Prepared {
    pub(super) run: AdapterRun,
    pub(super) spec: CommandSpec,
    pub(super) files: AttemptFiles,
    pub(super) adapter: AdapterIdentity,
    pub(super) remarks: Vec<Warning>,
    /// The arguments as policies are shown them: the prompt stands as `{prompt}`.
    pub(super) shown_args: Vec<String>,
}

/// What a plan is completed by.
struct Granted<'t> {
    tool: &'t Tool,
    program: &'t Path,
    files: &'t AttemptFiles,
    marker: Uuid,
    timeout: Duration,
}

impl Attempt<'_, '_> {
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
    ///
    /// `most`: no more money than this may be spent, for tools that take such a cap.
    pub(super) fn prepare(&self, tool: &Tool, most: Option<MicroUsd>) -> Result<Prepared, Failure> {
        let program = self.program(tool)?;
        let (adapter, identity) = self.engine.adapter(&tool.adapter)?;
        let mut run = adapter
            .start()
            .map_err(|fault| adapter_failure(&identity.id, &fault))?;
        let plan = run
            .plan(&self.task(tool, most))
            .map_err(|error| plan_failure(&identity.id, &error))?;
        let mut remarks = remarks_of(&plan);
        let features = &adapter.about().features;
        if most.is_some() && !features.iter().any(|f| f == "max-cost") {
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
            timeout: self.timeout(tool, most),
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
            shown_args: shown(&plan.args),
        })
    }

    /// How long it may take. Where money is held and nothing is told before the end, it is held by
    /// the time that the money lasts at the assumed rate.
    fn timeout(&self, tool: &Tool, most: Option<MicroUsd>) -> Duration {
        let asked = self.launch.asked.timeout.unwrap_or(tool.timeout);
        let lasts = most.zip(tool.assumed_per_minute).map(|(most, rate)| {
            let millis = u128::from(most.0) * 60_000 / u128::from(rate.0.max(1));
            Duration::from_millis(u64::try_from(millis).unwrap_or(u64::MAX))
        });
        lasts.map_or(asked, |lasts| lasts.min(asked))
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
            timeout: granted.timeout,
            marker: granted.marker,
        };
        crate::process::build(plan, &inputs)
    }

    fn task(&self, tool: &Tool, most: Option<MicroUsd>) -> AdapterTask {
        let prompt = self.prompt;
        AdapterTask {
            program: tool.binary.clone(),
            prompt_bytes: prompt.len() as u64,
            prompt_head: prompt[..prompt.floor_char_boundary(PROMPT_HEAD)].to_owned(),
            model: Some(tools_name(tool, self.target)),
            resume: self.launch.asked.resume.as_ref().map(ToString::to_string),
            cwd: self.launch.asked.cwd.display().to_string(),
            max_cost_microusd: most.map(|MicroUsd(micros)| micros),
            live_text: self.launch.asked.live_text,
            tool_version: None,
            options: tool.options.clone(),
        }
    }
}

/// Arguments without what they stand for.
fn shown(args: &[Argument]) -> Vec<String> {
    let shown = args.iter().map(|arg| match arg {
        Argument::Text(text) => text.clone(),
        Argument::PromptFile => "{prompt_file}".to_owned(),
        Argument::OutputFile => "{output_file}".to_owned(),
        Argument::Prompt => "{prompt}".to_owned(),
    });
    shown.collect()
}

/// The name by which the tool itself knows the target's model.
pub(super) fn tools_name(tool: &Tool, target: &Target) -> String {
    tool.models
        .get(&target.model)
        .cloned()
        .unwrap_or_else(|| target.model.to_string())
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

pub(super) fn spawn_failure(error: &ProcessError) -> Failure {
    Failure {
        code: error.code(),
        ..Failure::fatal(
            FailureCode::SPAWN_FAILED,
            format!("failed to {}", sentence(error)),
        )
    }
}
