//! The bundled stand-in for an agent tool: prints what Claude Code prints, and thinks nothing.
//!
//! `tollgate demo` installs this program under the name [`NAME`] and runs it as a tool, so that a
//! first run needs no key, no network, and no other program. It answers every prompt with the same
//! kind of sentence and counts its tokens by the length of the prompt.

use std::io::{Read, Write};
use std::process::ExitCode;

use serde_json::{Value, json};

/// The file name under which this program is the stand-in.
pub(super) const NAME: &str = "tollgate-stand-in";

/// Micro-dollars per million tokens for input and output, as in the demo's `models.yaml`.
const PRICES: &[(&str, u64, u64)] = &[
    ("claude-opus-4-8", 5_000_000, 25_000_000),
    ("claude-sonnet-4-8", 3_000_000, 15_000_000),
    ("claude-haiku-4-8", 1_000_000, 5_000_000),
];

/// Answer the prompt on standard input.
pub(super) fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().collect();
    let model = args
        .iter()
        .position(|arg| arg == "--model")
        .and_then(|at| args.get(at + 1))
        .map_or("claude-sonnet-4-8", String::as_str);
    let mut prompt = String::new();
    if std::io::stdin().read_to_string(&mut prompt).is_err() {
        return ExitCode::FAILURE;
    }
    let mut out = std::io::stdout().lock();
    for event in answer(&prompt, model) {
        if writeln!(out, "{event}").is_err() {
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

/// The lines of one turn.
fn answer(prompt: &str, model: &str) -> Vec<Value> {
    let session = uuid::Uuid::now_v7().to_string();
    let words = prompt.split_whitespace().count();
    let text = format!(
        "(stand-in for {model}) I read {words} words and would now get to work. \
         With a real tool, its answer stands here."
    );
    let input = 900 + prompt.len() as u64 / 4;
    let output = 60 + (words as u64 % 40);
    let (_, price_in, price_out) = PRICES
        .iter()
        .find(|(name, _, _)| *name == model)
        .copied()
        .unwrap_or(("", 3_000_000, 15_000_000));
    let micros = (input * price_in + output * price_out) / 1_000_000;
    let dollars = micros as f64 / 1_000_000.0;
    let usage = json!({
        "input_tokens": input,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": 0,
        "output_tokens": output,
    });
    let message = json!({
        "id": format!("msg_{session}"),
        "type": "message",
        "role": "assistant",
        "model": model,
        "content": [{ "type": "text", "text": text }],
        "stop_reason": null,
        "usage": { "input_tokens": input, "output_tokens": 1 },
    });
    vec![
        json!({
            "type": "system", "subtype": "init", "session_id": session, "model": model,
            "tools": [], "mcp_servers": [], "permissionMode": "default",
            "claude_code_version": "2.1.330",
        }),
        json!({ "type": "assistant", "message": message, "session_id": session }),
        json!({
            "type": "result", "subtype": "success", "is_error": false, "num_turns": 1,
            "result": text, "session_id": session, "stop_reason": "end_turn",
            "terminal_reason": "completed", "permission_denials": [],
            "total_cost_usd": dollars, "usage": usage,
            "modelUsage": { model: {
                "inputTokens": input, "outputTokens": output, "cacheReadInputTokens": 0,
                "cacheCreationInputTokens": 0, "costUSD": dollars, "costBasis": "list",
            }},
        }),
    ]
}

#[cfg(test)]
mod tests {
    use super::answer;

    #[test]
    fn it_ends_with_a_result_that_repeats_the_answer() {
        let lines = answer("one two three", "claude-haiku-4-8");
        let [_, said, result] = lines.as_slice() else {
            panic!("three lines")
        };
        assert_eq!(result["result"], said["message"]["content"][0]["text"]);
        assert_eq!(result["usage"]["input_tokens"], 903);
        // 903 * $1 + 63 * $5 per million.
        assert_eq!(result["total_cost_usd"], 0.001_218);
    }
}
