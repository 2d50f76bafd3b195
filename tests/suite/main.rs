//! Behaviour seen from outside, and the rules that the source itself must keep.

mod floors;
