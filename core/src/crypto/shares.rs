//! The root key and the recovery key in shares: some of them restore both, fewer tell nothing.
//!
//! Shamir's scheme, byte by byte in GF(256). A share also says what it belongs to: the workspace, and one splitting
//! of its keys; which of them it is, and how many are needed. A checksum over all of it notices a slip of the pen,
//! and what belongs to something else is told apart from what is damaged. How a share is written on paper is the
//! shell's to say; here it is 78 bytes.
//!
//! ```text
//! share = version(1) number(1) needed·of(1) workspace(3) splitting(2) part(64) checksum(6)
//! ```

use super::keys::{SigningSecret, WrapSecret};
use kahriz_proto::hash::hash_short;
use kahriz_proto::ids::WorkspaceId;
use rand_core::CryptoRng;
use std::fmt;
use thiserror::Error;
use vsss_rs::Gf256;
use zeroize::Zeroizing;

/// Bytes of a share.
pub const SHARE_BYTES: usize = 78;

const VERSION: u8 = 1;
const CHECKSUM_DOMAIN: &str = "kahriz/v1/recovery-share";
const SECRET_BYTES: usize = 64;
/// Where the part of the secret begins, and where it ends and the checksum begins.
const PART_AT: usize = 8;
const CHECKSUM_AT: usize = PART_AT + SECRET_BYTES;
/// Both numbers of a quorum share one byte; nobody keeps track of more sheets than that either.
const OF_MAX: u8 = 15;

/// The two keys that are kept off every device.
#[derive(Clone)]
pub struct RecoveryKeys {
    /// Makes admins; the workspace is named for it.
    pub root: SigningSecret,
    /// Every epoch's key is wrapped to it.
    pub recovery: WrapSecret,
}

impl RecoveryKeys {
    /// The workspace whose root key this is.
    #[must_use]
    pub fn workspace(&self) -> WorkspaceId {
        WorkspaceId::of(&self.root.public())
    }

    fn to_bytes(&self) -> Zeroizing<[u8; SECRET_BYTES]> {
        let mut bytes = Zeroizing::new([0; SECRET_BYTES]);
        bytes[..32].copy_from_slice(self.root.seed().as_slice());
        bytes[32..].copy_from_slice(self.recovery.seed().as_slice());
        bytes
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (root, recovery) = bytes.split_first_chunk::<32>()?;
        let recovery = WrapSecret::from_seed(recovery.try_into().ok()?);
        Some(Self { root: SigningSecret::from_seed(root), recovery })
    }
}

/// How many shares there are, and how many of them restore the keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quorum {
    needed: u8,
    of: u8,
}

impl Quorum {
    /// At least two are needed, or each keeper alone could do everything; and more exist than are needed, or one
    /// lost sheet would lose the workspace. `None` for anything else.
    #[must_use]
    pub fn new(needed: u8, of: u8) -> Option<Self> {
        (needed >= 2 && needed < of && of <= OF_MAX).then_some(Self { needed, of })
    }

    /// How many restore the keys.
    #[must_use]
    pub fn needed(self) -> u8 {
        self.needed
    }

    /// How many there are.
    #[must_use]
    pub fn of(self) -> u8 {
        self.of
    }
}

/// Which splitting a share belongs to: the first bytes of the workspace's id, and a number drawn for the splitting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Belonging {
    workspace: [u8; 3],
    splitting: [u8; 2],
}

impl Belonging {
    /// Whether these shares are of this workspace.
    #[must_use]
    pub fn is_of(self, workspace: WorkspaceId) -> bool {
        workspace.as_bytes()[..3] == self.workspace
    }

    /// What the workspace's id begins with: six hexadecimal digits.
    #[must_use]
    pub fn workspace(self) -> String {
        hex(&self.workspace)
    }
}

impl fmt::Display for Belonging {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", hex(&self.workspace), hex(&self.splitting))
    }
}

/// One share.
#[derive(Clone)]
pub struct Share {
    belonging: Belonging,
    quorum: Quorum,
    number: u8,
    part: Zeroizing<[u8; SECRET_BYTES]>,
}

/// Why bytes are no share.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum NotAShare {
    /// Too few or too many bytes, or numbers that make no sense.
    #[error("this is not a share of recovery keys")]
    Malformed,
    /// The checksum differs: it was altered, or mistyped.
    #[error("the checksum is wrong")]
    Checksum,
    /// A newer program wrote it.
    #[error("this share was written by a newer program: update this one")]
    Newer,
}

impl Share {
    /// The share's bytes, for paper.
    #[must_use]
    pub fn to_bytes(&self) -> Zeroizing<[u8; SHARE_BYTES]> {
        let mut bytes = Zeroizing::new([0; SHARE_BYTES]);
        bytes[..3].copy_from_slice(&[
            VERSION,
            self.number,
            self.quorum.needed << 4 | self.quorum.of,
        ]);
        bytes[3..6].copy_from_slice(&self.belonging.workspace);
        bytes[6..PART_AT].copy_from_slice(&self.belonging.splitting);
        bytes[PART_AT..CHECKSUM_AT].copy_from_slice(self.part.as_slice());
        let checksum = checksum(&bytes);
        bytes[CHECKSUM_AT..].copy_from_slice(&checksum);
        bytes
    }

    /// Reads a share.
    ///
    /// # Errors
    /// [`NotAShare`].
    pub fn from_bytes(bytes: &[u8; SHARE_BYTES]) -> Result<Self, NotAShare> {
        if checksum(bytes) != bytes[CHECKSUM_AT..] {
            return Err(NotAShare::Checksum);
        }
        if bytes[0] != VERSION {
            return Err(NotAShare::Newer);
        }
        let quorum = Quorum::new(bytes[2] >> 4, bytes[2] & 0xf).ok_or(NotAShare::Malformed)?;
        let number = bytes[1];
        if number == 0 || number > quorum.of {
            return Err(NotAShare::Malformed);
        }
        let mut share = Self {
            belonging: Belonging {
                workspace: [bytes[3], bytes[4], bytes[5]],
                splitting: [bytes[6], bytes[7]],
            },
            quorum,
            number,
            part: Zeroizing::new([0; SECRET_BYTES]),
        };
        share.part.copy_from_slice(&bytes[PART_AT..CHECKSUM_AT]);
        Ok(share)
    }

    /// Its number, from 1.
    #[must_use]
    pub fn number(&self) -> u8 {
        self.number
    }

    /// How many there are and how many are needed.
    #[must_use]
    pub fn quorum(&self) -> Quorum {
        self.quorum
    }

    /// Its checksum, for a person to compare two copies by: twelve hexadecimal digits.
    #[must_use]
    pub fn checksum(&self) -> String {
        hex(&self.to_bytes()[CHECKSUM_AT..])
    }

    /// What it belongs to.
    #[must_use]
    pub fn belonging(&self) -> Belonging {
        self.belonging
    }
}

/// Why shares do not restore the keys.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum CombineError {
    /// Too few: they tell nothing at all.
    #[error("{more} more of the shares are needed, any of those that are not here yet")]
    TooFew {
        /// How many are missing.
        more: u8,
    },
    /// The same share twice.
    #[error("this is share {0} again: another one is needed")]
    Twice(u8),
    /// A share of another workspace.
    #[error(
        "this share is of another workspace, whose id begins with {}; the others' begins with {}",
        given.workspace(), held.workspace()
    )]
    AnotherWorkspace {
        /// What it says of itself.
        given: Belonging,
        /// What the others say.
        held: Belonging,
    },
    /// A share of the same workspace from another splitting.
    #[error(
        "this share is of another splitting of the same keys ({given}, the others are of {held}): sheets that were made together belong together"
    )]
    AnotherSplitting {
        /// What it says of itself.
        given: Belonging,
        /// What the others say.
        held: Belonging,
    },
    /// They fit, but what they restore are not the keys of their workspace: one of them was made up.
    #[error("together these shares do not restore the keys: one of them was altered on purpose")]
    Altered,
}

/// Splits both keys. The shares are numbered from 1.
#[must_use]
pub fn split(keys: &RecoveryKeys, quorum: Quorum, rng: &mut dyn CryptoRng) -> Vec<Share> {
    let mut workspace = [0; 3];
    workspace.copy_from_slice(&keys.workspace().as_bytes()[..3]);
    let mut splitting = [0; 2];
    rng.fill_bytes(&mut splitting);
    let belonging = Belonging { workspace, splitting };
    let (needed, of) = (usize::from(quorum.needed), usize::from(quorum.of));
    let parts = Gf256::split_bytes(needed, of, keys.to_bytes().as_slice(), rng)
        .expect("a quorum has between 2 and 15 shares");
    let share = |(part, number): (Vec<u8>, u8)| {
        let part = Zeroizing::new(part);
        let mut share =
            Share { belonging, quorum, number, part: Zeroizing::new([0; SECRET_BYTES]) };
        // The first byte is the share's number, which the library counts as we do.
        share.part.copy_from_slice(&part[1..]);
        share
    };
    parts.into_iter().zip(1..).map(share).collect()
}

/// Whether a share goes together with those that are here, and is not one of them.
///
/// # Errors
/// [`CombineError`] says why not.
pub fn check_fit(held: &[Share], share: &Share) -> Result<(), CombineError> {
    let Some(first) = held.first() else { return Ok(()) };
    let (given, held_of) = (share.belonging, first.belonging);
    if given.workspace != held_of.workspace {
        return Err(CombineError::AnotherWorkspace { given, held: held_of });
    }
    if given != held_of || share.quorum != first.quorum {
        return Err(CombineError::AnotherSplitting { given, held: held_of });
    }
    if held.iter().any(|held| held.number == share.number) {
        return Err(CombineError::Twice(share.number));
    }
    Ok(())
}

/// Restores both keys from as many shares as are needed, or more.
///
/// # Errors
/// [`CombineError`].
pub fn combine(shares: &[Share]) -> Result<RecoveryKeys, CombineError> {
    for (place, share) in shares.iter().enumerate() {
        check_fit(&shares[..place], share)?;
    }
    let Some(first) = shares.first() else { return Err(CombineError::TooFew { more: 2 }) };
    let missing = usize::from(first.quorum.needed).saturating_sub(shares.len());
    if let Some(more) = u8::try_from(missing).ok().filter(|more| *more > 0) {
        return Err(CombineError::TooFew { more });
    }
    let points = shares.iter().map(|share| [&[share.number], share.part.as_slice()].concat());
    let points = Zeroizing::new(points.collect::<Vec<Vec<u8>>>());
    let secret = Gf256::combine_bytes(points.as_slice()).map_err(|_| CombineError::Altered)?;
    let secret = Zeroizing::new(secret);
    RecoveryKeys::from_bytes(&secret)
        .filter(|keys| first.belonging.is_of(keys.workspace()))
        .ok_or(CombineError::Altered)
}

fn checksum(bytes: &[u8; SHARE_BYTES]) -> [u8; SHARE_BYTES - CHECKSUM_AT] {
    hash_short(CHECKSUM_DOMAIN, &[&bytes[..CHECKSUM_AT]])
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests;
