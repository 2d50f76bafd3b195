//! All recorded streams, through their adapters, against what is true of them.

use claude_code::ClaudeCode;
use codex::Codex;
use conformance::{Expected, Fold, Recording, all, play};

/// Plays every case of `tool` and says which differ, as a table.
fn check(tool: &str, cases: usize, play: impl Fn(&Recording) -> Result<Fold, String>) {
    let recordings = all(tool).expect("the recordings");
    assert_eq!(recordings.len(), cases, "recordings of {tool}");
    let mut table = String::new();
    for recording in &recordings {
        let expected = Expected {
            why: None,
            ..recording.expected.clone()
        };
        let fold = match play(recording) {
            Ok(fold) => fold,
            Err(problem) => {
                table.push_str(&format!("{:24} {problem}\n", recording.name));
                continue;
            }
        };
        let got = fold.result(expected.prior_session_usage);
        for (field, expected, got) in fields(&expected, &got) {
            if expected != got {
                let why = recording.expected.why.as_deref().unwrap_or_default();
                table.push_str(&format!(
                    "{:24} {field:14} expected {expected}\n{:39} got      {got}\n{:39} because  {why}\n",
                    recording.name, "", ""
                ));
            }
        }
        for note in fold.unrecognised {
            table.push_str(&format!(
                "{:24} unrecognised   {}\n",
                recording.name, note.json
            ));
        }
    }
    assert!(table.is_empty(), "{tool}:\n{table}");
}

fn fields(expected: &Expected, got: &Expected) -> Vec<(&'static str, String, String)> {
    let show = |run: &Expected| {
        [
            ("outcome", format!("{:?}", run.outcome)),
            ("failure_code", format!("{:?}", run.failure_code)),
            ("session_id", format!("{:?}", run.session_id)),
            ("served_model", format!("{:?}", run.served_model)),
            ("text", format!("{:?}", run.text)),
            ("usage", format!("{:?}", run.usage)),
            ("usage_exact", format!("{:?}", run.usage_exact)),
            ("cost_microusd", format!("{:?}", run.cost_microusd)),
            ("cost_scope", format!("{:?}", run.cost_scope)),
        ]
    };
    show(expected)
        .into_iter()
        .zip(show(got))
        .map(|((field, expected), (_, got))| (field, expected, got))
        .collect()
}

#[test]
fn claude_code_tells_the_truth_about_every_recording() {
    check("claude", 40, |recording| {
        let format = recording.flag("--output-format").unwrap_or("text");
        play::<ClaudeCode>(recording, &format!(r#"{{"format":"{format}"}}"#))
    });
}

#[test]
fn codex_tells_the_truth_about_every_recording() {
    check("codex", 34, |recording| {
        let format = if recording.has("--json") {
            "json"
        } else {
            "text"
        };
        play::<Codex>(recording, &format!(r#"{{"format":"{format}"}}"#))
    });
}
