//! Somebody else's component, dropped in as a file: a good one runs, a bad one ends as a clear
//! error, and the host goes on either way.

use serde_json::{Value, json};
use tollgate_tests::house::TestHouse;
use tollgate_tests::setup::Setup;
use tollgate_tests::speech::Claude;

use crate::forge::{self, Guest};
use crate::image;

/// A guest that sends the prompt to the tool's stdin and takes whatever it prints as `hello`.
fn friendly() -> Guest {
    forge::good()
        .plan(|image| {
            let args = [b"--foreign".to_vec()];
            let mut plan = image::plan(image, "stranger", &args, &[]);
            // `input` is the case `prompt`, whose framing ends in its encoding.
            let encoding = image.text(b"raw");
            plan[28] = 1;
            plan[48..56].copy_from_slice(&encoding);
            plan
        })
        .push(|image| {
            vec![
                image::text_event(image, 1, b"hello from a stranger"),
                image::usage_event(image, 1, "run", 77),
                image::cost_event(image, 1, 4_200),
            ]
        })
        .finish(|image| vec![image::finished_event(image, 0, "done")])
}

/// `stranger`, driven by this file, and `claude` behind it.
fn house_with(component: &[u8]) -> TestHouse {
    let house = TestHouse::new();
    house.write("config/plugins/stranger.wasm", component);
    Setup::new()
        .tool(
            "stranger",
            json!({"binary": "stranger", "adapter": "plugins/stranger.wasm", "models": ["m"]}),
        )
        .claude("claude", &["opus"])
        .agent("dev", &["stranger:m"])
        .agent("careful", &["stranger:m", "claude:opus"])
        .write(&house);
    let ran = house.path("work/ran").to_string_lossy().into_owned();
    house.tool("stranger", &["--touch", &ran, "--emit-line", "anything"]);
    house.tool("claude", &Claude::says("from claude").script());
    house
}

#[test]
fn a_strangers_component_runs_as_a_tool() {
    let house = house_with(&friendly().build());
    let (args, seen) = (house.path("work/args"), house.path("work/seen"));
    let script = [
        "--echo-args-to",
        args.to_str().unwrap(),
        "--echo-stdin-to",
        seen.to_str().unwrap(),
        "--emit-line",
        "anything",
    ];
    house.tool("stranger", &script);
    let report = house
        .run(["exec", "-a", "dev", "--json", "the prompt"])
        .success()
        .json();
    assert_eq!(
        (
            &report["output"],
            &report["usage"]["input_tokens"],
            &report["cost"]
        ),
        (
            &json!("hello from a stranger"),
            &json!(77),
            &json!({"usd_micros": 4_200, "basis": "reported", "at_least": true})
        )
    );
    assert_eq!(house.read("work/seen"), "the prompt");
    let argv: Vec<String> = serde_json::from_str(&house.read("work/args")).unwrap();
    assert_eq!(argv[1..], ["--foreign"]);
    let intent = house
        .events()
        .into_iter()
        .find(|event| event["type"] == "attempt.intent")
        .unwrap();
    assert_eq!(intent["data"]["adapter"]["id"], "good");
    assert_eq!(
        intent["data"]["adapter"]["sha256"].as_str().map(str::len),
        Some(64)
    );
}

/// What went wrong, wherever the document says it.
fn complaint(document: &Value) -> String {
    let error = &document["error"];
    if error.is_object() {
        return format!("{} {}", error["code"], error["message"]);
    }
    let attempt = &document["attempts"][0];
    format!("{} {}", attempt["failure_code"], attempt["failure_message"])
}

/// It ends as a clear error that holds one of these words, and with a fallback the work is done.
fn contained(component: &[u8], words: &[&str], may_have_run: bool) {
    let house = house_with(component);
    let document = house
        .run(["exec", "-a", "dev", "--json", "hi"])
        .exit(1)
        .json();
    let said = complaint(&document);
    assert!(words.iter().any(|word| said.contains(word)), "{said}");
    assert!(may_have_run || !house.path("work/ran").exists(), "{said}");
    house
        .run(["exec", "-a", "dev", "hi"])
        .exit(1)
        .says("error:");
    let outcome = house
        .run(["exec", "-a", "careful", "hi"])
        .success()
        .says("Primary tool stranger unavailable, trying fallback");
    assert_eq!(outcome.stdout, "from claude\n");
    house.run(["journal", "verify"]).success();
}

#[test]
fn what_is_no_component_is_called_so() {
    contained(
        b"this is no component",
        &["not a component", "component"],
        false,
    );
    contained(b"\0asm\x01\0\0\0", &["component"], false);
    contained(b"", &["component", "empty"], false);
}

#[test]
fn a_component_that_plans_for_ever_is_stopped() {
    let guest =
        forge::with("(func $plan (param i32) (result i32) (loop $on (br $on)) unreachable)");
    contained(&guest.build(), &["adapter-fault", "plugin"], false);
}

#[test]
fn a_component_that_reads_for_ever_is_stopped_and_its_tool_with_it() {
    let guest =
        forge::with("(func $push (param i32 i32) (result i32) (loop $on (br $on)) unreachable)")
            .plan(|image| image::plan(image, "stranger", &[], &[]));
    contained(&guest.build(), &["adapter-fault", "plugin"], true);
}

#[test]
fn a_component_that_traps_is_a_failure_of_its_tool() {
    let guest = forge::with("(func $plan (param i32) (result i32) unreachable)");
    contained(&guest.build(), &["adapter-fault", "plugin"], false);
}

#[test]
fn a_component_that_takes_all_memory_is_stopped() {
    let guest = forge::with(
        "(func $plan (param i32) (result i32)
           (loop $on (drop (memory.grow (i32.const 256))) (br $on)) unreachable)",
    );
    contained(&guest.build(), &["adapter-fault", "plugin"], false);
}

#[test]
fn a_program_that_was_not_granted_is_not_started() {
    let guest = forge::good().plan(|image| {
        let args = [b"-c".to_vec(), b"touch pwned".to_vec()];
        image::plan(image, "/bin/sh", &args, &[])
    });
    contained(&guest.build(), &["not-granted", "plugin"], false);
}

#[test]
fn a_component_file_that_is_not_there_is_named() {
    let house = house_with(&friendly().build());
    std::fs::remove_file(house.path("config/plugins/stranger.wasm")).unwrap();
    let outcome = house.run(["exec", "-a", "dev", "hi"]).exit(1);
    assert!(
        outcome.stderr.contains("stranger.wasm"),
        "{}",
        outcome.stderr
    );
}

#[test]
fn an_adapter_id_that_nobody_has_is_named_with_those_there_are() {
    let house = TestHouse::new();
    Setup::new()
        .tool(
            "t",
            json!({"binary": "t", "adapter": "claude-cod", "models": ["m"]}),
        )
        .agent("dev", &["t:m"])
        .write(&house);
    house.tool("t", &["--emit-line", "x"]);
    let outcome = house.run(["exec", "-a", "dev", "hi"]).exit(1);
    let said = &outcome.stderr;
    assert!(
        said.contains("claude-cod") && said.contains("claude-code"),
        "{said}"
    );
}
