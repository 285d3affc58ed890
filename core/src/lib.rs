//! The device side of Kahriz: records, their encryption, their store, and their way to and from a relay.
//!
//! Read from the top: [`vault`] unlocks the store, [`workspace`] is what an app calls, [`drive`] is how a device
//! syncs. Below them
//! are meaning ([`projection`], [`query`], and the merging of frames), the encrypted disk ([`store`]),
//! and matter ([`record`], [`batch`], [`forms`], [`crypto`]), which is pure. A module uses only floors
//! below its own; `core/docs/architecture.md` draws them.

pub mod batch;
pub mod crypto;
pub mod drive;
pub mod fold;
pub mod forms;
pub mod human_id;
pub mod letters;
mod merge;
pub mod projection;
pub mod query;
pub mod record;
pub mod store;
pub mod value;
pub mod vault;
pub mod workspace;
