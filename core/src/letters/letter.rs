//! The bytes of one letter: a head with the key for each who may open it, and sealed entries one after
//! another, so that a save only appends.
//!
//! ```text
//! letter = length of head (4 bytes, big-endian) | head | entry*
//! head   = [ version 1, workspace, device, salt (16), [ wrap* ] ]
//! entry  = length (4 bytes, big-endian) | mark (16) | nonce (24) | XChaCha20-Poly1305( scope (8) | signature (64) | packed | padding )
//! ```
//!
//! A letter ends where its bytes do, at a length of zero (room that was reserved), or in the middle of an
//! entry that a crash has cut; the entries before are whole. Each entry is bound to the head and to its
//! number, so none can be moved or left out in the middle unseen.

use super::statement::Signed;
use crate::crypto::letter::{ENTRY_OVERHEAD, MARK_BYTES, MarkName};
use crate::crypto::{LetterKey, MarkKey, WrapSecret, domain, open_sealed, seal_to};
use crate::record::ChangeId;
use kahriz_proto::hash::hash;
use kahriz_proto::ids::{DeviceId, ScopeId, WorkspaceId};
use kahriz_proto::limits::LETTER_BYTES_MAX;
use kahriz_proto::roster::Wrap;
use minicbor::{Decode, Encode};
use rand_core::CryptoRng;
use thiserror::Error;

/// A letter that has come to this is closed and another begun. One change of the largest size fits a
/// letter of its own.
pub const LETTER_BYTES_AIM: usize = 192 * 1024;

/// Who can open one letter, at most: their wraps take 57 of its 256 KiB, and the largest change the rest.
pub const RECIPIENTS_MAX: usize = 48;

const VERSION: u8 = 1;
const LENGTH_BYTES: usize = 4;
const SALT_BYTES: usize = 16;
const SIGNATURE_BYTES: usize = 64;
/// Entries are padded to a multiple of this, as frames are.
const PADDED_TO: usize = 32;

#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
struct Head {
    #[n(0)]
    version: u8,
    #[n(1)]
    workspace: WorkspaceId,
    #[n(2)]
    device: DeviceId,
    #[cbor(n(3), with = "minicbor::bytes")]
    salt: [u8; SALT_BYTES],
    #[n(4)]
    wraps: Vec<Wrap>,
}

/// Why bytes are no letter.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum LetterError {
    /// Not the form of a letter, or cut short within its head.
    #[error("this is no letter, or its beginning is damaged")]
    Malformed,
    /// Of a version that this code does not know: the device is newer.
    #[error("this letter was written by a newer version: update this device")]
    Newer,
}

/// A letter as it was read: sealed.
#[derive(Debug)]
pub struct Letter<'a> {
    head: Head,
    binding: [u8; 32],
    entries: Vec<(&'a [u8], &'a [u8])>,
    /// How many of the bytes are the letter's: up to the end of its last whole entry.
    pub len: usize,
}

/// What was found in an opened letter.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Contents {
    /// The statements, in the order of writing; their signatures are still to be verified.
    pub statements: Vec<Signed>,
    /// Entries that do not open.
    pub damaged: u32,
}

impl<'a> Letter<'a> {
    /// Reads whatever bytes there are.
    ///
    /// # Errors
    /// [`LetterError`].
    pub fn read(bytes: &'a [u8]) -> Result<Self, LetterError> {
        let (head_bytes, mut rest) = prefixed(bytes).ok_or(LetterError::Malformed)?;
        let head: Head = minicbor::decode(head_bytes).map_err(|_| LetterError::Malformed)?;
        if head.version != VERSION {
            return Err(LetterError::Newer);
        }
        let (mut entries, mut len) = (vec![], LENGTH_BYTES + head_bytes.len());
        while let Some((entry, after)) = prefixed(rest) {
            let Some(parts) = entry.split_at_checked(MARK_BYTES) else { break };
            entries.push(parts);
            len += LENGTH_BYTES + entry.len();
            rest = after;
        }
        Ok(Self { head, binding: hash(domain::LETTER_KEY, &[head_bytes]), entries, len })
    }

    /// The workspace that it is of.
    #[must_use]
    pub fn workspace(&self) -> WorkspaceId {
        self.head.workspace
    }

    /// The device that says it has written it.
    #[must_use]
    pub fn device(&self) -> DeviceId {
        self.head.device
    }

    /// The names of the changes whose entries are here as they were written, to who holds their key.
    pub fn names<'m>(&'m self, key: &'m MarkKey) -> impl Iterator<Item = MarkName> + 'm {
        self.entries.iter().filter_map(|(mark, sealed)| key.read(mark, sealed))
    }

    /// How many entries there are.
    #[must_use]
    pub fn entries(&self) -> usize {
        self.entries.len()
    }

    /// The letter's key, if it is wrapped to this recipient (`None` is recovery).
    #[must_use]
    pub fn key(&self, recipient: Option<DeviceId>, secret: &WrapSecret) -> Option<LetterKey> {
        let mine = self.head.wraps.iter().filter(|wrap| wrap.recipient == recipient);
        let mut keys = mine.filter_map(|wrap| {
            let plain = open_sealed(&wrap.sealed, secret, domain::LETTER_KEY).ok()?;
            LetterKey::from_bytes(&plain)
        });
        keys.next()
    }

    /// Opens every entry that can be opened.
    #[must_use]
    pub fn open(&self, key: &LetterKey) -> Contents {
        let mut contents = Contents::default();
        for (number, (_, sealed)) in (1_u32..).zip(&self.entries) {
            let plain = key.open(&place(&self.binding, number), sealed);
            match plain.and_then(|plain| self.statement(&plain)) {
                Some(signed) => contents.statements.push(signed),
                None => contents.damaged += 1,
            }
        }
        contents
    }

    fn statement(&self, padded: &[u8]) -> Option<Signed> {
        let end = padded.iter().rposition(|byte| *byte != 0)?;
        let plain = padded.get(..end).filter(|_| padded[end] == 0x80)?;
        let (scope, rest) = plain.split_at_checked(ScopeId::LEN)?;
        let (signature, packed) = rest.split_first_chunk::<SIGNATURE_BYTES>()?;
        Some(Signed {
            device: self.head.device,
            scope: ScopeId::from_slice(scope)?,
            signature: *signature,
            packed: packed.to_vec(),
        })
    }
}

/// A letter that is being written. It can add to what is written and open none of it: its key is forgotten
/// with it.
pub struct LetterWriter {
    key: LetterKey,
    binding: [u8; 32],
    entries: u32,
    /// Bytes of the letter so far.
    pub len: usize,
}

impl LetterWriter {
    /// Begins a letter for these recipients (`None` is recovery) and their wrapping keys; gives its first
    /// bytes. A key that is none is left out; `None` if there is no recipient then.
    #[must_use]
    pub fn begin(
        workspace: WorkspaceId,
        device: DeviceId,
        recipients: &[(Option<DeviceId>, Vec<u8>)],
        rng: &mut dyn CryptoRng,
    ) -> Option<(Self, Vec<u8>)> {
        let key = LetterKey::generate(rng);
        let mut salt = [0; SALT_BYTES];
        rng.fill_bytes(&mut salt);
        let mut wraps = vec![];
        for (recipient, to) in recipients.iter().take(RECIPIENTS_MAX) {
            let sealed = seal_to(to, domain::LETTER_KEY, key.as_bytes(), rng);
            wraps.extend(sealed.ok().map(|sealed| Wrap { recipient: *recipient, sealed }));
        }
        if wraps.is_empty() {
            return None;
        }
        let head = Head { version: VERSION, workspace, device, salt, wraps };
        let head = minicbor::to_vec(head).expect("writing to a vector cannot fail");
        let binding = hash(domain::LETTER_KEY, &[&head]);
        let bytes = with_length(&[&head]);
        Some((Self { key, binding, entries: 0, len: bytes.len() }, bytes))
    }

    /// Whether a statement still fits into this letter. The first one always does: the largest permitted
    /// change beside the most wraps is under the limit.
    #[must_use]
    pub fn has_room_for(&self, signed: &Signed) -> bool {
        let len = self.len + entry_len(signed);
        len <= LETTER_BYTES_AIM || (self.entries == 0 && len <= LETTER_BYTES_MAX)
    }

    /// The bytes of the next entry, to be appended to those before.
    #[must_use]
    pub fn entry(&mut self, marks: &MarkKey, change: &ChangeId, signed: &Signed) -> Vec<u8> {
        self.entries += 1;
        let parts: [&[u8]; 4] =
            [signed.scope.as_bytes(), &signed.signature, &signed.packed, &[0x80]];
        let mut plain = parts.concat();
        plain.resize(plain.len().next_multiple_of(PADDED_TO), 0);
        let sealed = self.key.seal(&place(&self.binding, self.entries), &plain);
        let bytes = with_length(&[&marks.mark(change, &sealed), &sealed]);
        self.len += bytes.len();
        bytes
    }
}

fn entry_len(signed: &Signed) -> usize {
    let plain = ScopeId::LEN + SIGNATURE_BYTES + signed.packed.len() + 1;
    LENGTH_BYTES + MARK_BYTES + ENTRY_OVERHEAD + plain.next_multiple_of(PADDED_TO)
}

fn place(binding: &[u8; 32], number: u32) -> Vec<u8> {
    [&binding[..], &number.to_be_bytes()].concat()
}

fn with_length(parts: &[&[u8]]) -> Vec<u8> {
    let len: usize = parts.iter().map(|part| part.len()).sum();
    let len = u32::try_from(len).expect("a letter's parts are far shorter");
    [&len.to_be_bytes()[..], &parts.concat()].concat()
}

/// What stands behind a length, and what comes after; `None` at the end, be it where it may.
fn prefixed(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (len, rest) = bytes.split_first_chunk::<LENGTH_BYTES>()?;
    let len = usize::try_from(u32::from_be_bytes(*len)).ok()?;
    (len > 0).then(|| rest.split_at_checked(len)).flatten()
}
