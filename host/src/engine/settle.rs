//! What an attempt's end means for what was set aside for it.
//!
//! Where the true cost is not known, what was set aside counts as spent, or the part that is known
//! when that is more: a limit errs on the side of its owner.

use crate::budget::Book;
use crate::model::{
    Amounts, AttemptRef, Basis, Body, BudgetReleased, BudgetSettled, Cost, Digest, Exactness,
    MicroUsd, Target, Usage,
};

use super::exit_file::End;

/// What is known of an attempt that ran.
struct Ran<'a> {
    target: &'a Target,
    usage: &'a Usage,
    exactness: Exactness,
    cost: Cost,
    prices: Option<&'a Digest>,
}

/// The event that takes a reservation back; none where nothing was set aside. `intended`: a process
/// may have run, whatever was seen of it.
pub(super) fn settlement(
    book: &Book,
    name: &AttemptRef,
    end: &End,
    intended: bool,
) -> Option<Body> {
    let reservation = book.reservation(name)?;
    let reserved = reservation.amounts;
    let unknown = Ran {
        target: &reservation.target,
        usage: &Usage::default(),
        exactness: Exactness::Unknown,
        cost: Cost::UNKNOWN,
        prices: None,
    };
    let released = |reason: &str| {
        let reason = reason.to_owned();
        Some(BudgetReleased { reason }.into())
    };
    let ran = match end {
        End::Exited(exited) => Ran {
            target: &exited.target,
            usage: &exited.usage,
            exactness: exited.exactness,
            cost: exited.cost,
            prices: exited.prices.as_ref(),
        },
        End::Lost(lost) => Ran {
            target: &lost.target,
            usage: &lost.usage,
            exactness: lost.exactness,
            cost: lost.cost,
            prices: None,
        },
        End::Withdrawn => return released("withdrawn"),
        End::NeverRan(code) if intended && code.as_str() == "spawn-unconfirmed" => unknown,
        End::NeverRan(_) => return released("spawn_failed"),
    };
    Some(settled(&ran, &reserved).into())
}

fn settled(ran: &Ran<'_>, reserved: &Amounts) -> BudgetSettled {
    let known = ran.cost.amount.map_or(0, |MicroUsd(micros)| micros);
    let certain = ran.cost.amount.is_some() && !ran.cost.at_least;
    let uusd = if certain {
        known
    } else {
        known.max(reserved.uusd)
    };
    let tokens = ran.usage.total().unwrap_or(0);
    let tokens = if ran.exactness == Exactness::Exact {
        tokens
    } else {
        tokens.max(reserved.tokens)
    };
    let overrun = known.saturating_sub(reserved.uusd);
    BudgetSettled {
        target: ran.target.clone(),
        amounts: Amounts {
            uusd,
            billed_uusd: if ran.cost.basis == Basis::Billed {
                uusd
            } else {
                0
            },
            tokens,
            requests: 1,
        },
        basis: if certain {
            ran.cost.basis
        } else {
            Basis::Unknown
        },
        overrun_uusd: (overrun > 0).then_some(MicroUsd(overrun)),
        prices: ran.prices.cloned(),
    }
}

/// What the settlement in `body` counts for; nothing for a release.
pub(super) fn counted(body: &Body) -> Amounts {
    match body {
        Body::BudgetSettled(settled) => settled.amounts,
        _ => Amounts::default(),
    }
}
