//! What the policies are told: a request, with the targets it may go to and the limits it falls
//! under. Numbers and names, never a word of the prompt.

use jiff::Timestamp;
use uuid::Uuid;

use crate::budget::{Asking, Book};
use crate::model::{
    AdapterSource, AgentName, AttemptRef, MicroUsd, Phase, PolicyAttempt, PolicyRequest,
    PolicyTarget, Prices, RunId, Settings, Target,
};

use super::offers::Offer;
use super::priced::wanted;

/// Everything that is the same whichever target is looked at.
#[derive(Clone)]
pub(in crate::engine) struct Case<'a> {
    pub(in crate::engine) settings: &'a Settings,
    pub(in crate::engine) phase: Phase,
    pub(in crate::engine) agent: &'a AgentName,
    pub(in crate::engine) task_type: Option<&'a str>,
    pub(in crate::engine) prompt_bytes: u64,
    pub(in crate::engine) prompt_tokens: Option<u64>,
    pub(in crate::engine) features: Vec<(String, i64)>,
    pub(in crate::engine) offers: Vec<Offer>,
    /// The target that the same run or session used before.
    pub(in crate::engine) sticky: Option<Target>,
    pub(in crate::engine) pinned: bool,
    /// No more than this may be spent.
    pub(in crate::engine) cap: Option<MicroUsd>,
    pub(in crate::engine) run: Option<RunId>,
    /// The attempt whose agent asks.
    pub(in crate::engine) within: Option<Uuid>,
    /// The attempt whose own reservation does not count against it.
    pub(in crate::engine) except: Option<AttemptRef>,
    pub(in crate::engine) cwd: Option<String>,
    pub(in crate::engine) command: Option<(String, Vec<String>)>,
    pub(in crate::engine) event: Option<String>,
    pub(in crate::engine) attempts: Vec<PolicyAttempt>,
    pub(in crate::engine) facts: Vec<(String, String)>,
}

/// The ledger at the moment of asking.
#[derive(Clone, Copy)]
pub(in crate::engine) struct Standing<'b> {
    pub(in crate::engine) book: &'b Book,
    pub(in crate::engine) now: Timestamp,
}

impl Case<'_> {
    /// The same request, asking for `target`.
    pub(in crate::engine) fn asking<'s>(
        &'s self,
        target: &'s Target,
        now: Timestamp,
    ) -> Asking<'s> {
        Asking {
            agent: self.agent,
            target,
            run: self.run.as_ref(),
            within: self.within,
            cap: self.cap,
            now,
            except: self.except.as_ref(),
        }
    }

    /// What the policies are told when the request is about to go to the offer `chosen`; what was
    /// `visited` before is not to be had any more.
    pub(in crate::engine) fn request(
        &self,
        standing: Standing<'_>,
        chosen: u32,
        visited: &[u32],
    ) -> PolicyRequest {
        let targets = (0..).zip(&self.offers).map(|(place, offer)| {
            let available = place == chosen || !visited.contains(&place);
            self.target(offer, available, standing)
        });
        let targets = targets.collect();
        let place_of = |target: &Target| {
            let found = self
                .offers
                .iter()
                .position(|offer| offer.target == *target)?;
            u32::try_from(found).ok()
        };
        PolicyRequest {
            phase: self.phase.as_str().to_owned(),
            now_ms: millis_of(standing.now),
            run: self
                .run
                .as_ref()
                .map(ToString::to_string)
                .unwrap_or_default(),
            agent: self.agent.to_string(),
            task_type: self.task_type.map(str::to_owned),
            tags: Vec::new(),
            prompt_bytes: self.prompt_bytes,
            prompt_tokens: self.prompt_tokens,
            features: self.features.clone(),
            targets,
            chosen: Some(chosen),
            sticky: self.sticky.as_ref().and_then(place_of),
            pinned: self.pinned,
            program: self.command.as_ref().map(|(program, _)| program.clone()),
            args: self
                .command
                .as_ref()
                .map(|(_, args)| args.clone())
                .unwrap_or_default(),
            cwd: self.cwd.clone(),
            windows: self.windows(standing, chosen),
            attempts: self.attempts.clone(),
            event: self.event.clone(),
            facts: self.facts.clone(),
        }
    }

    fn windows(&self, standing: Standing<'_>, chosen: u32) -> Vec<crate::model::PolicyWindow> {
        let Some(target) = self.offered(chosen) else {
            return Vec::new();
        };
        let Standing { book, now } = standing;
        let wanted = wanted(self, book, target, now);
        let asking = self.asking(target, now);
        let windows = book.windows(&self.settings.limits, &asking);
        windows
            .iter()
            .map(|window| window.to_policy(wanted.of(window.limit.metric)))
            .collect()
    }

    fn offered(&self, place: u32) -> Option<&Target> {
        let offer = self.offers.get(usize::try_from(place).ok()?)?;
        Some(&offer.target)
    }

    fn target(&self, offer: &Offer, available: bool, standing: Standing<'_>) -> PolicyTarget {
        let target = &offer.target;
        let model = self.settings.models.get(&target.model);
        let tool = self.settings.tools.get(&target.tool);
        let suits = model
            .map(|model| model.task_suitability.as_slice())
            .unwrap_or_default();
        let skills = tool
            .map(|tool| tool.capabilities.as_slice())
            .unwrap_or_default();
        let origins = offer.origins.iter().map(|origin| (*origin).to_owned());
        let wanted = wanted(self, standing.book, target, standing.now);
        PolicyTarget {
            tool: target.tool.to_string(),
            adapter: match tool.map(|tool| &tool.adapter) {
                Some(AdapterSource::Id(id)) => id.clone(),
                Some(AdapterSource::File(_)) => "file".to_owned(),
                None => String::new(),
            },
            model: target.model.to_string(),
            available,
            prices: model
                .map(|model| named(&model.prices_at(standing.now)))
                .unwrap_or_default(),
            estimate_uusd: wanted.estimate.map(|MicroUsd(micros)| micros),
            context_window: model.map(|model| model.context_window),
            tags: suits.iter().chain(skills).cloned().chain(origins).collect(),
        }
    }
}

/// Milliseconds since the epoch; moments before it are it.
pub(in crate::engine) fn millis_of(at: Timestamp) -> u64 {
    u64::try_from(at.as_millisecond()).unwrap_or(0)
}

fn named(prices: &Prices) -> Vec<(String, u64)> {
    let kinds = [
        ("input", prices.input),
        ("output", prices.output),
        ("cache-read", prices.cache_read),
        ("cache-write", prices.cache_write),
        ("reasoning", prices.reasoning),
    ];
    let known = kinds.into_iter();
    known
        .filter_map(|(kind, price)| Some((kind.to_owned(), price?.0)))
        .collect()
}
