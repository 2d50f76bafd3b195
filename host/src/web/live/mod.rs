//! Events as they happen: from one publisher to many viewers, none lost, none twice, and no viewer
//! makes anybody wait.

mod event;
pub(super) mod feed;
mod greeting;
pub(super) mod hub;
pub(super) mod pace;
mod socket;
mod stream;
mod viewer;

pub use event::{LiveEvent, Topic};
pub use hub::Hub;

#[cfg(test)]
pub(super) use event::Topics;

pub(super) use socket::open_socket;
pub(super) use stream::open_stream;
pub(super) use viewer::left;
