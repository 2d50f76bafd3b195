//! The table of a model.

use super::kind::{Kind, NOTE, Object, optional, required};

/// The five prices. Both forms are kept in micro-dollars per million tokens, hence the number of
/// decimals; a million dollars per million tokens is the most.
macro_rules! prices {
    ($places:literal, $most:literal) => {{
        const PRICE: Kind = Kind::Decimal {
            places: $places,
            most: $most,
        };
        [
            required("input", PRICE, "Fresh input tokens."),
            required(
                "output",
                PRICE,
                "Output tokens, reasoning included unless it has its own price.",
            ),
            optional("cache_read", PRICE, "Input tokens read from a cache."),
            optional("cache_write", PRICE, "Input tokens written to a cache."),
            optional(
                "reasoning",
                PRICE,
                "Reasoning tokens, when they are priced apart.",
            ),
        ]
    }};
}

pub(super) static MODEL: Object = Object {
    about: "A language model.",
    fields: &[
        required(
            "provider",
            Kind::Text,
            "Who serves it, such as `anthropic`.",
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
        required(
            "context_window",
            Kind::Whole(1, 1_000_000_000_000),
            "Tokens that fit, prompt and answer together.",
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
    one_of: &["price_per_million_tokens", "cost_per_1k_tokens"],
};

static PER_MILLION: Object = price_object(&prices!(6, 1_000_000));
static PER_THOUSAND: Object = price_object(&prices!(9, 1_000));

const fn price_object(fields: &'static [super::kind::Field; 5]) -> Object {
    Object {
        about: "Prices in US dollars.",
        fields,
        one_of: &[],
    }
}
