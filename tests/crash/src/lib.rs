//! What is left of a store when the power fails at any moment.
//!
//! The shipped code writes a store, and every file call that it makes below one folder is written down as it goes to
//! the system ([`tap`]): SQLite's and our own alike. Of that recording, a [`disk::Disk`] says for each moment what a
//! disk may hold if the power fails then: all that was synced, and of the rest whatever chance keeps of it, whole, torn
//! or not at all. Each such disk is laid out in a folder, the shipped code opens it, and what was told before that
//! moment must be in it.
//!
//! The same tap makes calls fail ([`trouble`]): a sync that the disk refuses, a disk that is full or gone. And a disk may
//! keep something else than it was given ([`flips`]).

pub mod device;
pub mod disk;
pub mod flips;
pub mod op;
pub mod relay;
pub mod report;
pub mod tap;
pub mod trouble;
