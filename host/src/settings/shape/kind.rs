//! The vocabulary of the tables: objects, fields, and kinds of value.

/// A map with known fields.
#[derive(Debug)]
pub(crate) struct Object {
    /// What it is, in a few words.
    pub(crate) about: &'static str,
    pub(crate) fields: &'static [Field],
    pub(crate) one_of: OneOf,
}

/// Fields that exclude each other.
#[derive(Debug, Clone, Copy)]
pub(crate) enum OneOf {
    /// There are none.
    None,
    /// One of these must be there, and no two.
    Exactly(&'static [&'static str]),
    /// No two of these may be there.
    AtMost(&'static [&'static str]),
}

impl OneOf {
    /// The fields in question.
    pub(crate) fn fields(self) -> &'static [&'static str] {
        match self {
            Self::None => &[],
            Self::Exactly(fields) | Self::AtMost(fields) => fields,
        }
    }
}

/// One field of an object.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Field {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    pub(crate) required: bool,
    /// A sentence for people.
    pub(crate) about: &'static str,
    pub(crate) default: Option<&'static str>,
    pub(crate) status: Status,
}

/// How a field stands today.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    /// Use it.
    Current,
    /// An older spelling that still works; says what to write instead.
    Old(&'static str),
    /// Accepted and without effect; says why.
    Unused(&'static str),
    /// Not accepted any more, or accepted elsewhere; says what to do.
    Refused(&'static str),
}

/// What a value may be.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Kind {
    /// Text that is not empty.
    Text,
    /// Text that is a name.
    Name(NameRule),
    /// `true` or `false`.
    Flag,
    /// `true`, `false`, or a text such as a date or a reason, which counts as true.
    FlagOrText,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// A list of these words, at least one.
    Choices(&'static [&'static str]),
    /// One of these words, or a map with known fields.
    WordOr(&'static [&'static str], &'static Object),
    /// A whole number in this range.
    Whole(u64, u64),
    /// A decimal number from 0 to `most`, kept exactly to `places` decimals.
    Decimal { places: i32, most: u64 },
    /// A time: seconds, or an amount with units.
    Duration,
    /// A day, which begins at midnight UTC, or a moment with its offset.
    Moment,
    /// A time zone by its IANA name.
    Zone,
    /// A list of texts, at least this many.
    TextList(usize),
    /// Names to texts.
    TextMap,
    /// Names of environment variables to single values of any type, taken as text.
    Variables,
    /// A list of names of environment variables; with `true`, also prefixes such as `ANTHROPIC_*`.
    VariableNames(bool),
    /// Names to whole numbers from 1 to this many.
    Limits(u32),
    /// A list of models, or a map from our name to the tool's own.
    ModelNames,
    /// Any map.
    AnyMap,
    /// Anything.
    Any,
    /// A map with known fields.
    Object(&'static Object),
    /// A list of such maps, at least and at most this many.
    Objects(&'static Object, usize, usize),
    /// Names to such maps.
    Named(&'static Object, NameRule),
}

/// What a name may look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NameRule {
    /// Agents and policies.
    Plain,
    /// Tools: no colon, since targets are written `tool:model`.
    Tool,
    /// Models: colons are welcome.
    Model,
    /// Steps of workflows: letters, digits, and two signs.
    Step,
}

/// Longest id of a step; five hundred of them must fit into one line of the record.
const STEP_LENGTH: usize = 64;

impl NameRule {
    /// The same rule as a regular expression (ECMA 262), for the schemas.
    pub(crate) fn pattern(self) -> &'static str {
        match self {
            Self::Plain | Self::Model => r"^[^-\s\x00-\x1f\x7f][^\s\x00-\x1f\x7f]{0,127}$",
            Self::Step => r"^[A-Za-z0-9_][A-Za-z0-9_-]{0,63}$",
            Self::Tool => r"^[^-:\s\x00-\x1f\x7f][^:\s\x00-\x1f\x7f]{0,127}$",
        }
    }

    /// Why `name` will not do.
    pub(crate) fn problem(self, name: &str) -> Option<&'static str> {
        if name.is_empty() {
            return Some("is empty");
        }
        if name.chars().count() > 128 {
            return Some("is longer than 128 characters");
        }
        if name.starts_with('-') {
            return Some("starts with '-', so a program would take it for a flag");
        }
        if self == Self::Step {
            let is_good = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
            if !name.bytes().all(is_good) {
                return Some("contains more than letters, digits, '-' and '_'");
            }
            if name.len() > STEP_LENGTH {
                return Some("is longer than 64 characters");
            }
        }
        if name.chars().any(|c| c.is_whitespace() || c.is_control()) {
            return Some("contains white space or control characters");
        }
        (self == Self::Tool && name.contains(':'))
            .then_some("contains ':', which separates tool and model in fallback chains")
    }
}

/// A field that must be present.
pub(crate) const fn required(name: &'static str, kind: Kind, about: &'static str) -> Field {
    Field {
        required: true,
        ..optional(name, kind, about)
    }
}

/// A field that may be left out.
pub(crate) const fn optional(name: &'static str, kind: Kind, about: &'static str) -> Field {
    Field {
        name,
        kind,
        required: false,
        about,
        default: None,
        status: Status::Current,
    }
}

/// A field of the past.
pub(crate) const fn refused(name: &'static str, fix: &'static str) -> Field {
    Field {
        status: Status::Refused(fix),
        ..optional(name, Kind::Any, "")
    }
}

impl Field {
    /// The value that leaving it out means.
    pub(crate) const fn or(self, default: &'static str) -> Self {
        Self {
            default: Some(default),
            ..self
        }
    }

    /// Mark an older spelling.
    pub(crate) const fn old(self, instead: &'static str) -> Self {
        Self {
            status: Status::Old(instead),
            ..self
        }
    }

    /// Mark a field without effect.
    pub(crate) const fn unused(self, why: &'static str) -> Self {
        Self {
            status: Status::Unused(why),
            ..self
        }
    }

    /// Whether it is offered to people.
    pub(crate) fn is_offered(&self) -> bool {
        self.status == Status::Current
    }
}

impl Object {
    /// The fields that people are offered, in the order of the table.
    pub(crate) fn offered(&self) -> impl Iterator<Item = &'static str> + use<> {
        let fields = self.fields;
        fields.iter().filter(|f| f.is_offered()).map(|f| f.name)
    }
}

/// US dollars, kept to the micro-dollar; a billion is the most.
pub(crate) const USD: Kind = Kind::Decimal {
    places: 6,
    most: 1_000_000_000,
};
/// Free text for people.
pub(crate) const NOTE: Field = optional("note", Kind::Text, "A remark for people; has no effect.");
