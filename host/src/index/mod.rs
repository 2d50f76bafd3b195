//! The only room that names rusqlite.
