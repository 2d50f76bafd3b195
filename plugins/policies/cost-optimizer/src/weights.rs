//! What the score learned. Written by `routing-eval --train-out`; not to be edited by hand.
//! `docs/routing-quality.md` says from what, and what it is worth.

use super::score::{Step, Weights};

/// The weights.
pub const WEIGHTS: Weights<'_> = Weights {
    steps: &STEPS,
    cuts: &CUTS,
};

#[rustfmt::skip]
const STEPS: [Step; 10] = [
    Step { feature: 1, above: 716417, add: -17258 }, // distinct_words_ppm
    Step { feature: 1, above: 731707, add: -70220 }, // distinct_words_ppm
    Step { feature: 1, above: 745762, add: -134755 }, // distinct_words_ppm
    Step { feature: 1, above: 761904, add: -160668 }, // distinct_words_ppm
    Step { feature: 1, above: 838709, add: -188532 }, // distinct_words_ppm
    Step { feature: 2, above: 95238, add: -467795 }, // long_words_ppm
    Step { feature: 3, above: 0, add: 125001 }, // negations
    Step { feature: 3, above: 1, add: 102723 }, // negations
    Step { feature: 3, above: 4, add: 296342 }, // negations
    Step { feature: 3, above: 7, add: 63477 }, // negations
];

#[rustfmt::skip]
const CUTS: [i64; 100] = [
    -1039228, -1039228, -1039228, -1039228, -1039228, -1039228, -1039228, -1039228, -1039228, -1039228,
    -1039228, -1039228, -1039228, -1039228, -914227, -914227, -850696, -850696, -850696, -850696,
    -850696, -850696, -850696, -811504, -725695, -690028, -690028, -571433, -571433, -571433,
    -571433, -571433, -571433, -571433, -571433, -565027, -555273, -485053, -467795, -467795,
    -467795, -467795, -467795, -467795, -467795, -467795, -467795, -467795, -446432, -430272,
    -382901, -382901, -382901, -382901, -343709, -342794, -342794, -342794, -342794, -257900,
    -257329, -240071, -240071, -240071, -240071, -240071, -240071, -240071, -222233, -97232,
    -31207, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 56271, 56271, 119748, 125001, 125001,
    140246, 227724, 227724, 227724, 524066, 524066, 587543, 587543, 587543, 587543,
];
