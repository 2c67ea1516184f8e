//! Products, subscriptions and their keys.

mod error;
mod holder;
mod key_hash;
mod product;
mod products;
mod reader;

pub use error::{ProductsError, ProductsErrorKind};
pub use product::{Product, Requires};
pub use products::{Admission, Products};
