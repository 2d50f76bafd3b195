//! What would become of a request: the same weighing, and nothing written.

use std::sync::Arc;

use crate::model::{Actor, Clock, Decision, PolicyJudged, PrivacyLevel, Question};
use crate::sandbox::Sandbox;

use super::denied::Denied;
use super::desk::Desk;
use super::error::EngineError;
use super::house::EngineOptions;
use super::ledger::Ledger;
use super::policy::judged_event;
use super::progress::Warning;
use super::request::ExecRequest;
use super::weigh::{Moment, Scale, Unwilling, Weighed};

/// What would become of a request.
#[derive(Debug)]
pub struct Preview {
    /// Where it would go, or would have gone.
    pub decision: Decision,
    /// What the policies say.
    pub judged: PolicyJudged,
    /// What is in the way.
    pub obstacle: Option<Obstacle>,
    /// What it would set aside, in micro-dollars; `None` when nobody can tell.
    pub reserve_uusd: Option<u64>,
    /// What the user should know.
    pub remarks: Vec<Warning>,
}

/// What is in the way of a request.
#[derive(Debug)]
pub enum Obstacle {
    /// It would be denied.
    Denied(Denied),
    /// The user would be asked.
    Questions(Vec<(String, Question)>),
}

/// Weigh `request` with what is on record, if anything is, and write nothing.
///
/// # Errors
/// When it goes nowhere, a policy does not take its configuration, or the record cannot be read.
pub fn preview(options: &EngineOptions, request: &ExecRequest) -> Result<Preview, EngineError> {
    let clock: Arc<dyn Clock> = Arc::clone(&options.clock);
    let actor: Actor = options.actor.clone();
    let desk = Desk::look(&options.state_dir, clock, actor)?;
    let sandbox = Sandbox::new(Some(options.cache_dir.clone()));
    let scale = Scale {
        settings: &options.settings,
        env: &options.env,
        sandbox: &sandbox,
        state_dir: &options.state_dir,
        within: None,
    };
    let now = options.clock.now();
    let empty = Ledger::default();
    let look = |ledger: &Ledger| {
        let chain = scale.chain(&scale.before(ledger))?;
        Ok::<_, EngineError>(scale.weigh(request, None, &chain, Moment { ledger, now }))
    };
    let weighed = match &desk {
        Some(desk) => desk.view(look)?,
        None => look(&empty),
    };
    shown(weighed?)
}

fn shown(weighed: Result<Weighed, Unwilling>) -> Result<Preview, EngineError> {
    match weighed {
        Ok(weighed) => Ok(of(weighed, None)),
        Err(Unwilling::Routing(error)) => Err(error.into()),
        Err(Unwilling::Denied(weighed, denied)) => Ok(of(*weighed, Some(Obstacle::Denied(denied)))),
        Err(Unwilling::Questions(weighed, questions)) => {
            Ok(of(*weighed, Some(Obstacle::Questions(questions))))
        }
    }
}

fn of(weighed: Weighed, obstacle: Option<Obstacle>) -> Preview {
    Preview {
        judged: judged_event(&weighed.asked, weighed.answer, PrivacyLevel::Metadata),
        decision: weighed.decision,
        obstacle,
        reserve_uusd: (!weighed.wanted.unpriced).then_some(weighed.wanted.amounts.uusd),
        remarks: weighed.remarks,
    }
}
