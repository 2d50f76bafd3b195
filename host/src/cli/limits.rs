//! How limits read: amounts in their own units, shares, and bars. Pure.

use super::stats::thousands;
use crate::model::MicroUsd;

/// Characters of a bar.
const BAR: u32 = 10;

/// An amount of a metric, by its word in the contract; words of later versions are shown as they
/// stand.
pub(super) fn amount(metric: &str, amount: u64) -> String {
    match metric {
        "microusd" | "microusd-billed" => MicroUsd(amount).to_string(),
        "requests" if amount == 1 => "1 request".to_owned(),
        "tokens" | "requests" => format!("{} {metric}", thousands(amount)),
        other => format!(
            "{} {}",
            thousands(amount),
            super::escape::one_line(other, 40)
        ),
    }
}

/// What a metric counts, where its name alone would not tell.
pub(super) fn counted(metric: &str) -> &'static str {
    match metric {
        "microusd-billed" => " billed",
        _ => "",
    }
}

/// How much of a limit is taken, in percent, rounded down; a limit of nothing is always full.
pub(super) fn percent(taken: u64, cap: u64) -> u64 {
    let percent = (u128::from(taken) * 100).checked_div(u128::from(cap));
    percent.map_or(100, |percent| u64::try_from(percent).unwrap_or(u64::MAX))
}

/// A bar for a share; what is beyond the limit shows at its end.
pub(super) fn bar(percent: u64) -> String {
    let full = u32::try_from(percent.min(100)).unwrap_or(100) * BAR / 100;
    // Something is never nothing.
    let full = if percent > 0 { full.max(1) } else { 0 };
    let beyond = if percent > 100 { "!" } else { "" };
    let part = |glyph: &str, n: u32| glyph.repeat(usize::try_from(n).unwrap_or(0));
    format!("{}{}{beyond}", part("█", full), part("░", BAR - full))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_shown_in_their_own_units() {
        assert_eq!(amount("microusd", 1_500_000), "$1.50");
        assert_eq!(amount("tokens", 20_000), "20,000 tokens");
        assert_eq!(amount("requests", 1), "1 request");
        assert_eq!(amount("quota\u{1b}", 3), "3 quota\\u{1b}");
    }

    #[test]
    fn a_bar_is_as_long_as_its_share() {
        assert_eq!(bar(0), "░░░░░░░░░░");
        assert_eq!(bar(1), "█░░░░░░░░░");
        assert_eq!(bar(55), "█████░░░░░");
        assert_eq!(bar(100), "██████████");
        assert_eq!(bar(u64::MAX), "██████████!");
        assert_eq!(percent(5, 0), 100);
        assert_eq!(percent(u64::MAX, 1), u64::MAX);
        assert_eq!(percent(1, 3), 33);
    }
}
