//! What a running attempt may spend: what was set aside for it, more of it while the limits have
//! room, and then a stop.
//!
//! A reservation is asked for before it is needed, so that the most by which a limit can be passed
//! is what the tool reports in one message.

use std::collections::BTreeSet;

use crate::budget::{Asking, Extension, extension};
use crate::model::{
    AgentName, Amounts, AttemptRef, BudgetLimit, BudgetReserved, BudgetWarned, LimitKind, MicroUsd,
    Target,
};

use super::error::EngineError;
use super::house::Engine;
use super::ledger::Ledger;
use super::progress::Warning;
use super::record::Record;

/// What one attempt may spend.
pub(super) struct Purse<'a> {
    limits: &'a [BudgetLimit],
    name: AttemptRef,
    agent: AgentName,
    target: &'a Target,
    /// What is set aside; `None` for an attempt that is older than budgets.
    reserved: Option<BudgetReserved>,
    /// Something holds it: a hard limit, or a cap.
    held: bool,
    spent: Amounts,
    biggest: Amounts,
    warned: BTreeSet<String>,
}

/// What a look into the purse comes to.
#[derive(Debug, Default)]
pub(super) struct Looked {
    /// The money is gone; what was in the way.
    pub(super) gone: Option<String>,
    /// Limits that came near.
    pub(super) warnings: Vec<Warning>,
}

impl<'a> Purse<'a> {
    /// The purse of the attempt that `record` is about.
    pub(super) fn open(
        engine: &'a Engine,
        agent: &str,
        target: &'a Target,
        record: &Record<'_>,
    ) -> Result<Self, EngineError> {
        let name = record.name().clone();
        let reserved = engine.desk.view(|ledger| {
            let reservation = ledger.book().reservation(&name)?;
            Some(reservation.as_event())
        })?;
        let mut purse = Self {
            limits: &engine.settings.limits,
            name,
            agent: AgentName::new(agent),
            target,
            reserved,
            held: false,
            spent: Amounts::default(),
            biggest: Amounts::default(),
            warned: BTreeSet::new(),
        };
        let forced = purse.reserved.as_ref().is_some_and(|it| it.forced);
        let room = engine.desk.view(|ledger| {
            let asking = purse.asking(engine.desk.clock.now());
            ledger.book().room(purse.limits, &asking)
        })?;
        let capped = purse.cap().is_some();
        purse.held = capped || (!forced && (room.uusd.is_some() || room.tokens.is_some()));
        Ok(purse)
    }

    /// The most that it may spend in money as things stand, for tools that take such a cap.
    pub(super) fn most(&self, engine: &Engine) -> Result<Option<MicroUsd>, EngineError> {
        if !self.held {
            return Ok(None);
        }
        let room = engine.desk.view(|ledger| {
            let asking = self.asking(engine.desk.clock.now());
            ledger.book().room(self.limits, &asking).uusd
        })?;
        let cap = self.cap();
        let least = [room, cap].into_iter().flatten().min();
        Ok(least.map(MicroUsd))
    }

    /// The cap on money that somebody set, in micro-dollars.
    pub(super) fn cap(&self) -> Option<u64> {
        let cap = self.reserved.as_ref()?.cap_uusd?;
        Some(cap.0)
    }

    /// Look whether what was spent so far still fits, and ask for more in time.
    pub(super) fn look(
        &mut self,
        engine: &Engine,
        record: &mut Record<'_>,
        spent: Amounts,
    ) -> Result<Looked, EngineError> {
        let step = spent.minus(&self.spent);
        self.biggest = self.biggest.max(&step);
        self.spent = self.spent.max(&spent);
        let mut looked = Looked::default();
        self.warn(engine, record, &mut looked)?;
        let Some(reserved) = self.reserved.clone().filter(|_| self.held) else {
            return Ok(looked);
        };
        // Nothing is asked of the record as long as what is set aside will do.
        if self.enough(&reserved) {
            return Ok(looked);
        }
        let mut gone = None;
        let more = record.reserve(|ledger, now| {
            let (amounts, stop) = self.more(ledger, &reserved, now);
            gone = stop;
            (amounts != reserved.amounts).then(|| BudgetReserved {
                amounts,
                ..reserved.clone()
            })
        });
        match more {
            Ok(Some(reserved)) => self.reserved = Some(reserved),
            Ok(None) => {}
            // A record that cannot be written now is asked again with the next report; what is
            // beyond what was set aside by then is not spent on trust.
            Err(_) if self.spent.uusd < reserved.amounts.uusd => {}
            Err(error) => return Err(error),
        }
        looked.gone = gone;
        Ok(looked)
    }

    /// Whether what its agent started took what was left of the cap.
    pub(super) fn look_at_family(&self, engine: &Engine) -> Result<Looked, EngineError> {
        let mut looked = Looked::default();
        let (Some(cap), Some(reserved)) = (self.cap(), &self.reserved) else {
            return Ok(looked);
        };
        let family = engine
            .desk
            .view(|ledger| ledger.book().under(reserved.marker))?;
        if family.uusd.saturating_add(self.spent.uusd) > cap {
            looked.gone = Some(format!("its cap of {}", MicroUsd(cap)));
        }
        Ok(looked)
    }

    fn enough(&self, reserved: &BudgetReserved) -> bool {
        let enough = |reserved, spent, step, cap| {
            matches!(
                extension(reserved, spent, step, Some(0), cap),
                Extension::Enough
            ) && spent + step < reserved
        };
        let money = enough(
            reserved.amounts.uusd,
            self.spent.uusd,
            self.biggest.uusd,
            self.cap(),
        );
        let tokens = enough(
            reserved.amounts.tokens,
            self.spent.tokens,
            self.biggest.tokens,
            None,
        );
        money && tokens
    }

    /// What is to be set aside now, and what is in the way when the attempt must stop.
    fn more(
        &self,
        ledger: &Ledger,
        reserved: &BudgetReserved,
        now: jiff::Timestamp,
    ) -> (Amounts, Option<String>) {
        let book = ledger.book();
        let room = if reserved.forced {
            crate::budget::Room::default()
        } else {
            book.room(self.limits, &self.asking(now))
        };
        let family = book.under(reserved.marker).uusd;
        let cap = self.cap().map(|cap| cap.saturating_sub(family));
        let mut amounts = reserved.amounts;
        let mut stop = None;
        let money = extension(
            reserved.amounts.uusd,
            self.spent.uusd,
            self.biggest.uusd,
            room.uusd,
            cap,
        );
        match money {
            Extension::Enough => {}
            Extension::Extend(to) => amounts.uusd = to,
            Extension::Stop => {
                stop = Some(match cap {
                    Some(cap) if self.spent.uusd >= cap => format!("its cap of {}", MicroUsd(cap)),
                    _ => "a hard limit on money".to_owned(),
                });
            }
        }
        let tokens = extension(
            reserved.amounts.tokens,
            self.spent.tokens,
            self.biggest.tokens,
            room.tokens,
            None,
        );
        match tokens {
            Extension::Enough => {}
            Extension::Extend(to) => amounts.tokens = to,
            Extension::Stop => stop = Some("a hard limit on tokens".to_owned()),
        }
        (amounts, stop)
    }

    /// Tell once about each soft limit that comes near while it runs.
    fn warn(
        &mut self,
        engine: &Engine,
        record: &mut Record<'_>,
        looked: &mut Looked,
    ) -> Result<(), EngineError> {
        if !self
            .limits
            .iter()
            .any(|limit| limit.kind == LimitKind::Soft)
        {
            return Ok(());
        }
        let now = engine.desk.clock.now();
        let near: Vec<BudgetWarned> = engine.desk.view(|ledger| {
            let asking = self.asking(now);
            let windows = ledger.book().windows(self.limits, &asking);
            let near = windows.iter().filter_map(|window| {
                let own = self.spent.of(window.limit.metric);
                let soft = window.limit.kind == LimitKind::Soft;
                let new = !self.warned.contains(&window.limit.name);
                let crosses = window.is_near(own) && !window.is_near(0);
                (soft && new && crosses).then(|| BudgetWarned {
                    stand: window.stand(own),
                    percent: window.percent(own),
                })
            });
            near.collect()
        })?;
        for warned in near {
            let stand = &warned.stand;
            let message = format!("the limit '{}' is at {} %", stand.limit, warned.percent);
            looked.warnings.push(Warning::new("budget_near", message));
            self.warned.insert(stand.limit.clone());
            record.add(warned);
        }
        Ok(())
    }

    fn asking(&self, now: jiff::Timestamp) -> Asking<'_> {
        Asking {
            agent: &self.agent,
            target: self.target,
            run: Some(&self.name.run),
            within: self.reserved.as_ref().and_then(|reserved| reserved.within),
            cap: None,
            now,
            except: Some(&self.name),
        }
    }
}
