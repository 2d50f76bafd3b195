//! A world of eight actors, and a plain list of everything that was ever said: the model that the
//! book is held against after each event. For tests.

use std::collections::BTreeSet;

use jiff::Timestamp;
use uuid::Uuid;

use super::scene::{Scene, asking, attempt_of, marker, target};
use super::{Asking, Book};
use crate::model::{
    AgentName, Amounts, AttemptRef, AttemptUsage, Basis, BudgetLimit, BudgetReleased,
    BudgetReserved, BudgetSettled, Cost, Exactness, Metric, MicroUsd, Target, Usage,
};

pub(super) const AGENTS: [&str; 2] = ["coder", "reviewer"];
pub(super) const TARGETS: [&str; 3] = ["claude:opus", "claude:haiku", "codex:mini"];
pub(super) const ACTORS: usize = 8;

/// One thing that happens; `actor` and the amounts are what chance gives.
#[derive(Debug, Clone)]
pub(super) enum Act {
    Wait(i64),
    ClockBack(i64),
    Reserve(Wish),
    Extend(u64),
    Use(u64, u64),
    Settle {
        uusd: u64,
        tokens: u64,
    },
    Release,
    /// The actor dies without a word; somebody settles what it held, later.
    Crash,
    Recover,
    Restart,
}

/// What an actor wants to begin.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wish {
    pub(super) lane: usize,
    /// Money and tokens.
    pub(super) amounts: (u64, u64),
    pub(super) run: u32,
    /// The actor whose attempt it belongs to.
    pub(super) child_of: Option<usize>,
    pub(super) force: bool,
}

/// Everything that is known of one attempt.
#[derive(Debug, Clone)]
pub(super) struct Told {
    pub(super) name: AttemptRef,
    pub(super) agent: AgentName,
    pub(super) target: Target,
    pub(super) within: Option<usize>,
    pub(super) since: Timestamp,
    pub(super) reserved: Amounts,
    pub(super) used: Amounts,
    pub(super) forced: bool,
    pub(super) cap: Option<u64>,
    /// `None` while it is open; zero when it was released.
    pub(super) settled: Option<Amounts>,
}

pub(super) struct World {
    pub(super) scene: Scene,
    pub(super) limits: Vec<BudgetLimit>,
    pub(super) told: Vec<Told>,
    pub(super) actors: [Option<usize>; ACTORS],
    pub(super) n_refused: u32,
}

impl Told {
    pub(super) fn held(&self) -> Amounts {
        self.reserved.max(&self.used)
    }

    pub(super) fn counts(&self) -> Amounts {
        self.settled.unwrap_or_else(|| self.held())
    }

    /// What the limits allowed of it.
    pub(super) fn allowed(&self) -> Amounts {
        if self.forced {
            return Amounts::default();
        }
        let all = self.settled.unwrap_or(self.reserved);
        Amounts {
            uusd: all.uusd.min(self.reserved.uusd),
            billed_uusd: all.billed_uusd.min(self.reserved.billed_uusd),
            tokens: all.tokens.min(self.reserved.tokens),
            requests: all.requests.min(self.reserved.requests),
        }
    }
}

impl World {
    pub(super) fn new(limits: Vec<BudgetLimit>) -> Self {
        Self {
            scene: Scene::at("2026-10-24T21:58:30.25Z"),
            limits,
            told: Vec::new(),
            actors: [None; ACTORS],
            n_refused: 0,
        }
    }

    pub(super) fn now(&self) -> Timestamp {
        self.scene.now.max(self.scene.at)
    }

    pub(super) fn act(&mut self, actor: usize, act: &Act) {
        match act {
            Act::Wait(ms) => self.scene.now += jiff::SignedDuration::from_millis(*ms),
            Act::ClockBack(ms) => self.scene.now -= jiff::SignedDuration::from_millis(*ms),
            Act::Reserve(wish) => {
                if self.actors[actor].is_none() {
                    self.actors[actor] = self.begin(*wish);
                }
            }
            Act::Recover => self.recover(),
            Act::Restart => {
                let text = serde_json::to_string(&self.scene.book).expect("text");
                let book: Book = serde_json::from_str(&text).expect("a book");
                assert_eq!(book, self.scene.book);
                self.scene.book = book;
            }
            _ => {
                if let Some(place) = self.actors[actor] {
                    self.go_on(actor, place, act);
                }
            }
        }
    }

    fn go_on(&mut self, actor: usize, place: usize, act: &Act) {
        match act {
            Act::Extend(more) => self.extend(place, *more),
            Act::Use(uusd, tokens) => self.uses(place, *uusd, *tokens),
            Act::Settle { uusd, tokens } => {
                let amounts = Amounts {
                    uusd: *uusd,
                    billed_uusd: uusd / 2,
                    tokens: *tokens,
                    requests: 1,
                };
                self.settle(place, amounts);
                self.actors[actor] = None;
            }
            Act::Release if self.told[place].used == Amounts::default() => {
                self.told[place].settled = Some(Amounts::default());
                let reason = "withdrawn".to_owned();
                let name = self.told[place].name.clone();
                self.scene.write(&name, BudgetReleased { reason });
                self.actors[actor] = None;
            }
            Act::Crash => self.actors[actor] = None,
            _ => {}
        }
    }

    pub(super) fn marker_of(place: usize) -> Uuid {
        marker(u32::try_from(place).expect("few") + 1)
    }

    fn event(&self, place: usize) -> BudgetReserved {
        let told = &self.told[place];
        BudgetReserved {
            agent: told.agent.clone(),
            target: told.target.clone(),
            amounts: told.reserved,
            cap_uusd: told.cap.map(MicroUsd),
            unpriced: false,
            forced: told.forced,
            within: told.within.map(Self::marker_of),
            marker: Self::marker_of(place),
            task_type: None,
        }
    }

    fn begin(&mut self, wish: Wish) -> Option<usize> {
        let Wish {
            lane,
            run,
            child_of,
            force,
            amounts: (uusd, tokens),
        } = wish;
        let place = self.told.len();
        let within = child_of.and_then(|actor| self.actors[actor]);
        let mut told = Told {
            name: attempt_of(run, u32::try_from(place).expect("few")),
            agent: AgentName::new(AGENTS[lane % 2]),
            target: target(TARGETS[lane / 2 % 3]),
            within,
            since: self.now(),
            reserved: Amounts {
                uusd,
                billed_uusd: uusd / 2,
                tokens,
                requests: 1,
            },
            used: Amounts::default(),
            forced: false,
            cap: (lane % 4 == 1).then_some(uusd * 3),
            settled: None,
        };
        let asked = Asking {
            run: Some(&told.name.run),
            within: within.map(Self::marker_of),
            cap: told.cap.map(MicroUsd),
            ..asking(&told.agent, &told.target, self.scene.now)
        };
        if self
            .scene
            .book
            .refusal(&self.limits, &asked, &told.reserved)
            .is_some()
        {
            self.n_refused += 1;
            if !force {
                return None;
            }
            told.forced = true;
        }
        self.told.push(told);
        let (name, event) = (self.told[place].name.clone(), self.event(place));
        self.scene.write(&name, event);
        Some(place)
    }

    fn extend(&mut self, place: usize, more: u64) {
        let told = &self.told[place];
        let wanted = told.reserved.plus(&Amounts {
            uusd: more,
            billed_uusd: more / 2,
            tokens: more / 3,
            requests: 0,
        });
        let asked = Asking {
            run: Some(&told.name.run),
            except: Some(&told.name),
            ..asking(&told.agent, &told.target, self.scene.now)
        };
        let room = self.scene.book.room(&self.limits, &asked);
        let refused = self.scene.book.refusal(&self.limits, &asked, &wanted);
        let fits = [Metric::Usd, Metric::UsdBilled, Metric::Tokens]
            .into_iter()
            .all(|metric| {
                let is_more = wanted.of(metric) > told.reserved.of(metric);
                !is_more || room.of(metric).is_none_or(|room| wanted.of(metric) <= room)
            });
        assert_eq!(
            refused.is_none(),
            fits,
            "room and refusal disagree: {refused:?} {room:?}"
        );
        if refused.is_some() {
            self.n_refused += 1;
            return;
        }
        self.told[place].reserved = wanted;
        let (name, event) = (self.told[place].name.clone(), self.event(place));
        self.scene.write(&name, event);
    }

    fn uses(&mut self, place: usize, uusd: u64, tokens: u64) {
        let told = &mut self.told[place];
        told.used = told.used.max(&Amounts {
            uusd,
            billed_uusd: uusd,
            tokens,
            requests: 0,
        });
        let tick = AttemptUsage {
            usage: Usage {
                input: Some(tokens),
                ..Usage::default()
            },
            exactness: Exactness::Exact,
            cost: Cost {
                amount: Some(MicroUsd(uusd)),
                basis: Basis::Billed,
                at_least: false,
            },
        };
        let name = told.name.clone();
        self.scene.write(&name, tick);
    }

    fn settle(&mut self, place: usize, amounts: Amounts) {
        let told = &mut self.told[place];
        told.settled = Some(amounts);
        let settled = BudgetSettled {
            target: told.target.clone(),
            amounts,
            basis: Basis::Reported,
            overrun_uusd: None,
            prices: None,
        };
        let name = told.name.clone();
        self.scene.write(&name, settled);
    }

    /// Settle what the dead held.
    fn recover(&mut self) {
        let alive: BTreeSet<AttemptRef> = self
            .actors
            .iter()
            .flatten()
            .map(|place| self.told[*place].name.clone())
            .collect();
        for name in self.scene.book.orphans(|name| alive.contains(name)) {
            let place = self.told.iter().position(|told| told.name == name);
            let place = place.expect("it was told");
            let held = self.told[place].held();
            self.settle(place, held);
        }
        let open: BTreeSet<AttemptRef> = self
            .scene
            .book
            .reservations()
            .map(|(name, _)| name.clone())
            .collect();
        assert_eq!(open, alive, "no reservation is older than its attempt");
    }
}
