//! Typed questions, answered from the index.
