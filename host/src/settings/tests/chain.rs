//! The policies that are asked: those by default, those that are written, and their mistakes.

use super::*;
use crate::model::{Phase, PolicyDiagnostic, PolicyEntry, PolicySource};

const EVERYTHING: &str = "\
policies:
  default:
    prefer_cheaper_models_under_tokens: 2000
    require_justification_over_usd: 10
cost_optimization:
  simple_task_models: [sonnet]
  complex_task_models: [opus]
rate_limiting:
  max_requests_per_minute: { local: 20 }
";

/// Name, whether it is required, what it does unattended, and its configuration.
fn in_words(chain: &[PolicyEntry]) -> String {
    let line = |entry: &PolicyEntry| {
        let mut line = entry.name.clone();
        line.push_str(if entry.required { "!" } else { "" });
        line.push_str(if entry.proceed_unattended {
            " proceeds"
        } else {
            ""
        });
        if let Some(phases) = &entry.phases {
            let words: Vec<&str> = phases.iter().map(|phase| phase.as_str()).collect();
            line.push_str(&format!(" in {}", words.join(",")));
        }
        if let Some((line_number, column)) = entry.at {
            line.push_str(&format!(" at {line_number}:{column}"));
        }
        format!("{line} {}", entry.config)
    };
    chain.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn loaded(policies: &str) -> Loaded {
    let house = House::with(&[("policies.yaml", policies)]);
    assert_eq!(house.complaints(), "", "{policies}");
    house.load().unwrap()
}

fn chain(policies: &str) -> String {
    in_words(&loaded(policies).settings.chain)
}

#[test]
fn without_a_chain_the_built_in_policies_are_asked_that_have_something_to_say() {
    insta::assert_snapshot!(chain(POLICIES), @r"
    guard! {}
    budget! proceeds {}
    ");
    insta::assert_snapshot!(chain(EVERYTHING), @r#"
    guard! {}
    budget! proceeds {}
    rate-limit! {}
    justification! {"over_usd":"10.00"}
    cost-optimizer {"simple_task_threshold_tokens":1500,"simple_task_models":["sonnet"],"complex_task_models":["opus"],"prefer_cheaper_under_tokens":2000}
    "#);
    let requests = format!("{POLICIES}budgets: [{{ requests: 5, per: day }}]\n");
    assert!(
        chain(&requests).contains("rate-limit!"),
        "any limit on requests is a rate"
    );
}

#[test]
fn a_chain_is_asked_as_it_is_written() {
    let chain = chain(&format!(
        "{EVERYTHING}\
chain:
  - policy: cost-optimizer
  - {{ policy: cost-optimizer, name: other, required: true, phases: [run-start, run-failed], config: {{ usd: 0.10, on: true }} }}
  - policy: justification
  - {{ policy: budget, when_unattended: refuse }}
  - {{ policy: guard, when_unattended: proceed, required: false, config: }}
"
    ));
    insta::assert_snapshot!(chain, @r#"
    cost-optimizer at 11:5 {"simple_task_threshold_tokens":1500,"simple_task_models":["sonnet"],"complex_task_models":["opus"],"prefer_cheaper_under_tokens":2000}
    other! in run-start,run-failed at 12:5 {"usd":0.10,"on":true}
    justification! at 13:5 {"over_usd":"10.00"}
    budget! at 14:5 {}
    guard proceeds at 15:5 {}
    "#);
}

#[test]
fn an_empty_chain_asks_nobody() {
    let hard = "policies: { default: { limit: { type: hard } } }\nchain: []\n";
    assert!(loaded(hard).settings.chain.is_empty());
}

#[test]
fn a_component_counts_as_a_file_of_the_configuration() {
    let house = House::with(&[(
        "policies.yaml",
        &format!("{POLICIES}chain:\n  - policy: rules/no-friday.wasm\n"),
    )]);
    house.file("rules/no-friday.wasm", "one");
    let before = house.load().unwrap();
    let [entry] = before.settings.chain.as_slice() else {
        panic!("{:?}", before.settings.chain)
    };
    let file = house.home.path().join("config/rules/no-friday.wasm");
    assert_eq!(entry.source, PolicySource::File(file.clone()));
    assert_eq!((entry.name.as_str(), entry.required), ("no-friday", true));
    assert!(programs(&before).contains(&file.display().to_string()));

    let project = Places::find(&Overrides::default(), &house.environment()).unwrap();
    record_trust(&project, &before).unwrap();
    assert_eq!(check_trust(&project, &before).unwrap(), TrustState::Trusted);
    house.file("rules/no-friday.wasm", "two");
    let after = house.load().unwrap();
    assert_ne!(before.files, after.files);
    assert!(matches!(
        check_trust(&project, &after).unwrap(),
        TrustState::Changed { .. }
    ));
}

#[test]
fn every_mistake_in_a_chain_has_its_place() {
    let house = House::with(&[(
        "policies.yaml",
        "\
policies: { default: {} }
chain:
  - { policy: guards }
  - { policy: budget }
  - { policy: budget }
  - { policy: ./gone.wasm, name: budget }
  - { policy: 'my rule.wasm', phases: [run-begin], config: [1] }
  - { policy: guard, when_unattended: ask, phases: [], requird: true }
  - { name: nameless }
  - guard
",
    )]);
    house.file("my rule.wasm", "x");
    insta::assert_snapshot!(house.complaints(), @r"
    config/policies.yaml:3:15: error: Unknown policy 'guards' (chain[0].policy)
      allowed: guard, budget, rate-limit, justification, cost-optimizer
      fix: did you mean 'guard'?
    config/policies.yaml:5:15: error: The policy's name 'budget' is taken by chain[1] (chain[2].name)
      fix: add a 'name:' of its own
    config/policies.yaml:6:15: error: Policy file './gone.wasm' cannot be read: No such file or directory (os error 2) (chain[3].policy)
      fix: put the component at config/./gone.wasm
    config/policies.yaml:6:34: error: The policy's name 'budget' is taken by chain[1] (chain[3].name)
      fix: choose another name
    config/policies.yaml:7:15: error: The name 'my rule', which is the file's, contains white space or control characters (chain[4].name)
      fix: add a 'name:'
    config/policies.yaml:7:40: error: 'run-begin' is not allowed here (chain[4].phases[0])
      allowed: run-start, run-event, run-failed, run-end
      fix: did you mean 'run-end'?
    config/policies.yaml:7:60: error: Expected a map, found a list (chain[4].config)
      fix: write a map
    config/policies.yaml:8:39: error: 'ask' is not allowed here (chain[5].when_unattended)
      allowed: refuse, proceed
      fix: use one of the allowed words
    config/policies.yaml:8:52: error: The list is empty (chain[5].phases)
      fix: add at least one element
    config/policies.yaml:8:56: error: Unknown field 'requird' (chain[5].requird)
      allowed: policy, name, required, phases, config, when_unattended, note
      fix: did you mean 'required'?
    config/policies.yaml:9:5: error: Missing required field 'policy' (chain[6].policy)
      fix: add 'policy:'. `guard`, `budget`, `rate-limit`, `justification`, `cost-optimizer`, or the path of a .wasm file, relative to this directory.
    config/policies.yaml:10:5: error: Expected a map, found the text 'guard' (chain[7])
      fix: write fields such as 'policy:' under it
    ");
}

#[test]
fn rules_that_nobody_follows_are_pointed_out() {
    let complaints = |text: &str| House::with(&[("policies.yaml", text)]).complaints();
    let texts = [
        format!("{EVERYTHING}chain: [{{ policy: guard }}]\n"),
        "policies: { default: { prefer_cheaper_models_under_tokens: 5 } }\n".to_owned(),
    ];
    let complaints: Vec<String> = texts.iter().map(|text| complaints(text)).collect();
    insta::assert_snapshot!(complaints.join("\n\n"), @r"
    config/policies.yaml:3:41: warning: Has no effect: 'chain' has no 'policy: cost-optimizer' (policies.default.prefer_cheaper_models_under_tokens)
      fix: add '- policy: cost-optimizer' to 'chain', or remove this
    config/policies.yaml:4:37: warning: Has no effect: 'chain' has no 'policy: justification' (policies.default.require_justification_over_usd)
      fix: add '- policy: justification' to 'chain', or remove this
    config/policies.yaml:6:3: warning: Has no effect: 'chain' has no 'policy: cost-optimizer' (cost_optimization)
      fix: add '- policy: cost-optimizer' to 'chain', or remove this
    config/policies.yaml:10:8: warning: Nobody watches soft limits such as 'daily': 'chain' has no 'policy: budget' (chain)
      fix: add '- policy: budget'

    config/policies.yaml:1:60: warning: Has no effect without 'cost_optimization' (policies.default.prefer_cheaper_models_under_tokens)
      fix: add 'cost_optimization:' at the top level, or remove this
    ");
}

#[test]
fn what_a_policy_says_about_its_configuration_has_a_place() {
    let house = House::with(&[(
        "policies.yaml",
        &format!(
            "{EVERYTHING}chain:\n  - policy: budget\n  - policy: justification\n  - policy: cost-optimizer\n  - policy: guard\n    config:\n      limits:\n        - usd: 1\n        - {{ usd: x }}\n"
        ),
    )]);
    let loaded = house.load().unwrap();
    let place = |entry: &str, path: &str| {
        let (file, line, column) = loaded.policy_positions.of(entry, path)?;
        assert_eq!(file, house.home.path().join("config/policies.yaml"));
        Some((line, column))
    };
    assert_eq!(place("guard", "limits[1].usd"), Some((18, 18)));
    assert_eq!(place("guard", "limits[1].eur"), Some((18, 11)));
    assert_eq!(place("justification", "over_usd"), Some((4, 37)));
    assert_eq!(
        place("cost-optimizer", "simple_task_models[0]"),
        Some((6, 24))
    );
    assert_eq!(
        place("cost-optimizer", "prefer_cheaper_under_tokens"),
        Some((3, 41))
    );
    assert_eq!(
        place("budget", "anything"),
        Some((11, 5)),
        "the policy itself"
    );
    assert_eq!(place("nobody", ""), None);
    let found = PolicyDiagnostic {
        path: "limits[1].usd".to_owned(),
        message: "not an amount".to_owned(),
        fix: Some("write a number".to_owned()),
    };
    let shown = loaded.policy_positions.diagnostic("guard", &found);
    insta::assert_snapshot!(shown, @r"
    config/policies.yaml:18:18: error: Policy 'guard': not an amount (chain[3].config.limits[1].usd)
      fix: write a number
    ");
}

#[test]
fn policies_by_default_are_placed_where_their_values_are() {
    let loaded = loaded(EVERYTHING);
    let place =
        |entry: &str, path: &str| loaded.policy_positions.of(entry, path).map(|p| (p.1, p.2));
    assert_eq!(place("justification", "over_usd"), Some((4, 37)));
    assert_eq!(
        place("cost-optimizer", "complex_task_models"),
        Some((7, 24))
    );
    assert_eq!(place("guard", ""), None, "written nowhere");
}

#[test]
fn phases_are_those_of_the_contract() {
    for phase in Phase::ALL {
        let text = format!(
            "{POLICIES}chain: [{{ policy: budget, phases: [{}] }}]\n",
            phase.as_str()
        );
        assert_eq!(loaded(&text).settings.chain[0].phases, Some(vec![phase]));
    }
}
