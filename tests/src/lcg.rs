//! Numbers that look random and are the same in every run: Knuth's MMIX generator.

/// A linear congruential generator; not for secrets.
#[derive(Debug, Clone)]
pub struct Lcg(u64);

impl Lcg {
    /// Different seeds give different sequences.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        let mut lcg = Self(seed ^ 0x9E37_79B9_7F4A_7C15);
        lcg.below(2);
        lcg
    }

    /// A number below `bound`, which must not be zero.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }
}
