//! What a value of a request may look like: one list for the check, the document, and the page.
//!
//! A kind checks form alone: whether a run or a task exists is not known here. What it says never
//! repeats the value, which may be hostile.

use serde_json::{Number, Value, json};

/// The greatest whole number that every JSON reader understands: 2^53 - 1.
pub(super) const MAX_WHOLE: u64 = 9_007_199_254_740_991;

/// The form of a value. Lengths are characters, as in JSON schemas.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    /// A name of something on record: letters, digits, and `. _ : @ + -`, not first.
    Id,
    /// Text without control characters.
    Line { max: usize },
    /// Any text.
    Prose { max: usize },
    /// Visible ASCII without spaces.
    Key { max: usize },
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// One of these words, in small or capital letters.
    AnyCase(&'static [&'static str]),
    /// Some of these words, with commas between.
    Several(&'static [&'static str]),
    /// A whole number within these bounds.
    Whole { min: u64, max: u64 },
    /// True or false.
    Flag,
    /// A day as `YYYY-MM-DD`.
    Day,
    /// Dollars as decimal digits with at most six places.
    Dollars,
    /// A relative path without `.`, `..`, or empty parts.
    RelativePath,
    /// A quoted entity tag.
    Tag,
    /// A list of ids.
    Ids { max: usize },
    /// File names and their texts.
    Files { max: usize },
}

impl Kind {
    /// The value that `text` stands for in a path, a query, or a header.
    ///
    /// The error is what it must be, to be read after "must be".
    pub(super) fn read(self, text: &str) -> Result<Value, String> {
        let ok = match self {
            Self::Whole { min, max } => {
                let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
                let number = text
                    .parse()
                    .ok()
                    .filter(|n| digits && (min..=max).contains(n));
                return number
                    .map(|n: u64| Value::Number(Number::from(n)))
                    .ok_or_else(|| self.must());
            }
            Self::Flag => {
                return match text {
                    "true" => Ok(Value::Bool(true)),
                    "false" => Ok(Value::Bool(false)),
                    _ => Err(self.must()),
                };
            }
            Self::AnyCase(words) => {
                let small = text.to_ascii_lowercase();
                let known = words.contains(&small.as_str());
                return known
                    .then_some(Value::String(small))
                    .ok_or_else(|| self.must());
            }
            _ => self.allows(text),
        };
        ok.then(|| Value::String(text.to_owned()))
            .ok_or_else(|| self.must())
    }

    /// The value, if a field of a body may have it. The error is as in [`Self::read`].
    pub(super) fn take(self, value: Value) -> Result<Value, String> {
        match (self, value) {
            (Self::Whole { min, max }, Value::Number(n)) => match n.as_u64() {
                Some(n) if (min..=max).contains(&n) => Ok(Value::Number(n.into())),
                _ => Err(self.must()),
            },
            (Self::Flag, Value::Bool(b)) => Ok(Value::Bool(b)),
            (Self::Ids { max }, Value::Array(ids)) if ids.len() <= max => {
                let fine = |id: &Value| id.as_str().is_some_and(|id| Self::Id.allows(id));
                let fine = ids.iter().all(fine);
                fine.then_some(Value::Array(ids)).ok_or_else(|| self.must())
            }
            (Self::Files { max }, Value::Object(files)) if files.len() <= max => {
                let fine = files
                    .iter()
                    .all(|(name, text)| Self::RelativePath.allows(name) && text.is_string());
                fine.then_some(Value::Object(files))
                    .ok_or_else(|| self.must())
            }
            (Self::Whole { .. } | Self::Flag | Self::Ids { .. } | Self::Files { .. }, _) => {
                Err(self.must())
            }
            (_, Value::String(text)) => self.read(&text),
            _ => Err(self.must()),
        }
    }

    fn allows(self, text: &str) -> bool {
        match self {
            Self::Id => is_id(text),
            Self::Line { max } => fits(text, max) && !text.chars().any(char::is_control),
            Self::Prose { max } => fits(text, max),
            Self::Key { max } => {
                (1..=max).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic())
            }
            Self::OneOf(words) => words.contains(&text),
            Self::Several(words) => text.split(',').all(|word| words.contains(&word)),
            Self::Day => is_day(text),
            Self::Dollars => is_dollars(text),
            Self::RelativePath => is_relative_path(text),
            Self::Tag => is_tag(text),
            Self::AnyCase(_)
            | Self::Whole { .. }
            | Self::Flag
            | Self::Ids { .. }
            | Self::Files { .. } => false,
        }
    }

    /// What a value of this kind is, to be read after "must be".
    pub(super) fn must(self) -> String {
        match self {
            Self::Id => "a name of letters, digits, and `. _ : @ + -`".to_owned(),
            Self::Line { max } => format!("one line of text, at most {max} characters"),
            Self::Prose { max } => format!("text, at most {max} characters"),
            Self::Key { max } => format!("1 to {max} visible ASCII characters without spaces"),
            Self::OneOf(words) | Self::AnyCase(words) => format!("one of {}", words.join(", ")),
            Self::Several(words) => format!("some of {} with commas between", words.join(", ")),
            Self::Whole { min, max } => format!("a whole number from {min} to {max}"),
            Self::Flag => "true or false".to_owned(),
            Self::Day => "a day as YYYY-MM-DD".to_owned(),
            Self::Dollars => "dollars in decimal digits, such as \"1.50\"".to_owned(),
            Self::RelativePath => {
                "a relative path without . and .. parts, at most 512 characters".to_owned()
            }
            Self::Tag => {
                "one version in quotes, such as \"5f2c\", as the ETag header gave it".to_owned()
            }
            Self::Ids { max } => format!("a list of at most {max} names"),
            Self::Files { max } => format!("an object of at most {max} file names and texts"),
        }
    }

    /// Its JSON schema, which allows what the check allows.
    pub(super) fn schema(self) -> Value {
        let text = |more: Value| merge(json!({"type": "string"}), more);
        match self {
            Self::Id => text(json!({"pattern": ID, "maxLength": 200})),
            Self::Line { max } => text(json!({"maxLength": max, "pattern": LINE})),
            Self::Prose { max } => text(json!({"maxLength": max})),
            Self::Key { max } => text(json!({"minLength": 1, "maxLength": max, "pattern": KEY})),
            Self::OneOf(words) | Self::AnyCase(words) => text(json!({"enum": words})),
            Self::Several(words) => {
                let word = words.join("|");
                text(json!({"pattern": format!("^({word})(,({word}))*$")}))
            }
            Self::Whole { min, max } => json!({"type": "integer", "minimum": min, "maximum": max}),
            Self::Flag => json!({"type": "boolean"}),
            Self::Day => text(json!({"format": "date"})),
            Self::Dollars => text(json!({"pattern": DOLLARS})),
            Self::RelativePath => text(json!({"maxLength": 512, "pattern": PATH})),
            Self::Tag => text(json!({"pattern": TAG})),
            Self::Ids { max } => {
                json!({"type": "array", "maxItems": max, "items": Self::Id.schema()})
            }
            Self::Files { max } => json!({
                "type": "object", "maxProperties": max,
                "propertyNames": Self::RelativePath.schema(),
                "additionalProperties": {"type": "string"},
            }),
        }
    }
}

const ID: &str = "^[A-Za-z0-9][A-Za-z0-9._:@+-]{0,199}$";
const LINE: &str = "^[^\\u0000-\\u001f\\u007f-\\u009f]*$";
const KEY: &str = "^[!-~]+$";
const DOLLARS: &str = "^[0-9]{1,9}(\\.[0-9]{1,6})?$";
const PATH: &str = "^(?!.*(^|/)\\.{0,2}(/|$))[^\\u0000-\\u001f\\u007f-\\u009f\\\\]+$";
const TAG: &str = "^\"[!#-~]{1,128}\"$";

/// Whether `text` has at most `max` characters. The body's limit bounds its bytes.
fn fits(text: &str, max: usize) -> bool {
    text.len() <= max || text.chars().count() <= max
}

fn is_id(text: &str) -> bool {
    let first = text
        .bytes()
        .next()
        .is_some_and(|b| b.is_ascii_alphanumeric());
    let fine = |b: u8| b.is_ascii_alphanumeric() || b"._:@+-".contains(&b);
    first && text.len() <= 200 && text.bytes().all(fine)
}

fn is_day(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let digits = |part: &str, n: usize| part.len() == n && part.bytes().all(|b| b.is_ascii_digit());
    let within = |part: &str, most: u32| part.parse().is_ok_and(|n: u32| (1..=most).contains(&n));
    match parts.as_slice() {
        [year, month, day] => {
            digits(year, 4)
                && digits(month, 2)
                && digits(day, 2)
                && within(month, 12)
                && within(day, days(year, month))
        }
        _ => false,
    }
}

/// How many days `month` of `year` has; both are digits.
fn days(year: &str, month: &str) -> u32 {
    let year: u32 = year.parse().unwrap_or_default();
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    match month {
        "02" if leap => 29,
        "02" => 28,
        "04" | "06" | "09" | "11" => 30,
        _ => 31,
    }
}

fn is_dollars(text: &str) -> bool {
    let (whole, places) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |part: &str, most: usize| {
        (1..=most).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit())
    };
    digits(whole, 9) && digits(places, 6)
}

fn is_relative_path(text: &str) -> bool {
    let fine = |part: &str| !part.is_empty() && part != "." && part != "..";
    let plain = |c: char| !c.is_control() && c != '\\';
    fits(text, 512) && text.chars().all(plain) && text.split('/').all(fine)
}

fn is_tag(text: &str) -> bool {
    let inside = text
        .strip_prefix('"')
        .and_then(|text| text.strip_suffix('"'));
    let fine = |b: u8| b.is_ascii_graphic() && b != b'"';
    inside.is_some_and(|tag| (1..=128).contains(&tag.len()) && tag.bytes().all(fine))
}

fn merge(mut one: Value, more: Value) -> Value {
    if let (Some(one), Value::Object(more)) = (one.as_object_mut(), more) {
        one.extend(more);
    }
    one
}
