//! `run list`, `run show`, and `run export`: what is on record, as people and programs read it.

use std::fs;
use std::time::{Duration, Instant};

use insta::assert_snapshot;
use regex::Regex;
use serde_json::{Value, json};
use tollgate_tests::house::{Outcome, TestHouse};
use tollgate_tests::setup::Setup;
use tollgate_tests::speech::Claude;

const SOON: Duration = Duration::from_secs(20);

/// `first`, then `second`; both speak like Claude Code.
fn house() -> TestHouse {
    let house = TestHouse::new();
    Setup::new()
        .claude("first", &["m1"])
        .claude("second", &["m2"])
        .agent("dev", &["first:m1", "second:m2"])
        .agent("scribe", &["second:m2"])
        .write(&house);
    house.tool("first", &Claude::says("one").served_by("m1").script());
    house.tool("second", &Claude::says("two").served_by("m2").script());
    house
}

/// `text` with what differs from time to time replaced by its form, and columns drawn together.
fn formed(text: &str) -> String {
    const FORMS: &[(&str, &str)] = &[
        (r"\bRUN-\d{8}-", "RUN-DAY-"),
        (r"\b\d{4}-\d{2}-\d{2}T[0-9:.]+Z", "MOMENT"),
        (r"\b\d+ \w+ ago", "AGO"),
        (r"\b\d+ min \d+ s\b|\b\d+(\.\d)? (ms|s)\b", "TIME"),
        (r#""duration_ms": ?\d+"#, r#""duration_ms": 0"#),
        (r#""pid": \d+"#, r#""pid": 0"#),
        (r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "UUID"),
        // What the tool had told by the time somebody looked.
        (r"so far: \d+ tokens, \S+ \w+", "so far: SPENT"),
        (r"(\S)  +", "$1  "),
    ];
    FORMS.iter().fold(text.to_owned(), |text, (form, name)| {
        let form = Regex::new(form).expect("a pattern");
        form.replace_all(&text, *name).into_owned()
    })
}

fn told(outcome: &Outcome) -> String {
    formed(&outcome.stdout)
}

/// The name of the `n`th run of the house.
fn run(house: &TestHouse, n: usize) -> String {
    let mut names: Vec<String> = house
        .events()
        .iter()
        .filter_map(|event| event["run_id"].as_str().map(str::to_owned))
        .collect();
    names.dedup();
    names.sort();
    names.dedup();
    names[n - 1].clone()
}

/// A run that is done, one whose first tool failed, one that failed, one that was cancelled, and
/// one of two requests, the second of which is of another agent and served by another model.
fn lived_in() -> TestHouse {
    let house = house();
    house.run(["exec", "-a", "dev", "hi"]).success();
    let broken = ["--read-stdin", "--exit", "1"];
    house.tool("first", &broken);
    house.run(["exec", "-a", "dev", "hi"]).success();
    house.tool("second", &broken);
    house.run(["exec", "-a", "dev", "hi"]).exit(1);
    let pid = house.path("tmp/pid");
    house.tool("first", &["--pid-file", pid.to_str().unwrap(), "--hang"]);
    let submitted = house.run(["run", "submit", "-a", "dev", "hi"]).success();
    let start = Instant::now();
    while !pid.exists() {
        assert!(start.elapsed() < SOON, "the tool did not start");
        std::thread::yield_now();
    }
    house
        .run(["run", "cancel", submitted.stdout.trim()])
        .success();
    house.tool("first", &Claude::says("one").served_by("m1").script());
    house.tool("second", &Claude::says("two").served_by("m9").script());
    house.run(["exec", "-a", "dev", "hi"]).success();
    let last = run(&house, 5);
    house
        .run(["exec", "-a", "scribe", "--run", &last, "hi"])
        .success();
    house
}

#[test]
fn the_runs_on_record_newest_first() {
    let house = lived_in();
    let list = house.run(["run", "list"]).success();
    assert_snapshot!(told(&list), @r#"
    Run  Status  Agent  Target  Started  Took  Tokens  Cost
    RUN-DAY-005  2/2 done  dev  second:m2  MOMENT  TIME  2,200  $0.02 reported
    RUN-DAY-004  cancelled  dev  first:m1  MOMENT  TIME  unknown  unknown
    RUN-DAY-003  failed  dev  second:m2  MOMENT  TIME  unknown  unknown
    RUN-DAY-002  done  dev  second:m2  MOMENT  TIME  ≥1,100  ≥$0.01 reported
    RUN-DAY-001  done  dev  first:m1  MOMENT  TIME  1,100  $0.01 reported
    "#);
    assert_eq!(list.stderr, "");

    // A page at a time.
    let page = house.run(["run", "list", "-n", "2"]).success();
    assert_eq!(page.stdout.lines().count(), 3, "{}", page.stdout);
    assert_snapshot!(formed(&page.stderr), @"there are older ones: --before RUN-DAY-004");
    let page = house
        .run(["run", "list", "-n", "2", "--json"])
        .success()
        .json();
    assert_eq!(page["next"], run(&house, 4), "{page:#}");
    let rest = house.run(["run", "list", "--before", &run(&house, 4), "--json"]);
    let rest = rest.success().json();
    assert_eq!(rest["runs"].as_array().map(Vec::len), Some(3), "{rest:#}");
    assert_eq!(rest["next"], Value::Null);
    let end = house
        .run(["run", "list", "--before", &run(&house, 1)])
        .success();
    assert_eq!(
        (end.stdout.as_str(), end.stderr.as_str()),
        ("", "no older runs on record\n")
    );

    // Those with something in common.
    for (args, expected) in [
        (["--status", "failed"].as_slice(), vec![3]),
        (&["--status", "cancelled"], vec![4]),
        (&["--status", "running"], vec![]),
        (&["--agent", "dev"], vec![5, 4, 3, 2, 1]),
        // Who began a run is whose run it is.
        (&["--agent", "scribe"], vec![]),
        (&["--active"], vec![]),
    ] {
        let all = ["run", "list", "--json"]
            .into_iter()
            .chain(args.iter().copied());
        let found = house.run(all).success().json();
        let found: Vec<_> = found["runs"].as_array().unwrap().iter().collect();
        let names: Vec<_> = found.iter().map(|it| it["run_id"].clone()).collect();
        let expected: Vec<_> = expected.iter().map(|n| json!(run(&house, *n))).collect();
        assert_eq!(names, expected, "{args:?}");
    }
}

#[test]
fn a_list_for_programs() {
    let house = lived_in();
    let list = house.run(["run", "list", "-n", "1", "--json"]).success();
    let document = list.json();
    let seq = document["as_of_seq"].as_u64().unwrap();
    assert_eq!(seq, house.events().len() as u64);
    let mut one = document["runs"][0].clone();
    assert_eq!(one["last_seq"], seq);
    one["last_seq"] = 0.into();
    assert_snapshot!(formed(&format!("{one:#}")), @r#"
    {
      "run_id": "RUN-DAY-005",
      "status": "done",
      "cancelling": false,
      "agent": "dev",
      "tool": "second",
      "model": "m2",
      "workflow": null,
      "started_at": "MOMENT",
      "updated_at": "MOMENT",
      "finished_at": "MOMENT",
      "duration_ms": 0,
      "parts": {
        "total": 2,
        "queued": 0,
        "active": 0,
        "cancelling": 0,
        "done": 2,
        "failed": 0,
        "cancelled": 0
      },
      "usage": {
        "total_tokens": 2200,
        "exactness": "exact"
      },
      "cost": {
        "usd_micros": 20000,
        "basis": "reported"
      },
      "tasks": [],
      "last_seq": 0
    }
    "#);
    // What nobody knows is null.
    let failed = house.run(["run", "list", "--status", "failed", "--json"]);
    let failed = failed.success().json();
    assert_eq!(
        failed["runs"][0]["cost"]["usd_micros"],
        Value::Null,
        "{failed:#}"
    );
    assert_eq!(failed["runs"][0]["usage"]["total_tokens"], Value::Null);
}

#[test]
fn one_run_with_everything_in_it() {
    let house = lived_in();
    let shown = |n| told(&house.run(["run", "show", &run(&house, n)]).success());
    assert_snapshot!(shown(1), @r"
    RUN-DAY-001 · done

      Agent  dev
      Started  MOMENT (AGO)
      Took  TIME
      Tokens  1,100
      Cost  $0.01 reported

    i1 · done in TIME
      dev → first:m1 (agent 'dev' preferred configuration)
      policies: proceed
      a1  first:m1  done in TIME · exit status 0 · 1,100 tokens · $0.01 reported
          session UUID · no process of it is left
          $0.015 was set aside, $0.01 counts
    ");
    assert_snapshot!(shown(2), @r"
    RUN-DAY-002 · done

      Agent  dev
      Started  MOMENT (AGO)
      Took  TIME
      Tokens  ≥1,100
      Cost  ≥$0.01 reported

    i1 · done in TIME
      dev → first:m1 (agent 'dev' preferred configuration)
      then → second:m2 (fallback: crashed)
      policies: proceed
      a1  first:m1  failed (crashed) in TIME · exit status 1 · tokens unknown · cost unknown
          no process of it is left
          $0.015 was set aside, $0.015 counts, as its cost is not known exactly
      a2  second:m2  done in TIME · exit status 0 · 1,100 tokens · $0.01 reported
          session UUID · no process of it is left
          $0.015 was set aside, $0.01 counts
    ");
    assert_snapshot!(shown(3), @r"
    RUN-DAY-003 · failed

      Agent  dev
      Started  MOMENT (AGO)
      Took  TIME
      Tokens  unknown
      Cost  unknown

    i1 · failed in TIME
      dev → first:m1 (agent 'dev' preferred configuration)
      then → second:m2 (fallback: crashed)
      policies: proceed
      a1  first:m1  failed (crashed) in TIME · exit status 1 · tokens unknown · cost unknown
          no process of it is left
          $0.015 was set aside, $0.015 counts, as its cost is not known exactly
      a2  second:m2  failed (crashed) in TIME · exit status 1 · tokens unknown · cost unknown
          no process of it is left
          $0.015 was set aside, $0.015 counts, as its cost is not known exactly
    ");
    assert_snapshot!(shown(4), @r"
    RUN-DAY-004 · cancelled

      Agent  dev
      Started  MOMENT (AGO)
      Took  TIME
      Tokens  unknown
      Cost  unknown

    i1 · cancelled in TIME
      dev → first:m1 (agent 'dev' preferred configuration)
      policies: proceed
      a1  first:m1  cancelled (aborted) in TIME · killed by signal 2 · tokens unknown · cost unknown
          a stop was asked for (interrupt); sent SIGINT
          no process of it is left
          $0.015 was set aside, $0.015 counts, as its cost is not known exactly
    ");
    assert_snapshot!(shown(5), @r"
    RUN-DAY-005 · 2/2 done

      Agent  dev
      Started  MOMENT (AGO)
      Took  TIME
      Tokens  2,200
      Cost  $0.02 reported

    i1 · done in TIME
      dev → first:m1 (agent 'dev' preferred configuration)
      policies: proceed
      a1  first:m1  done in TIME · exit status 0 · 1,100 tokens · $0.01 reported
          session UUID · no process of it is left
          $0.015 was set aside, $0.01 counts

    i2 · done in TIME
      scribe → second:m2 (agent 'scribe' preferred configuration)
      policies: proceed
      a1  second:m2  done in TIME · exit status 0 · 1,100 tokens · $0.01 reported
          served by m9 · session UUID · no process of it is left
          $0.015 was set aside, $0.01 counts

    Warnings
      i2.a1  model_differs: requested m2, served m9
    ");
}

#[test]
fn one_run_for_programs() {
    let house = lived_in();
    let document = house
        .run(["run", "show", &run(&house, 2), "--json"])
        .success();
    assert_snapshot!(told(&document), @r#"
    {
      "run_id": "RUN-DAY-002",
      "status": "done",
      "cancelling": false,
      "agent": "dev",
      "tool": "second",
      "model": "m2",
      "workflow": null,
      "started_at": "MOMENT",
      "updated_at": "MOMENT",
      "finished_at": "MOMENT",
      "duration_ms": 0,
      "parts": {
        "total": 1,
        "queued": 0,
        "active": 0,
        "cancelling": 0,
        "done": 1,
        "failed": 0,
        "cancelled": 0
      },
      "usage": {
        "input_tokens": 1000,
        "output_tokens": 100,
        "cache_read_tokens": 0,
        "cache_write_tokens": 0,
        "reasoning_tokens": null,
        "total_tokens": 1100,
        "exactness": "at_least"
      },
      "cost": {
        "usd_micros": 10000,
        "basis": "reported",
        "at_least": true
      },
      "tasks": [],
      "last_seq": 40,
      "invocations": [
        {
          "invocation_id": "RUN-DAY-002.i1",
          "step": null,
          "agent": "dev",
          "task_type": null,
          "tool": "second",
          "model": "m2",
          "reason": {
            "code": "preferred",
            "message": "agent 'dev' preferred configuration"
          },
          "fallback_used": true,
          "fell_back": [
            {
              "tool": "second",
              "model": "m2",
              "code": "crashed"
            }
          ],
          "policies": {
            "ruling": "proceed",
            "by": null,
            "answer": null
          },
          "follows": [],
          "detached": false,
          "state": "done",
          "exit_code": 0,
          "started_at": "MOMENT",
          "finished_at": "MOMENT",
          "duration_ms": 0,
          "usage": {
            "input_tokens": 1000,
            "output_tokens": 100,
            "cache_read_tokens": 0,
            "cache_write_tokens": 0,
            "reasoning_tokens": null,
            "total_tokens": 1100,
            "exactness": "at_least"
          },
          "cost": {
            "usd_micros": 10000,
            "basis": "reported",
            "at_least": true
          },
          "attempts": [
            {
              "n": 1,
              "tool": "first",
              "model": "m1",
              "served_model": null,
              "state": "failed",
              "failure_code": "crashed",
              "lost_reason": null,
              "spawned": true,
              "pid": 0,
              "exit_code": 1,
              "signal": null,
              "started_at": "MOMENT",
              "duration_ms": 0,
              "cancel_requested": false,
              "stop_reasons": [],
              "signals_sent": [],
              "swept": 0,
              "tree_empty": true,
              "session_id": null,
              "usage": {
                "input_tokens": null,
                "output_tokens": null,
                "cache_read_tokens": null,
                "cache_write_tokens": null,
                "reasoning_tokens": null,
                "total_tokens": null,
                "exactness": "unknown"
              },
              "cost": {
                "usd_micros": null,
                "basis": "unknown"
              },
              "budget": {
                "reserved": {
                  "uusd": 15010,
                  "tokens": 501,
                  "requests": 1
                },
                "settled": {
                  "uusd": 15010,
                  "tokens": 501,
                  "requests": 1
                },
                "settled_basis": "unknown",
                "overrun_usd_micros": null,
                "released": null
              }
            },
            {
              "n": 2,
              "tool": "second",
              "model": "m2",
              "served_model": "m2",
              "state": "done",
              "failure_code": null,
              "lost_reason": null,
              "spawned": true,
              "pid": 0,
              "exit_code": 0,
              "signal": null,
              "started_at": "MOMENT",
              "duration_ms": 0,
              "cancel_requested": false,
              "stop_reasons": [],
              "signals_sent": [],
              "swept": 0,
              "tree_empty": true,
              "session_id": "UUID",
              "usage": {
                "input_tokens": 1000,
                "output_tokens": 100,
                "cache_read_tokens": 0,
                "cache_write_tokens": 0,
                "reasoning_tokens": null,
                "total_tokens": 1100,
                "exactness": "exact"
              },
              "cost": {
                "usd_micros": 10000,
                "basis": "reported"
              },
              "budget": {
                "reserved": {
                  "uusd": 15010,
                  "tokens": 501,
                  "requests": 1
                },
                "settled": {
                  "uusd": 10000,
                  "tokens": 1100,
                  "requests": 1
                },
                "settled_basis": "reported",
                "overrun_usd_micros": null,
                "released": null
              }
            }
          ]
        }
      ],
      "warnings": [],
      "missing_events": 0,
      "record_warnings": []
    }
    "#);
    let exported = house.run(["run", "export", &run(&house, 2)]).success();
    assert_eq!(exported.stdout, document.stdout);
    let cancelled = house
        .run(["run", "show", &run(&house, 4), "--json"])
        .success()
        .json();
    let attempt = &cancelled["invocations"][0]["attempts"][0];
    assert_eq!(attempt["stop_reasons"], json!(["interrupt"]), "{attempt:#}");
    assert_eq!(attempt["tree_empty"], true);
}

#[test]
fn nothing_on_record_is_no_error() {
    let house = house();
    let before = house.state_files();
    let list = house.run(["run", "list"]).success();
    assert_eq!(list.stdout, "");
    assert_snapshot!(list.stderr, @r#"
    no runs on record
    tollgate run submit -a AGENT 'PROMPT' starts one; so does tollgate exec
    "#);
    let document = house.run(["run", "list", "--json"]).success().json();
    assert_eq!(
        document,
        json!({"runs": [], "next": null, "as_of_seq": null, "record_warnings": []})
    );
    // Looking leaves nothing behind.
    assert_eq!(house.state_files(), before);
}

#[test]
fn a_run_that_is_not_on_record() {
    let house = house();
    let missing = "RUN-20200101-001";
    for args in [
        ["run", "show", missing].as_slice(),
        &["run", "export", missing],
        &["run", "export", "--format", "jsonl", missing],
        &["run", "export", "--format", "yaml", missing],
        &["run", "list", "--before", missing],
    ] {
        let call = || args.iter().copied().chain(["--json"]);
        let document = house.run(call()).exit(1).json();
        assert_eq!(document["error"]["code"], "unknown_run", "{args:?}");
    }
    house.run(["exec", "-a", "dev", "hi"]).success();
    let near = run(&house, 1).replace("-001", "-1");
    let refused = house.run(["run", "show", &near]).exit(1);
    assert_snapshot!(formed(&refused.stderr), @r#"
    error: there is no run RUN-DAY-1 on record

    hint: did you mean RUN-DAY-001?
    hint: tollgate run list shows the runs on record
    "#);
    house.run(["run", "show", "1"]).exit(2);
}

#[test]
fn the_events_of_a_run_as_they_stand() {
    let house = lived_in();
    let all = house.run(["journal", "export"]).success().stdout;
    for n in 1..=5 {
        let name = run(&house, n);
        let exported = house
            .run(["run", "export", "--format", "jsonl", &name])
            .success();
        let expected: String = all
            .lines()
            .filter(|line| line.contains(&format!("\"run_id\":\"{name}\"")))
            .map(|line| format!("{line}\n"))
            .collect();
        assert!(!expected.is_empty());
        assert_eq!(exported.stdout, expected);
    }
}

#[test]
fn the_events_of_a_run_under_the_names_of_the_origin() {
    let house = lived_in();
    let lines = |n| {
        let exported = house.run(["run", "export", "--format", "origin-jsonl", &run(&house, n)]);
        told(&exported.success())
    };
    assert_snapshot!(lines(1), @r#"
    {"event_id":"UUID","ts":"MOMENT","run_id":"RUN-DAY-001","task_id":"i1","agent_role":"dev","tool":"first","mode":"batch","event":"routing.decision","status":"pending","summary":"first:m1: agent 'dev' preferred configuration"}
    {"event_id":"UUID","ts":"MOMENT","run_id":"RUN-DAY-001","task_id":"i1","agent_role":"dev","tool":"first","mode":"batch","event":"task_started","status":"in_progress","summary":"first:m1 began"}
    {"event_id":"UUID","ts":"MOMENT","run_id":"RUN-DAY-001","task_id":"i1","agent_role":"dev","tool":"first","mode":"batch","event":"cost_update","status":"in_progress","summary":"first:m1 so far: SPENT"}
    {"event_id":"UUID","ts":"MOMENT","run_id":"RUN-DAY-001","task_id":"i1","agent_role":"dev","tool":"first","mode":"batch","event":"task_completed","status":"done","summary":"first:m1 done after TIME","exit_code":0,"duration_ms": 0}
    {"event_id":"UUID","ts":"MOMENT","run_id":"RUN-DAY-001","task_id":"i1","agent_role":"dev","tool":"first","mode":"batch","event":"cost_update","status":"in_progress","summary":"first:m1 counts for 1100 tokens, $0.01"}
    "#);
    let names = |n| -> Vec<String> {
        let word = |line: &str| {
            let line: Value = serde_json::from_str(line).unwrap();
            line["event"].as_str().unwrap().to_owned()
        };
        lines(n).lines().map(word).collect()
    };
    assert_eq!(
        names(2),
        [
            "routing.decision",
            "task_started",
            "task_error",
            "cost_update",
            "task_started",
            "cost_update",
            "task_completed",
            "cost_update"
        ]
    );
    assert!(names(4).contains(&"task_cancelled".to_owned()));
    // What a submitted run said is kept, and the lines say where.
    let started = lines(4).lines().nth(1).unwrap().to_owned();
    let started: Value = serde_json::from_str(&started).unwrap();
    let path = started["log_paths"]["stdout"].as_str().unwrap_or_default();
    assert!(path.ends_with("/i1/a1/stdout.log"), "{started:#}");
}

#[test]
fn a_run_as_run_yaml_tells_it() {
    let house = lived_in();
    let export = |n| {
        let exported = house.run(["run", "export", "--format", "yaml", &run(&house, n)]);
        exported.success().stdout
    };
    assert_snapshot!(formed(&export(5)), @r#"
    id: "RUN-DAY-005"
    created_at: "MOMENT"
    status: completed
    agent_role: "dev"
    tasks:
      - task_id: "i1"
        status: "done"
      - task_id: "i2"
        status: "done"
    summary: "2/2 done"
    "#);
    // The same as the file that is kept beside the logs.
    let kept = house.read(&format!("state/runs/{}/run.yaml", run(&house, 4)));
    assert_eq!(export(4), kept);
}

#[test]
fn an_export_goes_to_a_file_whole_or_not_at_all() {
    let house = lived_in();
    let name = run(&house, 1);
    let to = |file: &str| ["run", "export", "-o", file, &name].map(str::to_owned);
    let outcome = house.run(to("out.json")).success();
    assert_eq!(outcome.stdout, "");
    let printed = house.run(["run", "export", &name]).success().stdout;
    assert_eq!(house.read("work/out.json"), printed);
    house
        .run(to("nowhere/out.json"))
        .exit(1)
        .says("cannot write");
    // A run that is not there does not cost the file that is.
    let missing = ["run", "export", "-o", "out.json", "RUN-20200101-001"];
    house.run(missing).exit(1);
    assert_eq!(house.read("work/out.json"), printed);
    assert_eq!(fs::read_dir(house.path("work")).unwrap().count(), 1);
}

#[test]
fn a_record_that_cannot_be_written_is_shown_all_the_same() {
    let house = lived_in();
    let before = house.run(["run", "list"]).success().stdout;
    // Neither the journal nor the index can be locked.
    for lock in ["state/log/LOCK", "state/index/index.lock"] {
        drop(fs::remove_file(house.path(lock)));
        fs::create_dir_all(house.path(lock)).unwrap();
    }
    let list = house.run(["run", "list"]).success();
    assert_eq!(list.stdout, before);
    assert!(list.stderr.contains("warning:"), "{}", list.stderr);
    let document = house.run(["run", "list", "--json"]).success().json();
    assert!(!document["record_warnings"].as_array().unwrap().is_empty());
}

#[test]
fn a_run_is_for_tasks_and_is_found_by_them() {
    let house = house();
    let exec = ["exec", "-a", "dev", "--task", "login", "--task", "logout"];
    house
        .run(exec.into_iter().chain(["--task", "login", "hi"]))
        .success();
    house.run(["exec", "-a", "scribe", "hi"]).success();
    let name = run(&house, 1);
    let list = |args: &[&str]| {
        let args = ["run", "list", "--json"].iter().chain(args).copied();
        house.run(args).success().json()
    };
    let all = list(&[]);
    assert_eq!(all["runs"][0]["tasks"], json!([]), "{all:#}");
    assert_eq!(all["runs"][1]["tasks"], json!(["login", "logout"]));
    let names = |document: Value| -> Vec<Value> {
        let runs = document["runs"].as_array().unwrap();
        runs.iter().map(|run| run["run_id"].clone()).collect()
    };
    for args in [
        ["--task", "logout"],
        ["--search", "LOGI"],
        ["--tool", "first"],
        ["--model", "m1"],
    ] {
        assert_eq!(names(list(&args)), [json!(name)], "{args:?}");
    }
    assert_eq!(names(list(&["--task", "nobody"])), [Value::Null; 0]);
    let document = house.run(["run", "show", "--json", &name]).success().json();
    assert_eq!(document["tasks"], json!(["login", "logout"]));
    let shown = house.run(["run", "show", &name]).success().stdout;
    assert!(shown.contains("Tasks      login, logout"), "{shown}");
    let yaml = house
        .run(["run", "export", "--format", "yaml", &name])
        .success();
    assert_snapshot!(formed(&yaml.stdout), @r#"
    id: "RUN-DAY-001"
    created_at: "MOMENT"
    status: completed
    agent_role: "dev"
    tasks:
      - task_id: "login"
        status: "done"
      - task_id: "logout"
        status: "done"
    summary: "2/2 done"
    "#);
    let mut events = house.events().into_iter();
    let event = events.find(|event| event["type"] == "run.submitted");
    let event = event.expect("a submission");
    assert_eq!(
        event["data"]["tasks"],
        json!(["login", "logout"]),
        "{event:#}"
    );
}

#[test]
fn tasks_that_are_no_names_are_refused_before_anything_is_done() {
    let house = house();
    for bad in ["", "../x", "a b", "-x"] {
        let task = format!("--task={bad}");
        house.run(["exec", "-a", "dev", &task, "hi"]).exit(2);
    }
    let many: Vec<String> = (0..33).map(|n| format!("--task=t{n}")).collect();
    let args = ["exec", "-a", "dev", "hi"].map(str::to_owned);
    house
        .run(args.into_iter().chain(many))
        .exit(2)
        .says("at most 32 tasks");
    assert!(!house.path("state/log").exists());
}

#[test]
fn one_key_stands_for_one_set_of_tasks() {
    let house = house();
    let submit = |task: &str| {
        let args = [
            "run", "submit", "-a", "dev", "--key", "k", "--task", task, "hi",
        ];
        house.run(args)
    };
    let first = submit("login").success();
    assert_eq!(submit("login").success().stdout, first.stdout);
    let refused = submit("logout");
    assert_ne!(refused.status, Some(0), "{refused:?}");
    house.run(["run", "wait", first.stdout.trim()]).success();
}
