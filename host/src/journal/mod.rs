//! The only room that writes history: an append-only, segmented JSONL log, the truth.
//!
//! It owns the files in `<state>/log/`, their lock, and the protocol that makes an acknowledged
//! event survive a crash at any byte. It gives records to whoever reads, and lets a caller's
//! [`WriteModel`] decide what may be written. It never interprets what an event means, never
//! erases one, and never starts, signals, or prints anything. The choices are in `DESIGN.md`.

mod append;
mod ballast;
mod batch;
mod commit;
mod damage;
mod disk;
mod envelope;
mod error;
mod export;
mod filesystem;
mod flusher;
mod fold;
mod health;
mod ids;
mod keys;
mod line;
mod lines;
mod lock;
mod log;
mod look_up;
mod options;
mod read;
mod repair;
mod segment;
mod snapshot;
#[cfg(test)]
mod tests;
mod verify;
mod write;

pub use ballast::is_laid as has_ballast;
pub use commit::{CommitRequest, Committed, Durability, Journal};
pub use damage::{Damage, DamageKind, Gap};
pub use error::{CommitError, JournalError};
pub use export::{ExportFormat, ExportReport, export};
pub use filesystem::network_kind;
pub use fold::WriteModel;
pub use ids::{IdSource, RandomIds, SeededIds};
pub use line::MAX_LINE;
pub use lock::{Holder, HolderState};
pub use look_up::{matches, records_at};
pub use options::{JournalOptions, boot_id};
pub use read::{Reader, Record};
pub use repair::{RepairReport, repair};
pub use verify::{VerifyReport, verify};
