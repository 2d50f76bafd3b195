//! Files of the past, rewritten for today.
