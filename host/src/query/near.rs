//! The run that somebody may have meant. Pure.

use crate::model::RunId;

/// Slips of the finger that are still taken for the same name.
const SLIPS: usize = 2;

/// The name that `wrong` is most likely a slip of; of equally near ones the first.
pub(super) fn nearest<'n>(wrong: &RunId, names: &'n [RunId]) -> Option<&'n RunId> {
    let same = names.iter().find(|name| plain(name) == plain(wrong));
    if same.is_some() {
        return same;
    }
    let slips = |name: &RunId| strsim::osa_distance(wrong.as_str(), name.as_str());
    names
        .iter()
        .map(|name| (slips(name), name))
        .filter(|(slips, _)| *slips <= SLIPS)
        .min_by_key(|(slips, _)| *slips)
        .map(|(_, name)| name)
}

/// The day and the number, however many zeros stand before it.
fn plain(run: &RunId) -> Option<(&str, &str)> {
    let (day, number) = run.as_str().strip_prefix("RUN-")?.split_once('-')?;
    Some((day, number.trim_start_matches('0')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_recognised_and_another_day_is_not() {
        let names = ["RUN-20261123-001", "RUN-20261122-012", "RUN-20261122-011"].map(RunId::from);
        let nearest = |wrong| nearest(&RunId::from(wrong), &names).map(RunId::as_str);
        assert_eq!(nearest("RUN-20261122-12"), Some("RUN-20261122-012"));
        assert_eq!(nearest("RUN-20261132-001"), Some("RUN-20261123-001"));
        assert_eq!(nearest("RUN-20261122-013"), Some("RUN-20261122-012"));
        assert_eq!(nearest("RUN-20240101-777"), None);
    }
}
