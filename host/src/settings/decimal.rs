//! Exact numbers: decimal text becomes a whole number of small units, and durations are read.
//!
//! No floating point anywhere, so `0.1` dollars are 100,000 micro-dollars and nothing else.

use std::time::Duration;

/// Why a text is not such a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NotExact {
    /// It is not a decimal number.
    NotANumber,
    /// It is below zero.
    Negative,
    /// It has more decimals than can be kept.
    TooFine,
    /// It is larger than any sensible amount.
    TooLarge,
}

/// Digits and exponents beyond these only serve to make work.
const MOST_DIGITS: usize = 60;
const LARGEST_EXPONENT: i32 = 60;

/// `text` in units of 10^-`places`: `scaled("0.25", 6)` is 250,000. Exponents are understood.
pub(crate) fn scaled(text: &str, places: i32) -> Result<u64, NotExact> {
    let (negative, rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (mantissa, exponent) = match rest.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, parse_exponent(exponent)?),
        None => (rest, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let fraction = fraction.trim_end_matches('0');
    let is_number = (whole.len() + fraction.len() > 0 || mantissa.contains('0'))
        && whole
            .bytes()
            .chain(fraction.bytes())
            .all(|b| b.is_ascii_digit());
    if !is_number {
        return Err(NotExact::NotANumber);
    }
    let digits = format!("{}{fraction}", whole.trim_start_matches('0'));
    let digits = digits.trim_start_matches('0');
    if digits.is_empty() {
        return Ok(0);
    }
    if negative {
        return Err(NotExact::Negative);
    }
    if digits.len() > MOST_DIGITS {
        return Err(NotExact::TooLarge);
    }
    let decimals = i32::try_from(fraction.len()).map_err(|_| NotExact::TooFine)?;
    shift(digits, places + exponent - decimals)
}

fn parse_exponent(text: &str) -> Result<i32, NotExact> {
    let exponent: i32 = text.parse().map_err(|_| NotExact::NotANumber)?;
    match exponent {
        e if e > LARGEST_EXPONENT => Err(NotExact::TooLarge),
        e if e < -LARGEST_EXPONENT => Err(NotExact::TooFine),
        e => Ok(e),
    }
}

/// `digits` times 10^`by`, when that is a whole number.
fn shift(digits: &str, by: i32) -> Result<u64, NotExact> {
    let count = usize::try_from(by.unsigned_abs()).map_err(|_| NotExact::TooLarge)?;
    let whole = if by >= 0 {
        format!("{digits}{}", "0".repeat(count))
    } else {
        let keep = digits.len().checked_sub(count).ok_or(NotExact::TooFine)?;
        let (whole, lost) = digits.split_at(keep);
        if lost.bytes().any(|b| b != b'0') {
            return Err(NotExact::TooFine);
        }
        whole.to_owned()
    };
    if whole.is_empty() {
        return Ok(0);
    }
    whole.parse().map_err(|_| NotExact::TooLarge)
}

/// Micro-dollars as a plain number of dollars, exactly, with two decimals or as many as it takes.
pub(crate) fn dollars(micros: u64) -> String {
    let decimals = format!("{:06}", micros % 1_000_000);
    let (cents, finer) = decimals.split_at(2);
    let finer = finer.trim_end_matches('0');
    format!("{}.{cents}{finer}", micros / 1_000_000)
}

/// Longest time that may be configured.
pub(crate) const LONGEST: Duration = Duration::from_secs(7 * 24 * 3600);

/// A time above zero: seconds (`90`, `1.5`), or amounts with units (`30m`, `1h30m`, `45s`).
pub(crate) fn duration(text: &str) -> Option<Duration> {
    let millis = match scaled(text, 3) {
        Ok(millis) => millis,
        Err(_) => with_units(text)?,
    };
    let duration = Duration::from_millis(millis);
    (!duration.is_zero() && duration <= LONGEST).then_some(duration)
}

fn with_units(text: &str) -> Option<u64> {
    let mut rest = text.trim();
    let mut total: u64 = 0;
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit())?;
        let amount: u64 = rest[..end].parse().ok()?;
        rest = &rest[end..];
        let end = rest
            .find(|c: char| !c.is_ascii_alphabetic())
            .unwrap_or(rest.len());
        let unit = match &rest[..end] {
            "ms" => 1,
            "s" => 1_000,
            "m" => 60_000,
            "h" => 3_600_000,
            "d" => 86_400_000,
            _ => return None,
        };
        total = total.checked_add(amount.checked_mul(unit)?)?;
        rest = &rest[end..];
    }
    Some(total)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn money_is_exact() {
        for (text, micros) in [
            ("0", 0),
            ("0.0", 0),
            (".0", 0),
            ("-0", 0),
            ("10.0", 10_000_000),
            ("0.1", 100_000),
            (".5", 500_000),
            ("5.", 5_000_000),
            ("1e-6", 1),
            ("2.5E-06", u64::MAX),
            ("+3", 3_000_000),
            ("0.000001", 1),
            ("1.0000000", 1_000_000),
            ("1e3", 1_000_000_000),
            ("007", 7_000_000),
            ("0e99", u64::MAX),
        ] {
            let expected = match text {
                "2.5E-06" => Err(NotExact::TooFine),
                "0e99" => Err(NotExact::TooLarge),
                _ => Ok(micros),
            };
            assert_eq!(scaled(text, 6), expected, "{text}");
        }
    }

    #[test]
    fn dollars_have_the_decimals_they_need() {
        for (micros, text) in [
            (0, "0.00"),
            (10_000_000, "10.00"),
            (125_000, "0.125"),
            (1, "0.000001"),
        ] {
            assert_eq!(dollars(micros), text);
        }
    }

    #[test]
    fn what_is_no_amount_is_told_apart() {
        for (text, why) in [
            ("", NotExact::NotANumber),
            (".", NotExact::NotANumber),
            ("ten", NotExact::NotANumber),
            (".inf", NotExact::NotANumber),
            ("0x10", NotExact::NotANumber),
            ("1e", NotExact::NotANumber),
            ("1,5", NotExact::NotANumber),
            ("--1", NotExact::NotANumber),
            ("-0.01", NotExact::Negative),
            ("0.0000001", NotExact::TooFine),
            ("1e-61", NotExact::TooFine),
            ("1e30", NotExact::TooLarge),
            ("99999999999999999999", NotExact::TooLarge),
        ] {
            assert_eq!(scaled(text, 6), Err(why), "{text}");
        }
    }

    #[test]
    fn prices_per_thousand_tokens_become_micros_per_million() {
        assert_eq!(scaled("0.003", 9), Ok(3_000_000));
        assert_eq!(scaled("0.00125", 9), Ok(1_250_000));
    }

    #[test]
    fn times_have_seconds_or_units() {
        let seconds = |text| duration(text).map(|d| d.as_secs_f64());
        assert_eq!(seconds("30"), Some(30.0));
        assert_eq!(seconds("1.5"), Some(1.5));
        assert_eq!(seconds("30m"), Some(1800.0));
        assert_eq!(seconds("1h30m"), Some(5400.0));
        for wrong in [
            "",
            "0",
            "0s",
            "-1",
            "m",
            "5 m",
            "5w",
            "8d",
            "1e9",
            "99999999999999999999h",
        ] {
            assert_eq!(seconds(wrong), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn any_amount_of_micros_survives(micros in any::<u64>()) {
            let text = format!("{}.{:06}", micros / 1_000_000, micros % 1_000_000);
            prop_assert_eq!(scaled(&text, 6), Ok(micros));
            prop_assert_eq!(scaled(&dollars(micros), 6), Ok(micros));
        }

        #[test]
        fn no_text_panics(text in "[-+0-9.eE]{0,40}", places in 0..12_i32) {
            let _unused = (scaled(&text, places), duration(&text));
        }
    }
}
