//! The token that a device signs for each request, by hand.
//!
//! It is a JWT (RFC 7519) in JWS compact form (RFC 7515) with `EdDSA` (RFC 8037) and can be checked
//! with any library; the relay does so with one. A phone only ever writes this one shape, which takes
//! a dozen lines here, where a library would bring its own second set of algorithms and some hundred
//! kilobytes into the app. The order of members is fixed and nothing is in it that the relay doesn't
//! need, because an idle sync is mostly token.
//!
//! The signed bytes begin with the base64 of `{"alg":"EdDSA"`, which no domain string of a frame, a
//! roster entry or a join begins with: a token can't be taken for one of those, nor they for it.

use super::keys::SigningSecret;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use kahriz_proto::ids::RelayId;
use kahriz_proto::token::{ALGORITHM, TOKEN_ID_BYTES, control_hash};
use rand_core::CryptoRng;

/// A token for one request: signed with the device's key, or with the invite's before there is a member.
///
/// `expires_at` is in seconds since 1970, at most
/// [`TOKEN_SECONDS_MAX`](kahriz_proto::limits::TOKEN_SECONDS_MAX) ahead of the relay's clock;
/// `control` is the request's control part, or its whole body where it has none, or empty.
#[must_use]
pub fn token(
    signer: &SigningSecret,
    audience: RelayId,
    expires_at: u64,
    control: &[u8],
    rng: &mut dyn CryptoRng,
) -> String {
    let mut id = [0; TOKEN_ID_BYTES];
    rng.fill_bytes(&mut id);
    let header = format!(r#"{{"alg":"{ALGORITHM}","kid":"{}"}}"#, text(signer.id().as_bytes()));
    let claims = format!(
        r#"{{"aud":"{}","exp":{expires_at},"jti":"{}","sha":"{}"}}"#,
        text(audience.as_bytes()),
        text(&id),
        text(&control_hash(control)),
    );
    let signed = format!("{}.{}", text(header.as_bytes()), text(claims.as_bytes()));
    let signature = text(&signer.sign(signed.as_bytes()));
    format!("{signed}.{signature}")
}

/// Base64url without padding, as RFC 7515 has it.
fn text(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

#[cfg(test)]
mod tests;
