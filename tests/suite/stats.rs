//! What ran and what it cost, in tables that add up.

use std::collections::VecDeque;
use std::sync::Mutex;

use serde_json::{Value, json};
use tollgate_tests::house::TestHouse;
use tollgate_tests::setup::Setup;
use tollgate_tests::speech::{Claude, recording};

/// Who ran what, how often, and what each run cost: 50 runs of 2,500 tokens for $3.45.
const RUNS: [(&str, &str, &str, usize, f64); 4] = [
    ("architect", "strong", "model-a", 20, 0.09),
    ("backend-dev", "strong-too", "model-a", 5, 0.04),
    ("backend-dev", "middling", "model-b", 20, 0.05),
    ("scribe", "cheap", "model-c", 5, 0.09),
];

/// A house in which fifty requests were answered.
fn fifty() -> TestHouse {
    let house = TestHouse::new();
    let mut setup = Setup::new();
    for (agent, tool, model, _, usd) in RUNS {
        setup = setup.claude(tool, &[model]);
        setup = setup.agent(agent, &[&format!("{tool}:{model}")]);
        let said = Claude::says("ok").billed([2_000, 500, 0, 0], usd);
        house.tool(tool, &said.served_by(model).script());
    }
    setup.write(&house);
    let queue: VecDeque<_> = RUNS
        .iter()
        .flat_map(|(agent, tool, model, n, _)| vec![(*agent, *tool, *model); *n])
        .collect();
    let queue = Mutex::new(queue);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while let Some((agent, tool, model)) = { queue.lock().unwrap().pop_front() } {
                    let args = ["exec", "-a", agent, "--tool", tool, "--model", model, "hi"];
                    house.run(args).success();
                }
            });
        }
    });
    house
}

/// A row of a table with its spaces and lines taken out.
fn row<'a>(table: &'a str, name: &str) -> Vec<&'a str> {
    let line = table
        .lines()
        .find(|line| words(line).first() == Some(&name))
        .unwrap_or_else(|| panic!("no row for {name}:\n{table}"));
    words(line)
}

fn words(line: &str) -> Vec<&str> {
    line.split(|c: char| c.is_whitespace() || "│|┆─".contains(c))
        .filter(|word| !word.is_empty())
        .collect()
}

fn holds(row: &[&str], expected: &[&str]) {
    for word in expected {
        assert!(row.contains(word), "{word} is not in {row:?}");
    }
}

#[test]
fn the_daily_report_of_fifty_requests() {
    let house = fifty();
    let report = house.run(["stats", "--daily"]).success().stdout;
    for figure in ["50", "125,000", "$3.45", "$0.069"] {
        assert!(report.contains(figure), "{figure} is missing:\n{report}");
    }
    holds(&row(&report, "architect"), &["20", "$1.80"]);
    holds(&row(&report, "backend-dev"), &["25", "$1.20"]);
    holds(&row(&report, "scribe"), &["5", "$0.45"]);
    for (model, dollars, share) in [
        ("model-a", "$2.00", "58"),
        ("model-b", "$1.00", "29"),
        ("model-c", "$0.45", "13"),
    ] {
        let row = row(&report, model);
        holds(&row, &[dollars]);
        let shares: Vec<&str> = row.iter().map(|word| word.trim_end_matches('%')).collect();
        assert!(shares.contains(&share), "{share} % is not in {row:?}");
    }

    // The other forms say the same.
    let document = house
        .run(["stats", "--daily", "--format", "json"])
        .success()
        .json();
    let totals = &document["totals"];
    assert_eq!(
        (
            &totals["invocations"],
            &totals["total_tokens"],
            &totals["cost_usd_micros"]
        ),
        (&json!(50), &json!(125_000), &json!(3_450_000)),
        "{document:#}"
    );
    assert_eq!(
        document,
        house.run(["stats", "--daily", "--json"]).success().json()
    );
    for (by, n_rows) in [
        ("agent", 3),
        ("tool", 4),
        ("model", 3),
        ("day", 1),
        ("run", 50),
    ] {
        let csv = house
            .run(["stats", "--by", by, "--format", "csv"])
            .success()
            .stdout;
        assert_eq!(csv.lines().count(), n_rows + 1, "{by}:\n{csv}");
        let sum: u64 = csv
            .lines()
            .skip(1)
            .map(|line| column(&csv, line, "cost_usd_micros"))
            .sum();
        assert_eq!(sum, 3_450_000, "{by}:\n{csv}");
    }
    let one = house
        .run(["stats", "--agent", "scribe", "--format", "json"])
        .success()
        .json();
    assert_eq!(one["totals"]["invocations"], 5, "{one:#}");
    for window in [
        &["--weekly"][..],
        &["--monthly"],
        &["--since", "30d"],
        &["--since", "2020-01-01"],
    ] {
        let args = ["stats", "--format", "json"];
        let document = house
            .run(args.into_iter().chain(window.iter().copied()))
            .success()
            .json();
        assert_eq!(document["totals"]["invocations"], 50, "{window:?}");
    }
    let none = house
        .run(["stats", "--since", "2999-01-01", "--format", "json"])
        .success()
        .json();
    assert_eq!(none["totals"]["invocations"], 0);
}

/// A number of a CSV line, by the name of its column.
fn column(csv: &str, line: &str, name: &str) -> u64 {
    let header = csv.lines().next().unwrap();
    let at = header
        .split(',')
        .position(|column| column == name)
        .unwrap_or_else(|| panic!("no column {name}: {header}"));
    line.split(',').nth(at).unwrap().parse().unwrap()
}

#[test]
fn tokens_times_price_is_the_cost_when_the_tool_says_none() {
    let house = TestHouse::new();
    Setup::new()
        .model("gpt-4-turbo", 10.0, 30.0, 128_000)
        .template("gpt", &["gpt-4-turbo"], &[])
        .with("gpt", json!({"output": "json"}))
        .agent("dev", &["gpt:gpt-4-turbo"])
        .write(&house);
    let answer = json!({"text": "hi", "usage": {"input_tokens": 1_500, "output_tokens": 800}});
    house.tool("gpt", &["--emit-line", &answer.to_string()]);
    let report = house
        .run(["exec", "-a", "dev", "--json", "hi"])
        .success()
        .json();
    assert_eq!(
        (&report["usage"]["total_tokens"], &report["cost"]),
        (
            &json!(2_300),
            &json!({"usd_micros": 39_000, "basis": "imputed"})
        )
    );
    let document = house
        .run(["stats", "--daily", "--format", "json"])
        .success()
        .json();
    assert_eq!(
        document["totals"]["cost_usd_micros"], 39_000,
        "{document:#}"
    );
}

#[test]
fn what_was_told_and_what_was_computed_are_summed_apart() {
    let house = TestHouse::new();
    Setup::claude_dev()
        .model("gpt-4-turbo", 10.0, 30.0, 128_000)
        .template("gpt", &["gpt-4-turbo"], &[])
        .with("gpt", json!({"output": "json"}))
        .agent("other", &["gpt:gpt-4-turbo"])
        .write(&house);
    house.tool(
        "claude",
        &Claude::says("ok").billed([1_000, 100, 0, 0], 0.25).script(),
    );
    let answer = json!({"text": "hi", "usage": {"input_tokens": 1_500, "output_tokens": 800}});
    house.tool("gpt", &["--emit-line", &answer.to_string()]);
    for agent in ["dev", "dev", "other"] {
        house.run(["exec", "-a", agent, "hi"]).success();
    }
    let by = ["stats", "--by", "day", "--json"];
    let document = house.run(by).success().json();
    for sums in [&document["totals"], &document["by"]["day"][0]] {
        let parts = ["billed", "reported", "imputed"]
            .map(|basis| sums[format!("{basis}_usd_micros")].as_u64());
        assert_eq!(parts, [Some(0), Some(500_000), Some(39_000)], "{sums:#}");
        assert_eq!(sums["cost_usd_micros"], 539_000, "{sums:#}");
    }
}

#[test]
fn a_cost_that_nobody_knows_is_counted_apart_and_never_as_nothing() {
    let house = TestHouse::new();
    Setup::claude_dev()
        .template("text", &["plain"], &[])
        .agent("quiet", &["text:plain"])
        .write(&house);
    house.tool(
        "claude",
        &Claude::says("ok").billed([100, 50, 0, 0], 0.02).script(),
    );
    house.tool("text", &["--emit-line", "ok"]);
    house.run(["exec", "-a", "dev", "hi"]).success();
    house.run(["exec", "-a", "quiet", "hi"]).success();
    let report = house.run(["stats", "--daily"]).success().stdout;
    assert!(report.contains("unknown"), "{report}");
    assert!(!report.contains("$0.00"), "{report}");
    // The average is over those whose cost is known.
    assert!(report.contains("$0.02"), "{report}");
    assert!(!report.contains("$0.01"), "{report}");
    let document = house
        .run(["stats", "--daily", "--format", "json"])
        .success()
        .json();
    let text = document.to_string();
    assert!(text.contains("unknown"), "{document:#}");
}

#[test]
fn runs_that_failed_are_counted_with_what_they_cost() {
    let house = TestHouse::new();
    Setup::claude_dev().write(&house);
    house.tool("claude", &recording("claude/refusal"));
    house.run(["exec", "-a", "dev", "hi"]).exit(1);
    let document: Value = house
        .run(["stats", "--daily", "--format", "json"])
        .success()
        .json();
    assert_eq!(
        (
            &document["totals"]["invocations"],
            &document["totals"]["cost_usd_micros"]
        ),
        (&json!(1), &json!(20_782)),
        "{document:#}"
    );
}

#[test]
fn nothing_yet_is_no_error() {
    let house = TestHouse::new();
    Setup::claude_dev().write(&house);
    for args in [
        &["stats"][..],
        &["stats", "--daily"],
        &["stats", "--by", "agent"],
    ] {
        house.run(args.iter().copied()).success();
    }
    let refused = house.run(["stats", "--since", "yesterdayish", "--json"]);
    assert!(matches!(refused.status, Some(1 | 2)), "{}", refused.stderr);
}

#[test]
fn what_nobody_knows_is_null_in_documents_and_never_zero() {
    let house = TestHouse::new();
    Setup::new()
        .template("text", &["plain"], &[])
        .agent("quiet", &["text:plain"])
        .write(&house);
    house.tool("text", &["--read-stdin", "--emit-line", "ok"]);
    house.run(["exec", "-a", "quiet", "hi"]).success();
    let document = house.run(["stats", "--daily", "--json"]).success().json();
    let totals = &document["totals"];
    for field in ["cost_usd_micros", "average_usd_micros", "total_tokens"] {
        assert_eq!(totals[field], Value::Null, "{field}: {document:#}");
    }
    assert_eq!(totals["invocations"], 1);
}
