//! What was used, and how sure that is.
//!
//! Owns the sums. Claude Code tells the same tokens several times: with every block of a reply (where the output count
//! is that of the reply's first moment), in `usage` of the result (this run, without sub-agents), and in `modelUsage`
//! (the session, with sub-agents). This file takes each once. Never calls a sum settled when an attempt was lost: the
//! tool then puts an estimate of a third of the characters in place of the tokens, which may be too high or too low, so
//! only what the API itself said is reported, as a lower bound.

use std::collections::{BTreeMap, BTreeSet};

use tollgate_plugin_sdk::contract::{Cost, Usage};
use tollgate_plugin_sdk::event::Events;
use tollgate_plugin_sdk::json::{self, Raw};
use tollgate_plugin_sdk::money::Dollars;

use crate::line::{ApiUsage, Line, Message, ModelUsage, SubagentStats};

/// Token counts, in the contract's meaning.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) input: u64,
    pub(crate) output: u64,
    pub(crate) cache_read: u64,
    pub(crate) cache_write: u64,
}

impl Counts {
    fn plus(self, other: Self) -> Self {
        self.each(other, u64::saturating_add)
    }

    fn minus(self, other: Self) -> Self {
        self.each(other, u64::saturating_sub)
    }

    fn each(self, other: Self, combine: fn(u64, u64) -> u64) -> Self {
        Self {
            input: combine(self.input, other.input),
            output: combine(self.output, other.output),
            cache_read: combine(self.cache_read, other.cache_read),
            cache_write: combine(self.cache_write, other.cache_write),
        }
    }

    fn is_zero(self) -> bool {
        self == Self::default()
    }

    fn without_output(self) -> Self {
        Self { output: 0, ..self }
    }
}

/// Counts as told; what is not told stays as it was.
fn told(usage: &ApiUsage<'_>, before: Counts) -> Counts {
    Counts {
        input: json::count(usage.input).unwrap_or(before.input),
        output: json::count(usage.output).unwrap_or(before.output),
        cache_read: json::count(usage.cache_read).unwrap_or(before.cache_read),
        cache_write: json::count(usage.cache_write).unwrap_or(before.cache_write),
    }
}

/// One reply of a model.
#[derive(Debug, Default)]
struct Reply {
    counts: Counts,
    model: Option<String>,
    settled: bool,
    /// Its stream began and has not told its final counts.
    open: bool,
}

/// The last version that is known to report the cost of the run, and not of the session, after a resume.
const LAST_WITH_RUN_COST: [u64; 3] = [2, 1, 197];

/// The sums of one run.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    resumed: bool,
    pub(crate) version: Option<[u64; 3]>,
    /// Replies since the last result.
    replies: BTreeMap<String, Reply>,
    /// Everything up to the last result.
    closed: Counts,
    cost: Dollars,
    /// Some model has no known price, so the tool made one up.
    unpriced: bool,
    /// Something before the last result was lost.
    inexact: bool,
    /// An attempt since the last result was lost.
    lost: bool,
    thinking: u64,
    served: BTreeSet<String>,
}

/// What the result line says about how it ended.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Ending<'a> {
    pub(crate) session: Option<&'a str>,
    pub(crate) turns: Option<u64>,
    pub(crate) terminal: Option<&'a str>,
    pub(crate) connection_failed: bool,
    pub(crate) is_error: bool,
}

impl Ledger {
    pub(crate) fn new(resumed: bool, version: Option<[u64; 3]>) -> Self {
        Self {
            resumed,
            version,
            ..Self::default()
        }
    }

    /// The stream of a reply began.
    pub(crate) fn began(&mut self, message: &Message<'_>, events: &mut Events) {
        if let Some(id) = json::string(message.id) {
            self.replies.entry(id).or_default().open = true;
        }
        self.printed(message, events);
    }

    /// A block of a reply was printed, with the counts of the reply's first moment.
    pub(crate) fn printed(&mut self, message: &Message<'_>, events: &mut Events) {
        let (Some(id), Some(usage)) = (json::string(message.id), json::object(message.usage))
        else {
            return;
        };
        if let Some(model) = json::string(message.model) {
            if self.served.len() < 16 {
                self.served.insert(model.clone());
            }
            self.replies.entry(id.clone()).or_default().model = Some(model);
        }
        self.reply(id, &usage, false, events);
    }

    /// The stream of a reply told its final counts.
    pub(crate) fn ended(&mut self, id: String, usage: &ApiUsage<'_>, events: &mut Events) {
        self.replies.entry(id.clone()).or_default().open = false;
        self.reply(id, usage, true, events);
    }

    fn reply(&mut self, id: String, usage: &ApiUsage<'_>, whole: bool, events: &mut Events) {
        let reply = self.replies.entry(id.clone()).or_default();
        if reply.settled && !whole {
            return; // a block that was printed after the end of its stream
        }
        // The last event of a stream may name only the output.
        let told = told(usage, reply.counts);
        if told == reply.counts && reply.settled == whole {
            return;
        }
        reply.counts = told;
        reply.settled = whole;
        let mut usage = record("message", told, whole);
        usage.key = Some(id);
        usage.model = reply.model.clone();
        events.push(usage);
    }

    /// The tool gave up an attempt whose reply may have begun.
    pub(crate) fn lose_attempt(&mut self) {
        self.lost = true;
    }

    /// A result line closes all replies before it.
    pub(crate) fn close(&mut self, line: &Line<'_>, ending: Ending<'_>, events: &mut Events) {
        let run = json::object(line.usage)
            .map(|usage| told(&usage, Counts::default()))
            .unwrap_or_default();
        let since = models(line.model_usage_since_last_result);
        let all = models(line.model_usage);
        let mut sure = true;
        let mut total = match (&since, &all) {
            (Some(since), _) => self.closed.plus(since.counts),
            (None, Some(all)) if !self.resumed => all.counts,
            _ => {
                let agents: SubagentStats<'_> =
                    json::object(line.subagent_stats).unwrap_or_default();
                // `usage` leaves sub-agents out, and the last reply of a turn that was broken off.
                sure = ending.turns == Some(0)
                    || (!ending.is_error && json::count(agents.spawned) == Some(0));
                self.closed.plus(run)
            }
        };
        let estimated = self.is_estimated(run, total.minus(self.closed), ending);
        let silent = total.is_zero();
        if estimated {
            let heard = self.heard();
            let most = run.output.max(heard.output);
            total.output = total.output.min(self.closed.output.saturating_add(most));
            // What the API itself said stands, also when the tool forgets it at the end.
            total = total.each(self.closed.plus(heard), u64::max);
        }
        self.inexact |= estimated || !sure;
        self.closed = total;
        self.replies.clear();
        self.lost = false;
        for models in since.iter().chain(all.iter().filter(|_| since.is_none())) {
            self.thinking = self.thinking.saturating_add(models.thinking);
            self.unpriced |= models.unpriced;
        }
        if estimated && silent {
            return; // a request was made, and nothing more is known of it than the replies told
        }
        let mut usage = record("run", total, !self.inexact);
        usage.model = self.served_model();
        // 0 is printed also for replies that did think, so it says nothing.
        usage.reasoning = (self.thinking > 0).then_some(self.thinking);
        events.push(usage);
        self.report_cost(line, since.as_ref(), ending, events);
    }

    /// The process ended without closing what it began: what is known is a lower bound.
    pub(crate) fn break_off(&mut self, events: &mut Events) {
        if self.replies.is_empty() {
            return;
        }
        let mut usage = record("run", self.closed.plus(self.heard()), false);
        usage.model = self.served_model();
        events.push(usage);
    }

    fn is_estimated(&self, run: Counts, turn: Counts, ending: Ending<'_>) -> bool {
        let same_replies = run.without_output() == turn.without_output();
        let broken_off = match ending.terminal {
            Some("aborted_streaming") => true,
            Some(terminal) if terminal.starts_with("aborted") => run != turn,
            _ => false,
        };
        self.lost
            || ending.connection_failed
            || broken_off
            || self.replies.values().any(|reply| reply.open)
            || (same_replies && run.output != turn.output)
    }

    /// What the API itself counted in the replies since the last result.
    fn heard(&self) -> Counts {
        self.replies
            .values()
            .fold(Counts::default(), |sum, reply| sum.plus(reply.counts))
    }

    fn report_cost(
        &mut self,
        line: &Line<'_>,
        since: Option<&Models>,
        ending: Ending<'_>,
        events: &mut Events,
    ) {
        if self.unpriced {
            return;
        }
        let cost = |scope: &str, key: Option<&str>, dollars: Dollars| Cost {
            scope: scope.to_owned(),
            key: key.map(str::to_owned),
            microusd: dollars.micros(),
            basis: "reported".to_owned(),
            settled: !self.inexact,
        };
        if let Some(since) = since {
            self.cost = self.cost.plus(since.dollars);
            events.push(cost("run", None, self.cost));
            return;
        }
        let Some(dollars) = line.total_cost_usd.and_then(Dollars::from_raw) else {
            return;
        };
        let of_run = ending.turns == Some(0)
            || (self.resumed
                && self
                    .version
                    .is_some_and(|version| version <= LAST_WITH_RUN_COST));
        match ending.session {
            Some(session) if !of_run => events.push(cost("session", Some(session), dollars)),
            None if self.resumed && !of_run => {} // of a session that has no name: no use to anyone
            _ => events.push(cost("run", None, dollars)),
        }
    }

    fn served_model(&self) -> Option<String> {
        if self.served.len() == 1 {
            self.served.first().cloned()
        } else {
            None
        }
    }
}

fn record(scope: &str, counts: Counts, settled: bool) -> Usage {
    Usage {
        scope: scope.to_owned(),
        key: None,
        input: Some(counts.input),
        output: Some(counts.output),
        cache_read: Some(counts.cache_read),
        cache_write: Some(counts.cache_write),
        reasoning: None,
        settled,
        model: None,
        extra: Vec::new(),
    }
}

/// The sums over all models of a `modelUsage`.
#[derive(Debug, Default)]
struct Models {
    counts: Counts,
    dollars: Dollars,
    thinking: u64,
    unpriced: bool,
}

fn models(raw: Raw<'_>) -> Option<Models> {
    let mut sum = Models::default();
    let is_object = json::each_member(raw?.get(), &mut |_, entry| {
        let entry: ModelUsage<'_> = json::object(Some(entry)).unwrap_or_default();
        sum.counts = sum.counts.plus(Counts {
            input: json::count(entry.input).unwrap_or(0),
            output: json::count(entry.output).unwrap_or(0),
            cache_read: json::count(entry.cache_read).unwrap_or(0),
            cache_write: json::count(entry.cache_write).unwrap_or(0),
        });
        sum.thinking = sum
            .thinking
            .saturating_add(json::count(entry.thinking).unwrap_or(0));
        let dollars = entry.cost_usd.and_then(Dollars::from_raw);
        sum.dollars = sum.dollars.plus(dollars.unwrap_or_default());
        sum.unpriced |=
            dollars.is_none() || json::string(entry.cost_basis).as_deref() == Some("unknown");
    });
    is_object.then_some(sum)
}
