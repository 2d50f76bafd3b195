//! The chain for people: what is asked, what answers, and what is wrong with it.

use serde_json::json;
use tollgate_tests::house::TestHouse;
use tollgate_tests::setup::Setup;
use tollgate_tests::speech::Claude;

use crate::policy_forge;

fn with_chain(house: &TestHouse, chain: serde_json::Value) {
    Setup::claude_dev().policies("chain", chain).write(house);
    house.tool("claude", &Claude::says("ok").script());
}

#[test]
fn the_chain_is_listed_with_what_answers_for_each() {
    let house = TestHouse::new();
    house.write("config/mine.wasm", policy_forge::good().build());
    with_chain(
        &house,
        json!([
            {"policy": "guard"},
            {"policy": "budget", "required": false},
            {"policy": "./mine.wasm", "name": "own"},
        ]),
    );
    let list = house.run(["policy", "list"]).success().stdout;
    let row = |name: &str| {
        let row = list
            .lines()
            .find(|line| line.contains(&format!("  {name} ")));
        row.unwrap_or_else(|| panic!("no {name}:\n{list}"))
            .to_owned()
    };
    assert!(row("guard").contains("built-in guard"), "{list}");
    assert!(row("guard").contains("required"), "{list}");
    assert!(row("budget").contains("advisory"), "{list}");
    let own = row("own");
    for word in ["mine.wasm", "1.0.0", "run-start", "policy@1.0.0", "nothing"] {
        assert!(own.contains(word), "{word}: {own}");
    }
    let document = house.run(["policy", "list", "--json"]).success().json();
    let third = &document["policies"][2];
    assert_eq!(third["place"], 3);
    assert_eq!(third["answers"], "as_configured", "{third:#}");
    assert_eq!(third["component"]["imports"], json!([]));
    assert!(
        !house.path("state").join("log").exists(),
        "looking writes nothing"
    );
    let checked = house.run(["policy", "check"]).success().stdout;
    assert_eq!(checked.lines().count(), 3, "{checked}");
    assert!(checked.contains("✅ own:"), "{checked}");
}

#[test]
fn a_component_that_cannot_be_used_is_reported_and_the_one_before_goes_on() {
    let house = TestHouse::new();
    house.write("config/mine.wasm", policy_forge::good().build());
    with_chain(&house, json!([{"policy": "./mine.wasm", "name": "own"}]));
    house.run(["exec", "-a", "dev", "hi"]).success();
    house.write("config/mine.wasm", "not a component");
    let listed = house
        .run(["policy", "list"])
        .success()
        .says("policy 'own': the component in the configuration cannot be used");
    assert!(listed.stdout.contains("(older)"), "{}", listed.stdout);
    let document = house.run(["policy", "list", "--json"]).success().json();
    assert_eq!(document["policies"][0]["answers"], "older_kept");
    for command in [&["policy", "check"][..], &["config", "validate"]] {
        let outcome = house.run(command.iter().copied()).exit(1);
        let _ = outcome.says("Policy 'own'").says("policies.yaml:");
    }
    house.run(["exec", "-a", "dev", "hi"]).success();

    // Without an older one there is nothing that could go on.
    std::fs::remove_dir_all(house.path("state/plugins")).unwrap();
    let _ = house
        .run(["policy", "list"])
        .success()
        .says("policy 'own' cannot answer")
        .says("every request that it would be asked about is denied");
}

#[test]
fn every_mistake_of_every_policy_is_reported_with_its_place() {
    let house = TestHouse::new();
    let complaining = policy_forge::good().complaints(&["too \u{1b}[31mlow".to_owned()]);
    house.write("config/mine.wasm", complaining.build());
    with_chain(
        &house,
        json!([
            {"policy": "budget"},
            {"policy": "./mine.wasm", "name": "own", "config": {"a": 1}},
            {"policy": "guard", "config": {"no_such_field": 1}},
        ]),
    );
    for command in [&["policy", "check"][..], &["config", "validate"]] {
        let outcome = house
            .run(command.iter().copied())
            .exit(1)
            .says("Policy 'own': too ")
            .says("Policy 'guard'")
            .says("the configuration has 2 mistakes");
        assert!(!outcome.stderr.contains("\u{1b}[31m"), "{}", outcome.stderr);
    }
    let document = house.run(["policy", "check", "--json"]).exit(1).json();
    let found = &document["error"]["details"]["diagnostics"];
    assert_eq!(document["error"]["code"], "invalid_config");
    let file = found[0]["file"].as_str().unwrap_or_default();
    assert!(file.ends_with("config/policies.yaml"), "{document:#}");
    assert!(
        found[0]["line"].as_u64().is_some_and(|line| line > 0),
        "{document:#}"
    );
    assert!(
        found[1]["path"]
            .as_str()
            .is_some_and(|path| path.starts_with("chain[2].config")),
        "{document:#}"
    );
}

#[test]
fn policies_of_a_configuration_that_is_not_trusted_are_not_loaded() {
    let house = TestHouse::new();
    house.write("work/.tollgate/mine.wasm", "not a component");
    Setup::claude_dev()
        .policies("chain", json!([{"policy": "./mine.wasm"}]))
        .write_to(&house, "work/.tollgate");
    let call = |args: &[&str]| house.call(args.iter().copied()).unnamed_dirs().run();
    let _ = call(&["config", "validate"])
        .success()
        .says("is not trusted");
    let _ = call(&["policy", "check"])
        .exit(1)
        .says("is not trusted yet");
    let _ = call(&["policy", "list"]).exit(1).says("is not trusted yet");
    call(&["config", "trust"]).success();
    let _ = call(&["config", "validate"]).exit(1).says("Policy 'mine'");
}
