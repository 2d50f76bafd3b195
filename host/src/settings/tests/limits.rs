//! Limits, profiles, and what follows a failure: values and mistakes.

use std::time::Duration;

use super::*;
use crate::model::{AfterChanges, BudgetLimit, FallbackRules, LimitKind, MicroUsd, OnUnpriced};

fn house(policies: &str) -> House {
    House::with(&[("policies.yaml", policies)])
}

fn settings(policies: &str) -> crate::model::Settings {
    let house = house(policies);
    assert_eq!(house.complaints(), "", "{policies}");
    house.load().unwrap().settings
}

/// `daily: $10.00 per day of all, soft from 80 % (policies.default.daily_budget_usd)`
fn in_words(limits: &[BudgetLimit]) -> String {
    let line = |limit: &BudgetLimit| {
        format!(
            "{}: {} per {} of {}, {} from {} %{} ({})",
            limit.name,
            limit.metric.show(limit.cap),
            limit.period.as_str(),
            limit.scope,
            if limit.kind == LimitKind::Hard {
                "hard"
            } else {
                "soft"
            },
            limit.warn_percent,
            limit
                .time_zone
                .iter()
                .map(|zone| format!(" in {zone}"))
                .collect::<String>(),
            limit.source,
        )
    };
    limits.iter().map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn every_key_that_limits_makes_a_limit() {
    let house = House::with(&[
        (
            "agents.yaml",
            &format!("{AGENTS}    daily_budget_usd: 2.5\n"),
        ),
        (
            "policies.yaml",
            "\
policies:
  default: { daily_budget_usd: 1 }
  production:
    daily_budget_usd: 50
    monthly_budget_usd: 1000
    limit: { type: hard, threshold_percent: 90 }
profile: production
time_zone: Europe/Berlin
rate_limiting:
  max_requests_per_minute: { local: 20 }
  max_requests_per_hour: { claude-code: 500 }
budgets:
  - { name: night, tokens: 2000000, per: day, tool: claude-code, limit: hard, time_zone: UTC }
  - { usd_billed: 0, per: month, agent: architect, model: opus, warn_at_percent: 0 }
  - { requests: 500, per: rolling-5h, tool: claude-code }
  - { usd: 0.000001, per: run, limit: soft }
",
        ),
    ]);
    assert_eq!(house.complaints(), "");
    insta::assert_snapshot!(in_words(&house.load().unwrap().settings.limits), @r"
    daily: $50.00 per day of all, hard from 90 % in Europe/Berlin (policies.production.daily_budget_usd)
    monthly: $1000.00 per month of all, hard from 90 % in Europe/Berlin (policies.production.monthly_budget_usd)
    daily-architect: $2.50 per day of agent architect, hard from 90 % in Europe/Berlin (agents.architect.daily_budget_usd)
    local per minute: 20 requests per minute of tool local, hard from 100 % (rate_limiting.max_requests_per_minute.local)
    claude-code per hour: 500 requests per hour of tool claude-code, hard from 100 % (rate_limiting.max_requests_per_hour.claude-code)
    night: 2000000 tokens per day of tool claude-code, hard from 80 % (budgets[0])
    usd_billed per month, agent architect, model opus: $0.00 per month of agent architect, model opus, soft from 0 % in Europe/Berlin (budgets[1])
    requests per rolling-5h, tool claude-code: 500 requests per rolling-5h of tool claude-code, soft from 80 % (budgets[2])
    usd per run: $0.000001 per run of all, soft from 80 % (budgets[3])
    ");
}

#[test]
fn what_is_not_said_is_a_soft_daily_budget_of_ten_dollars() {
    let settings = settings("policies:\n  only: {}\n");
    assert_eq!(settings.profile.as_deref(), Some("only"));
    insta::assert_snapshot!(in_words(&settings.limits), @"daily: $10.00 per day of all, soft from 80 % (policies.only.daily_budget_usd)");
    assert_eq!(settings.on_unpriced, OnUnpriced::Refuse);
    assert_eq!(settings.fallback, FallbackRules::default());
}

#[test]
fn without_a_profile_there_is_no_budget_but_what_is_listed() {
    let settings = settings("policies: {}\nbudgets: [{ tokens: 5, per: hour }]\n");
    assert_eq!(settings.profile, None);
    insta::assert_snapshot!(in_words(&settings.limits), @"tokens per hour: 5 tokens per hour of all, soft from 80 % (budgets[0])");
}

#[test]
fn the_default_profile_is_in_force_unless_another_is_named() {
    let two = "policies:\n  a: {}\n  default: {}\n";
    assert_eq!(settings(two).profile.as_deref(), Some("default"));
    assert_eq!(
        settings(&format!("{two}profile: a\n")).profile.as_deref(),
        Some("a")
    );
}

#[test]
fn failures_and_unknown_costs_are_handled_as_configured() {
    let settings = settings(
        "\
policies:
  default: { auto_fallback_on_rate_limit: false }
on_unpriced: { reserve_usd: 0.5 }
fallback: { after_changes: retry-clean, retries: 0, first_wait: 1500ms, longest_wait: 5m }
",
    );
    assert_eq!(settings.on_unpriced, OnUnpriced::Reserve(MicroUsd(500_000)));
    let expected = FallbackRules {
        after_changes: AfterChanges::RetryClean,
        retries: 0,
        first_wait: Duration::from_millis(1500),
        longest_wait: Duration::from_secs(300),
        on_rate_limit: false,
    };
    assert_eq!(settings.fallback, expected);
    let said = "on_unpriced: refuse\nfallback: { after_changes: continue }\n";
    let said = house(&format!("{POLICIES}{said}")).load().unwrap().settings;
    assert_eq!(said.on_unpriced, OnUnpriced::Refuse);
    assert_eq!(said.fallback.after_changes, AfterChanges::Continue);
}

#[test]
fn every_mistake_in_a_limit_has_its_place() {
    let complaints = house(
        "\
policies: { default: {} }
time_zone: Europe/Berlinn
budgets:
  - { usd: 1, tokens: 5, per: day }
  - { per: day }
  - { usd: -1, per: week }
  - { tokens: 1.5, per: day, agent: architekt, tool: clod-code, model: opos }
  - { name: daily, requests: 5, per: hour }
  - { requests: 5, per: day }
  - { requests: 9, per: day }
  - { name: zoned, requests: 9, per: rolling-7d, time_zone: Asia/Tokyo }
  - { nam: x, usd: 1 }
  - 5
",
    )
    .complaints();
    insta::assert_snapshot!(complaints, @r"
    config/policies.yaml:2:12: error: Unknown time zone 'Europe/Berlinn' (time_zone)
      fix: write a name such as Europe/Berlin or UTC; this machine's list of zones is the package tzdata
    config/policies.yaml:4:15: error: Only one of 'usd' or 'usd_billed' or 'tokens' or 'requests' may be given (budgets[0].tokens)
      fix: remove one of the two
    config/policies.yaml:5:5: error: Missing 'usd' or 'usd_billed' or 'tokens' or 'requests' (budgets[1])
      allowed: usd, usd_billed, tokens, requests
      fix: add 'usd:'
    config/policies.yaml:6:12: error: -1 is below zero (budgets[2].usd)
      fix: write a number from 0 to 1000000000 with at most 6 decimals
    config/policies.yaml:6:21: error: 'week' is not allowed here (budgets[2].per)
      allowed: minute, hour, rolling-5h, day, rolling-7d, month, run
      fix: use one of the allowed words
    config/policies.yaml:7:15: error: 1.5 is not a whole number (budgets[3].tokens)
      fix: write a whole number from 0 to 1000000000000
    config/policies.yaml:7:37: error: Unknown agent 'architekt' (budgets[3].agent)
      allowed: architect
      fix: did you mean 'architect'?
    config/policies.yaml:7:54: error: Unknown tool 'clod-code' (budgets[3].tool)
      allowed: claude-code, local
      fix: use one of these, or add it to tools.yaml
    config/policies.yaml:7:72: error: Unknown model 'opos' (budgets[3].model)
      allowed: llama3:8b, opus, sonnet
      fix: did you mean 'opus'?
    config/policies.yaml:8:13: error: The limit's name 'daily' is taken by policies.default.daily_budget_usd (budgets[4])
      fix: choose another name
    config/policies.yaml:10:5: error: The limit's name 'requests per day' is taken by budgets[5] (budgets[6])
      fix: add a 'name:'; this one was made from what the limit counts
    config/policies.yaml:11:61: warning: Has no effect: 'per: rolling-7d' does not begin at midnight (budgets[7].time_zone)
      fix: remove it
    config/policies.yaml:12:5: error: Missing required field 'per' (budgets[8].per)
      fix: add 'per:'. Over what time: calendar days and months begin at midnight in `time_zone`, the others look back from now; `run` is one run, however long it takes.
    config/policies.yaml:12:7: error: Unknown field 'nam' (budgets[8].nam)
      allowed: name, usd, usd_billed, tokens, requests, per, agent, tool, model, limit, warn_at_percent, time_zone, note
      fix: did you mean 'name'?
    config/policies.yaml:13:5: error: Expected a map, found the number 5 (budgets[9])
      fix: write fields such as 'name:' under it
    ");
}

#[test]
fn every_mistake_in_a_profile_or_a_fallback_has_its_place() {
    let complaints: Vec<String> = [
        "policies: { a: {}, b: {} }\n",
        "policies: { default: {} }\nprofile: defualt\n",
        "policies: { default: {} }\nprofile: [default]\n",
        "policies: { default: {} }\non_unpriced: reserve\n",
        "policies: { default: {} }\non_unpriced: { reserve: 5 }\n",
        "policies: { default: {} }\nfallback: { after_changes: go, retries: 101, first_wait: 0, longest_wait: 1s }\n",
        "policies: { default: {} }\nfallback: { first_wait: 90s }\n",
    ]
    .iter()
    .map(|text| house(text).complaints())
    .collect();
    insta::assert_snapshot!(complaints.join("\n"), @r"
    config/policies.yaml:1:1: error: Which profile is in force? There are several, and none is called 'default' (profile)
      allowed: a, b
      fix: add 'profile:' with one of these, at the top level
    config/policies.yaml:2:10: error: Unknown profile 'defualt' (profile)
      allowed: default
      fix: did you mean 'default'?
    config/policies.yaml:2:10: error: Expected text, found a list (profile)
      fix: write a text
    config/policies.yaml:2:14: error: Expected refuse, or a map with 'reserve_usd:', found the text 'reserve' (on_unpriced)
      fix: write refuse, or a map with 'reserve_usd:'
    config/policies.yaml:2:16: error: Unknown field 'reserve' (on_unpriced.reserve)
      allowed: reserve_usd
      fix: did you mean 'reserve_usd'?
    config/policies.yaml:2:28: error: 'go' is not allowed here (fallback.after_changes)
      allowed: stop, continue, retry-clean
      fix: use one of the allowed words
    config/policies.yaml:2:41: error: 101 is out of range (fallback.retries)
      fix: write a whole number from 0 to 100
    config/policies.yaml:2:58: error: Expected a time, found the number 0 (fallback.first_wait)
      fix: write seconds above zero, or an amount with units such as 90s, 30m or 1h30m; 7 days is the most
    config/policies.yaml:2:25: error: The first wait (90s) is longer than the longest (60s) (fallback.first_wait)
      fix: make 'first_wait' shorter, or 'longest_wait' longer
    ");
}

#[test]
fn times_and_configurations_are_shown_as_they_are_written() {
    let text = "fallback: { first_wait: 1500ms, longest_wait: 90s }\nchain: [{ policy: guard, config: { api_key: hunter2, deny: [x] } }]\nbudgets: []\n";
    let shown = show(&house(&format!("{POLICIES}{text}")).load().unwrap());
    for line in [
        "first_wait: 1500ms",
        "longest_wait: 90",
        "api_key: '***'",
        "- x",
    ] {
        assert!(shown.contains(line), "{line}\n{shown}");
    }
    assert!(!shown.contains("hunter2"));
}
