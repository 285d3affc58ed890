//! What a failure means for the drive.

use kahriz_core::drive::transport::TransportError;
use std::io::ErrorKind;
use ureq::{Error, Timeout};

/// Names the failure. What isn't known for certain to have come before or instead of a relay is a
/// cut, because after a cut the drive asks what the relay holds.
#[allow(clippy::wildcard_enum_match_arm)] // The library's errors may grow; the rule above covers them.
pub(crate) fn name(error: &Error) -> TransportError {
    match error {
        Error::HostNotFound
        | Error::ConnectionFailed
        | Error::Timeout(Timeout::Resolve | Timeout::Connect) => TransportError::Unreachable,
        Error::Io(error) => name_io(error.kind()),
        Error::Http(_) | Error::BadUri(_) | Error::Protocol(_) | Error::LargeResponseHeader(..) => {
            TransportError::NotARelay
        }
        _ => TransportError::Cut,
    }
}

#[allow(clippy::wildcard_enum_match_arm)] // As above.
fn name_io(kind: ErrorKind) -> TransportError {
    match kind {
        ErrorKind::ConnectionRefused
        | ErrorKind::HostUnreachable
        | ErrorKind::NetworkUnreachable
        | ErrorKind::NetworkDown
        | ErrorKind::AddrNotAvailable => TransportError::Unreachable,
        // What TLS says of a certificate that it doesn't trust, or of a peer that doesn't speak it.
        ErrorKind::InvalidData => TransportError::NotARelay,
        _ => TransportError::Cut,
    }
}
