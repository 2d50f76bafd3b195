//! The table of a model.

use super::kind::{Kind, NOTE, Object, OneOf, optional, required};
use super::prices::{PRICE_FORMS, prices};

pub(crate) static MODEL: Object = Object {
    about: "A language model.",
    fields: &[
        optional(
            "provider",
            Kind::Text,
            "Who serves it, such as `anthropic`. May be left out when the price list knows the \
             model.",
        ),
        optional(
            "price_per_million_tokens",
            Kind::Object(&PER_MILLION),
            "Prices in US dollars per million tokens. Either this or `cost_per_1k_tokens`, or \
             neither when the price list knows the model.",
        ),
        optional(
            "cost_per_1k_tokens",
            Kind::Object(&PER_THOUSAND),
            "Prices in US dollars per thousand tokens. Either this or `price_per_million_tokens`.",
        ),
        optional(
            "prices_from",
            Kind::Objects(&DATED, 0, 1_000),
            "Prices that replace the others from a day on.",
        )
        .or("[]"),
        optional(
            "context_window",
            Kind::Whole(1, 1_000_000_000_000),
            "Tokens that fit, prompt and answer together. May be left out when the price list knows \
             the model.",
        ),
        optional(
            "task_suitability",
            Kind::TextList(0),
            "Kinds of task it suits, for people and policies.",
        )
        .or("[]"),
        optional(
            "deprecated",
            Kind::FlagOrText,
            "Whether it should no longer be used; a date or a reason counts as true.",
        )
        .or("false"),
        optional(
            "superseded_by",
            Kind::Text,
            "The model to use instead, named in the warning that a deprecated model causes.",
        ),
        optional(
            "retired",
            Kind::FlagOrText,
            "Whether it is gone; a date or a reason counts as true.",
        )
        .or("false"),
        optional("retired_date", Kind::Text, "Since when; has no effect."),
        NOTE,
    ],
    one_of: OneOf::AtMost(PRICE_FORMS),
};

static DATED: Object = Object {
    about: "Prices from a day on.",
    fields: &[
        required(
            "from",
            Kind::Moment,
            "The first day, which begins at midnight UTC, or the first moment.",
        ),
        optional(
            "price_per_million_tokens",
            Kind::Object(&PER_MILLION),
            "Prices in US dollars per million tokens. Either this or `cost_per_1k_tokens`.",
        ),
        optional(
            "cost_per_1k_tokens",
            Kind::Object(&PER_THOUSAND),
            "Prices in US dollars per thousand tokens. Either this or `price_per_million_tokens`.",
        ),
        NOTE,
    ],
    one_of: OneOf::Exactly(PRICE_FORMS),
};

static PER_MILLION: Object = price_object(&prices!(6, 1_000_000));
static PER_THOUSAND: Object = price_object(&prices!(9, 1_000));

const fn price_object(fields: &'static [super::kind::Field; 5]) -> Object {
    Object {
        about: "Prices in US dollars.",
        fields,
        one_of: OneOf::None,
    }
}
