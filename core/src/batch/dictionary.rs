//! Squeezing a batch, with a dictionary that both sides carry.
//!
//! The dictionary is a versioned constant of the format: 64 KiB trained on synthetic records (see
//! `tests/src/bin/train-dictionary.rs`), so that a single edited field in a frame of its own does not
//! pay for a batch's vocabulary. The first byte of the packed form says which dictionary it was; a new
//! one gets a new number, and old ones stay readable.

use super::entry::BatchError;
use kahriz_proto::limits::FRAME_INFLATED_MAX;
use std::sync::OnceLock;
use zstd::bulk::{Compressor, Decompressor};
use zstd::dict::{DecoderDictionary, EncoderDictionary};

/// The first byte of a batch that was packed with the first dictionary.
const DICTIONARY_1: u8 = 1;
static DICTIONARY_1_BYTES: &[u8] = include_bytes!("dictionary-1.zstd");

/// The highest usual level: 0.4 ms a record, spent because the link is slower than the processor.
const LEVEL: i32 = 19;

/// Squeezes a batch.
///
/// # Errors
/// [`BatchError::OverLimit`] if it is larger than a receiver would inflate.
pub fn pack(batch: &[u8]) -> Result<Vec<u8>, BatchError> {
    static ENCODER: OnceLock<EncoderDictionary<'static>> = OnceLock::new();
    if batch.len() > FRAME_INFLATED_MAX {
        return Err(BatchError::OverLimit);
    }
    let dictionary = ENCODER.get_or_init(|| EncoderDictionary::copy(DICTIONARY_1_BYTES, LEVEL));
    let squeeze = || -> std::io::Result<Vec<u8>> {
        let mut compressor = Compressor::with_prepared_dictionary(dictionary)?;
        compressor.include_dictid(false)?;
        compressor.include_checksum(false)?;
        compressor.compress(batch)
    };
    let squeezed = squeeze().map_err(|_| BatchError::OverLimit)?;
    Ok([&[DICTIONARY_1], &squeezed[..]].concat())
}

/// Inflates a packed batch, to at most 4 MiB.
///
/// # Errors
/// [`BatchError::UnknownFormat`] for a dictionary that is not known here, [`BatchError::Malformed`].
pub fn unpack(packed: &[u8]) -> Result<Vec<u8>, BatchError> {
    static DECODER: OnceLock<DecoderDictionary<'static>> = OnceLock::new();
    match packed.split_first() {
        Some((&DICTIONARY_1, squeezed)) => {
            let dictionary = DECODER.get_or_init(|| DecoderDictionary::copy(DICTIONARY_1_BYTES));
            let inflate = || -> std::io::Result<Vec<u8>> {
                // The decoder reserves what the frame claims, so the claim is bounded first.
                let claimed =
                    Decompressor::<'_>::upper_bound(squeezed).unwrap_or(FRAME_INFLATED_MAX);
                let mut decompressor = Decompressor::with_prepared_dictionary(dictionary)?;
                decompressor.decompress(squeezed, claimed.min(FRAME_INFLATED_MAX))
            };
            inflate().map_err(|_| BatchError::Malformed)
        }
        Some((&other, _)) => Err(BatchError::UnknownFormat(u64::from(other))),
        None => Err(BatchError::Malformed),
    }
}
