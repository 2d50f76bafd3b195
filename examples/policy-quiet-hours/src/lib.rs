//! A policy in the place of `budget`: at some hours, while nobody looks, only a part of each limit may be spent.
//! See `plugins/policy-sdk/README.md` for how to build it.

use std::fmt;

use tollgate_policy_sdk::config::Setting;
use tollgate_policy_sdk::prelude::*;

/// At some hours less may be spent.
pub struct QuietHours;

/// When it is quiet, and what may be spent then.
pub struct Rule {
    from: TimeOfDay,
    to: TimeOfDay,
    percent: u64,
}

/// Minutes since midnight UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TimeOfDay(u64);

impl Policy for QuietHours {
    type Config = Rule;

    fn about() -> About {
        About::new(
            "quiet-hours",
            env!("CARGO_PKG_VERSION"),
            "At some hours less may be spent",
            &[phase::RUN_START, phase::RUN_FAILED],
        )
    }

    fn configure(fields: &mut Fields<'_>) -> Rule {
        let rule = Rule {
            from: fields.get("from").unwrap_or(TimeOfDay(22 * 60)),
            to: fields.get("to").unwrap_or(TimeOfDay(6 * 60)),
            percent: fields.get("percent").unwrap_or(50),
        };
        if rule.from == rule.to {
            let fix = "write another time; 00:00 to 24:00 is the whole day";
            fields.mistake("to", "it is never quiet", Some(fix));
        }
        if rule.percent > 100 {
            fields.mistake(
                "percent",
                "it is more than the limit",
                Some("write at most 100"),
            );
        }
        rule
    }

    fn judge(rule: &Rule, request: &Request) -> Result<Verdict, String> {
        let quiet = rule.is_quiet(request.now_ms);
        let windows = request.windows.iter();
        let verdicts = windows.map(|window| rule.judge(window, quiet));
        Ok(Verdict::strictest(verdicts.collect()))
    }
}

impl Rule {
    fn is_quiet(&self, now_ms: u64) -> bool {
        let now = TimeOfDay(now_ms / 60_000 % (24 * 60));
        if self.from < self.to {
            self.from <= now && now < self.to
        } else {
            self.from <= now || now < self.to
        }
    }

    fn judge(&self, window: &Window, quiet: bool) -> Verdict {
        let name = words::snippet(&window.name, 60);
        let percent = window.percent();
        let (code, why) = if quiet && percent >= self.percent {
            let Self {
                from,
                to,
                percent: most,
            } = self;
            let why = format!(
                "{percent}% of the limit {name} are taken, and from {from} to {to} UTC only {most}% may be"
            );
            ("quiet_hours", why)
        } else if window.exceeded_by_request() {
            (
                "budget_exceeded",
                format!("the request does not fit into the limit {name}"),
            )
        } else {
            return Verdict::pass();
        };
        if window.hard {
            Verdict::deny(code, why)
        } else {
            Verdict::ask(&why, "").because(code, why.clone())
        }
    }
}

impl Setting for TimeOfDay {
    const WANTED: &'static str = "a time such as \"22:30\", UTC";

    fn read(json: &str) -> Option<Self> {
        let text = String::read(json)?;
        let (hours, minutes) = text.split_once(':')?;
        if hours.len() != 2 || minutes.len() != 2 {
            return None;
        }
        let (hours, minutes): (u64, u64) = (hours.parse().ok()?, minutes.parse().ok()?);
        let time = Self(hours * 60 + minutes);
        (minutes < 60 && time.0 <= 24 * 60).then_some(time)
    }
}

impl fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.0 / 60, self.0 % 60)
    }
}

tollgate_policy_sdk::export_policy!(QuietHours);

#[cfg(test)]
mod tests {
    use super::*;
    use tollgate_policy_sdk::{evaluate, testing, validate};

    const HOUR_MS: u64 = 3_600_000;

    fn asked(config: &str, hour: u64, taken: u64) -> Verdict {
        let mut request = Request::empty(phase::RUN_START);
        request.now_ms = 20_000 * 24 * HOUR_MS + hour * HOUR_MS;
        request.windows = vec![Window {
            name: "daily".to_owned(),
            metric: "microusd".to_owned(),
            period: "day".to_owned(),
            scope: "all".to_owned(),
            hard: true,
            warn_percent: None,
            cap: 100,
            settled: taken,
            reserved: 0,
            wanted: Some(1),
            resets_at_ms: None,
            extra: vec![],
        }];
        evaluate::<QuietHours>(config, &request).expect("a verdict")
    }

    #[test]
    fn at_night_half_of_the_budget_is_kept() {
        for (config, hour, taken, allowed) in [
            ("{}", 21, 99, true),
            ("{}", 21, 100, false),
            ("{}", 22, 49, true),
            ("{}", 22, 50, false),
            ("{}", 5, 50, false),
            ("{}", 6, 50, true),
            (
                r#"{"from": "00:00", "to": "24:00", "percent": 0}"#,
                12,
                0,
                false,
            ),
            (r#"{"from": "12:00", "to": "13:00"}"#, 11, 60, true),
            (r#"{"from": "12:00", "to": "13:00"}"#, 12, 60, false),
        ] {
            let passed = asked(config, hour, taken) == Verdict::pass();
            assert_eq!(passed, allowed, "{config} at {hour} with {taken}");
        }
        assert_eq!(
            asked("{}", 23, 81).reasons[0].message,
            "81% of the limit daily are taken, and from 22:00 to 06:00 UTC only 50% may be"
        );
    }

    #[test]
    fn mistakes_are_named() {
        for (config, path) in [
            (r#"{"from": "25:00"}"#, "from"),
            (r#"{"from": "8:00"}"#, "from"),
            (r#"{"from": "06:00"}"#, "to"),
            (r#"{"percent": 101}"#, "percent"),
            (r#"{"form": "06:00"}"#, "form"),
        ] {
            assert_eq!(validate::<QuietHours>(config)[0].path, path, "{config}");
        }
    }

    #[test]
    fn it_is_a_sound_policy() {
        testing::holds::<QuietHours>(&["{}", r#"{"percent": 0}"#], 256);
    }
}
