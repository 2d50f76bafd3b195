//! What was saved against the preferred target, in words. Pure.

use crate::model::MicroUsd;
use crate::query::Totals;

use super::stats::count;

/// How savings are computed, for whoever reads the figure.
pub(super) const METHOD: &str = "what the same tokens would have cost at the preferred target's list \
     prices, less what they cost where they went instead";

/// What was saved by going elsewhere than to the preferred target; nothing where nobody did.
pub(super) fn line(totals: &Totals) -> String {
    if totals.n_compared == 0 && totals.n_not_compared == 0 {
        return String::new();
    }
    let amount = match totals.saved_uusd() {
        Some(saved) if saved < 0 => format!("-{}", MicroUsd(saved.unsigned_abs())),
        Some(saved) => MicroUsd(saved.unsigned_abs()).to_string(),
        None => "?".to_owned(),
    };
    let plural = if totals.n_compared == 1 { "" } else { "s" };
    let n_compared = count(totals.n_compared);
    let mut text = format!("  Saved         {amount} in {n_compared} attempt{plural}");
    if totals.n_not_compared > 0 {
        text.push_str(&format!(
            ", {} not compared, as a cost is unknown",
            count(totals.n_not_compared)
        ));
    }
    text.push_str(&format!("\n                ({METHOD})\n"));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loss_is_negative_and_what_is_not_compared_is_counted() {
        let totals = Totals {
            n_compared: 2,
            compared_uusd: 3_500_000,
            preferred_uusd: 2_000_000,
            n_not_compared: 1,
            ..Totals::default()
        };
        let text = line(&totals);
        assert!(
            text.starts_with(
                "  Saved         -$1.50 in 2 attempts, 1 not compared, as a cost is unknown\n"
            ),
            "{text}"
        );
        assert_eq!(line(&Totals::default()), "");
        let unknown = Totals {
            n_not_compared: 1,
            ..Totals::default()
        };
        assert!(line(&unknown).starts_with("  Saved         ? in 0 attempts, 1 not"));
    }
}
