//! The policies asked, with their faults and what they took.
//!
//! Each answer comes from a fresh instance, as in earnest; two threads share the chain. A policy that never gave a verdict and
//! failed again and again is given up: what it would go on doing is known by then, and a fault of
//! it takes up to a tenth of a second.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{Scope, ScopedJoinHandle};
use std::time::Duration;

use serde::Serialize;

use crate::model::{Opinion, Phase, PolicyRequest, sentence};
use crate::sandbox::{GuestFault, PolicyFault, PolicyPlugin};

use super::super::policy::{Chain, Link};

/// Faults of a policy without a verdict after which it is not asked any more.
const PATIENCE: u64 = 20;

/// The policies that answer before a request is taken on.
pub(super) struct Panel<'c, 'scope> {
    /// Those who are asked on this thread: the first half of the chain.
    here: Vec<Member<'c>>,
    /// The others, when there are any.
    there: Option<There<'c, 'scope>>,
}

/// The second half of the chain, asked on a thread of its own.
struct There<'c, 'scope> {
    request_tx: Sender<Arc<PolicyRequest>>,
    opinions_rx: Receiver<Vec<Opinion>>,
    thread: ScopedJoinHandle<'scope, Vec<Member<'c>>>,
}

/// What was found out about the policies.
#[derive(Debug, Default)]
pub(super) struct Heard {
    pub(super) faults: Vec<Faults>,
    pub(super) times: Vec<PolicyTimes>,
}

struct Member<'c> {
    link: &'c Link,
    plugin: &'c PolicyPlugin,
    cpu_us: Vec<u32>,
    fuel: u64,
    n_verdicts: u64,
    faults: BTreeMap<&'static str, Faults>,
    given_up: Option<&'static str>,
}

/// Faults of one policy of one kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Faults {
    /// Its name.
    pub policy: String,
    /// A fault of it denies.
    pub required: bool,
    /// `time`, `memory`, `crash`, `said`, or `malformed`.
    pub kind: &'static str,
    /// How often.
    pub count: u64,
    /// How many of them are taken for granted: it was not asked any more after the first failures.
    pub assumed: u64,
    /// The first of them. Hostile text.
    pub first: String,
}

/// What one policy took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyTimes {
    /// Its name.
    pub policy: String,
    /// How often it was asked.
    pub asked: u64,
    /// Processor time that half of its answers stayed within.
    pub median: Duration,
    /// Processor time that 99 in 100 stayed within.
    pub p99: Duration,
    /// Fuel of all its answers: about one unit for each instruction.
    pub fuel: u64,
}

impl<'c, 'scope> Panel<'c, 'scope> {
    /// Whoever answers of `chain`.
    pub(super) fn new<'env>(chain: &'c Chain, scope: &'scope Scope<'scope, 'env>) -> Self
    where
        'c: 'scope,
    {
        let links = chain.links.iter();
        let links = links.filter(|link| link.answers_in(Phase::RunStart));
        let mut here: Vec<Member<'c>> = links.filter_map(Member::new).collect();
        let others = here.split_off(here.len().div_ceil(2));
        let there = (!others.is_empty()).then(|| There::new(others, scope));
        Self { here, there }
    }

    /// What each says, in the order of the chain.
    pub(super) fn ask(&mut self, request: &PolicyRequest) -> Vec<Opinion> {
        let Some(there) = self.there.take() else {
            return self.here.iter_mut().map(|it| it.ask(request)).collect();
        };
        // Nobody there to ask is noticed when no answer comes.
        drop(there.request_tx.send(Arc::new(request.clone())));
        let here = self.here.iter_mut();
        let mut opinions: Vec<Opinion> = here.map(|it| it.ask(request)).collect();
        match there.opinions_rx.recv() {
            Ok(others) => {
                opinions.extend(others);
                self.there = Some(there);
            }
            // Answers that are missing must not pass for consent.
            Err(_) => drop(there.end()),
        }
        opinions
    }

    /// Everything that was found out about them.
    pub(super) fn end(self) -> Heard {
        let mut members = self.here;
        members.extend(self.there.map(There::end).unwrap_or_default());
        let faults = members.iter().flat_map(|it| it.faults.values());
        Heard {
            faults: faults.cloned().collect(),
            times: members.iter().map(Member::times).collect(),
        }
    }
}

impl<'c, 'scope> There<'c, 'scope> {
    fn new<'env>(mut members: Vec<Member<'c>>, scope: &'scope Scope<'scope, 'env>) -> Self
    where
        'c: 'scope,
    {
        // At most one question and its answers are under way.
        let (request_tx, request_rx) = channel::<Arc<PolicyRequest>>();
        let (opinions_tx, opinions_rx) = channel();
        let thread = scope.spawn(move || {
            for request in request_rx {
                let opinions = members.iter_mut().map(|it| it.ask(&request)).collect();
                if opinions_tx.send(opinions).is_err() {
                    break;
                }
            }
            members
        });
        Self {
            request_tx,
            opinions_rx,
            thread,
        }
    }

    /// Wait for its end. A panic there is one here.
    fn end(self) -> Vec<Member<'c>> {
        drop(self.request_tx);
        let members = self.thread.join();
        members.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    }
}

impl<'c> Member<'c> {
    fn new(link: &'c Link) -> Option<Self> {
        Some(Self {
            link,
            plugin: link.plugin.as_ref().ok()?,
            cpu_us: Vec::new(),
            fuel: 0,
            n_verdicts: 0,
            faults: BTreeMap::new(),
            given_up: None,
        })
    }

    fn ask(&mut self, request: &PolicyRequest) -> Opinion {
        let entry = &self.link.entry;
        let mut opinion = Opinion {
            policy: entry.name.clone(),
            version: String::new(),
            sha256: self.plugin.digest().clone(),
            required: entry.required,
            verdict: None,
            fault: None,
            cpu_us: 0,
            fuel: 0,
        };
        if let Some(kind) = self.given_up {
            opinion.fault = self.assume(kind);
            return opinion;
        }
        let judgement = self.plugin.evaluate(&entry.config, request);
        let micros = u32::try_from(judgement.cpu.as_micros()).unwrap_or(u32::MAX);
        self.cpu_us.push(micros);
        self.fuel = self.fuel.saturating_add(judgement.fuel);
        match judgement.verdict {
            Ok(verdict) => {
                self.n_verdicts += 1;
                opinion.verdict = Some(verdict);
            }
            Err(fault) => opinion.fault = Some(self.fail(&fault)),
        }
        opinion
    }

    fn fail(&mut self, fault: &PolicyFault) -> String {
        let (kind, text) = told(fault);
        let faults = self.faults.entry(kind).or_insert_with(|| Faults {
            policy: self.link.entry.name.clone(),
            required: self.link.entry.required,
            kind,
            count: 0,
            assumed: 0,
            first: text.clone(),
        });
        faults.count += 1;
        let n_faults: u64 = self.faults.values().map(|it| it.count).sum();
        if self.n_verdicts == 0 && n_faults >= PATIENCE {
            self.given_up = Some(kind);
        }
        text
    }

    fn assume(&mut self, kind: &str) -> Option<String> {
        let faults = self.faults.get_mut(kind)?;
        faults.count += 1;
        faults.assumed += 1;
        Some(faults.first.clone())
    }

    fn times(&self) -> PolicyTimes {
        let mut sorted = self.cpu_us.clone();
        sorted.sort_unstable();
        let at = |percent: usize| {
            let rank = (sorted.len() * percent).div_ceil(100).max(1);
            let micros = sorted.get(rank - 1).copied().unwrap_or(0);
            Duration::from_micros(u64::from(micros))
        };
        PolicyTimes {
            policy: self.link.entry.name.clone(),
            asked: self.cpu_us.len() as u64,
            median: at(50),
            p99: at(99),
            fuel: self.fuel,
        }
    }
}

/// The kind of a fault, and its text. Whether a policy without end runs out of time or of fuel
/// first depends on the machine, and the findings must not.
fn told(fault: &PolicyFault) -> (&'static str, String) {
    let kind = match fault {
        PolicyFault::Guest(
            GuestFault::Deadline { .. } | GuestFault::Fuel { .. } | GuestFault::CpuBudget { .. },
        ) => return ("time", "it did not answer in its time".to_owned()),
        PolicyFault::Guest(
            GuestFault::Memory { .. }
            | GuestFault::StackOverflow
            | GuestFault::TooMuchData { .. }
            | GuestFault::Instances { .. },
        ) => "memory",
        PolicyFault::Guest(GuestFault::Malformed { .. }) | PolicyFault::Malformed { .. } => {
            "malformed"
        }
        PolicyFault::Guest(_) => "crash",
        PolicyFault::Said(_) => "said",
        _ => "malformed",
    };
    (kind, sentence(fault))
}
