//! The words to the user, executed: what the pages show is what the program does.
//!
//! | module | what it proves |
//! |---|---|
//! | `console` | every `console` block is a real transcript |
//! | `examples` | every `yaml` block that names a file is valid configuration |
//! | `fields` | every field of the configuration is on its page |
//! | `reference` | every command, status, code, event type, and limit is on its page |
//! | `links` | every link to a file or a heading of this repository leads somewhere |
//!
//! `TOLLGATE_DOCS=write cargo test --release -p tollgate-tests --test docs` puts what the program
//! says today into the pages; without it a difference is a failure. Read the diff before you
//! commit it.

mod console;
mod examples;
mod fields;
mod links;
mod page;
mod reference;
mod stage;
