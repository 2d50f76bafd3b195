//! The real tools in the background, cut off in the middle: `run cancel`, `run kill`, and a
//! supervisor that is killed.
//!
//! Owns the promise that nothing of a real tool is left, also of what its own shell started, and
//! that the tokens that it told before its end are kept, and called exact only where no reply was
//! broken off. Every moment is held by the mock API (an answer that never ends) or by a command that
//! sleeps; none needs luck.

use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use tollgate::process::find_marked;
use tollgate_tests::{
    mock_api::{Ending, MockApi, Play, REPLY, Recorded, Scenario, billed},
    occupants::{kill_supervisor, supervisors},
    pids::{is_running, read_pid},
    real_tools::Tool,
};
use uuid::Uuid;

use crate::workshop::{BOTH, Workshop, one_reply, tokens, workshop};

const SOON: Duration = Duration::from_secs(30);

/// The first step's patience: neither tool needs the second.
const PATIENCE: Duration = Duration::from_secs(10);

/// What a shell call of the tool leaves behind if nobody looks after it.
struct Sleepers(Vec<PathBuf>);

impl Sleepers {
    /// One that the shell waits for, one that left for a session of its own, and one there that
    /// is deaf to every polite signal.
    const NAMES: [&str; 3] = ["near", "far", "deaf"];

    /// The shell command that starts them.
    fn command() -> String {
        let [near, far, deaf] = Self::NAMES.map(|name| {
            let deaf = "trap \"\" INT TERM HUP; ";
            let before = if name == "deaf" { deaf } else { "" };
            // A shell, because Claude Code refuses to run a bare `sleep`.
            format!(
                "sh -c '{before}printf %s $$ >{name}.new && mv {name}.new {name} && exec sleep 300'"
            )
        });
        let away = |sleeper| format!("nohup setsid {sleeper} >/dev/null 2>&1 &");
        format!("{} {} {near}", away(far), away(deaf))
    }

    fn wait(workshop: &Workshop) -> Self {
        let file = |name| workshop.house.path(&format!("work/{name}"));
        let sleepers = Self(Self::NAMES.map(file).into());
        until("the sleepers", || {
            sleepers.0.iter().all(|file| file.exists())
        });
        sleepers
    }

    fn assert_gone(&self) {
        for file in &self.0 {
            assert!(!is_running(read_pid(file)), "{} sleeps on", file.display());
        }
    }
}

fn until(what: &str, there: impl Fn() -> bool) {
    let start = Instant::now();
    while !there() {
        assert!(start.elapsed() < SOON, "{what} did not come");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// An attempt that is over, as the record tells it.
struct Told {
    kind: Tool,
    events: Vec<Value>,
}

impl Told {
    fn of(workshop: &Workshop, run: &str) -> Self {
        let mut events = workshop.house.events();
        events.retain(|event| event["run_id"] == run);
        let kind = workshop.tool.tool;
        Self { kind, events }
    }

    fn all(&self, name: &str) -> Vec<&Value> {
        let found = self.events.iter().filter(|event| event["type"] == name);
        found.collect()
    }

    fn one(&self, name: &str) -> &Value {
        match self.all(name).as_slice() {
            [one] => one,
            found => panic!(
                "{}: {} {name} in {:#?}",
                self.kind,
                found.len(),
                self.events
            ),
        }
    }

    /// From one event to another.
    fn between(&self, first: &str, last: &str) -> Duration {
        let at = |name| self.one(name)["mono_us"].as_u64().expect("a moment");
        Duration::from_micros(at(last) - at(first))
    }

    fn assert_nothing_left(&self) {
        let marker = self.one("attempt.queued")["data"]["marker"].as_str();
        let marker: Uuid = marker.expect("a marker").parse().expect("a UUID");
        assert_eq!(find_marked(marker), Vec::<u32>::new(), "{}", self.kind);
    }

    fn assert_cancelled(&self, signal: &str) -> &Value {
        let exited = &self.one("attempt.exited")["data"];
        let kind = self.kind;
        assert_eq!(exited["outcome"], "cancelled", "{kind}: {exited:#}");
        assert_eq!(exited["cancel_requested"], true, "{kind}: {exited:#}");
        assert_eq!(exited["tree_empty"], true, "{kind}: {exited:#}");
        let sent = self.all("attempt.signalled");
        let sent: Vec<_> = sent.iter().map(|event| &event["data"]["signal"]).collect();
        assert_eq!(sent, [signal], "{kind}: {exited:#}");
        let finished = &self.one("run.finished")["data"];
        assert_eq!(
            (&finished["outcome"], &finished["exit_code"]),
            (&json!("cancelled"), &json!(130))
        );
        let took = self.between("attempt.cancel_requested", "attempt.exited");
        assert!(took < PATIENCE, "{kind}: {took:?}");
        self.assert_nothing_left();
        exited
    }

    fn assert_lost(&self) -> &Value {
        let lost = &self.one("attempt.lost")["data"];
        let kind = self.kind;
        assert_eq!(lost["reason"], "supervisor_died", "{kind}: {lost:#}");
        assert_eq!(lost["tree_empty"], true, "{kind}: {lost:#}");
        let finished = &self.one("run.finished")["data"];
        assert_eq!(finished["outcome"], "lost", "{kind}");
        assert_eq!(self.all("attempt.exited").len(), 0, "{kind}");
        self.assert_nothing_left();
        lost
    }
}

/// That what is on record of an end is true, and has what the API said of `n_told` replies.
fn assert_true(kind: Tool, end: &Value, n_told: u64, api: &MockApi) {
    let replies = api.model_requests();
    let complete = |reply: &&Recorded| reply.ending == Ending::Complete;
    let n_complete = replies.iter().filter(complete).count() as u64;
    let n_begun = replies.len() as u64;
    let bill = |n: u64| one_reply(kind).map(|count| count.map(|count| n * count));
    let (cost, told) = (&end["cost"], tokens(end));
    match end["exactness"].as_str() {
        Some("unknown") => {
            assert_eq!(told, [None; 5], "{kind}: {end:#}");
            assert_eq!(
                *cost,
                json!({"usd_micros": null, "basis": "unknown"}),
                "{kind}"
            );
        }
        Some("at_least") => {
            assert_eq!(cost["at_least"], true, "{kind}: {end:#}");
            assert!(cost["usd_micros"].as_u64() > Some(0), "{kind}: {end:#}");
            let within = told
                .iter()
                .zip(bill(n_begun))
                .all(|(told, all)| *told <= all);
            assert!(within, "{kind}: more than was billed: {end:#}");
        }
        Some("exact") => {
            // Only where nothing was broken off.
            assert_eq!(n_complete, n_begun, "{kind}: {end:#}");
            assert_eq!(told, bill(n_begun), "{kind}: {end:#}");
        }
        _ => panic!("{kind}: {end:#}"),
    }
    if n_told > 0 {
        let (input, output) = (told[0], told[3]);
        assert!(input >= Some(n_told * billed::INPUT), "{kind}: {end:#}");
        assert!(output >= Some(n_told), "{kind}: {end:#}");
    }
}

impl Workshop {
    /// The name of a run that was submitted by a process that is gone by now.
    fn submit(&self, more: &[&str]) -> String {
        let args = [&["run", "submit", "-a", "dev"], more].concat();
        self.call(&args).run().success().stdout.trim().to_owned()
    }

    /// By somebody else, who knows nothing of the tool.
    fn stop(&self, wish: &str, run: &str) -> Told {
        let stopped = self.house.run(["run", wish, run]).success();
        assert_eq!(stopped.stdout, format!("{run}: cancelled\n"));
        Told::of(self, run)
    }

    fn kill_supervisor(&self) {
        let state = self.house.path("state");
        let found = supervisors(&state);
        let [one] = found.as_slice() else {
            panic!("{found:?}")
        };
        assert!(kill_supervisor(&state, one));
        until("its end", || !is_running(one.pid));
    }

    /// Kills the supervisor once so much output is on record, and has it found out.
    fn lose(&self, run: &str, output_tokens: Option<u64>) -> Told {
        let told =
            |event: &&Value| event["data"]["usage"]["output_tokens"].as_u64() >= output_tokens;
        until("the usage", || {
            output_tokens.is_none() || Told::of(self, run).all("attempt.usage").iter().any(told)
        });
        self.kill_supervisor();
        let waited = self.house.run(["run", "wait", "--json", run]).exit(1);
        assert_eq!(waited.json()["outcome"], "lost");
        Told::of(self, run)
    }

    /// Waits until Claude Code has said, in pieces, that so many replies began.
    fn wait_for_replies(&self, run: &str, n: usize) {
        let log = self
            .house
            .path(&format!("state/runs/{run}/i1/a1/stdout.log"));
        until("the replies", || {
            let said = std::fs::read_to_string(&log).unwrap_or_default();
            said.matches("\"message_start\"").count() >= n
        });
    }

    /// Nothing stands in the way of the next.
    fn assert_works(&self) {
        let kind = self.tool.tool;
        let report = self.report(0, &["say hi"]);
        assert_eq!(report["output"], REPLY, "{kind}");
        assert_eq!(tokens(&report), one_reply(kind), "{kind}");
        assert_eq!(report["usage"]["exactness"], "exact", "{kind}");
    }
}

/// Waits until the `n`th reply has been streaming for a while.
fn wait_for_stream(api: &MockApi, n: usize) {
    let streams = |requests: &[Recorded]| {
        let mut replies = requests.iter().filter(|it| it.is_model_request());
        replies.nth(n - 1).is_some_and(|reply| reply.n_deltas > 5)
    };
    assert!(api.wait_until(SOON, streams), "no reply streams");
}

/// With a cap on its money, Claude Code tells each reply's tokens as soon as the API does.
const CAPPED: &[&str] = &["--max-cost", "50"];

#[test]
fn stopped_while_an_answer_streams() {
    for kind in BOTH {
        for (wish, signal) in [("cancel", "SIGINT"), ("kill", "SIGKILL")] {
            let api = MockApi::perform(Play::always(Scenario::slow()).then(Scenario::ok()));
            let Some(workshop) = workshop(kind, &api) else {
                continue;
            };
            let run = workshop.submit(&["say much"]);
            wait_for_stream(&api, 1);
            let told = workshop.stop(wish, &run);
            assert_true(kind, told.assert_cancelled(signal), 0, &api);
            assert!(api.wait_for_client_gone(SOON), "{kind} still reads");
            workshop.assert_works();
        }
    }
}

#[test]
fn what_was_told_before_the_end_is_kept() {
    let kind = Tool::ClaudeCode;
    for (wish, signal) in [("cancel", "SIGINT"), ("kill", "SIGKILL")] {
        let play = Play::always(Scenario::call("echo one")).then(Scenario::slow());
        let api = MockApi::perform(play);
        let Some(workshop) = workshop(kind, &api) else {
            return;
        };
        let run = workshop.submit(&[&["say much"], CAPPED].concat());
        workshop.wait_for_replies(&run, 2);
        let told = workshop.stop(wish, &run);
        let exited = told.assert_cancelled(signal);
        assert_true(kind, exited, 2, &api);
        // All of the first reply, and what the second began with.
        assert_eq!(exited["exactness"], "at_least", "{exited:#}");
        assert_eq!(
            tokens(exited),
            [
                Some(2 * 1_234),
                Some(2 * 8_900),
                Some(2 * 567),
                Some(42 + 1),
                None
            ],
            "{wish}"
        );
    }
}

#[test]
fn stopped_while_a_shell_call_runs() {
    for kind in BOTH {
        for (wish, signal) in [("cancel", "SIGINT"), ("kill", "SIGKILL")] {
            let play = Play::always(Scenario::call(Sleepers::command()));
            let api = MockApi::perform(play.then(Scenario::ok()));
            let Some(workshop) = workshop(kind, &api) else {
                continue;
            };
            let run = workshop.submit(&["sleep"]);
            let sleepers = Sleepers::wait(&workshop);
            let told = workshop.stop(wish, &run);
            let exited = told.assert_cancelled(signal);
            assert_true(kind, exited, n_told(kind), &api);
            sleepers.assert_gone();
            api.move_on();
            workshop.assert_works();
        }
    }
}

/// How many replies a tool tells of when a shell call comes after the first: Codex tells of none
/// before the end of its turn.
fn n_told(kind: Tool) -> u64 {
    u64::from(kind == Tool::ClaudeCode)
}

/// A tool, what is asked for besides, and the output tokens that it tells then of a whole reply and
/// of one that has begun.
type Telling = (Tool, &'static [&'static str], [Option<u64>; 2]);

const TELLING: [Telling; 3] = [
    (Tool::ClaudeCode, &[], [Some(1), Some(0)]),
    (Tool::ClaudeCode, CAPPED, [Some(42), Some(1)]),
    (Tool::Codex, &[], [None, None]),
];

#[test]
fn a_supervisor_killed_while_an_answer_streams() {
    for (kind, more, [whole, begun]) in TELLING {
        let play = Play::always(Scenario::call("echo one")).then(Scenario::slow());
        let api = MockApi::perform(play.then(Scenario::ok()));
        let Some(workshop) = workshop(kind, &api) else {
            continue;
        };
        let run = workshop.submit(&[&["say much"], more].concat());
        wait_for_stream(&api, 2);
        let output = whole.zip(begun).map(|(whole, begun)| whole + begun);
        let told = workshop.lose(&run, output);
        let lost = told.assert_lost();
        assert_true(kind, lost, n_told(kind), &api);
        assert_eq!(tokens(lost)[3], output, "{kind}: {lost:#}");
        assert!(api.wait_for_client_gone(SOON), "{kind} still reads");
        workshop.assert_works();
    }
}

#[test]
fn a_supervisor_killed_while_a_shell_call_runs() {
    for (kind, more, [whole, _]) in TELLING {
        let play = Play::always(Scenario::call(Sleepers::command()));
        let api = MockApi::perform(play.then(Scenario::ok()));
        let Some(workshop) = workshop(kind, &api) else {
            continue;
        };
        let run = workshop.submit(&[&["sleep"], more].concat());
        let sleepers = Sleepers::wait(&workshop);
        let told = workshop.lose(&run, whole);
        let lost = told.assert_lost();
        assert_true(kind, lost, n_told(kind), &api);
        assert_eq!(tokens(lost)[3], whole, "{kind}: {lost:#}");
        sleepers.assert_gone();
        api.move_on();
        workshop.assert_works();
    }
}

#[test]
fn a_session_goes_on_after_a_cancelled_turn_and_is_told_truly() {
    for kind in BOTH {
        let play = Play::always(Scenario::ok()).then(Scenario::call(Sleepers::command()));
        let api = MockApi::perform(play.then(Scenario::ok()));
        let Some(workshop) = workshop(kind, &api) else {
            continue;
        };
        let first = workshop.report(0, &["say hi"]);
        let session = first["session_id"].as_str().expect("a session");
        let run = workshop.submit(&["--resume", session, "sleep"]);
        let sleepers = Sleepers::wait(&workshop);
        let told = workshop.stop("cancel", &run);
        told.assert_cancelled("SIGINT");
        sleepers.assert_gone();
        api.move_on();
        let again = || workshop.report(0, &["--resume", session, "say hi"]);
        let (next, last) = (again(), again());
        match kind {
            // Each reply is told by itself.
            Tool::ClaudeCode => assert_eq!(tokens(&next), one_reply(kind), "{next:#}"),
            // The session's total holds the cancelled turn too, and nobody knows how much it was.
            Tool::Codex => {
                assert_eq!(next["usage"]["exactness"], "unknown", "{next:#}");
                assert_eq!(next["cost"]["usd_micros"], Value::Null, "{next:#}");
            }
        }
        assert_eq!(tokens(&last), one_reply(kind), "{kind}: {last:#}");
        assert_eq!(last["usage"]["exactness"], "exact", "{kind}: {last:#}");
    }
}
