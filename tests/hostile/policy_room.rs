//! The other side of the limits for policies: real ones must fit, with room to spare.

use std::fs;
use std::path::Path;

use tempfile::TempDir;
use tollgate::model::{PolicyDecision, PolicyRequest};
use tollgate::sandbox::{Judgement, Limits, POLICY_IDS, Sandbox, builtin_policy};

use crate::request;

/// A policy in JavaScript: an interpreter and a script.
fn javascript() -> Vec<u8> {
    let path = "../examples/policy-js/freeze.wasm";
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).expect("the example is there")
}

/// A request with everything that makes one large: 50 targets, a command of 64 KiB.
fn large() -> PolicyRequest {
    let small = request();
    PolicyRequest {
        targets: small.targets.iter().cycle().take(50).cloned().collect(),
        args: vec!["x".repeat(64); 1 << 10],
        event: Some(r#"{"kind":"command"}"#.to_owned()),
        facts: vec![("name".to_owned(), "value".to_owned()); 30],
        ..small
    }
}

/// What `bytes` answers under `limits`; the code is compiled once for all.
fn judged(cache: &TempDir, bytes: &[u8], limits: &Limits) -> Judgement {
    let sandbox = Sandbox::with_limits(Some(cache.path().to_owned()), limits.clone());
    match sandbox.load_policy(bytes, "room") {
        Ok(policy) => policy.evaluate("{}", &large()),
        Err(error) => panic!("{error:?}"),
    }
}

/// The fewest MiB of memory that are enough.
fn memory(cache: &TempDir, bytes: &[u8]) -> usize {
    let enough = |mib: &usize| {
        let limits = Limits {
            memory: *mib << 20,
            ..Limits::POLICY
        };
        let sandbox = Sandbox::with_limits(Some(cache.path().to_owned()), limits);
        let loaded = sandbox.load_policy(bytes, "room");
        loaded.is_ok_and(|policy| policy.evaluate("{}", &large()).verdict.is_ok())
    };
    (1..=Limits::POLICY.memory >> 20)
        .find(enough)
        .expect("all of it is enough")
}

#[test]
fn the_builtin_policies_are_small() {
    let exact = Limits {
        instances: 3,
        tables: 2,
        memories: 1,
        fuel: 5_000_000,
        fuel_per_byte: 50,
        memory: 4 << 20,
        ..Limits::POLICY
    };
    assert!(!POLICY_IDS.is_empty());
    let cache = tempfile::tempdir().unwrap();
    for id in POLICY_IDS {
        let bytes = builtin_policy(id).unwrap();
        let judgement = judged(&cache, bytes, &exact);
        assert!(judgement.verdict.is_ok(), "{id}: {judgement:?}");
        println!(
            "{id:15} {:7} units of fuel, {:?} of processor time, {} MiB",
            judgement.fuel,
            judgement.cpu,
            memory(&cache, bytes)
        );
    }
}

#[test]
fn a_policy_in_javascript_fits_twice() {
    let bytes = javascript();
    let cache = tempfile::tempdir().unwrap();
    let half = Limits {
        fuel: Limits::POLICY.fuel / 2,
        memory: Limits::POLICY.memory / 2,
        instances: Limits::POLICY.instances / 2,
        ..Limits::POLICY
    };
    let judgement = judged(&cache, &bytes, &half);
    assert!(judgement.verdict.is_ok(), "{judgement:?}");
    println!(
        "JavaScript      {:7} units of fuel, {:?} of processor time, {} MiB",
        judgement.fuel,
        judgement.cpu,
        memory(&cache, &bytes)
    );
    let policy = Sandbox::new(Some(cache.path().to_owned()));
    let policy = policy.load_policy(&bytes, "freeze").unwrap();
    let config = r#"{"agents":["architect"],"reason":"the audit is on"}"#;
    assert_eq!(policy.validate(config), Ok(Vec::new()));
    let first = policy.evaluate(config, &request());
    let verdict = first.verdict.clone().unwrap();
    assert_eq!(verdict.decision, PolicyDecision::Deny);
    assert_eq!(verdict.reasons[0].code, "frozen");
    let again = policy.evaluate(config, &request());
    assert_eq!((first.verdict, first.fuel), (again.verdict, again.fuel));
}
