//! The room as a whole, with real files, threads, and processes.
