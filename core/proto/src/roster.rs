//! The roster: the workspace's signed membership log.
//!
//! Append-only, hash-chained, written by one admin at a time and verified back to the root key. The
//! relay reads it to know who may speak; devices read it to know whose frames to believe and to find
//! their wrapped keys. It holds keys and opaque ids; human names travel sealed, in frames.

mod entry;
mod members;
mod rules;

pub use entry::{Action, DeviceKeys, Entry, EntryBody, Policy, Role, SealedKey, Wrap};
pub use members::{EpochRecord, Invited, Member, Roster};
pub use rules::RosterError;

#[cfg(test)]
mod tests;
