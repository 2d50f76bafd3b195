//! The only room that writes history.
