//! The interface described, out of the table of routes: as OpenAPI for programs, as a page for
//! people.
//!
//! Nothing is said here that the table does not say.

mod openapi;
mod reference;

pub(super) use openapi::openapi_bytes;
#[cfg(test)]
pub(super) use openapi::problems;
pub use reference::reference;
