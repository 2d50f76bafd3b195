//! What is set aside at first.

use crate::model::Price;

use super::*;

const PRICES: Prices = Prices {
    input: Some(Price(10_000_000)),
    output: Some(Price(30_000_000)),
    cache_read: None,
    cache_write: None,
    reasoning: None,
};

fn asked() -> FirstAmount<'static> {
    FirstAmount {
        prompt_tokens: 1_000,
        prices: Some(&PRICES),
        estimate: None,
        cap: None,
        on_unpriced: OnUnpriced::Refuse,
        under_hard_usd: true,
        is_billed: false,
    }
}

fn money(asked: &FirstAmount<'_>) -> u64 {
    first_amount(asked).expect("an amount").amounts.uusd
}

#[test]
fn the_prompt_and_a_short_answer_are_the_least() {
    // 1,000 tokens at $10 and 500 at $30 a million.
    assert_eq!(money(&asked()), 25_000);
    let long = FirstAmount {
        prompt_tokens: 40_000,
        ..asked()
    };
    assert_eq!(money(&long), 400_000 + 300_000);
    let amounts = first_amount(&long).expect("an amount").amounts;
    assert_eq!((amounts.tokens, amounts.requests), (50_000, 1));
    assert_eq!(amounts.billed_uusd, 0, "a subscription is not billed");
}

#[test]
fn what_others_like_it_cost_is_more_and_its_cap_is_the_most() {
    let dear = FirstAmount {
        estimate: Some(MicroUsd(90_000)),
        ..asked()
    };
    assert_eq!(money(&dear), 90_000);
    let cheap = FirstAmount {
        estimate: Some(MicroUsd(1)),
        ..asked()
    };
    assert_eq!(money(&cheap), 25_000);
    let capped = FirstAmount {
        cap: Some(MicroUsd(20_000)),
        is_billed: true,
        ..dear
    };
    assert_eq!(money(&capped), 20_000);
    let billed = first_amount(&capped)
        .expect("an amount")
        .amounts
        .billed_uusd;
    assert_eq!(billed, 20_000);
}

#[test]
fn without_prices_a_hard_limit_refuses_or_takes_the_fixed_amount() {
    let unpriced = FirstAmount {
        prices: None,
        ..asked()
    };
    assert_eq!(first_amount(&unpriced), Err(BudgetError::Unpriced));
    let fixed = FirstAmount {
        on_unpriced: OnUnpriced::Reserve(MicroUsd(700)),
        ..unpriced
    };
    let fixed = first_amount(&fixed).expect("an amount");
    assert_eq!((fixed.amounts.uusd, fixed.unpriced), (700, true));
    let free_to_go = FirstAmount {
        under_hard_usd: false,
        ..unpriced
    };
    let unknown = first_amount(&free_to_go).expect("an amount");
    assert_eq!(
        (unknown.amounts.uusd, unknown.unpriced),
        (0, true),
        "unknown, and said to be"
    );
    let half_a_price = Prices {
        output: None,
        ..PRICES
    };
    let half = FirstAmount {
        prices: Some(&half_a_price),
        ..asked()
    };
    assert_eq!(first_amount(&half), Err(BudgetError::Unpriced));
    let seen_before = FirstAmount {
        estimate: Some(MicroUsd(5)),
        ..unpriced
    };
    let told = first_amount(&seen_before).expect("an amount");
    assert_eq!(
        (told.amounts.uusd, told.unpriced),
        (5, false),
        "the tool tells its costs"
    );
}

#[test]
fn nothing_left_starts_nothing_but_what_is_free() {
    let spent = FirstAmount {
        cap: Some(MicroUsd(0)),
        ..asked()
    };
    let wanted = MicroUsd(25_000);
    assert_eq!(
        first_amount(&spent),
        Err(BudgetError::NothingLeft { wanted })
    );
    let free = Prices {
        input: Some(Price(0)),
        output: Some(Price(0)),
        ..PRICES
    };
    let free = FirstAmount {
        prices: Some(&free),
        ..spent
    };
    let amount = first_amount(&free).expect("an amount");
    assert_eq!((amount.amounts.uusd, amount.unpriced), (0, false));
}
