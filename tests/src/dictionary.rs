//! The wire format's compression dictionary: how it is trained and what it is worth.
//!
//! It is trained on made-up records only, as the batches that devices seal: new records alone and in handfuls, edits
//! of one field, decisions between two values with a reason. The same seed gives the same dictionary. It is judged by
//! other made-up records, and by a file of records that it has never seen.

mod made_up;
mod weigh;

pub use made_up::{Mix, imported, samples};
pub use weigh::{Weighed, weigh};

use std::io;

/// The size that the format gives it.
pub const DICTIONARY_BYTES: usize = 64 * 1_024;

/// Trains a dictionary on samples.
///
/// # Errors
/// If there are too few samples for the trainer.
pub fn train(samples: &[Vec<u8>]) -> io::Result<Vec<u8>> {
    zstd::dict::from_samples(samples, DICTIONARY_BYTES)
}
