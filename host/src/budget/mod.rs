//! What is set aside, what is spent, and what still fits: a fold over events. Pure.
