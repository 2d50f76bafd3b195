//! `tollgate stats`: what ran and what it cost.

use crate::model::{Basis, Cost};

use super::args::{Global, StatsArgs};
use super::failure::Failure;
use super::screen::Screen;

/// Print the statistics.
pub(super) fn run(_args: &StatsArgs, _global: &Global, _screen: Screen) -> Result<(), Failure> {
    Ok(())
}

/// `1234567` as `1,234,567`.
pub(super) fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// Milliseconds as people say them.
pub(super) fn duration(millis: u64) -> String {
    match millis {
        0..1_000 => format!("{millis} ms"),
        1_000..60_000 => format!("{}.{} s", millis / 1_000, millis % 1_000 / 100),
        60_000..3_600_000 => format!("{} min {} s", millis / 60_000, millis % 60_000 / 1_000),
        _ => format!(
            "{} h {} min",
            millis / 3_600_000,
            millis % 3_600_000 / 60_000
        ),
    }
}

/// An amount with where it comes from.
pub(super) fn cost(cost: &Cost) -> String {
    match cost.amount {
        Some(amount) if cost.at_least => format!("at least {amount} {}", cost.basis.as_str()),
        Some(amount) => format!("{amount} {}", cost.basis.as_str()),
        None => format!("cost {}", Basis::Unknown.as_str()),
    }
}
