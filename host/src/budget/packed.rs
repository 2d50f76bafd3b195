//! Whole numbers as short text, for the parts of a snapshot that are many.
//!
//! Each number is a row of digits of five bits, lowest first; the sixth bit of a digit says that
//! more follow. The alphabet is that of base64, as in the mappings of JavaScript source maps.

use crate::model::Amounts;

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const MORE: u64 = 32;

/// Add `number` to `text`.
pub(super) fn put(text: &mut String, mut number: u64) {
    loop {
        let digit = number % MORE;
        number /= MORE;
        let digit = if number > 0 { digit + MORE } else { digit };
        let place = usize::try_from(digit).unwrap_or_default();
        text.push(char::from(ALPHABET[place]));
        if number == 0 {
            return;
        }
    }
}

/// Add each amount to `text`.
pub(super) fn put_amounts(text: &mut String, amounts: &Amounts) {
    put(text, amounts.uusd);
    put(text, amounts.billed_uusd);
    put(text, amounts.tokens);
    put(text, amounts.requests);
}

/// Takes numbers from the front of a text.
pub(super) struct Taker<'t>(std::slice::Iter<'t, u8>);

impl<'t> Taker<'t> {
    /// From the beginning of `text`.
    pub(super) fn new(text: &'t str) -> Self {
        Self(text.as_bytes().iter())
    }

    /// Whether nothing is left.
    pub(super) fn is_empty(&self) -> bool {
        self.0.as_slice().is_empty()
    }

    /// The next number; `None` at the end, at a strange letter, and beyond 64 bits.
    pub(super) fn take(&mut self) -> Option<u64> {
        let mut number = 0_u64;
        let mut shift = 0_u32;
        loop {
            let digit = value_of(*self.0.next()?)?;
            let part = digit % MORE;
            if shift > 63 || (part << shift) >> shift != part {
                return None;
            }
            number |= part << shift;
            if digit < MORE {
                return Some(number);
            }
            shift += 5;
        }
    }

    /// The next four numbers as amounts.
    pub(super) fn take_amounts(&mut self) -> Option<Amounts> {
        Some(Amounts {
            uusd: self.take()?,
            billed_uusd: self.take()?,
            tokens: self.take()?,
            requests: self.take()?,
        })
    }
}

fn value_of(letter: u8) -> Option<u64> {
    let value = match letter {
        b'A'..=b'Z' => letter - b'A',
        b'a'..=b'z' => letter - b'a' + 26,
        b'0'..=b'9' => letter - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    };
    Some(u64::from(value))
}

/// A row of numbers as one text.
pub(super) mod row {
    use std::collections::VecDeque;

    use serde::{Deserialize as _, Deserializer, Serializer, de};

    use super::{Taker, put};

    pub(in crate::budget) fn serialize<S: Serializer>(
        row: &VecDeque<u64>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        let mut text = String::new();
        for number in row {
            put(&mut text, *number);
        }
        serializer.serialize_str(&text)
    }

    pub(in crate::budget) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<VecDeque<u64>, D::Error> {
        let text = String::deserialize(deserializer)?;
        let mut taker = Taker::new(&text);
        let mut row = VecDeque::new();
        while !taker.is_empty() {
            let number = taker.take();
            row.push_back(number.ok_or_else(|| de::Error::custom("a row that cannot be read"))?);
        }
        Ok(row)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_come_back() {
        let numbers = [0, 1, 31, 32, 1_000_000, u64::from(u32::MAX), u64::MAX];
        let mut text = String::new();
        for number in numbers {
            put(&mut text, number);
        }
        let mut taker = Taker::new(&text);
        for number in numbers {
            assert_eq!(taker.take(), Some(number));
        }
        assert!(taker.is_empty());
        assert_eq!(taker.take(), None);
    }

    #[test]
    fn damage_is_noticed_and_never_a_panic() {
        for text in ["g", "!", "é", "gggggggggggggggggggg", "//////////////D"] {
            assert_eq!(Taker::new(text).take(), None, "{text}");
        }
    }
}
