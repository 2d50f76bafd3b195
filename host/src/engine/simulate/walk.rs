//! From one end of the record to the other.

use crate::model::PolicyRequest;

use super::super::denied::HOST;
use super::super::error::EngineError;
use super::candidate::Candidate;
use super::course::Course;
use super::history::{count, read};
use super::order::SimulationOrder;
use super::panel::Panel;
use super::recorded::{Recorded, Step, Unjudged};
use super::shadow::{Fate, Move, Shadow, prices_of};
use super::simulation::{Simulation, Tried};
use super::trial::Rules;

/// Code of requests that build on one that is refused.
const GROUNDLESS: &str = "builds_on_refused";

/// Judge recorded decisions again.
///
/// # Errors
/// When the record cannot be read, or a policy cannot be used.
pub fn simulate(order: &SimulationOrder) -> Result<Simulation, EngineError> {
    let candidate = Candidate::load(order)?;
    let n_skipped = match order.last {
        Some(last) => count(&order.state_dir)?.saturating_sub(last),
        None => 0,
    };
    std::thread::scope(|scope| {
        let mut walk = Walk {
            order,
            rules: Rules::new(&candidate.chain, &order.settings),
            panel: Panel::new(&candidate.chain, scope),
            shadow: Shadow::default(),
            found: Simulation {
                policies: candidate.tried(),
                ..Simulation::default()
            },
            n_skipped,
            n_seen: 0,
        };
        let read = read(&order.state_dir, |steps| {
            steps.into_iter().for_each(|step| walk.take(step));
        })?;
        let mut found = walk.end();
        found.damaged = read.n_damaged;
        Ok(found)
    })
}

/// Everything that is carried along.
struct Walk<'a, 'scope> {
    order: &'a SimulationOrder,
    rules: Rules<'a>,
    panel: Panel<'a, 'scope>,
    shadow: Shadow,
    found: Simulation,
    /// Decisions at the beginning that are not judged, although they could be.
    n_skipped: u64,
    /// Decisions that could be judged, so far.
    n_seen: u64,
}

impl Walk<'_, '_> {
    fn take(&mut self, step: Step) {
        match step {
            Step::Event(event) => {
                if let Some(spent) = self.shadow.take(&event) {
                    self.found.spend(&spent);
                }
            }
            Step::Decision(mut recorded) => {
                self.decision(&mut recorded);
                self.shadow.take(&recorded.event);
            }
        }
    }

    fn decision(&mut self, recorded: &mut Recorded) {
        let is_due = self.is_due(recorded);
        let request = std::mem::replace(&mut recorded.request, Err(Unjudged::Unreadable));
        match request {
            _ if !is_due => {}
            Err(why) => self.found.leave_out(why, &recorded.place),
            Ok(_) if self.shadow.lacks_ground(recorded) => self.drop_groundless(recorded),
            Ok(request) => self.judge(recorded, request),
        }
    }

    /// Whether it is among those that are to be judged.
    fn is_due(&mut self, recorded: &Recorded) -> bool {
        let is_late = self.n_seen >= self.n_skipped;
        self.n_seen += u64::from(recorded.request.is_ok());
        let since = self.order.since;
        is_late && since.is_none_or(|since| recorded.event.at >= since)
    }

    fn drop_groundless(&mut self, recorded: &Recorded) {
        let agent = recorded.agent();
        let course = Course {
            by: Some(HOST.to_owned()),
            code: Some(GROUNDLESS.to_owned()),
            ..Course::default()
        };
        self.found.groundless += 1;
        self.found
            .count(recorded, &agent, &course, self.order.differences);
        self.shadow
            .decide(recorded.place.clone(), Fate::Refused { agent });
    }

    fn judge(&mut self, recorded: &Recorded, mut request: PolicyRequest) {
        let agent = recorded.agent();
        let book = self.shadow.book();
        let tried = self
            .rules
            .judge(recorded, &mut request, book, &mut self.panel);
        self.found
            .count(recorded, &agent, &tried.course, self.order.differences);
        let fate = match (&recorded.was.target, &tried.course.target) {
            (Some(from), Some(to)) if from != to => {
                let told = request.targets.get(tried.place);
                Fate::Moved(Box::new(Move {
                    agent,
                    from: from.clone(),
                    to: to.clone(),
                    prices: told.map(|it| prices_of(&it.prices)).unwrap_or_default(),
                    set_aside: tried.set_aside.amounts,
                }))
            }
            (Some(_), None) => Fate::Refused { agent },
            (None, Some(to)) => {
                self.found.admit(to, &agent, &tried.set_aside);
                self.shadow.admit(recorded, to, &tried.set_aside);
                Fate::AsItWas { agent }
            }
            _ => Fate::AsItWas { agent },
        };
        self.shadow.decide(recorded.place.clone(), fate);
    }

    fn end(mut self) -> Simulation {
        let open = self.shadow.still_open();
        self.found.still_open = open.len() as u64;
        for spent in &open {
            self.found.spend(spent);
        }
        let heard = self.panel.end();
        (self.found.faults, self.found.times) = (heard.faults, heard.times);
        self.found.not_judged.sort_by_key(|it| it.why);
        self.found
    }
}

impl Candidate {
    fn tried(&self) -> Vec<Tried> {
        let links = self.chain.links.iter();
        let known = links.filter_map(|link| {
            let plugin = link.plugin.as_ref().ok()?;
            let name = &link.entry.name;
            Some(Tried {
                policy: name.clone(),
                id: plugin.about().id.clone(),
                version: plugin.about().version.clone(),
                sha256: plugin.digest().clone(),
                swapped: self.swapped.contains(name),
            })
        });
        known.collect()
    }
}
