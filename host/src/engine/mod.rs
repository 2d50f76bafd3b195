//! Commands in, effects performed, events out.
