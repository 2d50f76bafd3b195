//! A journal with many requests in it, written through the journal itself.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tollgate::engine::Ledger;
use tollgate::journal::{CommitRequest, Durability, Journal, JournalOptions, WriteModel};
use tollgate::model::{
    Actor, AdapterIdentity, AgentName, AttemptExited, AttemptIntent, AttemptOutcome,
    AttemptStarted, AttemptUsage, Basis, Body, Candidate, Cost, Digest, Draft, Exactness,
    FixedClock, InvocationNumber, MicroUsd, ModelName, PrivacyLevel, Reason, RoutingDecided,
    RunFinished, RunId, RunSubmitted, SessionId, SessionTotals, Target, TaskId, ToolName, Usage,
    Via,
};

use super::Trouble;

/// Events of one request.
pub(super) const PER_RUN: u64 = 7;
/// Requests of one batch; a batch holds at most 1,000 events.
const BATCH: u64 = 100;
/// Time between two requests: half a million of them fill three months.
const APART: Duration = Duration::from_secs(15);

/// Who wrote it.
pub(super) fn actor() -> Actor {
    Actor {
        kind: "user".to_owned(),
        name: "bench".to_owned(),
        via: Via::Cli,
    }
}

/// A journal that grows by whole requests.
pub(super) struct History<W> {
    journal: Journal<W>,
    clock: Arc<FixedClock>,
    n_runs: u64,
}

impl History<()> {
    /// A new one that remembers nothing and writes no snapshot.
    pub(super) fn begin(state: &Path) -> Result<Self, Trouble> {
        Self::new(state, u64::MAX)
    }
}

impl History<Ledger> {
    /// A new one that remembers sessions, with a snapshot after `n_runs` requests.
    pub(super) fn remembering(state: &Path, n_runs: u64) -> Result<Self, Trouble> {
        Self::new(state, n_runs * PER_RUN)
    }
}

impl<W: WriteModel> History<W> {
    fn new(state: &Path, snapshot_every: u64) -> Result<Self, Trouble> {
        let clock = Arc::new(FixedClock::at("2026-08-01T00:00:00Z".parse()?));
        let mut options = JournalOptions::new(state, clock.clone(), "bench", "0.0.0");
        Ledger::VERSION.clone_into(&mut options.model_version);
        options.snapshot_every = snapshot_every;
        Ok(Self {
            journal: Journal::open(options)?,
            clock,
            n_runs: 0,
        })
    }

    /// Append so many requests; durable when this is dropped.
    pub(super) fn append(&mut self, n_runs: u64) -> Result<(), Trouble> {
        let mut request = CommitRequest::by(actor());
        request.durability = Durability::Interval;
        let all = self.n_runs + n_runs;
        while self.n_runs < all {
            let end = (self.n_runs + BATCH).min(all);
            let drafts: Vec<Draft> = (self.n_runs..end).flat_map(run).collect();
            self.journal
                .commit(&request, |_, _| Ok::<_, std::convert::Infallible>(drafts))
                .map_err(|error| error.to_string())?;
            let n_new = u32::try_from(end - self.n_runs)?;
            self.clock.advance(APART.saturating_mul(n_new));
            self.n_runs = end;
        }
        Ok(())
    }
}

/// One request that was answered.
fn run(n: u64) -> Vec<Draft> {
    let target = target(n);
    let usage = usage(n);
    let cost = Cost {
        amount: Some(MicroUsd(10_000 + n % 977)),
        basis: Basis::Reported,
        at_least: false,
    };
    let session = SessionId::new(format!("8acefdc1-ecad-4f1d-bc15-{n:012x}"));
    let bodies: [(Option<u32>, Body); PER_RUN as usize] = [
        (None, submitted(n).into()),
        (None, decided(&target).into()),
        (Some(1), intent(&target).into()),
        (Some(1), started(n).into()),
        (
            Some(1),
            AttemptUsage {
                usage,
                exactness: Exactness::AtLeast,
                cost,
            }
            .into(),
        ),
        (Some(1), exited(&target, usage, cost, session).into()),
        (
            None,
            RunFinished {
                outcome: AttemptOutcome::Done,
                exit_code: 0,
                attempts: 1,
                duration_ms: 4_000 + n % 1_000,
            }
            .into(),
        ),
    ];
    let id = RunId::new(format!("RUN-20260801-{n:03}"));
    let draft = |(attempt, body)| Draft {
        run: Some(id.clone()),
        invocation: Some(InvocationNumber(1)),
        attempt,
        body,
    };
    bodies.into_iter().map(draft).collect()
}

fn target(n: u64) -> Target {
    let (tool, model) = match n % 3 {
        0 => ("codex", "gpt-6.1-sol"),
        1 => ("claude-code", "claude-sonnet-5-5"),
        _ => ("claude-code", "claude-opus-5-5"),
    };
    Target {
        tool: ToolName::new(tool),
        model: ModelName::new(model),
    }
}

/// What one attempt used.
pub(super) fn usage(n: u64) -> Usage {
    Usage {
        input: Some(1_234 + n % 101),
        output: Some(42),
        cache_read: Some(8_900),
        cache_write: Some(567),
        reasoning: None,
    }
}

fn digest() -> Digest {
    Digest::new("4e64168522b8191fad2f78f47181a22cb6d1328ba9f3cd2efa3565826e7b617f")
}

fn submitted(n: u64) -> RunSubmitted {
    RunSubmitted {
        agent: AgentName::new(format!("agent-{}", n % 20)),
        task_type: Some("code_review".to_owned()),
        prompt_bytes: Some(2_000 + n % 313),
        prompt_tokens: Some(500),
        cwd: Some("/home/dev/project".to_owned()),
        justification: None,
        privacy: PrivacyLevel::Metadata,
        prompt: None,
        config: digest(),
        ticket: None,
        step: None,
        follows: Vec::new(),
        detached: false,
        tasks: vec![TaskId::new(format!("task-{}", n / 300))],
    }
}

fn decided(target: &Target) -> RoutingDecided {
    RoutingDecided {
        target: target.clone(),
        reason: Reason {
            code: "preferred".to_owned(),
            message: "agent 'dev' preferred configuration".to_owned(),
        },
        fallback_used: false,
        original: None,
        preferred: None,
        candidates: vec![Candidate {
            target: target.clone(),
            origin: "preferred".to_owned(),
            rejected: None,
        }],
        estimate_uusd: Some(MicroUsd(2_500)),
    }
}

fn intent(target: &Target) -> AttemptIntent {
    AttemptIntent {
        target: target.clone(),
        adapter: AdapterIdentity {
            id: target.tool.to_string(),
            version: "1.0.0".to_owned(),
            sha256: digest(),
        },
        program: Some("/usr/local/bin/claude".to_owned()),
        n_args: 7,
        timeout_ms: 1_800_000,
        resume: None,
        marker: uuid(),
    }
}

fn uuid() -> uuid::Uuid {
    uuid::Uuid::from_u128(0x0193_5f3e_0000_7000_8000_0000_0000_0001)
}

fn started(n: u64) -> AttemptStarted {
    let pid = 1_000 + u32::try_from(n % 30_000).unwrap_or(0);
    AttemptStarted {
        pid,
        pgid: pid,
        start_ticks: Some(482_749 + n),
        supervisor: None,
    }
}

fn exited(target: &Target, usage: Usage, cost: Cost, session: SessionId) -> AttemptExited {
    AttemptExited {
        target: target.clone(),
        outcome: AttemptOutcome::Done,
        failure_code: None,
        exit_code: Some(0),
        signal: None,
        duration_ms: 4_000,
        usage,
        exactness: Exactness::Exact,
        cost,
        served_model: Some(target.model.to_string()),
        session_id: Some(session.clone()),
        session_totals: Some(SessionTotals {
            tool: target.tool.clone(),
            session,
            usage: None,
            cost_uusd: cost.amount,
        }),
        n_lines: 12,
        n_unrecognised: 0,
        output: None,
        tree_empty: None,
        swept: 0,
        cancel_requested: false,
        preferred_uusd: None,
        prices: None,
        changed_files: None,
    }
}
