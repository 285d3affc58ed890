//! At headquarters: what devices have deposited that could not sync any more, and what becomes of it.
//!
//! A letter of a member is adopted as soon as it is here: it is that member's own signed work. One of a
//! device that was revoked waits for a person, because whoever held the phone could have written it. What
//! is adopted goes out in headquarters' own frames, under its author's name and signature.

use super::error::ONLY_A_COPY;
use super::identity::{GENERATION, Identity};
use super::incoming::of_content;
use super::lettering::opener;
use super::rows::RowWriter;
use super::{Claimed, Workspace};
use crate::crypto::{LetterKey, WrapSecret};
use crate::letters::{Contents, Cover, Letter, LetterError, Said, Signed};
use crate::merge::{self, Found, MergeError};
use crate::record::Engine;
use crate::store::letters::{self, KeptLetter};
use crate::store::{is_disk_full, logs, members};
use kahriz_proto::hash::{domain, hash};
use kahriz_proto::ids::{DeviceId, RecordId, ScopeId};
use kahriz_proto::letter::Deposit;
use kahriz_proto::limits::{LETTER_BYTES_MAX, LETTERS_BYTES_PER_DEVICE_MAX};
use kahriz_proto::roster::{Member, Role};
use rusqlite::{Connection, Transaction};
use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use thiserror::Error;

/// What a person is told was the reason when nobody was asked.
const OF_A_MEMBER: &str = "a member's own work";

/// What became of a letter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LetterState {
    /// It waits for a person.
    Waiting,
    /// It is adopted; what of it is still new waits for what it builds on.
    Adopted {
        /// Why.
        reason: String,
    },
    /// A person has decided against it. It is kept.
    Rejected {
        /// Why.
        reason: String,
    },
    /// Nobody here can open it: it was sealed for others, or is rubbish. Recovery may.
    Sealed,
}

/// A letter, as a person looks at it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LetterView {
    /// Its number here.
    pub id: i64,
    /// The device that says it has written it.
    pub device: DeviceId,
    /// The officer who uses that device.
    pub officer: String,
    /// Whether the device was revoked.
    pub revoked: bool,
    /// Changes that the device has really signed.
    pub entries: usize,
    /// The records that they are of.
    pub records: Vec<RecordId>,
    /// How many of them are not here yet.
    pub new_changes: usize,
    /// How many contradict what is here: another change stands at their place.
    pub contradicting: usize,
    /// The first and last time that they claim.
    pub claimed: Option<(Claimed, Claimed)>,
    /// Entries that do not open, or that the device has not signed.
    pub damaged: usize,
    /// What became of it.
    pub state: LetterState,
}

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
    pub fn adopt(&self, letter: i64, reason: &str, claimed: Claimed) -> Result<u64, LettersError> {
        let identity = self.headquarters()?;
        self.store.write(|tx| {
            let kept = letters::get(tx, letter)?.ok_or(LettersError::NoLetter)?;
            if kept.key.is_none() {
                return Err(LettersError::Sealed);
            }
            let opened = Opened::of(tx, &identity, &kept)?;
            letters::decide(tx, letter, state::ADOPTED, reason.trim(), claimed.ms)?;
            adopt(tx, &identity, self.engine.as_ref(), &opened)
        })
    }

    /// Decides against a letter. It is kept, and can still be adopted.
    ///
    /// # Errors
    /// [`LettersError`].
    pub fn reject_letter(
        &self,
        letter: i64,
        reason: &str,
        claimed: Claimed,
    ) -> Result<(), LettersError> {
        let _identity = self.headquarters()?;
        self.store.write(|tx| {
            letters::get(tx, letter)?.ok_or(LettersError::NoLetter)?;
            Ok(letters::decide(tx, letter, state::REJECTED, reason.trim(), claimed.ms)?)
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

/// An opened letter, held against what is here.
#[derive(Default)]
struct Opened {
    statements: Vec<(Signed, Said, Found)>,
    damaged: usize,
}

impl Opened {
    fn of(conn: &Connection, identity: &Identity, kept: &KeptLetter) -> rusqlite::Result<Self> {
        let mut opened = Self::default();
        let Contents { statements, damaged } = contents(kept);
        opened.damaged = damaged as usize;
        let member = identity.roster.member(kept.device);
        let mut seen = BTreeSet::new();
        for signed in statements {
            let Some(said) = member.and_then(|member| verified(identity, member, &signed)) else {
                opened.damaged += 1;
                continue;
            };
            // What was owed and written again stands twice.
            if seen.insert(said.change.id()) {
                let found = merge::find(conn, &signed, &said)?;
                opened.statements.push((signed, said, found));
            }
        }
        Ok(opened)
    }

    fn count(&self, what: Found) -> usize {
        self.statements.iter().filter(|(_, _, found)| *found == what).count()
    }
}

/// What stands in a letter; nothing if it cannot be opened here.
fn contents(kept: &KeptLetter) -> Contents {
    let key = kept.key.as_deref().and_then(LetterKey::from_bytes);
    let letter = Letter::read(&kept.letter).ok();
    key.zip(letter).map(|(key, letter)| letter.open(&key)).unwrap_or_default()
}

fn verified(identity: &Identity, member: &Member, signed: &Signed) -> Option<Said> {
    let granted = member.scopes.contains(&signed.scope);
    granted.then(|| signed.verify(identity.roster.workspace(), &member.keys.sign)).flatten()
}

fn is_member(identity: &Identity, device: DeviceId) -> bool {
    identity.roster.member(device).is_some_and(|member| member.revoked.is_none())
}

fn settle_one(
    tx: &Transaction<'_>,
    identity: &Identity,
    engine: &dyn Engine,
    id: i64,
    claimed: Claimed,
) -> Result<LettersSettled, LettersError> {
    let mut settled = LettersSettled::default();
    let Some(kept) = letters::get(tx, id)?.filter(|kept| kept.state != state::REJECTED) else {
        return Ok(settled);
    };
    let opened = Opened::of(tx, identity, &kept)?;
    let is_member = is_member(identity, kept.device);
    let is_closed = |opened: &Opened| {
        kept.key.is_some()
            && opened.count(Found::Held) == opened.statements.len()
            && opened.damaged == 0
    };
    if is_closed(&opened) {
        letters::remove(tx, id)?;
        settled.closed = 1;
    } else if kept.key.is_some() && (kept.state == state::ADOPTED || is_member) {
        settled.changes = adopt(tx, identity, engine, &opened)?;
        if kept.state != state::ADOPTED {
            letters::decide(tx, id, state::ADOPTED, OF_A_MEMBER, claimed.ms)?;
            settled.adopted = 1;
        }
        if is_closed(&Opened::of(tx, identity, &kept)?) {
            letters::remove(tx, id)?;
            settled.closed = 1;
        }
    } else {
        settled.waiting = 1;
    }
    Ok(settled)
}

/// Takes in what is new of an opened letter, scope by scope, and queues it.
fn adopt(
    tx: &Transaction<'_>,
    identity: &Identity,
    engine: &dyn Engine,
    opened: &Opened,
) -> Result<u64, LettersError> {
    if identity.copied.is_some() {
        return Err(LettersError::Copy);
    }
    let mut by_scope: BTreeMap<ScopeId, Vec<Signed>> = BTreeMap::new();
    for (signed, _, found) in &opened.statements {
        // Headquarters can hand on only what is of a scope that it holds itself.
        let may = identity.scopes().contains(&signed.scope);
        if *found == Found::New && may {
            by_scope.entry(signed.scope).or_default().push(signed.clone());
        }
    }
    let mut rows = RowWriter::new(members::scope_names(tx)?);
    let mut changes = 0;
    for (scope, statements) in by_scope {
        let carrier = logs::ensure(tx, identity.device(), scope, GENERATION)?;
        // The engine is not safe on hostile bytes, and whoever held the phone could sign some.
        let adopting = || merge::adopt(tx, &carrier, &identity.roster, &statements, engine);
        let adopted = catch_unwind(AssertUnwindSafe(adopting));
        let (patches, count) = adopted.map_err(|_| LettersError::Misfit)??;
        patches.iter().try_for_each(|patch| rows.show(tx, patch))?;
        changes += count;
    }
    Ok(changes)
}

fn view(identity: &Identity, kept: &KeptLetter, opened: &Opened, officer: String) -> LetterView {
    let times = || opened.statements.iter().map(|(_, said, _)| said.change.claimed_s());
    let claimed = times().min().zip(times().max());
    let records: BTreeSet<RecordId> =
        opened.statements.iter().map(|(_, said, _)| said.reference.record()).collect();
    let reason = kept.reason.clone();
    let member = identity.roster.member(kept.device);
    LetterView {
        id: kept.id,
        device: kept.device,
        officer,
        revoked: member.is_some_and(|member| member.revoked.is_some()),
        entries: opened.statements.len(),
        records: records.into_iter().collect(),
        new_changes: opened.count(Found::New),
        contradicting: opened.count(Found::Conflicts),
        claimed: claimed
            .map(|(first, last)| (Claimed::of_seconds(first), Claimed::of_seconds(last))),
        damaged: opened.damaged,
        state: match kept.state {
            state::ADOPTED => LetterState::Adopted { reason },
            state::REJECTED => LetterState::Rejected { reason },
            _ if kept.key.is_none() => LetterState::Sealed,
            _ => LetterState::Waiting,
        },
    }
}

impl LettersSettled {
    fn add(&mut self, one: Self) {
        self.adopted += one.adopted;
        self.changes += one.changes;
        self.closed += one.closed;
        self.waiting += one.waiting;
    }
}
