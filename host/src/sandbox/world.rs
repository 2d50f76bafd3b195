//! What tells the kinds of plugins apart, for the code that treats them alike.
//!
//! Owns the list of what a kind must say about itself. Never loads or calls anything: each kind
//! implements this beside its own door (`adapter`, `policy`).

use wasmtime::Store;
use wasmtime::component::{Instance, InstancePre};

use super::guest::GuestState;

/// A kind of plugins: an interface that a component exports.
pub(super) trait World: Sized + 'static {
    /// The exports, looked up once for all instances of a component.
    type Indices: Send + Sync;
    /// The exports of one instance.
    type Exports: Send;
    /// What a plugin says about itself.
    type About: std::fmt::Debug + Send + Sync;

    /// What a plugin of this kind is called in a sentence, with its article.
    const NOUN: &'static str;
    /// The package and interface, without the version.
    const INTERFACE: &'static str;
    /// The interface with the version of this host.
    const NEEDED: &'static str;
    /// The log's interface with the version of this host, where plugins of this kind may log.
    const LOG: Option<&'static str>;

    /// Look the exports up in a component.
    ///
    /// # Errors
    /// When one is missing.
    fn indices(pre: &InstancePre<GuestState>) -> wasmtime::Result<Self::Indices>;

    /// Bind the exports to an instance. Runs no plugin code.
    ///
    /// # Errors
    /// When the types differ from the contract's.
    fn bind(
        indices: &Self::Indices,
        store: &mut Store<GuestState>,
        instance: &Instance,
    ) -> wasmtime::Result<Self::Exports>;

    /// Ask an instance what it is; what comes back is checked.
    ///
    /// # Errors
    /// When the call fails; within, what is wrong with the answer.
    fn describe(
        exports: &Self::Exports,
        store: &mut Store<GuestState>,
    ) -> wasmtime::Result<Result<Self::About, String>>;
}
