//! Why two devices did not meet: what the person beside them can do about it.

use kahriz_core::drive::SyncError;
use kahriz_http::{AddressError, HttpTransport};
use kahriz_proto::message::RefusalReason;
use kahriz_proto::session::Failure as LineFailure;

use super::NotAnAddress;
use crate::failure::{Failure, NETWORK, REFUSED, USAGE, about_line};

/// Why no meeting came about.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotMet {
    #[error(transparent)]
    Address(#[from] NotAnAddress),
    #[error("this is no address that can be reached: {0}")]
    Unusable(#[from] AddressError),
    #[error(
        "no device of your organisation was found on this network. On the other one run `kahriz device serve-nearby`, and type the address that it shows: kahriz device meet HOST:PORT#KEY"
    )]
    Nobody,
    #[error(
        "several devices of your organisation serve here; say which: kahriz device meet ADDRESS\n  {0}"
    )]
    Several(String),
    #[error(
        "the network could not be searched ({0}): type the address that the other device shows"
    )]
    Search(#[from] mdns_sd::Error),
    #[error(
        "this device serves nearby itself: let the other one meet it, or type the other's address"
    )]
    Serving,
    #[error(
        "the device at this address shows another key than the one in the address: nothing was sent. Copy the address again from its screen; if it is the same, somebody stands in between"
    )]
    AnotherKey,
    #[error(
        "the device there does not know this one: it is another organisation's, or its member list is older than this device's admission; then let this one serve and the other one meet it"
    )]
    Stranger,
    #[error("the two devices' clocks are too far apart: set the one that is wrong, and meet again")]
    Clock,
    #[error(
        "nobody serves at this address any more, or this network keeps devices apart; look at the other one's screen"
    )]
    NobodyThere,
    #[error("{}", about_line(.0))]
    Line(LineFailure),
    #[error(
        "what is served here was made with another member list than this device's: remove {} and serve again; nothing is lost with it", .0.display()
    )]
    OtherHistory(std::path::PathBuf),
}

impl NotMet {
    /// What a meeting over this line failed of.
    pub(crate) fn of(error: SyncError, transport: &HttpTransport) -> Failure {
        let SyncError::Line(failure) = error else { return error.into() };
        let not_met = match failure {
            LineFailure::NotARelay if transport.met_another_key() => Self::AnotherKey,
            LineFailure::Unreachable => Self::NobodyThere,
            LineFailure::Refused(RefusalReason::NotMember) => Self::Stranger,
            LineFailure::Refused(RefusalReason::Clock) => Self::Clock,
            LineFailure::Refused(_)
            | LineFailure::NotARelay
            | LineFailure::Cut
            | LineFailure::Nonsense => Self::Line(failure),
        };
        not_met.into()
    }

    /// The exit code.
    pub(crate) fn code(&self) -> u8 {
        match self {
            Self::Address(_) | Self::Unusable(_) | Self::Several(_) => USAGE,
            Self::Stranger | Self::Serving | Self::OtherHistory(_) => REFUSED,
            Self::Nobody
            | Self::Search(_)
            | Self::AnotherKey
            | Self::Clock
            | Self::NobodyThere
            | Self::Line(_) => NETWORK,
        }
    }
}
