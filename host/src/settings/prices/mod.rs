//! Price lists: the one that comes with the program, the one beside a configuration, and those of
//! others that are read into it.
//!
//! A list says what models cost and how much fits into them. It never changes what a run in the past
//! has cost: new prices are added with the moment from which they hold.

mod import;
mod list;
mod render;
mod shipped;
mod update;

pub use import::{PriceImport, import};
pub use list::{ListedModel, PriceList, PriceOrigin};
pub use update::{PriceChange, PriceUpdate, update};

pub(crate) use list::PriceLists;
