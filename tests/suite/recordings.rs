//! Every recorded stream, played through `exec`, against what is true of it.
//!
//! Generic over the files: a new recording is picked up by being there.

use std::collections::VecDeque;
use std::fs;
use std::path::Path;
use std::sync::Mutex;

use serde_json::{Value, json};
use tollgate::lifecycle::{FailureClass, class};
use tollgate::model::FailureCode;
use tollgate_tests::house::TestHouse;
use tollgate_tests::setup::Setup;
use tollgate_tests::speech::{CodexTotals, codex, recording, recordings};

const N_RECORDINGS: usize = 74;
/// What the recorded commands asked for when they named no model.
const MODEL: &str = "claude-opus-5-5";

/// One recorded case.
struct Case {
    tool: &'static str,
    name: String,
    expected: Value,
    argv: Vec<String>,
}

fn read(path: &Path) -> Value {
    let text = fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

fn cases(tool: &'static str) -> Vec<Case> {
    let folder = recordings().join(tool);
    let mut cases: Vec<Case> = fs::read_dir(&folder)
        .expect("the folder of recordings")
        .filter_map(|entry| {
            let file = entry.expect("an entry").file_name().into_string().ok()?;
            let name = file.strip_suffix(".expect.json")?.to_owned();
            let argv = read(&folder.join(format!("{name}.json")))["argv"].take();
            Some(Case {
                tool,
                expected: read(&folder.join(&file)),
                argv: serde_json::from_value(argv).expect("an argv"),
                name,
            })
        })
        .collect();
    cases.sort_by(|a, b| a.name.cmp(&b.name));
    cases
}

impl Case {
    fn after(&self, word: &str) -> Option<&str> {
        let at = self.argv.iter().position(|arg| arg == word)?;
        self.argv.get(at + 1).map(String::as_str)
    }

    fn resumed(&self) -> Option<&str> {
        self.after("--resume").or_else(|| self.after("resume"))
    }

    /// The model that was asked for, the tool's adapter, and the format its stream is in.
    fn target(&self) -> (&str, &str, &str) {
        match self.tool {
            "claude" => (
                self.after("--model").unwrap_or(MODEL),
                "claude-code",
                self.after("--output-format").unwrap_or("text"),
            ),
            _ => (
                self.after("-m").unwrap_or("gpt-5-codex"),
                "codex",
                if self.argv.iter().any(|arg| arg == "--json") {
                    "json"
                } else {
                    "text"
                },
            ),
        }
    }

    fn house(&self) -> TestHouse {
        let (model, adapter, format) = self.target();
        let house = TestHouse::new();
        Setup::new()
            .tool(
                self.tool,
                json!({"binary": self.tool, "adapter": adapter, "models": [model],
                    "options": {"format": format}}),
            )
            .agent("dev", &[&format!("{}:{model}", self.tool)])
            .write(&house);
        house
    }

    fn exec(&self, house: &TestHouse, resume: Option<&str>) -> Value {
        let call = ["exec", "-a", "dev", "--json", "say hi"];
        let resume = resume.map(|session| format!("--resume={session}"));
        let args = call.into_iter().map(str::to_owned).chain(resume);
        house.run(args).json()
    }

    /// Put on record what the session had used before.
    fn turns_before(&self, house: &TestHouse, session: &str) {
        let prior = &self.expected["prior_session_usage"];
        if prior.is_object() {
            let count = |name: &str| prior[name].as_u64().unwrap_or(0);
            let totals = CodexTotals {
                input: count("input") + count("cache_read") + count("cache_write"),
                cached: count("cache_read"),
                output: count("output"),
                reasoning: count("reasoning"),
            };
            house.tool(self.tool, &codex(session, "before", &totals));
            let report = self.exec(house, None);
            assert_eq!(report["outcome"], "done", "the turns before: {report:#}");
        }
        let opened_it = cases(self.tool)
            .into_iter()
            .find(|case| case.expected["session_id"] == session && case.resumed().is_none());
        if let Some(first) = opened_it {
            house.tool(
                self.tool,
                &recording(&format!("{}/{}", self.tool, first.name)),
            );
            self.exec(house, None);
        }
    }

    /// Play it; says what differs from the truth, one line each.
    fn differences(&self) -> String {
        let house = self.house();
        if let Some(session) = self.resumed() {
            self.turns_before(&house, session);
        }
        house.tool(
            self.tool,
            &recording(&format!("{}/{}", self.tool, self.name)),
        );
        let report = self.exec(&house, self.resumed());
        self.facts(&report)
            .into_iter()
            .filter(|(_, expected, got)| expected != got)
            .map(|(field, expected, got)| {
                format!(
                    "{:32} {field:14} expected {expected}\n{:47} got      {got}\n",
                    format!("{}/{}", self.tool, self.name),
                    ""
                )
            })
            .collect()
    }

    /// Each fact, as it should be and as it was told.
    fn facts(&self, report: &Value) -> Vec<(&'static str, Value, Value)> {
        let expected = &self.expected;
        let attempts = report["attempts"].as_array().map_or(0, Vec::len);
        let status = match expected["outcome"].as_str() {
            Some("done") => 0,
            Some("cancelled") => 130,
            _ => 1,
        };
        let exactness = match (&expected["usage"], expected["usage_exact"] == true) {
            (Value::Null, _) => "unknown",
            (_, true) => "exact",
            _ => "at_least",
        };
        let mut facts = vec![
            ("attempts", json!(1), json!(attempts)),
            (
                "outcome",
                expected["outcome"].clone(),
                report["outcome"].clone(),
            ),
            ("exit_code", json!(status), report["exit_code"].clone()),
            (
                "failure_code",
                expected["failure_code"].clone(),
                report["attempts"][0]["failure_code"].clone(),
            ),
            (
                "session_id",
                expected["session_id"].clone(),
                report["session_id"].clone(),
            ),
            (
                "served_model",
                expected["served_model"].clone(),
                report["served_model"].clone(),
            ),
            (
                "exactness",
                json!(exactness),
                report["usage"]["exactness"].clone(),
            ),
            ("cost", self.cost(), told_cost(report)),
        ];
        facts.extend(self.tokens(report));
        if status == 0 {
            facts.push(("text", expected["text"].clone(), report["output"].clone()));
        }
        facts
    }

    fn tokens(&self, report: &Value) -> Vec<(&'static str, Value, Value)> {
        [
            ("input_tokens", "input"),
            ("output_tokens", "output"),
            ("cache_read_tokens", "cache_read"),
            ("cache_write_tokens", "cache_write"),
            ("reasoning_tokens", "reasoning"),
        ]
        .map(|(told, true_one)| {
            (
                told,
                self.expected["usage"][true_one].clone(),
                report["usage"][told].clone(),
            )
        })
        .into()
    }

    /// The money that may be claimed: what the tool says of this run, or else nothing, since the
    /// configuration of these tests prices no cache.
    fn cost(&self) -> Value {
        let usage = &self.expected["usage"];
        let n_cached = usage["cache_read"].as_u64().unwrap_or(1);
        match &self.expected["cost_microusd"] {
            Value::Null if n_cached == 0 => json!([0, "imputed"]),
            Value::Null => json!([null, "unknown"]),
            told => json!([told, "reported"]),
        }
    }
}

fn told_cost(report: &Value) -> Value {
    json!([report["cost"]["usd_micros"], report["cost"]["basis"]])
}

/// Plays all cases of a tool, a few at a time, and prints one table of what is wrong.
fn check(tool: &'static str) {
    let queue = Mutex::new(VecDeque::from(cases(tool)));
    let table = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                loop {
                    let case = queue.lock().unwrap().pop_front();
                    let Some(case) = case else { return };
                    let wrong = case.differences();
                    if !wrong.is_empty() {
                        table.lock().unwrap().push(wrong);
                    }
                }
            });
        }
    });
    let mut table = table.into_inner().unwrap();
    table.sort();
    assert!(
        table.is_empty(),
        "{} recordings of {tool} are told wrong:\n{}",
        table.len(),
        table.concat()
    );
}

#[test]
fn there_are_as_many_recordings_as_were_made() {
    assert_eq!(cases("claude").len() + cases("codex").len(), N_RECORDINGS);
    for folder in ["claude", "codex"] {
        for entry in fs::read_dir(recordings().join(folder)).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            if let Some(case) = name.strip_suffix(".stdout") {
                let expected = recordings()
                    .join(folder)
                    .join(format!("{case}.expect.json"));
                assert!(expected.is_file(), "{folder}/{case} says not what is true");
            }
        }
    }
}

#[test]
fn every_recorded_failure_is_of_a_known_kind() {
    for case in cases("claude").into_iter().chain(cases("codex")) {
        let Some(code) = case.expected["failure_code"].as_str() else {
            continue;
        };
        let class = class(&FailureCode::new(code));
        assert_ne!(class, FailureClass::Unknown, "{}: {code}", case.name);
    }
}

#[test]
fn claude_codes_recordings_are_told_as_they_were() {
    check("claude");
}

#[test]
fn codexs_recordings_are_told_as_they_were() {
    check("codex");
}
