//! Made-up organisations, and the suite that every storage backend must pass.
//!
//! For tests only (feature `testing`): the keys follow from small numbers.

mod author;
pub mod conformance;

pub use author::{Chain, Device, Organisation, token_for};
