//! Identities, each its own type, each a hash of what it names.
//!
//! Nobody hands out ids here: a workspace, a device, a log and a record are known by a hash of the
//! key or the place that they come from, so two offline phones can never be given the same one.

use crate::hash::{domain, hash_short};
use minicbor::{Decode, Decoder, Encode, Encoder, decode, encode};
use std::fmt;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $len:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name([u8; $len]);

        impl $name {
            /// How many bytes the id has.
            pub const LEN: usize = $len;

            /// The id with exactly these bytes.
            #[must_use]
            pub const fn from_bytes(bytes: [u8; $len]) -> Self {
                Self(bytes)
            }

            /// The id in these bytes, if there are as many as it has.
            #[must_use]
            pub fn from_slice(bytes: &[u8]) -> Option<Self> {
                bytes.try_into().ok().map(Self)
            }

            /// The id in this lower- or upper-case hexadecimal text.
            #[must_use]
            pub fn from_hex(text: &str) -> Option<Self> {
                let mut bytes = [0; $len];
                decode_hex(text, &mut bytes).then_some(Self(bytes))
            }

            /// The bytes of the id.
            #[must_use]
            pub const fn as_bytes(&self) -> &[u8; $len] {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self)
            }
        }

        impl<C> Encode<C> for $name {
            fn encode<W: encode::Write>(
                &self,
                e: &mut Encoder<W>,
                _: &mut C,
            ) -> Result<(), encode::Error<W::Error>> {
                e.bytes(&self.0)?.ok()
            }
        }

        impl<'b, C> Decode<'b, C> for $name {
            fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, decode::Error> {
                let at = d.position();
                Self::from_slice(d.bytes()?)
                    .ok_or_else(|| decode::Error::message("id of the wrong length").at(at))
            }
        }
    };
}

id!(
    /// One organisation's data and its one root of trust: the hash of the root public key.
    WorkspaceId, 16
);
id!(
    /// A team or an area, named once in the roster by its single writer. A record lives in exactly one.
    ScopeId, 8
);
id!(
    /// A member's device: the hash of its signing public key. An invite's key is named the same way.
    DeviceId, 16
);
id!(
    /// One device's append-only log in one scope and generation. The same bytes are the Automerge actor.
    LogId, 16
);
id!(
    /// A record, as a UUID of version 8 (RFC 9562): the hash of its creator's log and a counter.
    RecordId, 16
);
id!(
    /// The hash of a frame's header, by which the frame is known and chained.
    FrameHash, 32
);
id!(
    /// Drawn at random when a relay's store is created, so that a replaced or restored one is noticed.
    Incarnation, 8
);
id!(
    /// The audience of a workspace's tokens: which relay they are meant for. Drawn at random, kept in the roster.
    RelayId, 8
);
id!(
    /// An Ed25519 public key (RFC 8032), not yet known to be a valid point.
    SigningPublic, 32
);

impl WorkspaceId {
    /// The workspace whose root of trust is this key.
    #[must_use]
    pub fn of(root: &SigningPublic) -> Self {
        Self(hash_short(domain::WORKSPACE, &[root.as_bytes()]))
    }
}

impl RelayId {
    /// The audience of what the root key signs: who has only that key can know no other.
    #[must_use]
    pub fn of_root(root: &SigningPublic) -> Self {
        Self(hash_short(domain::ROOT_AUDIENCE, &[root.as_bytes()]))
    }
}

impl DeviceId {
    /// The device (or invite) that signs with this key.
    #[must_use]
    pub fn of(key: &SigningPublic) -> Self {
        Self(hash_short(domain::DEVICE, &[key.as_bytes()]))
    }
}

impl LogId {
    /// The log that a device writes in a scope. `generation` counts from 1 and is new whenever the
    /// device's store may have been rolled back or copied.
    #[must_use]
    pub fn of(device: DeviceId, scope: ScopeId, generation: u32) -> Self {
        let parts: [&[u8]; 3] = [device.as_bytes(), scope.as_bytes(), &generation.to_be_bytes()];
        Self(hash_short(domain::LOG, &parts))
    }
}

impl RecordId {
    /// The `counter`th record (from 1) that was created in a log.
    #[must_use]
    pub fn of(creator: LogId, counter: u64) -> Self {
        let parts: [&[u8]; 2] = [creator.as_bytes(), &counter.to_be_bytes()];
        let mut bytes: [u8; 16] = hash_short(domain::RECORD, &parts);
        bytes[6] = 0x80 | (bytes[6] & 0x0f);
        bytes[8] = 0x80 | (bytes[8] & 0x3f);
        Self(bytes)
    }

    /// The usual text form of a UUID, 8-4-4-4-12.
    #[must_use]
    pub fn to_uuid(self) -> String {
        let hex = self.to_string();
        let parts = [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]];
        parts.join("-")
    }

    /// The record named by a UUID's text form, with or without hyphens.
    #[must_use]
    pub fn from_uuid(text: &str) -> Option<Self> {
        Self::from_hex(&text.replace('-', ""))
    }
}

impl FrameHash {
    /// What the first frame of a log names as the one before it.
    pub const NONE: Self = Self([0; 32]);
}

fn decode_hex(text: &str, into: &mut [u8]) -> bool {
    let digits = text.as_bytes();
    digits.len() == into.len() * 2
        && into.iter_mut().zip(digits.chunks_exact(2)).all(|(byte, pair)| {
            let high = char::from(pair[0]).to_digit(16);
            let low = char::from(pair[1]).to_digit(16);
            match (high, low) {
                (Some(high), Some(low)) => {
                    *byte = u8::try_from(high * 16 + low).unwrap_or_default();
                    true
                }
                _ => false,
            }
        })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_record_id_is_a_uuid_of_version_8_and_reads_back() {
        let log = LogId::from_bytes([7; 16]);
        let id = RecordId::of(log, 1);
        assert_eq!(&id.to_uuid()[14..15], "8");
        assert_eq!(RecordId::from_uuid(&id.to_uuid()), Some(id));
        assert_ne!(id, RecordId::of(log, 2));
    }

    #[test]
    fn another_generation_is_another_log() {
        let (device, scope) = (DeviceId::from_bytes([1; 16]), ScopeId::from_bytes([2; 8]));
        assert_ne!(LogId::of(device, scope, 1), LogId::of(device, scope, 2));
    }

    #[test]
    fn hex_that_is_too_short_or_no_hex_is_no_id() {
        assert_eq!(ScopeId::from_hex("0011"), None);
        assert_eq!(ScopeId::from_hex("zz11223344556677"), None);
        assert!(ScopeId::from_hex("0011223344556677").is_some());
    }
}
