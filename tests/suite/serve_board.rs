//! The board over HTTP: what is read, changed by one line, and counted for tasks.

use std::fs;

use serde_json::json;
use tollgate_tests::board_tree::plant;
use tollgate_tests::house::TestHouse;
use tollgate_tests::served::Served;
use tollgate_tests::setup::Setup;
use tollgate_tests::speech::Claude;

const TASK: &str = "# Ada reviews this
id: keep-prices
agent: dev
title: Keep prices
status: inbox
priority: low   # for now
artefacts: []
";

/// The folder of tasks, in the project.
const TASKS: &str = "work/collaboration";

/// Where the task lies, in the house.
fn file(lane: &str) -> String {
    ["work", TASKS, lane, "keep-prices.yaml"].join("/")
}

fn house() -> TestHouse {
    let house = TestHouse::new();
    Setup::claude_dev().write(&house);
    house.tool(
        "claude",
        &Claude::says("ok").billed([1_000, 100, 0, 0], 0.25).script(),
    );
    house.write(&file("inbox"), TASK);
    house.write(
        "work/specifications/fast.md",
        "---\nid: S-1\ntitle: Fast\nstatus: in_progress\ninitiative: Checkout\n---\n# Fast <b>x</b>\n",
    );
    house
}

#[test]
fn one_line_of_one_file_changes_and_only_if_it_was_seen() {
    let house = house();
    let server = Served::new(&house);
    let path = "/api/v1/tasks/keep-prices";
    let seen = server.get(path).of(200);
    let etag = format!("If-Match: {}", seen.header("etag").unwrap());
    let change = |lines: &[&str], to: &str| {
        let body = json!({ "priority": to });
        server.send("PATCH", &format!("{path}/priority"), lines, Some(&body))
    };
    drop(change(&[], "high").of(428));
    drop(change(&["If-Match: \"00\""], "high").of(412));
    drop(change(&[&etag], "urgent").of(422));
    assert_eq!(change(&[&etag], "high").of(200).json()["priority"], "high");
    let text = house.read(&file("inbox"));
    assert_eq!(text, TASK.replace("priority: low", "priority: high"));
    drop(change(&[&etag], "low").of(412));
}

#[test]
fn an_orphan_finds_its_specification_and_its_run_is_counted() {
    let house = house();
    let server = Served::new(&house);
    let before = server.json("/api/v1/initiatives");
    assert_eq!(before["orphans"].as_array().unwrap().len(), 1, "{before}");
    let seen = server.get("/api/v1/tasks/keep-prices").of(200);
    let etag = format!("If-Match: {}", seen.header("etag").unwrap());
    let body = json!({"specification": "fast.md"});
    let path = "/api/v1/tasks/keep-prices/specification";
    drop(server.send("PATCH", path, &[&etag], Some(&body)).of(200));
    house
        .run(["exec", "-a", "dev", "--task", "keep-prices", "hi"])
        .success();
    let after = server.json("/api/v1/initiatives");
    let initiative = &after["initiatives"][0];
    assert!(after["orphans"].as_array().unwrap().is_empty(), "{after}");
    assert_eq!(initiative["runs"], 1, "{initiative}");
    assert_eq!(initiative["cost"]["usd_micros"], 250_000, "{initiative}");
    let costs = server.json("/api/v1/costs?group=initiative");
    let group = &costs["groups"][0];
    assert_eq!(
        (&group["name"], &group["title"], &group["cost_usd_micros"]),
        (&json!("checkout"), &json!("Checkout"), &json!(250_000))
    );
    let table = server.get("/api/v1/costs?group=initiative&format=csv");
    let table = table.of(200).body;
    assert!(
        table.starts_with("initiative,title,invocations,"),
        "{table}"
    );
    assert!(table.contains("\ncheckout,Checkout,1,"), "{table}");
    let of_it = server.json("/api/v1/runs?task=keep-prices");
    assert_eq!(of_it["runs"].as_array().unwrap().len(), 1);
    let none = server.json("/api/v1/runs?task=another");
    assert!(none["runs"].as_array().unwrap().is_empty());
}

#[test]
fn nothing_outside_the_folders_can_be_read() {
    let house = house();
    house.write("work/secret.md", "---\nid: X\n---\n");
    let outside = house.path("work/secret.md");
    let link = house.path("work/specifications/link.md");
    std::os::unix::fs::symlink(outside, link).unwrap();
    let server = Served::new(&house);
    for path in [
        "../secret.md",
        "..%2fsecret.md",
        "%2e%2e/secret.md",
        "a/../../secret.md",
        "%2fetc%2fpasswd",
        "link.md",
        "..%5csecret.md",
        "fast.md%00",
        &"0".repeat(300),
    ] {
        let reply = server.get(&format!("/api/v1/specs/{path}"));
        assert!((400..500).contains(&reply.status), "{path}: {}", reply.body);
        assert!(!reply.body.contains("id: X"), "{path}");
    }
    let text = server.json("/api/v1/specs/fast.md");
    assert!(
        text["text"].as_str().unwrap().contains("# Fast <b>x</b>"),
        "{text}"
    );
}

#[test]
fn a_tree_of_mixed_quality_is_shown_with_every_mistake_named() {
    let house = TestHouse::new();
    Setup::claude_dev().write(&house);
    let planted = plant(&house.path("work"), 25, 250, 7);
    let server = Served::new(&house);
    let tasks = server.json("/api/v1/tasks?include_done=true");
    let ids = tasks["tasks"].as_array().unwrap().iter();
    let ids: Vec<&str> = ids.map(|it| it["id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), planted.tasks.len());
    assert!(ids.iter().all(|id| planted.tasks.contains(*id)));
    let portfolio = server.json("/api/v1/initiatives");
    let problems = portfolio["problems"].to_string();
    for path in planted.broken.iter().chain(&planted.odd) {
        assert!(problems.contains(path.as_str()), "{path} is not named");
    }
    let orphans = portfolio["orphans"].as_array().unwrap().len();
    assert_eq!(orphans, planted.orphans.len());
    // Somebody moves a file by hand, and it is seen.
    let inbox = house.path("work").join(TASKS).join("inbox");
    let id = planted.inbox.iter().next().unwrap();
    fs::remove_file(inbox.join(format!("{id}.yaml"))).unwrap();
    let after = server.json("/api/v1/tasks?include_done=true");
    assert_eq!(after["tasks"].as_array().unwrap().len(), ids.len() - 1);
}

#[test]
fn a_run_takes_the_file_of_its_task_along() {
    let house = house();
    let exec = |tool: &[String]| {
        house.tool("claude", tool);
        house.run(["exec", "-a", "dev", "--task", "keep-prices", "hi"])
    };
    let refused: Vec<String> = ["--read-stdin", "--exit", "3"].map(str::to_owned).into();
    let _ = exec(&refused).exit(1);
    let begun = house.read(&file("assigned/dev"));
    assert!(begun.contains("status: in_progress"), "{begun}");
    assert!(begun.starts_with("# Ada reviews this\n"), "{begun}");
    let _ = exec(&Claude::says("ok").script()).success();
    let done = house.read(&file("done/dev"));
    assert!(done.contains("status: done"), "{done}");
    assert!(done.contains("done by RUN-"), "{done}");
    // A task that is done stays done, and whoever asked is told.
    let _ = exec(&Claude::says("ok").script())
        .success()
        .says("the file of task keep-prices stays");
    let warned = house.events();
    let warned = warned.iter().find(|it| it["type"] == "attempt.warned");
    let warned = &warned.unwrap()["data"];
    assert_eq!(warned["code"], "task_stayed");
    assert_eq!(warned["facts"], json!({"task": "keep-prices"}));
    // A name that has no file is a name from elsewhere.
    let elsewhere = house.run(["exec", "-a", "dev", "--task", "JIRA-7", "hi"]);
    assert!(!elsewhere.success().stderr.contains("stays"));
}

#[test]
fn a_run_of_the_page_takes_it_along_too() {
    let house = house();
    let server = Served::new(&house);
    let body = json!({"agent": "dev", "prompt": "hi", "tasks": ["keep-prices"]});
    let path = "/api/v1/runs";
    let reply = server.send("POST", path, &["Idempotency-Key: k"], Some(&body));
    let run = reply.of(201).json()["run_id"].as_str().unwrap().to_owned();
    house.run(["run", "wait", &run]).success();
    assert_eq!(server.json("/api/v1/tasks/keep-prices")["status"], "done");
}

#[test]
fn other_folders_are_named_by_option_or_variable() {
    let house = house();
    let moved = ["work", "todo", "inbox", "keep-prices.yaml"].join("/");
    house.write(&moved, TASK);
    fs::remove_file(house.path(&file("inbox"))).unwrap();
    let list = ["task", "list", "--json"];
    let ids = |outcome: tollgate_tests::house::Outcome| outcome.success().json()["tasks"].clone();
    assert_eq!(ids(house.run(list)), json!([]));
    let by_option = house.run(list.iter().chain(&["--tasks", "todo"]).copied());
    assert_eq!(ids(by_option)[0]["id"], "keep-prices");
    let by_variable = house.call(list).env("TOLLGATE_TASKS", "todo").run();
    assert_eq!(ids(by_variable)[0]["id"], "keep-prices");
    house
        .call(["exec", "-a", "dev", "--task", "keep-prices", "hi"])
        .env("TOLLGATE_TASKS", "todo")
        .run()
        .success();
    assert!(house.path("work/todo/done/dev/keep-prices.yaml").exists());
}

#[test]
fn programs_of_the_origin_find_what_they_know() {
    let house = house();
    house
        .run(["exec", "-a", "dev", "--task", "keep-prices", "hi"])
        .success();
    let another = TASK.replace("keep-prices", "another");
    house.write(&file("inbox").replace("keep-prices", "another"), another);
    let server = Served::new(&house);
    assert_eq!(server.json("/health")["status"], "healthy");
    let stats = server.json("/api/stats");
    let counts = json!({"inbox": 1, "assigned": 0, "done": 1, "total": 2});
    assert_eq!(stats["tasks"], counts);
    assert_eq!(
        stats["costs"],
        json!({"today": 0.25, "month": 0.25, "total": 0.25})
    );
    let open = server.json("/api/tasks");
    assert_eq!(open["inbox"][0]["id"], "another");
    assert_eq!((&open["assigned"], open.get("done")), (&json!({}), None));
    let all = server.json("/api/tasks?include_done=true");
    assert_eq!(all["done"]["dev"][0]["id"], "keep-prices");
    let finished = server.json("/api/tasks/finished");
    assert_eq!(finished["tasks"][0]["id"], "keep-prices");
    let agents = server.json("/api/agents/portfolio");
    assert_eq!(agents["done"]["dev"][0]["id"], "keep-prices");
    // They name no version, and get 200, 400, 404, and 409.
    let patch = |task: &str, field: &str, body: &serde_json::Value| {
        let path = format!("/api/tasks/{task}/{field}");
        server.send("PATCH", &path, &[], Some(body))
    };
    drop(patch("another", "priority", &json!({"priority": "high"})).of(200));
    let mistake = patch("another", "priority", &json!({"priority": "urgent"})).of(400);
    assert!(mistake.json()["error"].is_string(), "{}", mistake.body);
    drop(patch("nobody", "priority", &json!({"priority": "high"})).of(404));
    drop(patch("keep-prices", "priority", &json!({"priority": "high"})).of(409));
    drop(
        patch(
            "another",
            "specification",
            &json!({"specification": "fast.md"}),
        )
        .of(200),
    );
    let portfolio = server.json("/api/portfolio");
    let initiative = &portfolio["initiatives"][0];
    assert_eq!(
        (&initiative["title"], &initiative["status"]),
        (&json!("Checkout"), &json!("in_progress"))
    );
    assert_eq!(initiative["specifications"][0]["tasks"][0]["id"], "another");
    assert_eq!(portfolio["orphans"][0]["id"], "keep-prices");
}
