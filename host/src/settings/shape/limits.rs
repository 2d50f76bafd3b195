//! The tables of limits: one of `budgets:`, and what happens where no cost can be told.

use super::kind::{Kind, NOTE, NameRule, Object, OneOf, USD, optional, required};
use super::policies::PERCENT;
use crate::model::Period;

/// More limits than anybody can keep an eye on.
pub(super) const MOST_LIMITS: usize = 200;

const AMOUNT: Kind = Kind::Whole(0, 1_000_000_000_000);

const PERIODS: [&str; Period::ALL.len()] = {
    let mut words = [""; Period::ALL.len()];
    let mut index = 0;
    while index < words.len() {
        words[index] = Period::ALL[index].as_str();
        index += 1;
    }
    words
};

pub(super) static BUDGET: Object = Object {
    about: "A limit besides those of the profile: one amount, over a time, for all requests or some.",
    fields: &[
        optional(
            "name",
            Kind::Name(NameRule::Plain),
            "Its name, which no other limit has; made from what it counts otherwise.",
        ),
        optional("usd", USD, "US dollars, whoever says so."),
        optional(
            "usd_billed",
            USD,
            "US dollars that an invoice or a metered account tells.",
        ),
        optional("tokens", AMOUNT, "Tokens of every kind."),
        optional("requests", AMOUNT, "Attempts."),
        required(
            "per",
            Kind::Choice(&PERIODS),
            "Over what time: calendar days and months begin at midnight in `time_zone`, the others \
             look back from now; `run` is one run, however long it takes.",
        ),
        optional("agent", Kind::Text, "Only requests of this agent."),
        optional("tool", Kind::Text, "Only requests to this tool."),
        optional("model", Kind::Text, "Only requests to this model."),
        optional(
            "limit",
            Kind::Choice(&["soft", "hard"]),
            "`soft` warns and asks; `hard` blocks.",
        )
        .or("soft"),
        optional("warn_at_percent", PERCENT, "Warn from this share on.").or("80"),
        optional(
            "time_zone",
            Kind::Zone,
            "The zone in which its days and months begin; that of the file otherwise.",
        ),
        NOTE,
    ],
    one_of: OneOf::Exactly(&["usd", "usd_billed", "tokens", "requests"]),
};

pub(super) static RESERVE: Object = Object {
    about: "Set this much aside.",
    fields: &[required(
        "reserve_usd",
        USD,
        "US dollars that are set aside for such a request, and count as spent.",
    )],
    one_of: OneOf::None,
};
