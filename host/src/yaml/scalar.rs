//! A single value: its text as written, and what that means.
//!
//! What a plain one *is* (nothing, a truth value, a number) follows YAML 1.2's core schema,
//! <https://yaml.org/spec/1.2.2/#1032-tag-resolution>.

/// How a single value is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// As it is.
    Plain,
    /// Between `'`.
    Single,
    /// Between `"`.
    Double,
    /// Behind `|` or `>`.
    Block,
}

/// A single value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scalar {
    /// Its text, without quotes and escapes.
    pub text: String,
    /// How it is written.
    pub style: Style,
    /// Tagged as text (`!!str`), so that it means its text however it is written.
    pub is_tagged: bool,
}

impl Scalar {
    /// One written as it is: it may mean something other than its text.
    #[must_use]
    pub fn plain(text: &str) -> Self {
        Self::styled(text, Style::Plain)
    }

    /// One between quotes: it means its text.
    #[must_use]
    pub fn quoted(text: &str) -> Self {
        Self::styled(text, Style::Double)
    }

    fn styled(text: &str, style: Style) -> Self {
        Self {
            text: text.to_owned(),
            style,
            is_tagged: false,
        }
    }

    /// Whether it may mean something other than its text.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        self.style == Style::Plain && !self.is_tagged
    }

    /// Whether it means nothing.
    #[must_use]
    pub fn is_null(&self) -> bool {
        self.is_plain() && matches!(self.text.as_str(), "" | "~" | "null" | "Null" | "NULL")
    }

    /// The truth value it means.
    #[must_use]
    pub fn truth(&self) -> Option<bool> {
        match self.text.as_str() {
            "true" | "True" | "TRUE" if self.is_plain() => Some(true),
            "false" | "False" | "FALSE" if self.is_plain() => Some(false),
            _ => None,
        }
    }

    /// Whether it means a number.
    #[must_use]
    pub fn is_number(&self) -> bool {
        self.is_plain() && is_core_number(&self.text)
    }

    /// Whether it means its own text.
    #[must_use]
    pub fn is_text(&self) -> bool {
        !self.is_null() && self.truth().is_none() && !self.is_number()
    }
}

fn is_core_number(text: &str) -> bool {
    if let Some(octal) = text.strip_prefix("0o") {
        return !octal.is_empty() && octal.bytes().all(|b| matches!(b, b'0'..=b'7'));
    }
    if let Some(hex) = text.strip_prefix("0x") {
        return !hex.is_empty() && hex.bytes().all(|b| b.is_ascii_hexdigit());
    }
    if matches!(text, ".nan" | ".NaN" | ".NAN") {
        return true;
    }
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    if matches!(unsigned, ".inf" | ".Inf" | ".INF") {
        return true;
    }
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (
            mantissa,
            exponent.strip_prefix(['-', '+']).unwrap_or(exponent),
        ),
        None => (unsigned, "0"),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    digits(whole)
        && digits(fraction)
        && digits(exponent)
        && !exponent.is_empty()
        && !(whole.is_empty() && fraction.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_scalars_mean_what_the_core_schema_says() {
        let plain = Scalar::plain;
        for number in [
            "0", "-1", "+1.5", ".5", "5.", "1e-6", "0x1F", "0o17", ".inf", "-.INF", ".nan",
        ] {
            assert!(plain(number).is_number(), "{number}");
        }
        for text in [
            "",
            ".",
            "-",
            "1.2.3",
            "2026-01-01",
            "1_000",
            "0x",
            "yes",
            "on",
            "gpt-5",
            "1e",
            "e5",
        ] {
            assert!(!plain(text).is_number(), "{text}");
        }
        assert!(plain("~").is_null());
        assert_eq!(plain("True").truth(), Some(true));
        assert!(plain("yes").is_text());
        assert!(Scalar::quoted("5").is_text());
    }
}
