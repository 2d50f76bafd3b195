//! The examples of the API reference, typed into a shell: `curl` alone submits, follows, reads, and
//! cancels.

use std::fs;
use std::process::{Command, Stdio};

use tollgate_tests::house::TestHouse;
use tollgate_tests::served::Served;
use tollgate_tests::setup::Setup;
use tollgate_tests::speech::Claude;

/// The shell blocks before the first route.
fn examples() -> Vec<String> {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/api.md");
    let page = fs::read_to_string(page).unwrap();
    let (introduction, _) = page.split_once("\n## ").unwrap();
    let blocks = introduction.split("```sh\n").skip(1);
    blocks
        .map(|block| block.split("```").next().unwrap().to_owned())
        .collect()
}

#[test]
fn curl_alone_can_submit_follow_read_and_cancel() {
    if Command::new("curl").arg("--version").output().is_err() {
        // The door installs it; a machine without it has nothing to type these into.
        return;
    }
    let house = TestHouse::new();
    Setup::new()
        .claude("claude", &["m1"])
        .claude("slow", &["m2"])
        .agent("architect", &["claude:m1"])
        .agent("backend-dev", &["slow:m2"])
        .write(&house);
    house.tool("claude", &Claude::says("Hello from the tool.").script());
    house.tool("slow", &["--read-stdin", "--hang"]);
    let server = Served::new(&house);
    let blocks = examples();
    assert_eq!(blocks.len(), 3, "the reference lost its examples");
    let key = house.path("state/serve.token").display().to_string();
    let mut script = "set -eu\n".to_owned();
    for block in blocks {
        script.push_str(&block);
    }
    let script = script
        .replace(
            "http://127.0.0.1:8080",
            &format!("http://127.0.0.1:{}", server.port),
        )
        .replace(".tollgate/state/serve.token", &key);
    let shell = Command::new("timeout")
        .args(["60", "bash", "-c", &script])
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&shell.stdout);
    let told = String::from_utf8_lossy(&shell.stderr);
    for part in [
        "\"running\":[]",
        "\"type\":\"run.finished\"",
        "Hello from the tool.",
        "\"status\":\"done\"",
        "\"requested\":[",
        "\"status\":\"cancelled\"",
    ] {
        assert!(said.contains(part), "{part}\n-- {said}\n-- {told}");
    }
}
