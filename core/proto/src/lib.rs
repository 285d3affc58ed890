//! The words that a device and a relay share, and nothing else.
//!
//! Ids, frames, cursors, the roster, the messages of one sync exchange, their limits, and the
//! sans-I/O [`session::Session`] that decides what is said next. There is no clock, socket, file,
//! database or record content here: the relay is built on this crate alone, so what this crate
//! cannot name, the relay cannot read.

pub mod bundle;
pub mod cursor;
pub mod frame;
pub mod hash;
pub mod ids;
pub mod item;
pub mod join;
pub mod letter;
pub mod limits;
pub mod message;
pub mod repair;
pub mod roster;
pub mod session;
pub mod token;
