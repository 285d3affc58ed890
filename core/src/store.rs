//! The disk of a device: one encrypted SQLite file that holds everything a workspace knows.
//!
//! This floor opens the file, keeps its schema current and gives out transactions; each module beside it speaks for
//! its own tables. It knows no policy and no network: the facade above owns every transaction and decides what is
//! written together. In the river it is the bed: documents, outbox and rows change in one commit or not at all.

pub(crate) mod alarms;
mod columns;
pub(crate) mod documents;
pub(crate) mod erase;
pub(crate) mod inbox;
pub(crate) mod letterbox;
pub(crate) mod letters;
pub(crate) mod lives;
pub(crate) mod logs;
pub(crate) mod members;
mod migrate;
mod open;
pub(crate) mod outbox;
pub(crate) mod rereads;
#[cfg(test)]
pub(crate) mod scratch;
pub(crate) mod settings;
pub(crate) mod trials;

pub use inbox::ParkReason;
pub(crate) use open::Mark;
pub use open::{OpenStoreError, Store, StoreKey, is_damage, is_disk_full};
