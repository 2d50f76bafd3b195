//! `tollgate budget`: what is spent, what is set aside, and what is left.
//!
//! Shows where the engine says the limits stand; nothing is decided here.

use std::sync::Arc;

use jiff::tz::TimeZone;
use jiff::{Timestamp, civil::Date};

use super::args::Global;
use super::failure::Failure;
use super::open::{self, Ground};
use super::run::record::{OnRecord, failed};
use super::screen::Screen;
use crate::engine::{Finances, finances};
use crate::model::{Clock as _, SystemClock};
use crate::query::{GroupBy, StatsFilter};

mod document;
mod page;

/// What is shown, and when it was looked at.
struct Shown<'l> {
    finances: Finances<'l>,
    now: Timestamp,
    /// Attempts whose cost is unknown or a lower bound, and since which day they were counted.
    not_exact: (u64, Date),
}

/// Print where every limit stands.
pub(super) fn show(global: &Global, screen: Screen) -> Result<(), Failure> {
    let ground = Ground::find(global)?;
    let loaded = ground.load(screen)?;
    let record = OnRecord::open(&ground, screen)?;
    let limits = &loaded.settings.limits;
    let state_dir = &ground.places.state_dir;
    let finances = finances(state_dir, limits, Arc::new(SystemClock), ground.actor());
    let now = SystemClock.now();
    let shown = Shown {
        finances: finances.map_err(|error| open::engine(&error))?,
        now,
        not_exact: not_exact(&record, now)?,
    };
    if screen.json() {
        screen.document(&document::document(&shown, &record.warnings));
        return Ok(());
    }
    screen.result(page::page(&shown).trim_end());
    if limits.is_empty() {
        screen.note("add one to `budgets` in policies.yaml: - { name: daily, usd: 10, per: day, limit: hard }");
    }
    Ok(())
}

/// Attempts of this month whose cost is not known exactly.
fn not_exact(record: &OnRecord, now: Timestamp) -> Result<(u64, Date), Failure> {
    let since = now.to_zoned(TimeZone::UTC).date().first_of_month();
    let filter = StatsFilter {
        since: Some(since),
        ..StatsFilter::default()
    };
    let report = record.query.stats(&filter, GroupBy::None);
    let totals = report.map_err(|error| failed(&error))?.totals;
    let n = totals.n_unknown_cost.saturating_add(totals.n_at_least_cost);
    Ok((u64::try_from(n).unwrap_or(0), since))
}
