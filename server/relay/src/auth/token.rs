//! The device's token: a JWT (RFC 7519) that it signs itself, with Ed25519 and nothing else.
//!
//! Read strictly: no header or claim but those of the protocol, so `crit`, `jwk` and `none` have no
//! way in. The key comes from the roster, never from the token. The time is the caller's argument.

use crate::config::TOKEN_SKEW_SECONDS;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use kahriz_proto::frame::verify_signature;
use kahriz_proto::ids::{DeviceId, RelayId, SigningPublic};
use kahriz_proto::limits::TOKEN_SECONDS_MAX;
use kahriz_proto::token::{ALGORITHM, CONTROL_HASH_BYTES, TOKEN_ID_BYTES, control_hash};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use thiserror::Error;

/// Longest text that is looked at: a token of the protocol has about 270 bytes.
const TOKEN_TEXT_MAX: usize = 1_024;

/// Why a token is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(crate) enum TokenError {
    /// Not a token of the protocol.
    #[error("not a token of the protocol")]
    Malformed,
    /// Not signed by the key that it names, or for another audience.
    #[error("the token is wrongly signed, or meant for another relay")]
    Signature,
    /// Right but for its time.
    #[error("the token is not of this time")]
    Clock,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    alg: String,
    kid: String,
    #[serde(default)]
    typ: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Claims {
    aud: String,
    exp: u64,
    jti: String,
    sha: String,
}

/// A token that was read, its signature not checked.
pub(crate) struct Unverified {
    text: String,
    audience_text: String,
    audience: RelayId,
    token: Token,
}

/// A token whose signature, audience and time are right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    /// The device or invite that signed it.
    pub(crate) signer: DeviceId,
    /// When it ends, in seconds since 1970.
    pub(crate) expires_at: u64,
    /// Its `jti`.
    pub(crate) id: [u8; TOKEN_ID_BYTES],
    /// Its `sha`.
    pub(super) covers: [u8; CONTROL_HASH_BYTES],
}

impl Token {
    /// Whether the token was made for a request with this control part.
    pub(crate) fn covers(&self, control: &[u8]) -> bool {
        self.covers == control_hash(control)
    }
}

impl Unverified {
    pub(crate) fn read(text: &str) -> Result<Self, TokenError> {
        if text.len() > TOKEN_TEXT_MAX {
            return Err(TokenError::Malformed);
        }
        let mut parts = text.split('.');
        let (Some(header), Some(claims), Some(_), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(TokenError::Malformed);
        };
        let header: Header = json(header)?;
        let claims: Claims = json(claims)?;
        let plain = header.typ.is_none_or(|typ| typ == "JWT");
        if header.alg != ALGORITHM || !plain {
            return Err(TokenError::Malformed);
        }
        Ok(Self {
            text: text.to_owned(),
            audience: RelayId::from_bytes(binary(&claims.aud)?),
            audience_text: claims.aud,
            token: Token {
                signer: DeviceId::from_bytes(binary(&header.kid)?),
                expires_at: claims.exp,
                id: binary(&claims.jti)?,
                covers: binary(&claims.sha)?,
            },
        })
    }

    /// The relay that it says it is meant for.
    pub(crate) fn audience(&self) -> RelayId {
        self.audience
    }

    /// Who it says has signed it.
    pub(crate) fn signer(&self) -> DeviceId {
        self.token.signer
    }

    /// Believes the token if `key` signed it, for this relay, and it is of the time `now` (seconds
    /// since 1970).
    pub(crate) fn verify(
        self,
        key: &SigningPublic,
        relay: RelayId,
        now: u64,
    ) -> Result<Token, TokenError> {
        if DeviceId::of(key) != self.token.signer || relay != self.audience {
            return Err(TokenError::Signature);
        }
        if !self.is_strictly_signed(key) {
            return Err(TokenError::Signature);
        }
        let key = DecodingKey::from_ed_components(&URL_SAFE_NO_PAD.encode(key.as_bytes()));
        let key = key.map_err(|_| TokenError::Signature)?;
        jsonwebtoken::decode::<Claims>(&self.text, &key, &self.validation())
            .map_err(|_| TokenError::Signature)?;
        let latest = now + TOKEN_SECONDS_MAX + TOKEN_SKEW_SECONDS;
        let in_time = now < self.token.expires_at && self.token.expires_at <= latest;
        in_time.then_some(self.token).ok_or(TokenError::Clock)
    }

    /// The JWT library verifies less strictly than the rest of the protocol does: with a key of small
    /// order it believes signatures that nobody made.
    fn is_strictly_signed(&self, key: &SigningPublic) -> bool {
        let parts = self.text.rsplit_once('.');
        let signed =
            parts.and_then(|(message, signature)| Some((message, binary(signature).ok()?)));
        signed.is_some_and(|(message, signature)| {
            verify_signature(key, message.as_bytes(), &signature)
        })
    }

    /// What the JWT library checks. The time is checked here, so that a test can say what it is.
    fn validation(&self) -> Validation {
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.set_required_spec_claims(&["exp", "aud"]);
        validation.set_audience(&[&self.audience_text]);
        validation.validate_exp = false;
        validation
    }
}

/// An object that begins at the first byte: serde would read an array of its members too.
fn json<T: DeserializeOwned>(part: &str) -> Result<T, TokenError> {
    let bytes = URL_SAFE_NO_PAD.decode(part).map_err(|_| TokenError::Malformed)?;
    if bytes.first() != Some(&b'{') {
        return Err(TokenError::Malformed);
    }
    serde_json::from_slice(&bytes).map_err(|_| TokenError::Malformed)
}

fn binary<const N: usize>(text: &str) -> Result<[u8; N], TokenError> {
    let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| TokenError::Malformed)?;
    bytes.try_into().map_err(|_| TokenError::Malformed)
}

#[cfg(all(test, feature = "testing"))]
mod tests;
