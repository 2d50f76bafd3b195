//! Where limits stand, and what prices are, for people who ask.

use serde_json::{Value, json};
use tollgate_tests::house::TestHouse;
use tollgate_tests::setup::Setup;
use tollgate_tests::speech::Claude;

fn flat() -> Setup {
    Setup::new()
        .model("flat", 20.0, 0.0, 1_000_000)
        .claude("claude", &["flat"])
        .agent("dev", &["claude:flat"])
}

fn show(house: &TestHouse) -> Value {
    house.run(["budget", "show", "--json"]).success().json()
}

#[test]
fn a_limit_shows_what_is_spent_what_is_left_and_how_fast_it_goes() {
    let house = TestHouse::new();
    flat().daily(10.0, "hard").write(&house);
    let said = Claude::says("ok").served_by("flat");
    house.tool("claude", &said.billed([1_000, 100, 0, 0], 6.20).script());
    let fresh = house.run(["budget", "show"]).success().stdout;
    assert!(fresh.contains("░░░░░░░░░░"), "{fresh}");
    house.run(["exec", "-a", "dev", "hi"]).success();
    let page = house.run(["budget", "show"]).success().stdout;
    let row = page.lines().nth(1).unwrap_or_default();
    for word in [
        "all",
        "day",
        "hard",
        "██████░░░░",
        "62 %",
        "$6.20",
        "$0.00",
        "$10.00",
    ] {
        assert!(row.contains(word), "{word}: {row}\n{page}");
    }
    let document = show(&house);
    let limit = &document["limits"][0];
    assert_eq!(
        (
            &limit["settled"],
            &limit["reserved"],
            &limit["cap"],
            &limit["percent"]
        ),
        (&json!(6_200_000), &json!(0), &json!(10_000_000), &json!(62)),
        "{document:#}"
    );
    assert_eq!(limit["last_hour"], json!(6_200_000));
    let forecast = limit["forecast"].as_u64();
    assert!(forecast.is_some_and(|it| it >= 6_200_000), "{document:#}");
    assert!(limit["resets_at"].is_string(), "{document:#}");
    assert_eq!(document["reservations"], json!([]));
}

#[test]
fn what_is_set_aside_for_a_running_attempt_is_shown_with_what_it_used() {
    let house = TestHouse::new();
    flat().daily(10.0, "hard").write(&house);
    house.tool("claude", &["--read-stdin", "--pid-file", "pid", "--hang"]);
    let run = house.run(["run", "submit", "-a", "dev", "hi", "--json"]);
    let run = run.success().json()["run_id"].as_str().map(str::to_owned);
    let run = run.expect("a run");
    let document = show(&house);
    let aside = &document["reservations"][0];
    assert_eq!(aside["attempt"], format!("{run}.i1.a1"), "{document:#}");
    let reserved = aside["reserved"]["usd_micros"].as_u64();
    assert!(reserved.is_some_and(|it| it > 0), "{document:#}");
    assert_eq!(
        aside["used_at_least"]["usd_micros"],
        Value::Null,
        "nobody told"
    );
    assert_eq!(document["limits"][0]["reserved"].as_u64(), reserved);
    let page = house.run(["budget", "show"]).success().stdout;
    let row = page
        .lines()
        .find(|line| line.contains(&format!("{run}.i1.a1")));
    assert!(row.is_some_and(|row| row.contains("unknown")), "{page}");
    house.run(["run", "kill", &run]).success();
    let document = show(&house);
    assert_eq!(document["reservations"], json!([]), "{document:#}");
}

#[test]
fn going_beyond_is_shown_and_what_is_not_known_is_named() {
    let house = TestHouse::new();
    flat().daily(1.0, "hard").write(&house);
    let said = Claude::says("ok").served_by("flat");
    house.tool("claude", &said.billed([1_000, 100, 0, 0], 5.0).script());
    house.run(["exec", "-a", "dev", "hi"]).success();
    let document = show(&house);
    let over = &document["beyond"][0];
    assert_eq!(over["forced"], false, "{document:#}");
    let page = house.run(["budget", "show"]).success().stdout;
    assert!(page.contains("used more than was set aside"), "{page}");
    assert!(page.contains("██████████!"), "{page}");
    assert!(page.contains("now"), "the limit is reached:\n{page}");
    // Its supervisor saw no figure of this one.
    house.tool("claude", &["--read-stdin", "--exit", "1"]);
    house
        .run(["exec", "-a", "dev", "--force", "--justification", "x", "hi"])
        .exit(1);
    let page = house.run(["budget", "show"]).success().stdout;
    assert!(page.contains("forced by the user"), "{page}");
    assert!(
        page.contains("a cost that is unknown or only a lower bound"),
        "{page}"
    );
    let shown = house.run(["run", "list", "--json"]).success().json();
    let run = shown["runs"][0]["run_id"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    let shown = house.run(["run", "show", &run]).success();
    assert!(shown.stdout.contains("was set aside,"), "{}", shown.stdout);
    let _ = shown.says(&format!("tollgate why {run}"));
}

#[test]
fn without_limits_it_says_so_and_how_to_add_one() {
    let house = TestHouse::new();
    flat().policies("policies", json!({})).write(&house);
    let outcome = house.run(["budget", "show"]).success();
    assert!(
        outcome.stdout.contains("no limits are configured"),
        "{}",
        outcome.stdout
    );
    let _ = outcome.says("budgets");
    assert_eq!(show(&house)["limits"], json!([]));
}

#[test]
fn a_price_list_is_read_in_shown_and_written() {
    let house = TestHouse::new();
    Setup::claude_dev().write(&house);
    let list = json!({
        "claude-opus-5-5": {
            "litellm_provider": "anthropic", "mode": "chat", "max_input_tokens": 500_000,
            "input_cost_per_token": 0.000_006, "output_cost_per_token": 0.000_03,
        },
        "other": {
            "litellm_provider": "x", "mode": "chat", "max_input_tokens": 1_000,
            "input_cost_per_token": 0.000_001, "output_cost_per_token": 0.000_002,
        },
    });
    house.write("work/list.json", list.to_string());
    let dry = house
        .run(["model", "update-prices", "list.json", "--dry-run"])
        .success();
    assert!(dry.stdout.contains("$6.00"), "{}", dry.stdout);
    assert!(!house.path("config/prices.yaml").exists());
    let document = house.run(["model", "update-prices", "list.json", "--json"]);
    let document = document.success().json();
    assert_eq!(document["written"], true);
    assert_eq!(
        document["changes"].as_array().map(Vec::len),
        Some(1),
        "{document:#}"
    );
    assert!(house.read("config/prices.yaml").contains("claude-opus-5-5"));
    house.run(["config", "validate"]).success();
    let again = house.run(["model", "update-prices", "list.json"]).success();
    // models.yaml states a price of its own, which wins: that is worth a word each time.
    let _ = again.says("models.yaml states other prices of claude-opus-5-5");
    let _ = house.run(["model", "update-prices", "none.json"]).exit(1);
    house.write("work/list.json", "{\"a\": ");
    let _ = house
        .run(["model", "update-prices", "list.json"])
        .exit(1)
        .says("list.json");
}
