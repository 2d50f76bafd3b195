//! Reading what somebody sent: names of runs, attempts, and days, with the field that is wrong.

use jiff::civil::Date;

use crate::cli::failure::{Code, Failure};
use crate::cli::run::args::parse_run;
use crate::model::{AttemptRef, InvocationNumber, RunId};

/// The name of a run.
pub(super) fn run(text: &str) -> Result<RunId, Failure> {
    parse_run(text).map_err(|why| wrong("run", &why))
}

/// The name of an attempt: `RUN-20261122-001.i1.a1`.
pub(super) fn attempt(text: &str) -> Result<AttemptRef, Failure> {
    let unreadable = || {
        wrong(
            "attempt",
            "it is not an attempt such as RUN-20261122-001.i1.a1",
        )
    };
    let name: AttemptRef = text.parse().map_err(|_| unreadable())?;
    // It becomes part of a path.
    parse_run(name.run.as_str()).map_err(|_| unreadable())?;
    Ok(name)
}

/// One of the requests of a run: `i2`.
pub(super) fn invocation(text: Option<&str>) -> Result<Option<InvocationNumber>, Failure> {
    text.map(|text| InvocationNumber::try_from(text.to_owned()))
        .transpose()
        .map_err(|why| wrong("invocation", &why))
}

/// A day: `2026-11-22`.
pub(super) fn day(field: &str, text: Option<&str>) -> Result<Option<Date>, Failure> {
    text.map(str::parse)
        .transpose()
        .map_err(|_| wrong(field, "it is not a day such as 2026-11-22"))
}

/// A field makes no sense.
pub(super) fn wrong(field: &str, why: &str) -> Failure {
    Failure::new(Code::Usage, format!("{field}: {why}"))
}
