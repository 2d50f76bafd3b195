//! Recorded decisions judged again: what is told of them, and that it is told the same every time.

use std::fs;
use std::path::PathBuf;

use serde_json::json;
use tollgate_tests::house::TestHouse;
use tollgate_tests::setup::Setup;
use tollgate_tests::speech::Claude;

/// A month in small: requests of two agents, large and small, some of them refused.
fn lived_in() -> TestHouse {
    let house = TestHouse::new();
    setup().write(&house);
    let said = |usd| Claude::says("ok").billed([1_000, 100, 0, 0], usd);
    for (n, agent) in ["dev", "tester", "dev", "tester", "dev"].iter().enumerate() {
        let usd = 0.10 * f64::from(u32::try_from(n).expect("a small number") + 1);
        house.tool("claude", &said(usd).script());
        house.run(["exec", "-a", agent, "hi"]).success();
    }
    let long = "word".repeat(100_000);
    house.call(["exec", "-a", "dev"]).stdin(long).run().exit(1);
    house
}

fn setup() -> Setup {
    Setup::new()
        .model("dear", 20.0, 60.0, 1_000_000)
        .claude("claude", &["dear"])
        .agent("dev", &["claude:dear"])
        .agent("tester", &["claude:dear"])
        .daily(3.0, "hard")
}

/// The policy in JavaScript, which freezes one agent.
fn with_freeze(house: &TestHouse) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../examples/policy-js/freeze.wasm");
    let component = fs::read(path).expect("the prebuilt policy");
    house.write("next/freeze.wasm", component);
    setup()
        .daily(2.0, "hard")
        .policies(
            "chain",
            json!([
                {"policy": "./freeze.wasm", "required": true,
                    "config": {"agents": ["tester"], "reason": "the audit is on"}},
                {"policy": "budget"},
            ]),
        )
        .write_to(house, "next");
}

#[test]
fn the_same_record_and_policies_give_the_same_report_byte_for_byte() {
    let house = lived_in();
    with_freeze(&house);
    let next = house.path("next").display().to_string();
    let before = house.state_files();
    for form in [&[][..], &["--json"]] {
        let args = ["policy", "simulate", "--config", &next];
        let args: Vec<&str> = args.iter().chain(form).copied().collect();
        let reports = [(); 3].map(|()| house.run(args.clone()).success().stdout);
        assert_eq!(reports[0], reports[1], "{form:?}");
        assert_eq!(reports[0], reports[2], "{form:?}");
        // From a cache that is empty it is the same as from one that is not.
        let cold = house
            .call(args.clone())
            .env("TOLLGATE_CACHE_DIR", house.path("cache"))
            .run()
            .success();
        assert_eq!(reports[0], cold.stdout, "{form:?}");
    }
    assert!(before == house.state_files(), "nothing is written");
}

#[test]
fn it_tells_what_would_have_been_refused_and_why() {
    let house = lived_in();
    with_freeze(&house);
    let next = house.path("next").display().to_string();
    let args = ["policy", "simulate", "--config", &next];
    let document = house.run(args.iter().chain(&["--json"]).copied());
    let document = document.success().json();
    assert_eq!(document["decisions"], 6, "{document:#}");
    let page = house.run(args).success().stdout;
    assert!(page.contains("freeze"), "{page}");
    let refused = page
        .lines()
        .find(|line| line.starts_with("ran, would be refused"));
    let refused: Vec<&str> = refused.unwrap_or_default().split_whitespace().collect();
    assert!(refused.contains(&"2"), "the tester's: {page}");
}
