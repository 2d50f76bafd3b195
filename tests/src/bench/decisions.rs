//! A journal of decisions, as `exec` leaves it with four policies in the chain: what each of them
//! was told and said, what was set aside, and what it cost.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tollgate::journal::{CommitRequest, Durability, Journal, JournalOptions};
use tollgate::model::{
    AgentName, Amounts, AttemptAdmitted, AttemptExited, AttemptIntent, AttemptOutcome,
    AttemptQueued, AttemptStarted, AttemptUsage, Basis, Body, BudgetReserved, BudgetSettled,
    Clock as _, Cost, Digest, Draft, Exactness, FixedClock, InvocationNumber, MicroUsd, ModelName,
    Opinion, Phase, PolicyDecision, PolicyJudged, PolicyRequest, PolicyTarget, PolicyWindow,
    Priority, PrivacyLevel, Reason, RoutingDecided, RunFinished, RunId, RunSubmitted, Target,
    ToolName, Usage, Verdict,
};
use uuid::Uuid;

use super::Trouble;
use super::history::actor;

/// Time between two requests: 100,000 of them fill a month.
const APART: Duration = Duration::from_secs(26);
/// Requests of one batch of the generated journal; a batch holds at most 1,000 events.
const BATCH: u64 = 50;
/// Targets that each request may go to.
const TARGETS: [(&str, &str, u64, u64); 4] = [
    ("claude-code", "claude-opus-5-5", 15_000_000, 75_000_000),
    ("claude-code", "claude-sonnet-5-5", 3_000_000, 15_000_000),
    ("codex", "gpt-6.1-sol", 2_000_000, 10_000_000),
    ("codex", "gpt-6-luna", 300_000, 1_200_000),
];
/// Policies of the recorded chain, and what each was asked with.
pub(super) const POLICIES: [&str; 4] = ["budget", "guard", "justification", "rate-limit"];

/// Write `n` decisions.
pub(super) fn write(state: &Path, n: u64) -> Result<(), Trouble> {
    let clock = Arc::new(FixedClock::at("2026-10-01T00:00:00Z".parse()?));
    let mut options = JournalOptions::new(state, clock.clone(), "bench", "0.0.0");
    options.snapshot_every = u64::MAX;
    let journal = Journal::<()>::open(options)?;
    let mut request = CommitRequest::by(actor());
    request.durability = Durability::Interval;
    let mut done = 0;
    while done < n {
        let end = (done + BATCH).min(n);
        let at = clock.now().as_millisecond();
        let drafts: Vec<Draft> = (done..end).flat_map(|it| run(it, at)).collect();
        journal
            .commit(&request, |(), _| Ok::<_, std::convert::Infallible>(drafts))
            .map_err(|error| error.to_string())?;
        clock.advance(APART.saturating_mul(u32::try_from(end - done)?));
        done = end;
    }
    Ok(())
}

/// Where the components of the built-in policies are.
pub(super) fn component(policy: &str) -> PathBuf {
    let dist = Path::new(env!("CARGO_MANIFEST_DIR")).join("../plugins/dist");
    dist.join(format!("{policy}.wasm"))
}

fn run(n: u64, at_ms: i64) -> Vec<Draft> {
    let first = target(n % 2 * 2);
    let usage = Usage {
        input: Some(900 + n % 601),
        output: Some(200 + n % 97),
        cache_read: Some(0),
        cache_write: Some(0),
        reasoning: None,
    };
    let cost = Cost {
        amount: Some(MicroUsd(10_000 + n % 977)),
        basis: Basis::Reported,
        at_least: false,
    };
    let bodies = vec![
        (None, submitted(n).into()),
        (None, routed(&first).into()),
        (None, judged(n, &first, at_ms).into()),
        (Some(1), queued(n, &first).into()),
        (Some(1), reserved(n, &first).into()),
        (
            Some(1),
            AttemptAdmitted {
                target: first.clone(),
            }
            .into(),
        ),
        (Some(1), intent(n, &first).into()),
        (Some(1), started(n).into()),
        (Some(1), used(usage, cost).into()),
        (Some(1), exited(&first, usage, cost).into()),
        (Some(1), settled(&first, usage, cost).into()),
        (None, finished().into()),
    ];
    let id = RunId::new(format!("RUN-20261001-{n:03}"));
    let draft = |(attempt, body): (Option<u32>, Body)| Draft {
        run: Some(id.clone()),
        invocation: Some(InvocationNumber(1)),
        attempt,
        body,
    };
    bodies.into_iter().map(draft).collect()
}

fn target(place: u64) -> Target {
    let (tool, model, ..) = TARGETS[usize::try_from(place).unwrap_or(0) % TARGETS.len()];
    Target {
        tool: ToolName::new(tool),
        model: ModelName::new(model),
    }
}

fn agent(n: u64) -> AgentName {
    AgentName::new(format!("agent-{}", n % 20))
}

fn marker(n: u64) -> Uuid {
    Uuid::from_u128(0x0193_5f3e_0000_7000_8000_0000_0000_0000 + u128::from(n))
}

fn digest() -> Digest {
    Digest::new("4e64168522b8191fad2f78f47181a22cb6d1328ba9f3cd2efa3565826e7b617f")
}

fn submitted(n: u64) -> RunSubmitted {
    RunSubmitted {
        agent: agent(n),
        task_type: Some("code_review".to_owned()),
        prompt_bytes: Some(2_000 + n % 313),
        prompt_tokens: Some(500 + n % 313),
        cwd: Some("/home/dev/project".to_owned()),
        justification: None,
        privacy: PrivacyLevel::Metadata,
        prompt: None,
        config: digest(),
        ticket: Some(marker(n)),
        step: None,
        follows: Vec::new(),
        detached: false,
        tasks: Vec::new(),
    }
}

fn routed(target: &Target) -> RoutingDecided {
    RoutingDecided {
        target: target.clone(),
        reason: Reason {
            code: "preferred".to_owned(),
            message: "agent 'dev' preferred configuration".to_owned(),
        },
        fallback_used: false,
        original: None,
        preferred: None,
        candidates: Vec::new(),
        estimate_uusd: Some(MicroUsd(2_500)),
    }
}

fn judged(n: u64, first: &Target, at_ms: i64) -> PolicyJudged {
    let opinion = |policy: &str| Opinion {
        policy: policy.to_owned(),
        version: "1.0.0".to_owned(),
        sha256: digest(),
        required: true,
        verdict: Some(Verdict {
            decision: PolicyDecision::Pass,
            reasons: Vec::new(),
            facts: Vec::new(),
        }),
        fault: None,
        cpu_us: 60 + n % 40,
        fuel: 20_000 + n % 5_000,
    };
    PolicyJudged {
        phase: Phase::RunStart,
        ruling: "proceed".to_owned(),
        by: None,
        codes: Vec::new(),
        answer: None,
        path: vec![first.clone()],
        opinions: POLICIES.map(opinion).into(),
        request: serde_json::to_value(told(n, at_ms)).ok(),
        cut: false,
    }
}

fn told(n: u64, at_ms: i64) -> PolicyRequest {
    let features = [
        "words",
        "lines",
        "code_lines",
        "code_blocks",
        "files",
        "questions",
        "verbs",
        "numbers",
        "urls",
        "errors",
        "steps",
        "paths",
    ];
    PolicyRequest {
        phase: "run-start".to_owned(),
        now_ms: u64::try_from(at_ms).unwrap_or(0),
        agent: agent(n).to_string(),
        task_type: Some("code_review".to_owned()),
        prompt_bytes: 2_000 + n % 313,
        prompt_tokens: Some(500 + n % 313),
        features: features
            .iter()
            .zip(0..)
            .map(|(name, place)| ((*name).to_owned(), place + 3))
            .collect(),
        targets: (0..4).map(|place| offer(n, place)).collect(),
        chosen: Some(u32::try_from(n % 2 * 2).unwrap_or(0)),
        cwd: Some("/home/dev/project".to_owned()),
        windows: ["daily", "monthly", "daily.agent", "per-minute"]
            .map(|name| PolicyWindow {
                name: name.to_owned(),
                metric: "microusd".to_owned(),
                period: "day".to_owned(),
                scope: "all".to_owned(),
                hard: true,
                warn_percent: Some(80),
                cap: 100_000_000,
                settled: n % 1_000_000,
                reserved: 0,
                wanted: Some(20_000),
                resets_at_ms: Some(1_796_169_600_000),
            })
            .into(),
        ..PolicyRequest::default()
    }
}

fn offer(n: u64, place: usize) -> PolicyTarget {
    let (tool, model, input, output) = TARGETS[place];
    PolicyTarget {
        tool: tool.to_owned(),
        adapter: tool.to_owned(),
        model: model.to_owned(),
        available: true,
        prices: vec![("input".to_owned(), input), ("output".to_owned(), output)],
        estimate_uusd: Some((500 + n % 313) * input / 1_000_000 + 500 * output / 1_000_000),
        context_window: Some(200_000),
        tags: vec![
            "code_review".to_owned(),
            "code_generation".to_owned(),
            "origin:preferred".to_owned(),
        ],
    }
}

fn queued(n: u64, target: &Target) -> AttemptQueued {
    AttemptQueued {
        target: target.clone(),
        priority: Priority::Normal,
        marker: marker(n),
        within: None,
        delay_ms: None,
    }
}

fn reserved(n: u64, target: &Target) -> BudgetReserved {
    BudgetReserved {
        agent: agent(n),
        target: target.clone(),
        amounts: Amounts {
            uusd: 20_000,
            billed_uusd: 0,
            tokens: 1_000,
            requests: 1,
        },
        cap_uusd: None,
        unpriced: false,
        forced: false,
        within: None,
        marker: marker(n),
        task_type: Some("code_review".to_owned()),
    }
}

fn intent(n: u64, target: &Target) -> AttemptIntent {
    AttemptIntent {
        target: target.clone(),
        adapter: tollgate::model::AdapterIdentity {
            id: target.tool.to_string(),
            version: "1.0.0".to_owned(),
            sha256: digest(),
        },
        program: Some("/usr/local/bin/claude".to_owned()),
        n_args: 7,
        timeout_ms: 1_800_000,
        resume: None,
        marker: marker(n),
    }
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

fn used(usage: Usage, cost: Cost) -> AttemptUsage {
    AttemptUsage {
        usage,
        exactness: Exactness::AtLeast,
        cost,
    }
}

fn exited(target: &Target, usage: Usage, cost: Cost) -> AttemptExited {
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
        session_id: None,
        session_totals: None,
        n_lines: 12,
        n_unrecognised: 0,
        output: None,
        tree_empty: Some(true),
        swept: 0,
        cancel_requested: false,
        preferred_uusd: None,
        prices: Some(digest()),
        changed_files: None,
    }
}

fn settled(target: &Target, usage: Usage, cost: Cost) -> BudgetSettled {
    BudgetSettled {
        target: target.clone(),
        amounts: Amounts {
            uusd: cost.amount.map_or(0, |amount| amount.0),
            billed_uusd: 0,
            tokens: usage.total().unwrap_or(0),
            requests: 1,
        },
        basis: Basis::Reported,
        overrun_uusd: None,
        prices: Some(digest()),
    }
}

fn finished() -> RunFinished {
    RunFinished {
        outcome: AttemptOutcome::Done,
        exit_code: 0,
        attempts: 1,
        duration_ms: 4_000,
    }
}
