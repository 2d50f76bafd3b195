//! The policies that come with the program, embedded in it.
//!
//! Owns the list: an entry here is all that a new one needs. They are loaded like any other
//! component: same limits, same checks.

/// Id and component of each embedded policy, sorted by id.
const POLICIES: &[(&str, &[u8])] = &[
    (
        "budget",
        include_bytes!("../../../plugins/dist/budget.wasm"),
    ),
    (
        "cost-optimizer",
        include_bytes!("../../../plugins/dist/cost-optimizer.wasm"),
    ),
    ("guard", include_bytes!("../../../plugins/dist/guard.wasm")),
    (
        "justification",
        include_bytes!("../../../plugins/dist/justification.wasm"),
    ),
    (
        "rate-limit",
        include_bytes!("../../../plugins/dist/rate-limit.wasm"),
    ),
];

/// Ids of the embedded policies, sorted.
pub const POLICY_IDS: [&str; POLICIES.len()] = ids();

/// The component of the embedded policy `id`.
#[must_use]
pub fn builtin_policy(id: &str) -> Option<&'static [u8]> {
    let found = POLICIES.iter().find(|(known, _)| *known == id);
    found.map(|(_, component)| *component)
}

const fn ids() -> [&'static str; POLICIES.len()] {
    let mut ids = [""; POLICIES.len()];
    let mut n = 0;
    while n < POLICIES.len() {
        ids[n] = POLICIES[n].0;
        n += 1;
    }
    ids
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_listed_policy_is_there() {
        assert!(POLICY_IDS.is_sorted());
        for id in POLICY_IDS {
            assert!(builtin_policy(id).is_some_and(|bytes| bytes.starts_with(b"\0asm")));
        }
        assert_eq!(builtin_policy("other"), None);
    }
}
