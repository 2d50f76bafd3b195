//! Micro-dollars, as text and from text.
//!
//! Owns both directions. The text is what the host itself shows, letter for letter. Never multiplies a price: what a
//! request costs comes with it.

use std::fmt;

/// An amount in millionths of a US dollar.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct MicroUsd(pub u64);

/// Digits after the decimal point that are kept exactly.
const DECIMALS: i32 = 6;

impl MicroUsd {
    /// Parses decimal text, such as `10`, `0.25`, or `1e-5`. None: negative, not a number, more exact than a
    /// micro-dollar, or beyond all reason (more than 10^13 dollars).
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
            None => (text, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let n_digits = whole.len() + fraction.len();
        if n_digits == 0 || n_digits > 40 || !(-40..=40).contains(&exponent) {
            return None;
        }
        // Digits up to this place are micro-dollars or more; those behind it must be zeros.
        let end = i32::try_from(whole.len()).ok()? + exponent + DECIMALS;
        let mut micros: u64 = 0;
        let mut place = 0;
        for digit in whole.bytes().chain(fraction.bytes()) {
            if !digit.is_ascii_digit() || (place >= end && digit != b'0') {
                return None;
            }
            if place < end {
                micros = micros
                    .checked_mul(10)?
                    .checked_add(u64::from(digit - b'0'))?;
            }
            place += 1;
        }
        for _ in place.max(0)..end {
            micros = micros.checked_mul(10)?;
        }
        Some(Self(micros))
    }
}

/// Shows dollars: to the cent from a dollar up, with at most four decimals from a cent up, and with as many as are needed
/// (at most six) below. The same as the host's.
impl fmt::Display for MicroUsd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit: u64 = match self.0 {
            0 | 1_000_000.. => 10_000,
            10_000.. => 100,
            _ => 1,
        };
        // Half up; carries into the dollars by itself.
        let rounded = (u128::from(self.0) + u128::from(unit / 2)) / u128::from(unit);
        let rounded = rounded * u128::from(unit);
        let decimals = format!("{:06}", rounded % 1_000_000);
        let (cents, finer) = decimals.split_at(2);
        let finer = finer.trim_end_matches('0');
        f.pad(&format!("${}.{cents}{finer}", rounded / 1_000_000))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dollars_read_as_people_write_them() {
        let shown = |micros| MicroUsd(micros).to_string();
        assert_eq!(shown(0), "$0.00");
        assert_eq!(shown(39_000), "$0.039");
        assert_eq!(shown(10_391), "$0.0104");
        assert_eq!(shown(450_000), "$0.45");
        assert_eq!(shown(999_960), "$1.00");
        assert_eq!(shown(3_450_000), "$3.45");
        assert_eq!(shown(9_300), "$0.0093");
        assert_eq!(shown(1), "$0.000001");
        assert_eq!(shown(999_995_000), "$1000.00");
        assert_eq!(shown(u64::MAX), "$18446744073709.55");
    }

    #[test]
    fn decimal_text_becomes_micro_dollars() {
        for (text, micros) in [
            ("0", 0),
            ("10", 10_000_000),
            ("10.00", 10_000_000),
            ("12.", 12_000_000),
            (".5", 500_000),
            ("0.000001", 1),
            ("0.0000010", 1),
            ("1.5e-5", 15),
            ("2E2", 200_000_000),
            ("0e40", 0),
            ("18446744073709.551615", u64::MAX),
        ] {
            assert_eq!(MicroUsd::parse(text), Some(MicroUsd(micros)), "{text}");
        }
        for text in [
            "",
            ".",
            "-1",
            "+1",
            "$10",
            "NaN",
            "1e39",
            "1,5",
            "1e",
            "1e+",
            "0x10",
            "0.0000001",
            "1.0000005",
            "1e-7",
            "18446744073709.551616",
            "99999999999999999999999999999999999999999",
            "1e-99999999999",
        ] {
            assert_eq!(MicroUsd::parse(text), None, "{text}");
        }
    }
}
