//! What is seen afterwards: streams, status, files, and the record.

use cucumber::then;
use serde_json::{Value, json};

use crate::world::World;

#[then(expr = "the exit status is {int}")]
fn exit_status(world: &mut World, status: i32) {
    let last = world.last();
    assert_eq!(
        last.status,
        Some(status),
        "\n{}\n{}",
        last.stdout,
        last.stderr
    );
}

#[then(expr = "stdout is {string}")]
fn stdout_is(world: &mut World, text: String) {
    assert_eq!(
        world.last().stdout,
        format!("{text}\n"),
        "{}",
        world.last().stderr
    );
}

#[then(expr = "stdout says {string}")]
fn stdout_says(world: &mut World, text: String) {
    let stdout = &world.last().stdout;
    assert!(stdout.contains(&text), "{text:?} is not in\n{stdout}");
}

#[then(expr = "stderr says {string}")]
fn stderr_says(world: &mut World, text: String) {
    let stderr = &world.last().stderr;
    assert!(stderr.contains(&text), "{text:?} is not in\n{stderr}");
}

#[then(expr = "a row of stdout says {string}")]
fn row_says(world: &mut World, wanted: String) {
    let stdout = &world.last().stdout;
    let wanted: Vec<&str> = wanted.split(' ').collect();
    let found = stdout.replace(" %", "%").lines().any(|line| {
        let words: Vec<&str> = line
            .split(|c: char| c.is_whitespace() || "│|┆".contains(c))
            .collect();
        wanted.iter().all(|word| words.contains(word))
    });
    assert!(found, "no row says {wanted:?}:\n{stdout}");
}

fn argv(world: &World, tool: &str) -> Vec<String> {
    let text = world.house.read(&format!("work/{tool}-args"));
    serde_json::from_str(&text).expect("an argv")
}

#[then(expr = "{string} was called with {string}")]
fn was_called_with(world: &mut World, tool: String, args: String) {
    let called = argv(world, &tool).split_off(1);
    let wanted: Vec<&str> = args.split(' ').collect();
    assert_eq!(called.len(), wanted.len(), "{called:?}");
    for (got, wanted) in called.iter().zip(wanted) {
        // The host's own private copy; what it said is checked apart.
        assert!(wanted == "PROMPT_FILE" || got == wanted, "{called:?}");
    }
}

#[then(expr = "the prompt file said {string}")]
fn prompt_file_said(world: &mut World, text: String) {
    let given = ["cursor", "claude"]
        .map(|tool| format!("work/{tool}-given"))
        .into_iter()
        .find(|file| world.house.path(file).exists())
        .expect("a tool was given a prompt");
    assert_eq!(world.house.read(&given), text);
}

#[then(expr = "{string} was given {string}")]
fn was_given(world: &mut World, tool: String, text: String) {
    let given = world.house.read(&format!("work/{tool}-given"));
    assert!(given.contains(&text), "{text:?} is not in\n{given}");
}

#[then(expr = "the file {string} says {string}")]
fn file_says(world: &mut World, file: String, text: String) {
    assert_eq!(world.house.read(&format!("work/{file}")).trim_end(), text);
}

fn decision(world: &World) -> Value {
    let mut decided = world.events("routing.decided");
    assert_eq!(decided.len(), 1, "one decision: {decided:#?}");
    decided.remove(0)
}

#[then(expr = "the record says model {string} for the reason {string}")]
fn record_model(world: &mut World, model: String, reason: String) {
    let decided = decision(world);
    assert_eq!(
        (&decided["model"], &decided["reason"]["code"]),
        (&json!(model), &json!(reason))
    );
}

#[then(expr = "the record says tool {string} for the reason {string}")]
fn record_tool(world: &mut World, tool: String, reason: String) {
    let decided = decision(world);
    assert_eq!(
        (&decided["tool"], &decided["reason"]["code"]),
        (&json!(tool), &json!(reason))
    );
}

#[then(expr = "the record says tool {string} was rejected")]
fn record_rejected(world: &mut World, tool: String) {
    let stderr = &world.last().stderr;
    let on_record = world.events("routing.decided").iter().any(|decided| {
        let candidates = decided["candidates"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        candidates
            .iter()
            .any(|candidate| candidate["tool"] == tool && candidate["rejected"].is_object())
    });
    // Nothing was decided when there was nothing to choose from; then the command says it.
    assert!(on_record || stderr.contains(&tool), "{tool}:\n{stderr}");
}

#[then(regex = r"^the record says (\d+) tokens in and (\d+) tokens out for (\d+) micro-dollars$")]
fn record_tokens(world: &mut World, input: u64, output: u64, micros: u64) {
    let exited = world.events("attempt.exited").remove(0);
    let usage = &exited["usage"];
    assert_eq!(
        (
            &usage["input_tokens"],
            &usage["output_tokens"],
            &exited["cost"]["usd_micros"]
        ),
        (&json!(input), &json!(output), &json!(micros))
    );
}

#[then("the record says that it took a while and was done")]
fn record_done(world: &mut World) {
    let exited = world.events("attempt.exited").remove(0);
    assert_eq!(exited["outcome"], "done");
    assert!(exited["duration_ms"].is_u64(), "{exited}");
}

#[then(expr = "{int} runs are on record")]
fn runs_on_record(world: &mut World, n: usize) {
    let finished = world.events("run.finished");
    assert_eq!(finished.len(), n);
    assert!(
        finished.iter().all(|run| run["outcome"] == "done"),
        "{finished:#?}"
    );
}
