//! Refusals of a request as a whole, as the device reads them.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use kahriz_proto::message::{Refusal, RefusalReason};
use std::time::{SystemTime, UNIX_EPOCH};

/// Why a request is refused. Becomes a status and a CBOR [`Refusal`] with the relay's time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Refused(pub(crate) StatusCode, pub(crate) RefusalReason);

impl From<RefusalReason> for Refused {
    fn from(reason: RefusalReason) -> Self {
        let status = match reason {
            RefusalReason::Token | RefusalReason::Clock | RefusalReason::Replayed => {
                StatusCode::UNAUTHORIZED
            }
            RefusalReason::NotMember | RefusalReason::Revoked | RefusalReason::Role => {
                StatusCode::FORBIDDEN
            }
            RefusalReason::Malformed => StatusCode::BAD_REQUEST,
            RefusalReason::Limit => StatusCode::TOO_MANY_REQUESTS,
            RefusalReason::NotFound => StatusCode::NOT_FOUND,
            RefusalReason::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            RefusalReason::RosterMoved => StatusCode::CONFLICT,
        };
        Self(status, reason)
    }
}

impl Refused {
    /// The body is longer than it may be.
    pub(crate) const TOO_LONG: Self = Self(StatusCode::PAYLOAD_TOO_LARGE, RefusalReason::Limit);
    /// The disk is nearly full.
    pub(crate) const FULL: Self =
        Self(StatusCode::INSUFFICIENT_STORAGE, RefusalReason::Unavailable);
}

impl From<crate::log::LogError> for Refused {
    fn from(error: crate::log::LogError) -> Self {
        match error {
            crate::log::LogError::Full => Self::FULL,
            crate::log::LogError::NoWorkspace => RefusalReason::NotMember.into(),
            crate::log::LogError::Failed(error) => {
                tracing::error!(%error, "the storage failed");
                RefusalReason::Unavailable.into()
            }
        }
    }
}

impl From<crate::body::BodyError> for Refused {
    fn from(error: crate::body::BodyError) -> Self {
        match error {
            crate::body::BodyError::Cut => RefusalReason::Malformed.into(),
            crate::body::BodyError::TooLong => Self::TOO_LONG,
        }
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let Self(status, reason) = self;
        let refusal = Refusal { reason, relay_time: now_seconds() };
        let mut response = (status, cbor(&refusal)).into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// An answer in CBOR with no head beyond what its reader needs.
pub(crate) fn cbor(answer: &impl minicbor::Encode<()>) -> Response {
    let bytes = minicbor::to_vec(answer).expect("writing to a vector cannot fail");
    ([(header::CONTENT_TYPE, CBOR)], bytes).into_response()
}

/// The content type of everything but events, health and metrics.
pub(crate) const CBOR: &str = "application/cbor";

/// The relay's clock, in seconds since 1970.
pub(crate) fn now_seconds() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
