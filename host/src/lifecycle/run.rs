//! Where a run stands, from where its parts stand.
//!
//! Derived and never set: whoever has the latest state of each invocation gets the same answer. It
//! looks at no clock, so a run does not change by being left alone.

use crate::model::{AttemptState, RunCancelRequested, RunStatus};

/// Whether a run follows a workflow, and whether somebody drives it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Plan {
    /// There is none: the run is its invocations and nothing else.
    #[default]
    None,
    /// Somebody drives it; more steps may follow.
    Open,
    /// Nobody does; it can be resumed.
    Interrupted,
    /// It came to its end; no step follows.
    Finished,
}

/// The status of a run whose invocations stand at `parts`: each one where its latest attempt does,
/// queued when it has none. The first line that fits decides; bad ends outweigh good ones.
/// Whether a cancel was requested is said by [`is_cancel`].
#[must_use]
pub fn run_status(parts: &[AttemptState], cancel_requested: bool, plan: Plan) -> RunStatus {
    let any = |wanted: &[AttemptState]| parts.iter().any(|part| wanted.contains(part));
    if parts.iter().any(|part| part.holds_slot()) {
        return RunStatus::Running;
    }
    let complete = matches!(plan, Plan::None | Plan::Finished) && all_done(parts);
    if cancel_requested && !complete {
        // Those that waited were withdrawn with it, or are about to be.
        return RunStatus::Cancelled;
    }
    if plan == Plan::Interrupted {
        return RunStatus::Interrupted;
    }
    if parts.is_empty() && plan == Plan::Finished {
        // Nothing was started, and nothing will be.
        return RunStatus::Failed;
    }
    if parts.iter().all(|part| *part == AttemptState::Queued) {
        return RunStatus::Submitted;
    }
    if any(&[AttemptState::Queued]) || plan == Plan::Open {
        return RunStatus::Running;
    }
    if any(&[
        AttemptState::Failed,
        AttemptState::TimedOut,
        AttemptState::OverBudget,
        AttemptState::Lost,
    ]) {
        return RunStatus::Failed;
    }
    if any(&[AttemptState::Cancelled]) {
        return RunStatus::Cancelled;
    }
    RunStatus::Done
}

/// The same for a run whose workflow ended with a verdict of its driver. That counts as long as
/// nothing of it was tried again since: of a step that a resume repeated, the first end does not.
#[must_use]
pub fn status_after(
    verdict: Option<RunStatus>,
    parts: &[AttemptState],
    cancel_requested: bool,
    plan: Plan,
) -> RunStatus {
    let over = plan == Plan::Finished && parts.iter().all(|part| part.is_terminal());
    match verdict {
        Some(verdict) if over => verdict,
        _ => run_status(parts, cancel_requested, plan),
    }
}

/// A cancel that came too late changes nothing about what is done.
fn all_done(parts: &[AttemptState]) -> bool {
    !parts.is_empty() && parts.iter().all(|part| *part == AttemptState::Done)
}

/// Whether a request to stop a run makes it cancelled. One that follows a failed step does not:
/// the run has failed then, and what it stopped is a part of that.
#[must_use]
pub fn is_cancel(request: &RunCancelRequested) -> bool {
    request.reason != "step_failed"
}

#[cfg(test)]
mod tests {
    use super::*;
    use AttemptState as S;
    use RunStatus as R;

    /// Every list of `n` states.
    fn lists(n: usize) -> Vec<Vec<S>> {
        let mut lists = vec![Vec::new()];
        for _ in 0..n {
            lists = lists
                .iter()
                .flat_map(|list| S::ALL.map(|state| [list.as_slice(), &[state]].concat()))
                .collect();
        }
        lists
    }

    /// When a run stands at `status`, said for each status by itself, without an order.
    fn holds(status: R, parts: &[S], cancel: bool, plan: Plan) -> bool {
        let n = |state: S| parts.iter().filter(|part| **part == state).count();
        let n_active = n(S::Starting) + n(S::Running) + n(S::Cancelling);
        let n_bad = n(S::Failed) + n(S::TimedOut) + n(S::OverBudget) + n(S::Lost);
        let n_ended = n_bad + n(S::Done) + n(S::Cancelled);
        assert_eq!(n_active + n_ended + n(S::Queued), parts.len());
        // One that came too late.
        let complete = matches!(plan, Plan::None | Plan::Finished)
            && n_ended == parts.len()
            && n_ended > 0
            && n(S::Done) == n_ended;
        let cancel = cancel && !complete;
        let idle = n_active == 0 && !cancel;
        let over = idle && n(S::Queued) == 0 && matches!(plan, Plan::None | Plan::Finished);
        let stillborn = plan == Plan::Finished && parts.is_empty();
        match status {
            R::Submitted => idle && n_ended == 0 && plan != Plan::Interrupted && !stillborn,
            R::Running => {
                let between = n(S::Queued) > 0 || plan == Plan::Open;
                n_active > 0 || (!cancel && plan != Plan::Interrupted && n_ended > 0 && between)
            }
            R::Interrupted => idle && plan == Plan::Interrupted,
            R::Failed => over && (n_bad > 0 || stillborn),
            R::Cancelled => {
                (n_active == 0 && cancel) || (over && n_bad == 0 && n(S::Cancelled) > 0)
            }
            R::Done => over && n_ended > 0 && n(S::Done) == n_ended,
        }
    }

    #[test]
    fn all_combinations_of_up_to_five_parts_have_the_one_status_that_fits() {
        let plans = [Plan::None, Plan::Open, Plan::Interrupted, Plan::Finished];
        for parts in (0..=5).flat_map(lists) {
            for (cancel, plan) in [false, true]
                .into_iter()
                .flat_map(|c| plans.map(|p| (c, p)))
            {
                let status = run_status(&parts, cancel, plan);
                let fitting = R::ALL
                    .into_iter()
                    .filter(|status| holds(*status, &parts, cancel, plan));
                assert!(
                    fitting.eq([status]),
                    "{parts:?} cancel {cancel} {plan:?}: {status:?}"
                );
            }
        }
    }

    const MIXTURES: &[(&str, &[S], R)] = &[
        ("all pending", &[S::Queued, S::Queued], R::Submitted),
        ("done and pending", &[S::Done, S::Queued], R::Running),
        ("failed and pending", &[S::Failed, S::Queued], R::Running),
        (
            "cancelled and pending",
            &[S::Cancelled, S::Queued],
            R::Running,
        ),
        (
            "one at work, one failed",
            &[S::Running, S::Failed],
            R::Running,
        ),
        ("about to start counts", &[S::Starting, S::Done], R::Running),
        (
            "being stopped counts",
            &[S::Cancelling, S::Cancelled],
            R::Running,
        ),
        ("all done", &[S::Done, S::Done], R::Done),
        (
            "failed and cancelled",
            &[S::Failed, S::Cancelled],
            R::Failed,
        ),
        ("failed and done", &[S::Failed, S::Done], R::Failed),
        ("cancelled and done", &[S::Cancelled, S::Done], R::Cancelled),
        ("lost and done", &[S::Lost, S::Done], R::Failed),
        ("out of time", &[S::TimedOut, S::Done], R::Failed),
        ("out of money", &[S::OverBudget, S::Cancelled], R::Failed),
        ("nothing", &[], R::Submitted),
    ];

    #[test]
    fn mixtures_that_the_origin_leaves_open_are_decided() {
        for (why, parts, expected) in MIXTURES {
            assert_eq!(run_status(parts, false, Plan::None), *expected, "{why}");
        }
    }

    const CANCELS_AND_PLANS: &[(&str, &[S], bool, Plan, R)] = &[
        ("stopping", &[S::Cancelling], true, Plan::None, R::Running),
        (
            "stopped",
            &[S::Cancelled, S::Done],
            true,
            Plan::None,
            R::Cancelled,
        ),
        (
            "a failure while stopping",
            &[S::Failed],
            true,
            Plan::Open,
            R::Cancelled,
        ),
        ("between steps", &[S::Done], false, Plan::Open, R::Running),
        (
            "before the first step",
            &[],
            false,
            Plan::Open,
            R::Submitted,
        ),
        (
            "left by its driver",
            &[S::Done],
            false,
            Plan::Interrupted,
            R::Interrupted,
        ),
        (
            "a step outlives the driver",
            &[S::Running],
            false,
            Plan::Interrupted,
            R::Running,
        ),
        (
            "interrupted after a failure",
            &[S::Failed],
            false,
            Plan::Interrupted,
            R::Interrupted,
        ),
        (
            "given up",
            &[S::Done],
            true,
            Plan::Interrupted,
            R::Cancelled,
        ),
        (
            "to its end",
            &[S::Done, S::Done],
            false,
            Plan::Finished,
            R::Done,
        ),
        (
            "to its end without a step",
            &[],
            false,
            Plan::Finished,
            R::Failed,
        ),
    ];

    #[test]
    fn a_cancel_and_a_plan_are_taken_into_account() {
        for (why, parts, cancel, plan, expected) in CANCELS_AND_PLANS {
            assert_eq!(run_status(parts, *cancel, *plan), *expected, "{why}");
        }
    }
}
