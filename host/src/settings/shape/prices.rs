//! The tables of `prices.yaml`, and the five prices.

use super::kind::{Field, Kind, NOTE, NameRule, Object, OneOf, optional, required};

/// The two ways to write a model's prices.
pub(super) const PRICE_FORMS: &[&str] = &["price_per_million_tokens", "cost_per_1k_tokens"];

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
pub(super) use prices;

const PER_MILLION: [Field; 5] = prices!(6, 1_000_000);
const INPUT: Field = PER_MILLION[0];
const OUTPUT: Field = PER_MILLION[1];
const CACHE_READ: Field = PER_MILLION[2];
const CACHE_WRITE: Field = PER_MILLION[3];
const REASONING: Field = PER_MILLION[4];

/// `prices.yaml`.
pub(crate) static PRICES: Object = Object {
    about: "Prices: what models cost for which models.yaml names no price. Written by 'tollgate model update-prices'.",
    fields: &[
        required("taken", Kind::Moment, "When the list was taken."),
        optional("source", Kind::Text, "Where it is from; has no effect."),
        required(
            "models",
            Kind::Named(&LISTED, NameRule::Model),
            "Models by name. A name before the first slash is a vendor's: `gemini/x` is also found \
             as `x`, if no other name is.",
        ),
        NOTE,
    ],
    one_of: OneOf::None,
};

static LISTED: Object = Object {
    about: "What a model costs, in US dollars per million tokens.",
    fields: &[
        optional("provider", Kind::Text, "Who serves it."),
        optional(
            "context_window",
            Kind::Whole(1, 1_000_000_000_000),
            "Tokens that fit, or fewer where the price holds only up to there.",
        ),
        INPUT,
        OUTPUT,
        CACHE_READ,
        CACHE_WRITE,
        REASONING,
        optional(
            "later",
            Kind::Objects(&LATER, 0, 1_000),
            "Prices that replace the others from a moment on; what ran before keeps its price.",
        )
        .or("[]"),
        NOTE,
    ],
    one_of: OneOf::None,
};

static LATER: Object = Object {
    about: "Prices from a moment on.",
    fields: &[
        required(
            "from",
            Kind::Moment,
            "The first day, which begins at midnight UTC, or the first moment.",
        ),
        INPUT,
        OUTPUT,
        CACHE_READ,
        CACHE_WRITE,
        REASONING,
    ],
    one_of: OneOf::None,
};
