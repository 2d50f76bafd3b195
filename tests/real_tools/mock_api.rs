//! The mock API, asked over plain HTTP.

use std::{
    io::Read,
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use tollgate_tests::mock_api::{Ending, Failure, MockApi, Play, REPLY, Scenario, billed};

use crate::client::{open, post, send};

const SOON: Duration = Duration::from_secs(20);

fn ask_messages(stream: bool) -> Value {
    json!({"model": "claude-x", "stream": stream, "messages": [{"role": "user", "content": "say \"hi\"\n"}]})
}

fn ask_responses(input: Value) -> Value {
    json!({"model": "gpt-x", "stream": true, "input": input})
}

#[test]
fn a_streamed_message_has_its_text_and_its_bill() {
    let api = MockApi::start(Scenario::ok());
    let answer = post(&api, "/v1/messages?beta=true", &ask_messages(true));
    assert_eq!(answer.status, 200);
    assert!(
        answer.head.contains("request-id: req_mock_0001"),
        "{}",
        answer.head
    );
    let events = answer.events();
    assert_eq!(events[0]["message"]["model"], "claude-x");
    assert_eq!(events[0]["message"]["usage"]["input_tokens"], billed::INPUT);
    assert_eq!(
        events[0]["message"]["usage"]["cache_creation_input_tokens"],
        billed::CACHE_WRITE
    );
    assert_eq!(
        events[0]["message"]["usage"]["cache_read_input_tokens"],
        billed::CACHE_READ
    );
    let text: String = events
        .iter()
        .filter_map(|event| event["delta"]["text"].as_str())
        .collect();
    assert_eq!(text, REPLY);
    let last = &events[events.len() - 2..];
    assert_eq!(
        (&last[0]["usage"]["output_tokens"], &last[1]["type"]),
        (&json!(billed::OUTPUT), &json!("message_stop"))
    );
}

#[test]
fn a_message_that_is_not_streamed_is_the_same() {
    let api = MockApi::start(Scenario::Reply("ünï \"quoted\"".into()));
    let whole = post(&api, "/v1/messages", &ask_messages(false)).json();
    assert_eq!(
        whole["content"],
        json!([{"type": "text", "text": "ünï \"quoted\""}])
    );
    assert_eq!(
        (&whole["stop_reason"], &whole["usage"]["output_tokens"]),
        (&json!("end_turn"), &json!(42))
    );
}

#[test]
fn a_streamed_response_has_its_text_and_its_bill() {
    let api = MockApi::start(Scenario::ok());
    let events = post(&api, "/v1/responses", &ask_responses(json!([]))).events();
    let last = &events.last().unwrap()["response"];
    assert_eq!(last["output"][0]["content"][0]["text"], REPLY);
    let usage = json!({
        "input_tokens": 10_134, "input_tokens_details": {"cached_tokens": 8_900},
        "output_tokens": 42, "output_tokens_details": {"reasoning_tokens": 17}, "total_tokens": 10_176,
    });
    assert_eq!(last["usage"], usage);
}

#[test]
fn requests_are_recorded_as_they_came() {
    let api = MockApi::start(Scenario::ok());
    post(&api, "/v1/messages?beta=true", &ask_messages(true));
    assert_eq!(
        post(&api, "/v1/messages/count_tokens", &ask_messages(false)).json(),
        json!({"input_tokens": 1_234})
    );
    assert_eq!(send(&api, "GET", "/nowhere", "").status, 404);
    assert_eq!(send(&api, "HEAD", "/", "").status, 200);
    let requests = api.requests();
    assert_eq!(requests.len(), 4);
    assert_eq!(requests[0].header("x-api-key"), Some("Secret"));
    assert_eq!(requests[0].path, "/v1/messages?beta=true");
    assert_eq!(requests[0].body, ask_messages(true).to_string().as_bytes());
    assert_eq!(
        (requests[0].count_exact("say \"hi\"\n"), requests[0].ending),
        (1, Ending::Complete)
    );
    assert_eq!(api.model_requests().len(), 1);
}

#[test]
fn scenarios_are_played_in_turn() {
    let limited = Failure::of_status(429).retry_after(3);
    let api = MockApi::perform(
        Play::always(Scenario::Status(limited))
            .then(Scenario::ok())
            .served_by("other"),
    );
    let refused = post(&api, "/v1/messages", &ask_messages(true));
    assert_eq!(
        (refused.status, &refused.json()["error"]["type"]),
        (429, &json!("rate_limit_error"))
    );
    assert!(refused.head.contains("retry-after: 3"), "{}", refused.head);
    for _ in 0..2 {
        assert_eq!(
            post(&api, "/v1/messages", &ask_messages(false)).json()["model"],
            "other"
        );
    }
    let unreadable = send(&api, "POST", "/v1/responses", "nonsense");
    assert_eq!(
        (unreadable.status, &unreadable.json()["error"]["code"]),
        (400, &json!("invalid_request_error"))
    );
}

#[test]
fn a_tool_call_is_answered_once_its_result_is_back() {
    let api = MockApi::perform(Play::always(Scenario::tool_call("ls")).then(Scenario::status(500)));
    let call = post(&api, "/v1/messages", &ask_messages(false)).json();
    assert_eq!(
        (
            &call["stop_reason"],
            &call["content"][1]["input"]["command"]
        ),
        (&json!("tool_use"), &json!("ls"))
    );
    let result = json!({"model": "m", "messages": [{"role": "user", "content":
        [{"type": "tool_result", "tool_use_id": call["content"][1]["id"], "content": "out"}]}]});
    assert_eq!(
        post(&api, "/v1/messages", &result).json()["content"][0]["text"],
        REPLY
    );
    assert_eq!(post(&api, "/v1/messages", &ask_messages(false)).status, 500);
}

#[test]
fn a_slow_reply_ends_when_the_client_goes() {
    let api = MockApi::start(Scenario::Slow {
        pause: Duration::from_millis(5),
    });
    let client = open(
        &api,
        "POST",
        "/v1/messages",
        &ask_messages(true).to_string(),
    );
    assert!(api.wait_for_delta(SOON));
    assert_eq!(api.requests()[0].ending, Ending::Open);
    drop(client);
    assert!(api.wait_for_client_gone(SOON));
}

#[test]
fn a_cut_reply_breaks_off() {
    let api = MockApi::start(Scenario::Cut);
    let events = post(&api, "/v1/responses", &ask_responses(json!([]))).events();
    assert_eq!(events.last().unwrap()["type"], "response.output_text.delta");
    assert!(api.wait_until(SOON, |requests| requests[0].ending == Ending::Cut));
}

#[test]
fn a_big_reply_is_whole() {
    let api = MockApi::start(Scenario::big(5_000_000));
    let events = post(&api, "/v1/messages", &ask_messages(true)).events();
    let n_bytes: usize = events
        .iter()
        .filter_map(|event| event["delta"]["text"].as_str())
        .map(str::len)
        .sum();
    assert_eq!(n_bytes, 5_000_000);
}

#[test]
fn dropping_the_server_ends_its_connections_at_once() {
    let api = MockApi::start(Scenario::Slow {
        pause: Duration::from_secs(600),
    });
    let mut client = open(
        &api,
        "POST",
        "/v1/messages",
        &ask_messages(true).to_string(),
    );
    assert!(api.wait_for_delta(SOON));
    let start = Instant::now();
    drop(api);
    assert!(start.elapsed() < SOON);
    client.read_to_end(&mut Vec::new()).unwrap();
}
