//! The tables of the policies that are asked, and of what follows a failure.

use super::kind::{Kind, NOTE, NameRule, Object, OneOf, optional, required};
use crate::model::Phase;

/// Each of them is asked before every request.
pub(super) const MOST_POLICIES: usize = 32;

const PHASES: [&str; Phase::ALL.len()] = {
    let mut words = [""; Phase::ALL.len()];
    let mut index = 0;
    while index < words.len() {
        words[index] = Phase::ALL[index].as_str();
        index += 1;
    }
    words
};

pub(super) static CHAIN_ENTRY: Object = Object {
    about: "A policy that is asked.",
    fields: &[
        required(
            "policy",
            Kind::Text,
            "`guard`, `budget`, `rate-limit`, `justification`, `cost-optimizer`, or the path of a \
             .wasm file, relative to this directory.",
        ),
        optional(
            "name",
            Kind::Name(NameRule::Plain),
            "Its name, which no other has; the id, or the file's name without `.wasm`, otherwise.",
        ),
        optional(
            "required",
            Kind::Flag,
            "Whether a fault of it denies; otherwise it is left out, visibly. `true`, but `false` \
             for `cost-optimizer`.",
        ),
        optional(
            "phases",
            Kind::Choices(&PHASES),
            "When it is asked: `run-start`, `run-event`, `run-failed`, `run-end`. Whenever it wants \
             to be otherwise.",
        ),
        optional(
            "config",
            Kind::AnyMap,
            "Its configuration; what may be in it, its own documentation says. Built-in policies \
             take theirs from the other keys of this file otherwise.",
        ),
        optional(
            "when_unattended",
            Kind::Choice(&["refuse", "proceed"]),
            "What a question of it is answered with where nobody can be asked. `refuse`, but \
             `proceed` for `budget`.",
        ),
        NOTE,
    ],
    one_of: OneOf::None,
};

pub(super) static FALLBACK: Object = Object {
    about: "What follows a failure.",
    fields: &[
        optional(
            "after_changes",
            Kind::Choice(&["stop", "continue", "retry-clean"]),
            "After an attempt that changed files. `stop`: nothing, the user looks first. \
             `continue`: the next target goes on from there. `retry-clean`: it begins anew, but \
             only where the files are as they were.",
        )
        .or("stop"),
        optional(
            "retries",
            Kind::Whole(0, 100),
            "How often the same target is tried again for what passes by itself.",
        )
        .or("2"),
        optional(
            "first_wait",
            Kind::Duration,
            "The wait before the first of them; it doubles each time.",
        )
        .or("2s"),
        optional(
            "longest_wait",
            Kind::Duration,
            "No wait is longer; a service that asks for a longer one is not waited for.",
        )
        .or("60s"),
        NOTE,
    ],
    one_of: OneOf::None,
};
