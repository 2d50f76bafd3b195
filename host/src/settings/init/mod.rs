//! A first configuration: what is on this machine, and files that fit it.

mod detect;
mod generate;

pub use detect::{Detected, FoundTool, detect};
pub use generate::{Template, generate};
