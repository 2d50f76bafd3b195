//! Which targets may take a request, and in what order.
//!
//! Pure: everything it needs comes in as values, and it returns every candidate it looked at with
//! why it was taken or rejected. It never looks at the file system, never asks a policy (it says
//! between which targets one may choose), and never moves a request to a target that the
//! configuration or the user did not name.

mod alternatives;
mod error;
mod features;
mod route;
mod tokens;
mod usable;

pub use alternatives::{Alternative, alternatives, noted, redirected};
pub use error::RoutingError;
pub use features::features;
pub use route::{RouteRequest, route};
pub use tokens::estimate_tokens;
