//! What the two sides of one sync exchange say besides frames.
//!
//! A request is its control part, then the pushed frames; an answer is its control part, then the
//! pulled items (`item`). Both control parts are integer-keyed CBOR maps in which everything ordinary
//! is left out, so that an idle exchange is a cursor one way and a byte or two the other.

use crate::cursor::{Cursor, Position};
use crate::hash::{domain, hash_short};
use crate::ids::{Incarnation, LogId};
use minicbor::{Decode, Encode};

/// The control part of `POST /v1/sync`.
#[derive(Clone, Debug, PartialEq, Eq, Default, Encode, Decode)]
#[cbor(map)]
pub struct SyncRequest {
    /// How far the caller has read each scope that it is granted.
    #[n(0)]
    pub cursors: Vec<Cursor>,
    /// The number of the last roster entry that the caller holds.
    #[n(1)]
    pub roster: u64,
    /// Bytes of items that the caller wants at most; nothing is pulled at 0.
    #[n(2)]
    pub page_bytes: u32,
    /// The first pushed item continues a frame of which the relay holds this many bytes.
    #[n(3)]
    pub push_offset: Option<u32>,
    /// The first pulled item continues the one at this place.
    #[n(4)]
    pub pull_from: Option<PullFrom>,
    /// The caller wants to know what the relay holds of its own logs, because it isn't sure.
    #[n(5)]
    pub ask_logs: Option<bool>,
    /// The caller has lost frames that it has sealed itself: they are to come as bytes, and not as their hashes.
    #[n(6)]
    pub own: Option<bool>,
}

/// An item of which the caller holds the first bytes already.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct PullFrom {
    /// The scope, by its place in `cursors`.
    #[n(0)]
    pub scope: u32,
    /// The position of the item.
    #[n(1)]
    pub position: Position,
    /// How many bytes of the encoded item, its length prefix included, are here.
    #[n(2)]
    pub offset: u32,
}

/// The control part of the answer to `POST /v1/sync`.
#[derive(Clone, Debug, PartialEq, Eq, Default, Encode, Decode)]
#[cbor(map)]
pub struct SyncAnswer {
    /// One for each pushed frame that was received whole, in order. Left out when all were stored.
    #[n(0)]
    pub verdicts: Option<Vec<Verdict>>,
    /// How many pushed frames were received whole.
    #[n(1)]
    pub received: Option<u32>,
    /// What the relay holds of the caller's own logs, if it asked.
    #[n(2)]
    pub logs: Option<Vec<LogState>>,
    /// The frame of the caller's of which only the first bytes are held.
    #[n(3)]
    pub partial: Option<Partial>,
    /// The number of the roster's last entry, if the caller does not hold it.
    #[n(4)]
    pub roster: Option<u64>,
    /// Cursors that mean nothing here (another incarnation, another past), by their place in the
    /// request: reading those scopes starts again at their beginning.
    #[n(5)]
    pub restart: Option<Vec<u32>>,
    /// The relay's incarnation, if any cursor names another.
    #[n(6)]
    pub incarnation: Option<Incarnation>,
    /// The page ends before the scopes do: ask again.
    #[n(7)]
    pub more: Option<bool>,
    /// The first item continues at the byte that was asked for.
    #[n(8)]
    pub resumed: Option<bool>,
    /// Scopes of the request that the caller is not granted, by their place in it.
    #[n(9)]
    pub not_granted: Option<Vec<u32>>,
}

/// What became of one pushed frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Verdict {
    /// On the relay's disk.
    #[n(0)]
    Stored,
    /// Was there already.
    #[n(1)]
    Duplicate,
    /// The frames before it in its log are not here yet.
    #[n(2)]
    Gap,
    /// Another frame stands at its place in the log: the log was forked. Both are kept as evidence.
    #[n(3)]
    Fork,
    /// Not a frame, or altered on the way.
    #[n(4)]
    Malformed,
    /// The signature is not its device's.
    #[n(5)]
    Signature,
    /// Its device is no member, or was revoked.
    #[n(6)]
    NotMember,
    /// Its device is not granted the scope.
    #[n(7)]
    NotInScope,
    /// Names an epoch that the scope has not started.
    #[n(8)]
    UnknownEpoch,
    /// The device or the workspace is over its quota.
    #[n(9)]
    OverQuota,
    /// The relay's disk is nearly full; it still answers reads.
    #[n(10)]
    DiskFull,
}

impl Verdict {
    /// Whether the relay holds the frame.
    #[must_use]
    pub fn is_held(self) -> bool {
        matches!(self, Self::Stored | Self::Duplicate)
    }

    /// Whether sending the same frame again, later, could be of use.
    #[must_use]
    pub fn is_worth_retrying(self) -> bool {
        matches!(
            self,
            // The last two: what was altered on the way is whole here.
            Self::Gap
                | Self::UnknownEpoch
                | Self::OverQuota
                | Self::DiskFull
                | Self::Malformed
                | Self::Signature
        )
    }
}

/// How far the relay holds one log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct LogState {
    /// The log.
    #[n(0)]
    pub log: LogId,
    /// The number of its last frame.
    #[n(1)]
    pub seq: u64,
    /// The first eight bytes of that frame's hash.
    #[cbor(n(2), with = "minicbor::bytes")]
    pub tag: [u8; 8],
}

/// A frame of the caller's that arrived in part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Partial {
    /// Bytes of the encoded item, its length prefix included, that are held.
    #[n(0)]
    pub len: u32,
    /// [`partial_tag`] of those bytes.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub tag: [u8; 8],
}

/// The tag by which a partly received item is recognised by the one who holds the whole of it.
#[must_use]
pub fn partial_tag(bytes: &[u8]) -> [u8; 8] {
    hash_short(domain::PARTIAL, &[bytes])
}

/// Why a request was refused as a whole (status 401, 403, 404, 413, 429 or 507), as CBOR.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Refusal {
    /// What was wrong.
    #[n(0)]
    pub reason: RefusalReason,
    /// The relay's time in seconds since 1970, so that a phone with a wrong clock can sign once more.
    #[n(1)]
    pub relay_time: u64,
}

/// What was wrong with a request as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum RefusalReason {
    /// The token is missing, malformed, for another relay, or wrongly signed.
    #[n(0)]
    Token,
    /// The token is not of this time: sign again with the relay's.
    #[n(1)]
    Clock,
    /// The token was used before.
    #[n(2)]
    Replayed,
    /// The signer is no member of any workspace here.
    #[n(3)]
    NotMember,
    /// The signer was revoked.
    #[n(4)]
    Revoked,
    /// The signer's role does not allow this.
    #[n(5)]
    Role,
    /// The request is malformed.
    #[n(6)]
    Malformed,
    /// A limit was passed.
    #[n(7)]
    Limit,
    /// Not found here.
    #[n(8)]
    NotFound,
    /// The relay is nearly full, or in trouble, and takes nothing now.
    #[n(9)]
    Unavailable,
    /// The roster entry does not follow the last one: fetch and try again.
    #[n(10)]
    RosterMoved,
}

/// The answer to `GET /v1/roster?after=N`: the entries after the Nth, as their exact bytes, in order, and the
/// caller's own keys. In a `POST`, by headquarters: everybody's.
#[derive(Clone, Debug, PartialEq, Eq, Default, Encode, Decode)]
#[cbor(map)]
pub struct RosterPage {
    /// Encoded [`crate::roster::Entry`]s.
    #[n(0)]
    pub entries: Vec<minicbor::bytes::ByteVec>,
    /// Epoch keys that came with these entries.
    #[n(1)]
    pub keys: Option<Vec<KeyWrap>>,
}

/// An epoch's key for one device. It stands beside the roster and is not signed: what is inside must be the key whose
/// hash the epoch's entry names.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct KeyWrap {
    /// The scope.
    #[n(0)]
    pub scope: crate::ids::ScopeId,
    /// The epoch.
    #[n(1)]
    pub epoch: u32,
    /// Whose it is.
    #[n(2)]
    pub device: crate::ids::DeviceId,
    /// HPKE's encapsulated key followed by the ciphertext.
    #[cbor(n(3), with = "minicbor::bytes")]
    pub sealed: Vec<u8>,
}

/// What one scope's event stream says: only that the scope has reached a position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Advanced {
    /// The scope.
    pub scope: crate::ids::ScopeId,
    /// Its last position.
    pub position: Position,
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::ids::ScopeId;

    #[test]
    fn an_idle_exchange_is_a_cursor_one_way_and_one_byte_the_other() {
        let request = SyncRequest {
            cursors: vec![Cursor {
                position: 70_000,
                ..Cursor::start(ScopeId::from_bytes([1; 8]))
            }],
            roster: 12,
            page_bytes: 512 * 1024,
            ..SyncRequest::default()
        };
        let bytes = minicbor::to_vec(&request).unwrap();
        assert!(bytes.len() <= 56, "{}", bytes.len());
        assert_eq!(minicbor::decode::<SyncRequest>(&bytes).unwrap(), request);
        assert_eq!(minicbor::to_vec(SyncAnswer::default()).unwrap().len(), 1);
    }
}
