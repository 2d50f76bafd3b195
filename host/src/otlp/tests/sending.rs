//! One request: what goes out, and what each answer leads to.

use std::net::TcpListener;
use std::time::Duration;

use serde_json::{Value, json};

use super::server::{Act, Request, ok, serve};
use super::{Noted, clock, otlp, sender};
use crate::model::OtlpNames;
use crate::otlp::{OtlpError, Receipt, Signal};
use crate::telemetry::rules::check_traces;
use crate::telemetry::run_request;
use crate::telemetry::samples::{failed_workflow, source};

type Sent = Result<Receipt, OtlpError>;

/// Send an empty body to a server that answers so; what came of it, the requests, the waits.
fn send(
    answer: impl FnMut(usize, &Request) -> Act + Send,
    noted: &Noted,
) -> (Sent, Vec<Request>, Vec<u64>) {
    let clock = clock();
    let (sent, requests) = serve(answer, |url| {
        sender(&otlp(url), &clock, noted).send(Signal::Traces, &json!({}))
    });
    (sent, requests, noted.seconds())
}

fn answers(status: u16, headers: &'static str, body: &str) -> Act {
    Act::Answer(status, headers, body.to_owned())
}

#[test]
fn a_request_is_as_the_protocol_asks() {
    let body = run_request(&source(), OtlpNames::default(), &failed_workflow());
    let (clock, noted) = (clock(), Noted::default());
    let (sent, requests) = serve(
        |_, _| ok(),
        |url| sender(&otlp(&format!("{url}/base/")), &clock, &noted).send(Signal::Traces, &body),
    );
    assert_eq!(sent.unwrap().n_tries, 1);
    let [request] = requests.as_slice() else {
        panic!("{requests:?}")
    };
    assert_eq!(request.line, "POST /base/v1/traces HTTP/1.1");
    assert_eq!(request.header("content-type"), Some("application/json"));
    assert_eq!(request.header("authorization"), Some("Bearer hunter2"));
    let agent = concat!("tollgate/", env!("CARGO_PKG_VERSION"));
    assert_eq!(request.header("user-agent"), Some(agent));
    assert_eq!(
        request.header("accept-encoding"),
        None,
        "nothing is unpacked here"
    );
    assert_eq!(request.body, body);
    assert_eq!(check_traces(&request.body), Ok(()));
}

#[test]
fn what_may_pass_is_tried_again_with_growing_waits() {
    let (sent, requests, waits) = send(
        |n, _| match n {
            1 => answers(503, "", "{}"),
            2 => answers(502, "", "<html>"),
            3 => Act::Hang,
            _ => ok(),
        },
        &Noted::default(),
    );
    assert_eq!(sent.unwrap().n_tries, 4);
    assert_eq!((requests.len(), waits), (4, vec![1, 2, 4]));
}

#[test]
fn a_collector_that_stays_busy_is_given_up() {
    let (sent, requests, waits) = send(|_, _| answers(504, "", ""), &Noted::default());
    let error = sent.unwrap_err();
    assert!(
        matches!(
            error,
            OtlpError::Busy {
                n_tries: 5,
                status: 504,
                retry_after: None,
                ..
            }
        ),
        "{error}"
    );
    assert!(error.may_pass());
    assert_eq!((requests.len(), waits), (5, vec![1, 2, 4, 8]));
}

#[test]
fn a_collector_says_how_long_it_wants_to_be_left_alone() {
    let (sent, _, waits) = send(
        |n, _| match n {
            1 => answers(429, "retry-after: 7\r\n", ""),
            2 => answers(503, "retry-after: Sun, 22 Nov 2026 10:01:50 GMT\r\n", ""),
            _ => ok(),
        },
        &Noted::default(),
    );
    sent.unwrap();
    assert_eq!(waits, [7, 10]);
    let (sent, requests, waits) = send(
        |_, _| answers(429, "retry-after: 3600\r\n", ""),
        &Noted::default(),
    );
    let error = sent.unwrap_err();
    let hour = Some(Duration::from_secs(3600));
    assert!(matches!(error, OtlpError::Busy { retry_after, .. } if retry_after == hour));
    assert_eq!(
        (requests.len(), waits.len()),
        (1, 0),
        "too long to wait here"
    );
}

#[test]
fn nobody_there_is_told_with_the_address() {
    let (clock, noted) = (clock(), Noted::default());
    let address = {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap()
    };
    let otlp = otlp(&format!("http://{address}"));
    let error = sender(&otlp, &clock, &noted).send(Signal::Metrics, &json!({}));
    let error = error.unwrap_err();
    assert!(
        matches!(error, OtlpError::Unreachable { n_tries: 5, .. }),
        "{error}"
    );
    assert!(error.to_string().contains(&address.to_string()), "{error}");
    assert!(error.to_string().contains("refused"), "{error}");
    assert_eq!(noted.seconds(), [1, 2, 4, 8]);
}

#[test]
fn a_slow_collector_is_not_waited_for() {
    let (clock, noted) = (clock(), Noted::default());
    let (sent, requests) = serve(
        |n, _| if n == 1 { Act::Nothing } else { ok() },
        |url| {
            let mut otlp = otlp(url);
            otlp.timeout = Duration::from_secs(1);
            sender(&otlp, &clock, &noted).send(Signal::Traces, &json!({}))
        },
    );
    assert_eq!((sent.unwrap().n_tries, requests.len()), (2, 2));
    let noted = Noted {
        stopped_at: Some(1),
        ..Noted::default()
    };
    let (sent, requests) = serve(
        |_, _| Act::Nothing,
        |url| {
            let mut otlp = otlp(url);
            otlp.timeout = Duration::from_millis(200);
            sender(&otlp, &clock, &noted).send(Signal::Traces, &json!({}))
        },
    );
    assert!(matches!(sent, Err(OtlpError::Stopped { .. })));
    assert_eq!(requests.len(), 1, "a stop ends the wait and the tries");
}

#[test]
fn what_it_did_not_take_is_told_and_not_sent_again() {
    let body = r#"{"partialSuccess":{"rejectedSpans":"2","errorMessage":"too old\u001b[2J"}}"#;
    let (sent, requests, _) = send(|_, _| answers(200, "", body), &Noted::default());
    let receipt = sent.unwrap();
    assert_eq!(receipt.n_rejected, 2);
    assert_eq!(receipt.message.as_deref(), Some("too old [2J"));
    assert_eq!(requests.len(), 1);
}

#[test]
fn final_answers_are_not_tried_again() {
    for (status, body, said) in [
        (
            400,
            r#"{"message":"bad span id"}"#,
            "answers 400: bad span id",
        ),
        (401, "no token", "answers 401: no token"),
        (404, "", "/v1/traces: it answers 404"),
        (413, "", "answers 413"),
        (415, "", "answers 415"),
        (500, "<html>", "answers 500"),
    ] {
        let (sent, requests, waits) = send(|_, _| answers(status, "", body), &Noted::default());
        let error = sent.unwrap_err();
        assert!(error.to_string().ends_with(said), "{error}");
        assert!(error.fix().is_some() && !error.may_pass(), "{error}");
        assert!(!format!("{error:?}").contains("hunter2"));
        assert_eq!((requests.len(), waits.len()), (1, 0), "{status}");
    }
}

#[test]
fn nobody_is_followed_elsewhere() {
    for status in [301, 302, 307, 308] {
        let (sent, requests, _) = send(
            |_, _| answers(status, "location: http://127.0.0.1:1/v1/traces\r\n", ""),
            &Noted::default(),
        );
        let error = sent.unwrap_err();
        assert!(matches!(&error, OtlpError::Redirected { to, .. } if to.contains("127.0.0.1:1")));
        assert_eq!(requests.len(), 1);
    }
}

#[test]
fn what_is_no_collector_is_noticed() {
    let large = || "x".repeat(10 * 1024 * 1024);
    let chunked = || {
        let mut bytes = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n".to_vec();
        bytes.extend(format!("a00000\r\n{}\r\n0\r\n\r\n", large()).into_bytes());
        bytes
    };
    let headers = || {
        let line = format!("x: {}\r\n", "y".repeat(1_000));
        format!("HTTP/1.1 200 OK\r\n{}\r\n", line.repeat(1_000)).into_bytes()
    };
    let acts: [&(dyn Fn() -> Act + Sync); 5] = [
        &|| answers(200, "", "<html>Log in</html>"),
        &|| Act::Answer(200, "", large()),
        &|| Act::Bytes(chunked()),
        &|| Act::Bytes(headers()),
        &|| Act::Bytes(b"SSH-2.0-OpenSSH\r\n\r\n".to_vec()),
    ];
    for (n, act) in acts.into_iter().enumerate() {
        let (sent, requests, _) = send(|_, _| act(), &Noted::default());
        let error = sent.unwrap_err();
        assert!(
            matches!(error, OtlpError::NotACollector { .. }),
            "{n}: {error}"
        );
        assert_eq!(requests.len(), 1, "{n}");
    }
}

#[test]
fn a_large_answer_to_a_failure_is_no_news() {
    let large = "x".repeat(10 * 1024 * 1024);
    let (sent, _, _) = send(|_, _| answers(400, "", &large), &Noted::default());
    assert!(matches!(
        sent,
        Err(OtlpError::Rejected { message: None, .. })
    ));
}

#[test]
fn encryption_is_not_optional_where_it_was_asked_for() {
    let (clock, noted) = (clock(), Noted::default());
    let (sent, requests) = serve(
        |_, _| ok(),
        |url| {
            let otlp = otlp(&url.replace("http:", "https:"));
            sender(&otlp, &clock, &noted).send(Signal::Traces, &Value::Null)
        },
    );
    assert!(matches!(sent, Err(OtlpError::Insecure { .. })), "{sent:?}");
    assert!(requests.is_empty());
}
