//! Questions that a request answers.
//!
//! Owns nothing: these are methods of the contract's records. Indices come from the host, but a request may also come out
//! of an old record, so none of them is trusted.

use crate::contract::{Request, Target, Window};
use crate::json;

impl Request {
    /// A request in `phase` with nothing in it, for tests.
    #[must_use]
    pub fn empty(phase: &str) -> Self {
        Self {
            phase: phase.to_owned(),
            now_ms: 0,
            run: String::new(),
            agent: String::new(),
            task_type: None,
            tags: Vec::new(),
            prompt_bytes: 0,
            prompt_tokens: None,
            features: Vec::new(),
            targets: Vec::new(),
            chosen: None,
            sticky: None,
            pinned: false,
            program: None,
            args: Vec::new(),
            cwd: None,
            windows: Vec::new(),
            attempts: Vec::new(),
            event: None,
            facts: Vec::new(),
        }
    }

    /// The target that is about to be used.
    #[must_use]
    pub fn chosen_target(&self) -> Option<&Target> {
        self.target(self.chosen?)
    }

    /// The target at `index`.
    #[must_use]
    pub fn target(&self, index: u32) -> Option<&Target> {
        self.targets.get(usize::try_from(index).ok()?)
    }

    /// The targets with their indices.
    pub fn indexed(&self) -> impl Iterator<Item = (u32, &Target)> {
        (0..).zip(&self.targets)
    }

    /// The fact called `name`.
    #[must_use]
    pub fn fact(&self, name: &str) -> Option<&str> {
        let mut facts = self.facts.iter();
        facts
            .find(|(key, _)| key == name)
            .map(|(_, value)| &**value)
    }

    /// The number called `name` that the host computed from the prompt.
    #[must_use]
    pub fn feature(&self, name: &str) -> Option<i64> {
        let mut features = self.features.iter();
        features
            .find(|(key, _)| key == name)
            .map(|(_, value)| *value)
    }

    /// What kind of event made the host ask: `command`, `tool-call`, `usage`, or a later one.
    #[must_use]
    pub fn event_kind(&self) -> Option<String> {
        self.event_text("kind")
    }

    /// A member of the event, where it is a string.
    #[must_use]
    pub fn event_text(&self, name: &str) -> Option<String> {
        self.event_member(name, |raw| json::text(raw).ok())
    }

    /// A member of the event, where it is a whole number of at least 0.
    #[must_use]
    pub fn event_count(&self, name: &str) -> Option<u64> {
        self.event_member(name, json::whole)
    }

    fn event_member<T>(&self, name: &str, read: impl Fn(&str) -> Option<T>) -> Option<T> {
        let members = json::members(self.event.as_deref()?).ok()?;
        let mut members = members.into_iter();
        members
            .find(|(key, _)| key == name)
            .and_then(|(_, raw)| read(raw))
    }
}

impl Target {
    /// The price of a kind of token, in micro-dollars per million; None: not known, never free.
    #[must_use]
    pub fn price(&self, kind: &str) -> Option<u64> {
        let mut prices = self.prices.iter();
        prices
            .find(|(name, _)| name == kind)
            .map(|(_, price)| *price)
    }

    /// Whether it has the tag.
    #[must_use]
    pub fn has_tag(&self, tag: &str) -> bool {
        self.tags.iter().any(|it| it == tag)
    }
}

impl Window {
    /// What is spent and set aside.
    #[must_use]
    pub fn taken(&self) -> u64 {
        self.settled.saturating_add(self.reserved)
    }

    /// Whether it counts money.
    #[must_use]
    pub fn is_money(&self) -> bool {
        matches!(&*self.metric, "microusd" | "microusd-billed")
    }

    /// The taken share of the cap in whole percent, rounded down. A cap of nothing is always wholly taken.
    #[must_use]
    pub fn percent(&self) -> u64 {
        if self.cap == 0 {
            return 100;
        }
        let percent = u128::from(self.taken()) * 100 / u128::from(self.cap);
        u64::try_from(percent).unwrap_or(u64::MAX)
    }

    /// Whether the request would go beyond it: nothing is left, or less than it wants.
    #[must_use]
    pub fn exceeded_by_request(&self) -> bool {
        self.taken() >= self.cap || self.taken().saturating_add(self.wanted.unwrap_or(0)) > self.cap
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(settled: u64, reserved: u64, cap: u64, wanted: Option<u64>) -> Window {
        Window {
            name: "daily".to_owned(),
            metric: "microusd".to_owned(),
            period: "day".to_owned(),
            scope: "all".to_owned(),
            hard: true,
            warn_percent: None,
            cap,
            settled,
            reserved,
            wanted,
            resets_at_ms: None,
            extra: Vec::new(),
        }
    }

    #[test]
    fn a_window_knows_its_share() {
        assert_eq!(window(8_000_000, 199_999, 10_000_000, None).percent(), 81);
        assert_eq!(window(0, 0, 0, None).percent(), 100);
        assert_eq!(window(u64::MAX, u64::MAX, 1, None).percent(), u64::MAX);
        assert!(!window(4, 5, 10, Some(1)).exceeded_by_request());
        assert!(!window(4, 5, 10, None).exceeded_by_request());
        assert!(window(4, 5, 10, Some(2)).exceeded_by_request());
        assert!(window(4, 6, 10, None).exceeded_by_request());
        assert!(window(4, 6, 10, Some(0)).exceeded_by_request());
        assert!(window(u64::MAX, 1, u64::MAX, Some(1)).exceeded_by_request());
    }

    #[test]
    fn an_event_is_read_by_its_members() {
        let mut request = Request::empty("run-event");
        assert_eq!(request.event_kind(), None);
        request.event = Some(r#"{"kind":"tool-call","name":"Bash","n":3,"x":{"kind":1}}"#.into());
        assert_eq!(request.event_kind().as_deref(), Some("tool-call"));
        assert_eq!(request.event_text("name").as_deref(), Some("Bash"));
        assert_eq!(request.event_count("n"), Some(3));
        assert_eq!(request.event_text("n"), None);
        request.event = Some("[1".to_owned());
        assert_eq!(request.event_kind(), None);
    }

    #[test]
    fn an_index_out_of_the_list_is_nothing() {
        let mut request = Request::empty("run-start");
        request.chosen = Some(7);
        assert_eq!(request.chosen_target(), None);
    }
}
