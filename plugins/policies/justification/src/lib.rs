//! Tollgate's policy `justification`: expensive requests need a reason.
//!
//! Owns that one comparison. Never sees the reason: the host says that there is one.

use tollgate_policy_sdk::prelude::*;

/// Expensive requests need a reason.
#[derive(Debug)]
pub struct Justification;

/// Its configuration.
#[derive(Debug)]
pub struct Rule {
    over: Option<MicroUsd>,
    deny_unknown: bool,
}

const CODE: &str = "justification_required";

impl Policy for Justification {
    type Config = Rule;

    fn about() -> About {
        About::new(
            "justification",
            env!("CARGO_PKG_VERSION"),
            "Expensive requests need a reason",
            // A fallback may cost more than what it takes the place of.
            &[phase::RUN_START, phase::RUN_FAILED],
        )
    }

    fn configure(fields: &mut Fields<'_>) -> Rule {
        Rule {
            over: fields.get("over_usd"),
            deny_unknown: fields.choice("when_unknown", &["pass", "deny"]) == Some("deny"),
        }
    }

    fn judge(rule: &Rule, request: &Request) -> Result<Verdict, String> {
        let Some(over) = rule.over else {
            return Ok(Verdict::pass());
        };
        if request.fact("justified") == Some("true") {
            return Ok(Verdict::pass());
        }
        let estimate = request.chosen_target().and_then(|it| it.estimate_microusd);
        Ok(match estimate.map(MicroUsd) {
            Some(cost) if cost > over => Verdict::deny(
                CODE,
                format!(
                    "~{cost} is more than {over}: a reason is needed; give one with --justification \"…\""
                ),
            )
            .fact("estimate", cost.0)
            .fact("over", over.0),
            None if rule.deny_unknown => Verdict::deny(
                CODE,
                format!(
                    "the cost cannot be estimated and may be more than {over}: a reason is needed; give one with \
                     --justification \"…\""
                ),
            )
            .fact("over", over.0),
            _ => Verdict::pass(),
        })
    }
}

tollgate_policy_sdk::export_policy!(Justification);

#[cfg(test)]
mod tests {
    use super::*;
    use tollgate_policy_sdk::{evaluate, testing, validate};

    fn costing(estimate: Option<u64>) -> Request {
        let mut request = Request::empty(phase::RUN_START);
        request.targets = vec![Target {
            tool: "codex".to_owned(),
            adapter: "codex".to_owned(),
            model: "gpt-6-luna".to_owned(),
            available: true,
            prices: vec![],
            estimate_microusd: estimate,
            context_window: None,
            tags: vec![],
            extra: vec![],
        }];
        request.chosen = Some(0);
        request
    }

    fn asked(config: &str, request: &Request) -> Verdict {
        evaluate::<Justification>(config, request).expect("a verdict")
    }

    #[test]
    fn more_than_the_bound_needs_a_reason() {
        let mut request = costing(Some(12_500_000));
        for config in [r#"{"over_usd": "10.00"}"#, r#"{"over_usd": 10.0}"#] {
            let verdict = asked(config, &request);
            assert_eq!(verdict.decision, Decision::Deny);
            assert_eq!(verdict.reasons[0].code, "justification_required");
            assert_eq!(
                verdict.reasons[0].message,
                "~$12.50 is more than $10.00: a reason is needed; give one with --justification \"…\""
            );
        }
        assert_eq!(asked(r#"{"over_usd": 12.5}"#, &request), Verdict::pass());
        assert_eq!(asked("{}", &request), Verdict::pass());
        request.facts = vec![("justified".to_owned(), "true".to_owned())];
        assert_eq!(asked(r#"{"over_usd": 10}"#, &request), Verdict::pass());
    }

    #[test]
    fn what_is_not_known_passes_unless_told_otherwise() {
        let request = costing(None);
        assert_eq!(asked(r#"{"over_usd": 10}"#, &request), Verdict::pass());
        let strict = r#"{"over_usd": 10, "when_unknown": "deny"}"#;
        let verdict = asked(strict, &request);
        assert_eq!(verdict.decision, Decision::Deny);
        assert!(verdict.reasons[0].message.starts_with("the cost cannot be"));
    }

    #[test]
    fn mistakes_are_named() {
        let mistakes = validate::<Justification>(r#"{"over": "$10", "over_usd": -1}"#);
        let paths: Vec<_> = mistakes.iter().map(|it| it.path.as_str()).collect();
        assert_eq!(paths, ["over_usd", "over"]);
    }

    #[test]
    fn it_is_a_sound_policy() {
        let configs = ["{}", r#"{"over_usd": "0.01", "when_unknown": "deny"}"#];
        testing::holds::<Justification>(&configs, 256);
    }
}
