//! At headquarters: what devices have deposited that could not sync any more, and what becomes of it.
//!
//! A letter of a member is adopted as soon as it is here: it is that member's own signed work. One of a
//! device that was revoked waits for a person, because whoever held the phone could have written it. What
//! is adopted goes out in headquarters' own frames, under its author's name and signature.
//!
//! The relay lets go of a letter once one headquarters has kept it, so where there are two, the second never holds the
//! letter itself. That suffices: what is adopted reaches it as frames, like everybody, and a letter that waits or was
//! rejected stays with the person at the first; the device that wrote it keeps its file, which can be carried anywhere.

mod opened;
mod settle;
mod view;

pub use view::{LetterState, LetterView};

use super::error::ONLY_A_COPY;
use super::identity::Identity;
use super::incoming::of_content;
use super::lettering::opener;
use super::{Claimed, Grounds, Workspace};
use crate::crypto::{LetterKey, WrapSecret};
use crate::letters::{Cover, Letter, LetterError};
use crate::merge::MergeError;
use crate::store::letters;
use crate::store::{is_disk_full, members};
use kahriz_proto::hash::{domain, hash};
use kahriz_proto::letter::Deposit;
use kahriz_proto::limits::{LETTER_BYTES_MAX, LETTERS_BYTES_PER_DEVICE_MAX};
use kahriz_proto::roster::{Member, Role};
use opened::{Opened, is_member};
use settle::{adopt, settle_one};
use thiserror::Error;
use view::view;

/// What taking or deciding on a letter came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct LettersSettled {
    /// Letters that were adopted.
    pub adopted: u64,
    /// Changes that were taken from them.
    pub changes: u64,
    /// Letters of which everything was here already, or is now.
    pub closed: u64,
    /// Letters that wait for a person.
    pub waiting: u64,
}

/// Why a letter cannot be taken or decided on.
#[derive(Debug, Error)]
pub enum LettersError {
    /// Only headquarters does this.
    #[error("only headquarters reads letters")]
    NotHeadquarters,
    /// The store was brought back from a backup, and is for reading only.
    #[error("{}", ONLY_A_COPY)]
    Copy,
    /// There is no such letter.
    #[error("there is no letter of that number: look at the list again")]
    NoLetter,
    /// Not a letter.
    #[error(transparent)]
    Letter(#[from] LetterError),
    /// Of another workspace, or of a device that is in no roster entry here.
    #[error(
        "this letter is of another workspace, or of a device that is not known here: sync first"
    )]
    Stranger,
    /// This device has so many letters here that another is not taken until they are decided on.
    #[error("too many letters of this device wait: adopt or reject those first")]
    TooMany,
    /// Nobody here can open it.
    #[error("this letter cannot be opened here: it was sealed for other keys")]
    Sealed,
    /// The disk is full.
    #[error("the disk is full; free some space and try again")]
    DiskFull,
    /// What it states does not fit what is here.
    #[error("what the letter says does not fit what is here")]
    Misfit,
    /// The database.
    #[error("the store cannot be read or written")]
    Database(rusqlite::Error),
}

impl From<rusqlite::Error> for LettersError {
    fn from(error: rusqlite::Error) -> Self {
        if is_disk_full(&error) { Self::DiskFull } else { Self::Database(error) }
    }
}

impl From<MergeError> for LettersError {
    fn from(error: MergeError) -> Self {
        match of_content(error) {
            MergeError::Park(_) | MergeError::NoEngine => Self::Misfit,
            MergeError::Database(error) => error.into(),
        }
    }
}

impl Workspace {
    /// Takes a letter that was deposited. One that is here already is left as it is; says whether it is new.
    ///
    /// # Errors
    /// [`LettersError`]; a relay should keep it then if it is [`LettersError::TooMany`] or the disk's fault.
    pub fn take_deposit(&self, deposit: &Deposit) -> Result<bool, LettersError> {
        let identity = self.headquarters()?;
        let member = identity.roster.member(deposit.device).ok_or(LettersError::Stranger)?;
        let is_ours = deposit.workspace == identity.roster.workspace()
            && deposit.is_signed(&member.keys.sign)
            && Letter::read(&deposit.letter)?.device() == deposit.device;
        if !is_ours {
            return Err(LettersError::Stranger);
        }
        self.take_letter(&identity, &deposit.letter)
    }

    /// Takes a letter's file, as it was copied from a device by hand.
    ///
    /// # Errors
    /// [`LettersError`].
    pub fn import_letter(&self, file: &[u8]) -> Result<bool, LettersError> {
        let identity = self.headquarters()?;
        let (_, letter) = Cover::read(file)?;
        self.take_letter(&identity, letter)
    }

    /// Every letter that is here, in the order of arrival.
    ///
    /// # Errors
    /// [`LettersError`].
    pub fn letters(&self) -> Result<Vec<LetterView>, LettersError> {
        let identity = self.headquarters()?;
        self.store.read(|conn| {
            let names = members::people(conn)?;
            let mut views = vec![];
            for (id, _, _) in letters::all(conn)? {
                let Some(kept) = letters::get(conn, id)? else { continue };
                let opened = Opened::of(conn, &identity, &kept)?;
                let officer = names.get(&kept.device).cloned().unwrap_or_default().officer;
                views.push(view(&identity, &kept, &opened, officer));
            }
            Ok(views)
        })
    }

    /// Adopts a letter: its changes are taken in and handed on, as far as what they build on is here. What
    /// is early follows by itself.
    ///
    /// # Errors
    /// [`LettersError`].
    pub fn adopt(&self, letter: i64, grounds: &Grounds<'_>) -> Result<u64, LettersError> {
        let identity = self.headquarters()?;
        self.store.write(|tx| {
            let kept = letters::get(tx, letter)?.ok_or(LettersError::NoLetter)?;
            if kept.key.is_none() {
                return Err(LettersError::Sealed);
            }
            let opened = Opened::of(tx, &identity, &kept)?;
            let Grounds { who, why, claimed } = grounds;
            letters::decide(tx, letter, state::ADOPTED, who, why.trim(), claimed.ms)?;
            adopt(tx, &identity, self.engine.as_ref(), &opened)
        })
    }

    /// Decides against a letter. It is kept, and can still be adopted.
    ///
    /// # Errors
    /// [`LettersError`].
    pub fn reject_letter(&self, letter: i64, grounds: &Grounds<'_>) -> Result<(), LettersError> {
        let _identity = self.headquarters()?;
        self.store.write(|tx| {
            letters::get(tx, letter)?.ok_or(LettersError::NoLetter)?;
            let Grounds { who, why, claimed } = grounds;
            Ok(letters::decide(tx, letter, state::REJECTED, who, why.trim(), claimed.ms)?)
        })
    }

    /// Adopts what needs nobody's decision, goes on with what was adopted and came too early, and closes
    /// letters of which everything is here. Those that wait for a person are looked into only if `all` are,
    /// because that costs as much as reading them.
    ///
    /// # Errors
    /// [`LettersError`].
    pub fn settle_deposits(
        &self,
        all: bool,
        claimed: Claimed,
    ) -> Result<LettersSettled, LettersError> {
        let identity = self.headquarters()?;
        let engine = self.engine.as_ref();
        let mut settled = LettersSettled::default();
        for (id, device, state) in self.store.read(letters::all)? {
            if !(all || state == state::ADOPTED || is_member(&identity, device)) {
                settled.waiting += u64::from(state == state::WAITING);
                continue;
            }
            let one = self.store.write(|tx| settle_one(tx, &identity, engine, id, claimed));
            match one {
                Ok(one) => settled.add(one),
                // One letter that does not fit must not keep the others from being read.
                Err(LettersError::Misfit) => settled.waiting += 1,
                Err(error) => return Err(error),
            }
        }
        Ok(settled)
    }

    /// Opens, with the recovery key, the letters that nobody here can open. Says how many.
    ///
    /// # Errors
    /// [`LettersError`].
    pub fn unlock_letters(&self, recovery: &WrapSecret) -> Result<u64, LettersError> {
        let _identity = self.headquarters()?;
        self.store.write(|tx| {
            let mut unlocked = 0;
            for (id, _, _) in letters::all(tx)? {
                let Some(kept) = letters::get(tx, id)?.filter(|kept| kept.key.is_none()) else {
                    continue;
                };
                let key = Letter::read(&kept.letter)?.key(None, recovery);
                if let Some(key) = key {
                    letters::set_key(tx, id, key.as_bytes())?;
                    unlocked += 1;
                }
            }
            Ok(unlocked)
        })
    }

    fn take_letter(&self, identity: &Identity, letter: &[u8]) -> Result<bool, LettersError> {
        let read = Letter::read(letter)?;
        let is_ours = read.workspace() == identity.roster.workspace()
            && identity.roster.member(read.device()).is_some();
        if !is_ours || letter.len() > LETTER_BYTES_MAX {
            return Err(LettersError::Stranger);
        }
        let (recipient, secret) = opener(identity);
        let key = read.key(recipient, secret);
        let hash = hash(domain::DEPOSIT, &[letter]);
        self.store.write(|tx| {
            let held = letters::bytes_of(tx, read.device())? + letter.len() as u64;
            if !letters::is_kept(tx, &hash)? && held > LETTERS_BYTES_PER_DEVICE_MAX as u64 {
                return Err(LettersError::TooMany);
            }
            let key = key.as_ref().map(LetterKey::as_bytes);
            Ok(letters::keep(tx, &hash, read.device(), letter, key)?)
        })
    }

    fn headquarters(&self) -> Result<std::sync::RwLockReadGuard<'_, Identity>, LettersError> {
        let identity = self.identity();
        let is_live =
            |member: &Member| member.role == Role::Headquarters && member.revoked.is_none();
        let may = identity.member().is_some_and(is_live);
        may.then_some(identity).ok_or(LettersError::NotHeadquarters)
    }
}

mod state {
    pub(super) const WAITING: u8 = 0;
    pub(super) const ADOPTED: u8 = 1;
    pub(super) const REJECTED: u8 = 2;
}

impl LettersSettled {
    fn add(&mut self, one: Self) {
        self.adopted += one.adopted;
        self.changes += one.changes;
        self.closed += one.closed;
        self.waiting += one.waiting;
    }
}
