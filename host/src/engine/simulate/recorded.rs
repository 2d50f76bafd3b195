//! A decision out of the batch in which it was put on record.
//!
//! What was decided, the questions that were asked, and whether anything ran stand in one batch,
//! so nothing else has to be remembered. It never judges.

use std::collections::BTreeMap;

use serde::Serialize;
use uuid::Uuid;

use crate::journal::Record;
use crate::model::{
    AgentName, Body, Event, InvocationNumber, MicroUsd, Opinion, Phase, PolicyDecision,
    PolicyJudged, PolicyRequest, RunId, Target,
};

use super::super::denied::HOST;
use super::course::Course;

/// A request, by its run and its number in it.
pub(super) type Place = (RunId, InvocationNumber);

/// One thing on record.
#[derive(Debug)]
pub(super) enum Step {
    /// A request was decided on.
    Decision(Box<Recorded>),
    /// Anything else.
    Event(Box<Event>),
}

/// A decision as it is on record.
#[derive(Debug, Clone)]
pub(super) struct Recorded {
    /// The event that tells of it, without what the policies were told.
    pub(super) event: Event,
    pub(super) place: Place,
    /// What the policies were told; or why it cannot be judged again.
    pub(super) request: Result<PolicyRequest, Unjudged>,
    /// What became of it.
    pub(super) was: Course,
    /// The questions that were asked.
    pub(super) asked: Vec<Asked>,
    /// What they were answered with.
    pub(super) answer: Option<String>,
    pub(super) around: Around,
}

/// What else its batch tells of a request.
#[derive(Debug, Clone, Default)]
pub(super) struct Around {
    pub(super) agent: Option<AgentName>,
    pub(super) task_type: Option<String>,
    /// Earlier requests of the same run that it builds on.
    pub(super) follows: Vec<InvocationNumber>,
    /// Where it went, if it ran.
    pub(super) target: Option<Target>,
    /// Marker of the attempt whose agent asked.
    pub(super) within: Option<Uuid>,
    /// What it might cost.
    pub(super) cap: Option<MicroUsd>,
    /// A limit stood in the way.
    pub(super) over_limit: bool,
    pub(super) judged: bool,
}

/// A question as it was put.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Asked {
    pub(super) policy: String,
    title: String,
    codes: Vec<String>,
}

/// Why a decision cannot be judged again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Unjudged {
    /// What the policies were told is not kept at privacy level `none`.
    NotKept,
    /// It is older than policies.
    Older,
    /// What is kept is nothing that this version can read.
    Unreadable,
}

impl Unjudged {
    /// The word in documents.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotKept => "not_kept",
            Self::Older => "older",
            Self::Unreadable => "unreadable",
        }
    }
}

impl Asked {
    /// The question in `opinion`, if it is one.
    pub(super) fn of(opinion: &Opinion) -> Option<Self> {
        let verdict = opinion.verdict.as_ref()?;
        let PolicyDecision::Ask(question) = &verdict.decision else {
            return None;
        };
        Some(Self {
            policy: opinion.policy.clone(),
            title: question.title.clone(),
            codes: verdict.reasons.iter().map(|it| it.code.clone()).collect(),
        })
    }

    /// Whether both ask the same: titles tell figures that change from one moment to the next, so
    /// that the reasons decide where there are any.
    pub(super) fn is(&self, other: &Self) -> bool {
        let same = if self.codes.is_empty() {
            self.title == other.title
        } else {
            self.codes == other.codes
        };
        self.policy == other.policy && same
    }
}

/// The steps of one batch, in its order.
pub(super) fn steps(batch: Vec<Record>) -> Vec<Step> {
    let mut around: BTreeMap<Place, Around> = BTreeMap::new();
    for record in &batch {
        if let Some(place) = place(&record.event) {
            around.entry(place).or_default().notice(&record.event.body);
        }
    }
    let events = batch.into_iter().map(|record| record.event);
    events.map(|event| step(event, &around)).collect()
}

/// The request that an event is about.
pub(super) fn place(event: &Event) -> Option<Place> {
    Some((event.run.clone()?, event.invocation?))
}

fn step(event: Event, around: &BTreeMap<Place, Around>) -> Step {
    let found = place(&event).and_then(|place| Some((around.get(&place)?.clone(), place)));
    let Some((around, place)) = found else {
        return Step::Event(Box::new(event));
    };
    match &event.body {
        Body::PolicyJudged(judged) if judged.phase == Phase::RunStart => {
            Step::Decision(Box::new(Recorded::new(event, place, around)))
        }
        Body::RoutingDecided(_) if !around.judged => Step::Decision(Box::new(Recorded {
            event,
            place,
            request: Err(Unjudged::Older),
            was: Course::default(),
            asked: Vec::new(),
            answer: None,
            around,
        })),
        _ => Step::Event(Box::new(event)),
    }
}

impl Around {
    fn notice(&mut self, body: &Body) {
        match body {
            Body::RunSubmitted(submitted) => {
                self.agent = Some(submitted.agent.clone());
                self.task_type.clone_from(&submitted.task_type);
                self.follows.clone_from(&submitted.follows);
            }
            Body::PolicyJudged(judged) if judged.phase == Phase::RunStart => self.judged = true,
            Body::AttemptQueued(queued) => {
                self.target.get_or_insert_with(|| queued.target.clone());
                self.within = queued.within;
            }
            Body::BudgetReserved(reserved) => self.cap = reserved.cap_uusd,
            Body::BudgetDenied(_) => self.over_limit = true,
            _ => {}
        }
    }
}

impl Recorded {
    fn new(mut event: Event, place: Place, around: Around) -> Self {
        let mut told = None;
        let (mut was, mut asked, mut answer) = (Course::default(), Vec::new(), None);
        if let Body::PolicyJudged(judged) = &mut event.body {
            told = judged.request.take();
            asked = judged.opinions.iter().filter_map(Asked::of).collect();
            answer.clone_from(&judged.answer);
            was = course(judged, &around);
        }
        let request = match told {
            None => Err(Unjudged::NotKept),
            Some(told) => readable(told).ok_or(Unjudged::Unreadable),
        };
        Self {
            event,
            place,
            request,
            was,
            asked,
            answer,
            around,
        }
    }

    /// Who asked.
    pub(super) fn agent(&self) -> AgentName {
        let agent = self.around.agent.clone();
        agent.unwrap_or_else(|| AgentName::new(""))
    }

    /// Something refused it of which nothing is left on record, such as the cap of the attempt
    /// whose agent asked.
    pub(super) fn refused_beside_limits(&self) -> bool {
        let by_host = self.was.by.as_deref() == Some(HOST);
        self.was.target.is_none() && by_host && !self.around.over_limit
    }
}

/// What was told, if it names the target that was chosen.
fn readable(told: serde_json::Value) -> Option<PolicyRequest> {
    let request: PolicyRequest = serde_json::from_value(told).ok()?;
    let chosen = usize::try_from(request.chosen?).ok()?;
    (chosen < request.targets.len()).then_some(request)
}

fn course(judged: &PolicyJudged, around: &Around) -> Course {
    let asked = judged.ruling == "ask" || judged.answer.is_some();
    let target = around.target.clone();
    let rerouted = target.is_some() && judged.path.len() > 1;
    let (by, code) = match (judged.ruling.as_str(), &target) {
        ("deny", _) => (judged.by.clone(), judged.codes.first().cloned()),
        ("ask", None) => (judged.by.clone(), Some("not_confirmed".to_owned())),
        (_, None) => (Some(HOST.to_owned()), Some("budget_exceeded".to_owned())),
        _ => (judged.by.clone(), judged.codes.first().cloned()),
    };
    Course {
        target,
        asked,
        rerouted,
        by,
        code,
    }
}
