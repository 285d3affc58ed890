//! Why bytes are no frame, or a frame is not its device's.

use thiserror::Error;

/// Why bytes are not an acceptable frame.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum FrameError {
    /// Longer than any frame may be.
    #[error("frame of {0} bytes is over the limit")]
    TooLong(usize),
    /// Not the encoding of a frame: cut short, or something else.
    #[error("not a frame, or cut short")]
    Malformed,
    /// Well-formed, but not in the one encoding that is accepted (bytes to spare, or a longer form).
    #[error("frame is not canonically encoded")]
    NotCanonical,
    /// Of a version that this code does not know: the sender is newer.
    #[error("frame of unknown version {0}")]
    UnknownVersion(u8),
    /// Names more logs than one frame may, or the same twice.
    #[error("frame names too many logs, or one twice")]
    Deps,
    /// The body is not the one that the header speaks of.
    #[error("frame body does not match its header")]
    BodyMismatch,
}

/// Why a frame is not accepted as its device's.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum VerifyError {
    /// The key belongs to another device than the frame names.
    #[error("the key is not the sealing device's")]
    OtherDevice,
    /// The signature is not right.
    #[error("the signature is not right")]
    Signature,
}
