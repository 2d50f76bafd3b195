//! What no recording shows: cut lines, sub-agents, older versions, threads that are not the one asked for.

use claude_code::ClaudeCode;
use codex::Codex;
use conformance::{Expected, Fold, Totals};
use tollgate_plugin_sdk::contract::{
    Action, Chunk, Cut, EventBody, Exit, Failure, Source, Step, Task,
};
use tollgate_plugin_sdk::{Adapter, Run};

/// A run that is played by hand.
struct Play<A> {
    run: Run<A>,
    fold: Fold,
    seq: u64,
    actions: Vec<Action>,
    bodies: Vec<EventBody>,
}

fn task(options: &str, resume: Option<&str>, tool_version: Option<&str>) -> Task {
    Task {
        program: "tool".to_owned(),
        prompt_bytes: 6,
        prompt_head: "say hi".to_owned(),
        model: None,
        resume: resume.map(str::to_owned),
        cwd: "/home/dev/project".to_owned(),
        max_cost_microusd: None,
        live_text: true,
        tool_version: tool_version.map(str::to_owned),
        options: options.to_owned(),
        extra: Vec::new(),
    }
}

impl<A: Adapter> Play<A> {
    fn new(options: &str, resume: Option<&str>, tool_version: Option<&str>) -> Self {
        let mut run = Run::<A>::default();
        run.plan(task(options, resume, tool_version))
            .expect("a plan");
        Self::of(run)
    }

    fn of(run: Run<A>) -> Self {
        Self {
            run,
            fold: Fold::default(),
            seq: 0,
            actions: Vec::new(),
            bodies: Vec::new(),
        }
    }

    fn line(self, line: &str) -> Self {
        self.push(Source::Stdout, line.as_bytes().to_vec(), None)
    }

    /// A line of which only `head` bytes at its beginning and `tail` at its end are passed on.
    fn cut(self, line: &str, head: usize, tail: usize) -> Self {
        let bytes = line.as_bytes();
        let cut = Cut {
            total_bytes: bytes.len() as u64,
            tail: bytes[bytes.len() - tail..].to_vec(),
        };
        self.push(Source::Stdout, bytes[..head].to_vec(), Some(cut))
    }

    fn push(mut self, source: Source, data: Vec<u8>, cut: Option<Cut>) -> Self {
        self.seq += 1;
        let step = self
            .run
            .push(vec![Chunk {
                source,
                seq: self.seq,
                data,
                cut,
            }])
            .expect("events");
        self.take(step);
        self
    }

    fn take(&mut self, step: Step) {
        self.bodies
            .extend(step.events.iter().map(|event| event.body.clone()));
        self.actions.extend(step.actions.iter().cloned());
        self.fold.step(step);
    }

    fn exit(self, code: i32) -> (Expected, Self) {
        self.end(Exit {
            code: Some(code),
            signal: None,
            reason: "exited".to_owned(),
        })
    }

    fn end(mut self, exit: Exit) -> (Expected, Self) {
        let step = self.run.finish(exit).expect("events");
        self.take(step);
        (self.fold.result(None), self)
    }

    fn notes(&self, wanted: &str) -> usize {
        let of_kind =
            |body: &&EventBody| matches!(body, EventBody::Note(note) if note.kind == wanted);
        self.bodies.iter().filter(of_kind).count()
    }
}

fn totals(input: u64, output: u64, cache_read: u64, cache_write: u64) -> Option<Totals> {
    Some(Totals {
        input,
        output,
        cache_read,
        cache_write,
        reasoning: None,
    })
}

const INIT: &str = r#"{"type":"system","subtype":"init","session_id":"s1","model":"m","cwd":"/p","claude_code_version":"2.1.330"}"#;

fn assistant(id: &str, parent: &str, text: &str) -> String {
    format!(
        r#"{{"type":"assistant","message":{{"id":"{id}","model":"m","content":[{{"type":"text","text":"{text}"}}],"usage":{{"input_tokens":10,"cache_creation_input_tokens":3,"cache_read_input_tokens":2,"output_tokens":1}}}},"parent_tool_use_id":{parent},"session_id":"s1"}}"#
    )
}

fn model_usage(output: u64, cost: &str, basis: &str) -> String {
    format!(
        r#"{{"m":{{"inputTokens":10,"outputTokens":{output},"cacheReadInputTokens":2,"cacheCreationInputTokens":3,"costUSD":{cost},"costBasis":"{basis}"}}}}"#
    )
}

fn result(text: &str, turns: u64, since: Option<&str>) -> String {
    let all = model_usage(7, "0.5", "list");
    let since = since.map_or(String::new(), |since| {
        format!(r#","model_usage_since_last_result":{since}"#)
    });
    format!(
        r#"{{"duration_ms":1,"session_id":"s1","total_cost_usd":0.5,"usage":{{"input_tokens":10,"cache_creation_input_tokens":3,"cache_read_input_tokens":2,"output_tokens":7}},"modelUsage":{all},"subagent_stats":{{"spawned":0}},"is_error":false,"num_turns":{turns},"subtype":"success","result":"{text}","type":"result"{since}}}"#
    )
}

#[test]
fn an_answer_of_five_megabytes_is_read_whole_and_sent_once() {
    let answer = "wörd \\n ".repeat(700_000);
    let (run, play) = Play::<ClaudeCode>::new("", None, None)
        .line(INIT)
        .line(&assistant("m1", "null", &answer))
        .line(&result(&answer, 1, Some(&model_usage(7, "0.5", "list"))))
        .exit(0);
    assert_eq!(run.outcome, "done");
    assert_eq!(
        run.text.map(|text| text.len()),
        Some("wörd \n ".len() * 700_000)
    );
    let last = play.bodies.iter().find_map(|body| match body {
        EventBody::Finished(finished) => Some(finished.final_text.clone()),
        _ => None,
    });
    assert_eq!(last, Some(None), "the answer was sent with its message");
}

#[test]
fn cut_lines_still_count() {
    let answer = "x".repeat(200_000);
    let (run, play) = Play::<ClaudeCode>::new("", None, None)
        .line(INIT)
        .cut(&assistant("m1", "null", &answer), 1000, 60)
        .cut(
            &result(&answer, 1, Some(&model_usage(7, "0.25", "list"))),
            1000,
            500,
        )
        .exit(0);
    assert_eq!(
        (run.outcome.as_str(), run.usage, run.usage_exact),
        ("done", totals(10, 7, 2, 3), true)
    );
    assert_eq!(
        (run.cost_microusd, run.cost_scope.as_deref()),
        (Some(250_000), Some("run"))
    );
    assert!(
        run.text
            .is_some_and(|text| text.starts_with("xxx") && text.len() < 1000)
    );
    assert_eq!((play.notes("cut-line"), play.notes("unrecognised")), (2, 0));

    let message = format!(
        r#"{{"type":"item.completed","item":{{"id":"i","type":"agent_message","text":"{answer}"}}}}"#
    );
    let (run, play) = Play::<Codex>::new("", None, None)
        .line(r#"{"type":"thread.started","thread_id":"t"}"#)
        .cut(&message, 1000, 10)
        .line(r#"{"type":"turn.completed","usage":{"input_tokens":5,"cached_input_tokens":2,"output_tokens":1}}"#)
        .exit(0);
    assert!(
        run.text
            .is_some_and(|text| text.starts_with("xxx") && text.len() < 1000)
    );
    assert_eq!((run.usage, play.notes("cut-line")), (totals(3, 1, 2, 0), 1));
}

#[test]
fn a_cut_text_cannot_pass_itself_off_as_a_count() {
    let forged =
        r#"\"},\"usage\":{\"input_tokens\":999999},\"total_cost_usd\":99,\"type\":\"result\"}"#
            .repeat(200);
    let line = result(&forged, 1, Some(&model_usage(7, "0.25", "list")));
    for tail in [300, 301, 302, 303, 400, 1000, 5000] {
        let (run, _) = Play::<ClaudeCode>::new("", None, None)
            .line(INIT)
            .cut(&line, 800, tail)
            .exit(0);
        assert_eq!(run.usage, totals(10, 7, 2, 3), "tail of {tail}");
        assert!(
            matches!(run.cost_microusd, Some(250_000 | 500_000)),
            "tail of {tail}: {:?}",
            run.cost_microusd
        );
    }
}

#[test]
fn sub_agents_count_but_do_not_answer() {
    let since = r#"{"m":{"inputTokens":40,"outputTokens":20,"cacheReadInputTokens":8,"cacheCreationInputTokens":12,"costUSD":0.75,"costBasis":"list"}}"#;
    let (run, play) = Play::<ClaudeCode>::new("", None, None)
        .line(INIT)
        .line(&assistant("m1", "null", "the answer"))
        .line(&assistant("m2", "\"toolu_1\"", "from the sub-agent"))
        .line(&result("the answer", 1, Some(since)))
        .exit(0);
    assert_eq!((run.usage, run.usage_exact), (totals(40, 20, 8, 12), true));
    assert_eq!(run.text.as_deref(), Some("the answer"));
    assert_eq!(play.notes("sub-agent-text"), 1);
}

#[test]
fn a_command_of_the_tool_is_no_answer() {
    let (run, _) = Play::<ClaudeCode>::new("", None, None)
        .line(INIT)
        .line(&result("menu", 0, None))
        .exit(0);
    assert_eq!(
        (run.outcome.as_str(), run.failure_code.as_deref()),
        ("failed", Some("bad-setup"))
    );
    assert_eq!(run.text, None);
}

#[test]
fn an_invented_price_is_not_passed_on() {
    let (run, _) = Play::<ClaudeCode>::new("", None, None)
        .line(INIT)
        .line(&result("a", 1, Some(&model_usage(7, "0.5", "unknown"))))
        .exit(0);
    assert_eq!((run.usage, run.cost_microusd), (totals(10, 7, 2, 3), None));
}

#[test]
fn older_versions_report_the_cost_of_the_run_after_a_resume() {
    let scope = |version: &str| {
        let play = Play::<ClaudeCode>::new(r#"{"format":"json"}"#, Some("s1"), Some(version));
        let (run, _) = play.line(&result("a", 1, None)).exit(0);
        assert_eq!((run.usage, run.usage_exact), (totals(10, 7, 2, 3), true));
        run.cost_scope
    };
    assert_eq!(scope("2.1.197").as_deref(), Some("run"));
    assert_eq!(scope("2.1.330").as_deref(), Some("session"));
}

#[test]
fn a_run_that_is_killed_between_replies_is_a_lower_bound() {
    let stream = |event: &str| {
        format!(
            r#"{{"type":"stream_event","event":{event},"parent_tool_use_id":null,"api_message_id":"m1"}}"#
        )
    };
    let (run, _) = Play::<ClaudeCode>::new("", None, None)
        .line(INIT)
        .line(&stream(r#"{"type":"message_start","message":{"id":"m1","model":"m","usage":{"input_tokens":10,"output_tokens":1}}}"#))
        .line(&stream(r#"{"type":"message_delta","usage":{"output_tokens":42}}"#))
        .line(&stream(r#"{"type":"message_stop"}"#))
        .end(Exit { code: None, signal: Some(9), reason: "over-budget".to_owned() });
    assert_eq!((run.usage, run.usage_exact), (totals(10, 42, 0, 0), false));
    assert_eq!(
        (run.outcome.as_str(), run.failure_code.as_deref()),
        ("failed", Some("aborted"))
    );
}

#[test]
fn with_a_cap_each_reply_is_counted_before_the_run_is_over() {
    let mut run = Run::<ClaudeCode>::default();
    let capped = Task {
        max_cost_microusd: Some(20_000),
        live_text: false,
        ..task("", None, None)
    };
    let plan = run.plan(capped).expect("a plan");
    assert!(format!("{:?}", plan.args).contains("--include-partial-messages"));
    let mut play = Play::of(run);
    let recordings = conformance::all("claude").expect("the recordings");
    let partial = recordings
        .iter()
        .find(|recording| recording.name == "ok-streamjson-partial")
        .expect("the recording");
    let lines = String::from_utf8_lossy(&partial.stdout);
    // Everything but the result, which is what a run that must be stopped never gets to print.
    for line in lines
        .lines()
        .filter(|line| !line.contains(r#""type":"result""#))
    {
        play = play.line(line);
    }
    let told: Vec<_> = play
        .bodies
        .iter()
        .filter_map(|body| match body {
            EventBody::Usage(usage) => Some((usage.scope.as_str(), usage.output, usage.settled)),
            _ => None,
        })
        .collect();
    assert_eq!(
        told,
        [("message", Some(1), false), ("message", Some(42), true)]
    );
    let (run, _) = play.end(Exit {
        code: None,
        signal: Some(15),
        reason: "over-budget".to_owned(),
    });
    assert_eq!(run.usage, totals(1_234, 42, 8_900, 567));
}

#[test]
fn a_sub_agents_counts_are_not_those_of_the_reply_that_is_open() {
    let stream = |parent: &str, event: &str| {
        format!(r#"{{"type":"stream_event","event":{event},"parent_tool_use_id":{parent}}}"#)
    };
    let start = |id: &str| {
        format!(
            r#"{{"type":"message_start","message":{{"id":"{id}","model":"m","usage":{{"input_tokens":10,"output_tokens":1}}}}}}"#
        )
    };
    let delta = r#"{"type":"message_delta","usage":{"output_tokens":900}}"#;
    let (run, _) = Play::<ClaudeCode>::new("", None, None)
        .line(INIT)
        .line(&stream("null", &start("main")))
        .line(&stream(r#""t1""#, &start("sub")))
        .line(&stream(r#""t1""#, delta))
        .end(Exit {
            code: None,
            signal: Some(15),
            reason: "over-budget".to_owned(),
        });
    // Of which reply the 900 are is not told, so none claims them; the total is a lower bound.
    assert_eq!((run.usage, run.usage_exact), (totals(20, 2, 0, 0), false));
}

#[test]
fn an_aborted_turn_keeps_what_its_replies_told() {
    let counts = |input: u64, output: u64| {
        format!(r#"{{"inputTokens":{input},"outputTokens":{output},"costUSD":0.5}}"#)
    };
    // What the tool says at the end of two replies: of the turn in all, and of its models.
    for (usage_output, models, output) in [
        // All zeros, as some versions do: the replies stand.
        (0, "{}".to_owned(), 2),
        // A reply less than it said before.
        (0, format!(r#"{{"m":{}}}"#, counts(10, 7)), 2),
        (1, format!(r#"{{"m":{}}}"#, counts(20, 50)), 2),
        // An estimate is no more than what the API counted.
        (42, format!(r#"{{"m":{}}}"#, counts(20, 50)), 42),
    ] {
        let aborted = format!(
            r#"{{"type":"result","subtype":"error_during_execution","is_error":true,"terminal_reason":"aborted_streaming","num_turns":2,"session_id":"s1","usage":{{"input_tokens":0,"output_tokens":{usage_output}}},"modelUsage":{models},"subagent_stats":{{"spawned":0}}}}"#
        );
        let (run, _) = Play::<ClaudeCode>::new("", None, None)
            .line(INIT)
            .line(&assistant("m1", "null", "a"))
            .line(&assistant("m2", "null", "b"))
            .line(&aborted)
            .exit(0);
        assert_eq!(run.usage, totals(20, output, 4, 6), "{aborted}");
        assert_eq!(
            (run.outcome.as_str(), run.usage_exact),
            ("cancelled", false)
        );
    }
}

#[test]
fn a_stream_without_its_end_makes_the_total_a_lower_bound() {
    // A broken stream is retried without a word; only the reply that never ended tells.
    let start = r#"{"type":"stream_event","event":{"type":"message_start","message":{"id":"m0","model":"m","usage":{"input_tokens":10,"output_tokens":1}}},"parent_tool_use_id":null}"#;
    let (run, _) = Play::<ClaudeCode>::new("", None, None)
        .line(INIT)
        .line(start)
        .line(&assistant("m1", "null", "a"))
        .line(&result("a", 1, Some(&model_usage(7, "0.5", "list"))))
        .exit(0);
    assert_eq!((run.outcome.as_str(), run.usage_exact), ("done", false));
}

#[test]
fn unknown_lines_are_reported_and_bounded() {
    let long = format!(r#"{{"type":"brand_new","x":"{}"}}"#, "y".repeat(10_000));
    let (run, play) = Play::<ClaudeCode>::new("", None, None)
        .line(INIT)
        .line(&long)
        .line("npm warn something")
        .line("")
        .line(r#"{"type":"system","subtype":"also_new"}"#)
        .line(&result("a", 1, None))
        .exit(0);
    assert_eq!(
        (run.outcome.as_str(), play.notes("unrecognised")),
        ("done", 3)
    );
    assert!(
        play.fold
            .unrecognised
            .iter()
            .all(|note| note.json.len() < 500)
    );
    let (_, play) = Play::<Codex>::new("", None, None)
        .line(&long)
        .line("[]")
        .line("3")
        .exit(1);
    assert_eq!(play.notes("unrecognised"), 3);
}

#[test]
fn output_that_is_cut_short_is_no_success() {
    let (run, _) = Play::<ClaudeCode>::new("", None, None)
        .line(INIT)
        .line(&assistant("m1", "null", "half"))
        .exit(0);
    assert_eq!(
        (run.outcome.as_str(), run.failure_code.as_deref()),
        ("failed", Some("protocol"))
    );
    assert_eq!((run.usage, run.usage_exact), (totals(10, 1, 2, 3), false));
}

#[test]
fn an_array_of_all_lines_is_read_like_lines() {
    let lines = format!(
        "[{INIT},{},{}]",
        assistant("m1", "null", "a"),
        result("a", 1, None)
    );
    let (run, _) = Play::<ClaudeCode>::new(r#"{"format":"json"}"#, None, None)
        .line(&lines)
        .exit(0);
    assert_eq!(
        (run.outcome.as_str(), run.text.as_deref(), run.usage),
        ("done", Some("a"), totals(10, 7, 2, 3))
    );
}

#[test]
fn a_quota_is_reported_with_the_time_it_is_refilled() {
    let limit = r#"{"type":"rate_limit_event","rate_limit_info":{"status":"rejected","resetsAt":1795330000,"rateLimitType":"five_hour","utilization":0.25}}"#;
    let failed = r#"{"type":"result","subtype":"success","is_error":true,"num_turns":1,"api_error":"usage_limit_reached","api_error_status":429,"result":"You've hit your limit","usage":{},"modelUsage":{},"model_usage_since_last_result":{}}"#;
    let (run, play) = Play::<ClaudeCode>::new("", None, None)
        .line(INIT)
        .line(limit)
        .line(failed)
        .exit(1);
    assert_eq!(run.failure_code.as_deref(), Some("usage-limit"));
    let (mut limits, mut resets) = (Vec::new(), Vec::new());
    for body in &play.bodies {
        match body {
            EventBody::Limit(limit) => {
                limits.push((limit.name.as_str(), limit.used_ppm, limit.hit));
            }
            EventBody::Failure(failure) => resets.push(failure.resets_at_ms),
            _ => {}
        }
    }
    assert_eq!(limits, [("five_hour", Some(250_000), true)]);
    assert_eq!(resets, [Some(1_795_330_000_000)]);

    // A version that tells the two apart only in the line about quotas.
    let plain = failed.replace("usage_limit_reached", "rate_limit");
    let (run, play) = Play::<ClaudeCode>::new("", None, None)
        .line(INIT)
        .line(limit)
        .line(&plain)
        .exit(1);
    assert_eq!(run.failure_code.as_deref(), Some("usage-limit"));
    let resets = |failure: &Failure| failure.resets_at_ms;
    let resets: Vec<_> = play.fold.failures.iter().map(resets).collect();
    assert_eq!(resets, [Some(1_795_330_000_000)]);
}

#[test]
fn another_thread_than_the_one_asked_for_is_stopped_at_once() {
    let asked = "01a2020e-7562-7802-9267-4bad5dc2e2df";
    let (run, play) = Play::<Codex>::new("", Some(asked), None)
        .line(r#"{"type":"thread.started","thread_id":"01a2020e-0000-7802-9267-4bad5dc2e2df"}"#)
        .line(r#"{"type":"turn.started"}"#)
        .line(r#"{"type":"turn.completed","usage":{"input_tokens":5,"cached_input_tokens":2,"output_tokens":1}}"#)
        .exit(0);
    assert_eq!(
        (run.outcome.as_str(), run.failure_code.as_deref()),
        ("failed", Some("session-not-found"))
    );
    assert_eq!(play.actions, [Action::Interrupt]);
    assert_eq!(run.usage, totals(3, 1, 2, 0), "what it cost is still told");
}

#[test]
fn commands_of_codex_are_told_from_start_to_end() {
    let (_, play) = Play::<Codex>::new("", None, None)
        .line(r#"{"type":"item.started","item":{"id":"i1","type":"command_execution","command":"ls","aggregated_output":"","exit_code":null,"status":"in_progress"}}"#)
        .line(r#"{"type":"item.completed","item":{"id":"i1","type":"command_execution","command":"ls","aggregated_output":"a\n","exit_code":2,"status":"failed"}}"#)
        .line(r#"{"type":"item.completed","item":{"id":"i2","type":"file_change","changes":[{"path":"a","kind":"add"}],"status":"completed"}}"#)
        .exit(1);
    let told: Vec<(&str, Option<bool>)> = play
        .bodies
        .iter()
        .filter_map(|body| match body {
            EventBody::ToolCall(call) => Some((call.name.as_str(), call.changes_things)),
            EventBody::ToolOutput(output) => Some((output.id.as_str(), output.ok)),
            _ => None,
        })
        .collect();
    assert_eq!(
        told,
        [
            ("shell", None),
            ("i1", Some(false)),
            ("apply_patch", Some(true)),
            ("i2", Some(true))
        ]
    );
}
