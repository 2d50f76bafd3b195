//! Decimal text to money, without floats.
//!
//! Owns the parsing and the rounding of sums. Never multiplies a price: what tokens cost is the host's business.
//! Tools print sums as floats do (`0.010391000000000001`); adding such figures as floats would add their errors too.

use serde_json::value::RawValue;

/// An amount in dollars. Digits beyond a millionth of a micro-dollar are dropped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Dollars {
    picos: u128,
}

/// Digits kept after the decimal point.
const SCALE: i32 = 12;

impl Dollars {
    /// Parses a JSON number or a JSON string that holds one. None: negative, not a number, or beyond all reason (more
    /// than 10^15 dollars).
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim().trim_matches('"').trim();
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
            None => (text, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        if whole.len() + fraction.len() > 60
            || whole.len() + fraction.len() == 0
            || exponent.abs() > 60
        {
            return None;
        }
        // The value is 0.DIGITS times ten to the power of `point`.
        let digits = || whole.bytes().chain(fraction.bytes());
        if !digits().all(|digit| digit.is_ascii_digit()) {
            return None;
        }
        let kept = i32::try_from(whole.len()).ok()? + exponent + SCALE;
        let mut picos: u128 = 0;
        for place in 0..kept {
            let digit = digits()
                .nth(usize::try_from(place).ok()?)
                .map_or(0, |digit| digit - b'0');
            picos = picos.checked_mul(10)?.checked_add(u128::from(digit))?;
        }
        (picos < 10_u128.pow(27)).then_some(Self { picos })
    }

    /// Parses a raw JSON value as [`Dollars::parse`] does.
    #[must_use]
    pub fn from_raw(raw: &RawValue) -> Option<Self> {
        Self::parse(raw.get())
    }

    /// The sum of two amounts.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            picos: self.picos.saturating_add(other.picos),
        }
    }

    /// Whole micro-dollars, rounded half up.
    #[must_use]
    pub fn micros(self) -> u64 {
        u64::try_from((self.picos + 500_000) / 1_000_000).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimal_text_becomes_micro_dollars() {
        for (text, micros) in [
            ("0", 0),
            ("0.010391000000000001", 10_391),
            ("0.009128250000000001", 9_128),
            ("0.0000005", 1),
            ("0.00000049999999999999999", 0),
            ("1.5e-5", 15),
            ("2E2", 200_000_000),
            ("\"0.25\"", 250_000),
            ("12.", 12_000_000),
            (".5", 500_000),
            ("1e-40", 0),
        ] {
            assert_eq!(
                Dollars::parse(text).map(Dollars::micros),
                Some(micros),
                "{text}"
            );
        }
        for text in [
            "",
            "-1",
            "NaN",
            "1e99",
            "1,5",
            "null",
            "{}",
            "1e",
            "0x10",
            "9999999999999999999999999999",
        ] {
            assert_eq!(Dollars::parse(text), None, "{text}");
        }
    }

    #[test]
    fn sums_are_rounded_once() {
        let third = Dollars::parse("0.0000004").expect("a number");
        assert_eq!(third.plus(third).micros(), 1);
        assert_eq!(third.micros(), 0);
    }
}
