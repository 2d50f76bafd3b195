//! Plugins that mean harm, and what the host makes of each.
//!
//! Every behaviour is a component made from text on the spot, run in the very sandbox that runs
//! real plugins, under the limits that are shipped unless a case says otherwise. Each must end as
//! one typed outcome, and after each a good adapter and a good policy must still work in the same
//! sandbox.

mod compiling;
mod forge;
mod image;
mod loading;
mod planning;
mod policy_answers;
#[expect(dead_code, reason = "the suite forges policies with the rest")]
mod policy_forge;
mod policy_judging;
mod policy_loading;
mod policy_room;
mod reading;
mod room;
mod running;
mod starting;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::time::Instant;

use tempfile::TempDir;
use tollgate::model::{
    AdapterTask, Chunk, ExitStatus, PolicyRequest, PolicyTarget, Source, Verdict,
};
use tollgate::sandbox::{Adapter, AdapterRun, GuestFault, LoadError, PolicyPlugin, Sandbox};

/// One way to do harm.
#[derive(Clone, Copy)]
pub struct Case {
    name: &'static str,
    run: fn(&Arena),
}

/// A sandbox with a cache of its own.
pub struct Arena {
    home: TempDir,
    sandbox: Sandbox,
}

impl Arena {
    fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        let sandbox = Sandbox::new(Some(home.path().to_owned()));
        Self { home, sandbox }
    }

    fn components(&self) -> PathBuf {
        self.home.path().join("components")
    }

    fn load(&self, component: &[u8]) -> Result<Adapter, LoadError> {
        self.sandbox.load_adapter(component, "hostile")
    }

    fn refusal(&self, component: &[u8]) -> LoadError {
        match self.load(component) {
            Ok(adapter) => panic!("loaded as {:?}", adapter.about()),
            Err(error) => error,
        }
    }

    fn policy(&self, component: &[u8]) -> Result<PolicyPlugin, LoadError> {
        self.sandbox.load_policy(component, "hostile")
    }

    fn policy_refusal(&self, component: &[u8]) -> LoadError {
        match self.policy(component) {
            Ok(policy) => panic!("loaded as {:?}", policy.about()),
            Err(error) => error,
        }
    }

    fn start(&self, guest: forge::Guest) -> AdapterRun {
        let adapter = self.load(&guest.build()).expect("it loads");
        adapter.start().expect("it starts")
    }

    /// The host goes on: a good adapter and a good policy work in this sandbox.
    fn still_works(&self) {
        let mut run = self.start(forge::good());
        let plan = run.plan(&task()).expect("a plan");
        assert_eq!(plan.program, forge::PROGRAM);
        run.push(&[line(1, b"{}")]).expect("a step");
        run.finish(exited(), "exited").expect("an end");
        let policy = self
            .policy(&policy_forge::good().build())
            .expect("it loads");
        let judgement = policy.evaluate("{}", &request());
        assert_eq!(judgement.verdict, Ok(Verdict::PASS));
    }
}

/// Three targets, the last of which cannot be used; the first is chosen.
pub fn request() -> PolicyRequest {
    let target = |tool: &str, model: &str, available| PolicyTarget {
        tool: tool.to_owned(),
        adapter: tool.to_owned(),
        model: model.to_owned(),
        available,
        prices: vec![("input".to_owned(), 3_000_000)],
        ..PolicyTarget::default()
    };
    PolicyRequest {
        phase: "run-start".to_owned(),
        now_ms: 1_700_000_000_000,
        agent: "architect".to_owned(),
        targets: vec![
            target("claude-code", "opus", true),
            target("claude-code", "haiku", true),
            target("codex", "large", false),
        ],
        chosen: Some(0),
        ..PolicyRequest::default()
    }
}

/// A small task.
pub fn task() -> AdapterTask {
    AdapterTask {
        program: forge::PROGRAM.to_owned(),
        prompt_bytes: 5,
        prompt_head: "hello".to_owned(),
        model: None,
        resume: None,
        cwd: "/tmp".to_owned(),
        max_cost_microusd: None,
        live_text: false,
        tool_version: None,
        options: "{}".to_owned(),
    }
}

/// A line on standard output.
pub fn line(seq: u64, data: &[u8]) -> Chunk {
    Chunk {
        source: Source::Stdout,
        seq,
        data: data.to_vec(),
        cut: None,
    }
}

/// The process exited with 0.
pub fn exited() -> ExitStatus {
    ExitStatus {
        code: Some(0),
        signal: None,
    }
}

/// The fault that `push` ends with.
pub fn push_fault(run: &mut AdapterRun) -> GuestFault {
    match run.push(&[line(1, b"{}")]) {
        Ok(step) => panic!("it went well: {} events", step.events.len()),
        Err(fault) => fault,
    }
}

#[test]
fn every_hostile_behaviour_is_contained() {
    let arena = Arena::new();
    arena.still_works();
    let cases = [
        loading::CASES,
        compiling::CASES,
        starting::CASES,
        running::CASES,
        reading::CASES,
        planning::CASES,
        policy_loading::CASES,
        policy_judging::CASES,
        policy_answers::CASES,
    ]
    .concat();
    let mut contained = 0;
    for case in &cases {
        let begun = Instant::now();
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            (case.run)(&arena);
            arena.still_works();
        }));
        let word = if outcome.is_ok() {
            "contained"
        } else {
            "ESCAPED"
        };
        contained += usize::from(outcome.is_ok());
        println!(
            "{word:9} {:5} ms  {}",
            begun.elapsed().as_millis(),
            case.name
        );
    }
    println!("{} hostile behaviours, {contained} contained", cases.len());
    assert_eq!(contained, cases.len());
}
