//! From a failure of the command line to a problem of the API: the same code, the same words.
//!
//! Which HTTP status belongs to a code is the web room's to say.

use serde_json::json;

use crate::cli::failure::Failure;
use crate::model;
use crate::web::Problem;

/// The same, over HTTP.
pub(super) fn problem(failure: &Failure) -> Problem {
    Problem {
        code: failure.code.as_str().to_owned(),
        detail: failure.message.clone(),
        fix: failure.hints.iter().map(|hint| over_http(hint)).collect(),
        details: failure.details.clone(),
    }
}

/// What a hint calls by the name of an option has a name of its own here.
fn over_http(hint: &str) -> String {
    [
        (
            "--force --justification \"...\"",
            "`force` and `justification`",
        ),
        ("--justification \"...\"", "`justification`"),
        ("run retry --force", "run retry with `force`"),
        ("--force", "`force`"),
        ("--yes", "`consent`"),
    ]
    .iter()
    .fold(hint.to_owned(), |hint, (option, field)| {
        hint.replace(option, field)
    })
}

/// Policies want an answer first.
pub(super) fn questions(questions: &[(String, model::Question)]) -> Problem {
    let asked: Vec<_> = questions
        .iter()
        .map(|(policy, it)| json!({"policy": policy, "title": it.title, "text": it.detail}))
        .collect();
    Problem {
        code: "needs_confirmation".to_owned(),
        detail: "a policy asks before this goes ahead".to_owned(),
        fix: vec!["send it again with \"consent\": true to answer yes".to_owned()],
        details: Some(Box::new(json!({ "questions": asked }))),
    }
}

/// What was sent makes no sense.
pub(super) fn invalid(field: &str, why: impl std::fmt::Display) -> Problem {
    Problem {
        code: "invalid_request".to_owned(),
        detail: format!("{field}: {why}"),
        fix: Vec::new(),
        details: Some(Box::new(json!({ "field": field }))),
    }
}
