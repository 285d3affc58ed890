//! The inside of a frame: many records' changes, named by reference, squeezed together.
//!
//! Of the 59 bytes that an edited field costs otherwise, 52 do not compress: a record id, the hash of
//! the change it builds on, a checksum. The receiver holds all of these anyway, or the frame waits. So
//! a record is named by (creator's log, counter), a dependency by (log, number in that record), and
//! what mostly follows from them is not sent at all. The receiver puts the exact chunks together again
//! and checks one digest over their hashes.
//!
//! ```text
//! body    = zstd with dictionary( format, count, length of values, digest(16), entries, values )
//! entry   = flags, [creator log, counter], [kind], [deps], [seq], [start op], time, [message], [others], length, rest
//! ```
//!
//! Logs are named by their place in the frame: 0 is the frame's own, n is the nth of its header's
//! `deps`. Everything is a varint unless said otherwise; see `core/docs/wire.md`.

mod dictionary;
mod entry;
mod reader;
mod writer;

pub use dictionary::{pack, unpack};
pub use entry::{Adopted, Announcement, BatchError, Entry, Known, Place, Reference};
pub use reader::{Parsed, ParsedChange, ParsedEntry, parse};
pub use writer::{Outbound, write};

#[cfg(test)]
mod tests;
