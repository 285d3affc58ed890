//! On the device: every change that is saved is also written into a letter, sealed to headquarters and
//! recovery, so that it arrives even if this store can never be read again.
//!
//! The commit comes first, then the letter: an entry whose commit failed would be a second change at the
//! place of the one that is saved next. What a crash or a full disk leaves without a letter is owed, and is
//! written at the next opening, save or sync. Once the relay holds everything that a letter says, the
//! letter is gone. Headquarters itself writes none: it is who they are for.

use super::identity::{Identity, name, setting_id, setting_text};
use super::{ReadError, Workspace};
use crate::batch::Reference;
use crate::crypto::letter::{MarkName, first_seed, move_on};
use crate::crypto::{MarkKey, WrapSecret};
use crate::letters::{Cover, Letter, LetterWriter, RECIPIENTS_MAX, Signed, Statement};
use crate::record::{ChangeId, Document};
use crate::store::documents::{self, RecordRow};
use crate::store::erase;
use crate::store::letterbox::{GrowingFile, Letterbox};
use crate::store::logs::{self, LogRow};
use crate::store::outbox::{self, Unsynced};
use crate::store::settings;
use kahriz_proto::ids::{DeviceId, ScopeId};
use kahriz_proto::roster::Role;
use rand_core::CryptoRng;
use rusqlite::{Connection, Transaction};
use std::collections::BTreeSet;
use std::io;
use std::path::Path;
use std::sync::{MutexGuard, PoisonError};
use thiserror::Error;
use zeroize::Zeroizing;

/// A change that is committed and not yet in a letter.
pub(super) struct Fresh {
    scope: ScopeId,
    id: ChangeId,
    statement: Statement,
}

/// What a device writes its letters with.
pub(super) struct LetterDesk {
    letterbox: Letterbox,
    open: Option<OpenLetter>,
    /// Something is saved that no letter holds, because the disk did not take it.
    owes: bool,
}

/// A letter that is being written.
struct OpenLetter {
    file: GrowingFile,
    writer: LetterWriter,
    marks: MarkKey,
    recipients: Recipients,
}

/// Who can open a letter, with their wrapping keys. Without a device it is recovery.
type Recipients = Vec<(Option<DeviceId>, Vec<u8>)>;

/// Why a letter was not written. What was saved is saved, and owed.
#[derive(Debug, Error)]
enum LetteringError {
    #[error("the letter cannot be written")]
    Disk(#[from] io::Error),
    #[error("the store cannot be read or written")]
    Database(#[from] rusqlite::Error),
    #[error("nobody is known who could open a letter")]
    Nobody,
    #[error("a saved change cannot be read again")]
    Damaged,
}

impl From<ReadError> for LetteringError {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Damaged | ReadError::NoEngine => Self::Damaged,
            ReadError::Database(error) | ReadError::DiskFull(error) => Self::Database(error),
        }
    }
}

impl Workspace {
    /// Whether something is saved here that is in no letter yet: the disk is full, or failing. It is saved
    /// all the same, and lettered as soon as the disk allows.
    #[must_use]
    pub fn owes_letters(&self) -> bool {
        self.letter_desk().owes
    }

    /// Where this store's letters lie.
    pub(crate) fn letterbox(&self) -> Letterbox {
        self.letter_desk().letterbox.clone()
    }

    /// Ends the letter that is being written, so that it can be delivered. The next save begins another.
    pub fn end_letter(&self) {
        self.letter_desk().open = None;
    }

    /// Writes what was just committed into a letter. A failure is no failure of the save: it is owed.
    pub(super) fn letter(&self, identity: &Identity, fresh: &[Fresh]) {
        if fresh.is_empty() || !writes_letters(identity) {
            return;
        }
        let mut desk = self.letter_desk();
        let written = if desk.owes {
            self.letter_what_is_owed(&mut desk, identity)
        } else {
            self.write_letter(&mut desk, identity, fresh)
        };
        desk.note(&written);
    }

    /// Brings the letters in line with what is not known to be at the relay: what is in none is written,
    /// and a letter of which everything has arrived is removed.
    pub(crate) fn settle_letters(&self) {
        let identity = self.identity();
        // A device that has let go of its records no longer knows which changes a letter holds.
        let knows = self.store.read(erase::holds_nothing).is_ok_and(|nothing| !nothing);
        if !writes_letters(&identity) || !knows {
            return;
        }
        let mut desk = self.letter_desk();
        let settled = self
            .letter_what_is_owed(&mut desk, &identity)
            .and_then(|()| self.remove_arrived(&mut desk, identity.device()));
        desk.note(&settled);
    }

    fn letter_what_is_owed(
        &self,
        desk: &mut LetterDesk,
        identity: &Identity,
    ) -> Result<(), LetteringError> {
        if !self.store.read(outbox::any_unsynced)? {
            return Ok(());
        }
        let marks = self.mark_key()?;
        let lettered = desk.lettered(&marks)?;
        let owed = self.store.read(|conn| {
            let unsynced = outbox::unsynced(conn)?;
            let owed =
                unsynced.into_iter().filter(|one| !lettered.contains(&marks.name(&one.hash)));
            owed_changes(conn, owed)
        })?;
        if owed.is_empty() { Ok(()) } else { self.write_letter(desk, identity, &owed) }
    }

    /// Letters of another device, which had its store in this folder before, are not touched. Nor is any while changes
    /// of the own frames are unknown: after letting go, a letter may be all that says what was not delivered.
    fn remove_arrived(
        &self,
        desk: &mut LetterDesk,
        device: DeviceId,
    ) -> Result<(), LetteringError> {
        let files = desk.letterbox.files()?;
        if files.is_empty() || !self.store.read(logs::own_are_merged)? {
            return Ok(());
        }
        let marks = self.mark_key()?;
        let unsynced = self.store.read(|conn| {
            if outbox::any_unsynced(conn)? { outbox::unsynced(conn) } else { Ok(vec![]) }
        })?;
        let needed: BTreeSet<MarkName> = unsynced.iter().map(|one| marks.name(&one.hash)).collect();
        for file in files {
            let bytes = file.read()?;
            let is_own = Cover::read(&bytes).is_ok_and(|(cover, _)| cover.device == device);
            if is_own && names_in(&bytes, &marks).is_disjoint(&needed) {
                desk.open.take_if(|open| open.file.path() == file.path);
                file.remove()?;
            }
        }
        Ok(())
    }

    /// Signs, seals and appends; one wait for the disk for each letter that it goes into.
    fn write_letter(
        &self,
        desk: &mut LetterDesk,
        identity: &Identity,
        fresh: &[Fresh],
    ) -> Result<(), LetteringError> {
        let recipients = recipients(identity);
        desk.open.take_if(|open| open.recipients != recipients);
        let workspace = identity.roster.workspace();
        let mut bytes = vec![];
        for one in fresh {
            let signed = Signed::of(&one.statement, workspace, one.scope, &identity.secrets);
            let signed = signed.ok_or(LetteringError::Damaged)?;
            if let Some(full) = desk.open.take_if(|open| !open.writer.has_room_for(&signed)) {
                full.close(&std::mem::take(&mut bytes))?;
            }
            let open = match &mut desk.open {
                Some(open) => open,
                none => none.insert(self.begin_letter(&desk.letterbox, identity, &recipients)?),
            };
            bytes.extend(open.writer.entry(&open.marks, &one.id, &signed));
        }
        match &mut desk.open {
            Some(open) => Ok(open.file.append(&bytes)?),
            None => Ok(()),
        }
    }

    fn begin_letter(
        &self,
        letterbox: &Letterbox,
        identity: &Identity,
        recipients: &Recipients,
    ) -> Result<OpenLetter, LetteringError> {
        let (cover, marks, mut chance) = self.store.write(|tx| stationery(tx, identity))?;
        let workspace = identity.roster.workspace();
        let begun = LetterWriter::begin(workspace, identity.device(), recipients, &mut chance);
        let (writer, letter) = begun.ok_or(LetteringError::Nobody)?;
        let file = letterbox.begin(&[cover.to_bytes(), letter].concat())?;
        Ok(OpenLetter { file, writer, marks, recipients: recipients.clone() })
    }

    fn mark_key(&self) -> rusqlite::Result<MarkKey> {
        let kept = self.store.read(|conn| setting_id::<32>(conn, name::LETTER_MARKS))?;
        // Without a key nothing was ever marked, and no mark fits.
        Ok(MarkKey::from_bytes(kept.unwrap_or_default()))
    }

    fn letter_desk(&self) -> MutexGuard<'_, LetterDesk> {
        self.letters.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl LetterDesk {
    pub(super) fn of(store: &Path) -> Self {
        Self { letterbox: Letterbox::of(store), open: None, owes: false }
    }

    /// After a failure nobody knows what the disk took of the open letter: it is left as it is.
    fn note(&mut self, written: &Result<(), LetteringError>) {
        self.owes = written.is_err();
        if self.owes {
            self.open = None;
        }
    }

    /// The names of all changes that a letter holds whole.
    fn lettered(&self, marks: &MarkKey) -> Result<BTreeSet<MarkName>, LetteringError> {
        let mut names = BTreeSet::new();
        for file in self.letterbox.files()? {
            names.append(&mut names_in(&file.read()?, marks));
        }
        Ok(names)
    }
}

impl OpenLetter {
    /// The last that goes into it.
    fn close(mut self, bytes: &[u8]) -> io::Result<()> {
        if bytes.is_empty() { Ok(()) } else { self.file.append(bytes) }
    }
}

impl Fresh {
    pub(super) fn of(row: &RecordRow, log: &LogRow, id: ChangeId, chunk: Vec<u8>) -> Self {
        let Reference { creator, counter } = row.reference;
        let (generation, kind) = (log.generation, row.kind);
        let statement = Statement { generation, creator, counter, kind, chunk };
        Self { scope: row.scope, id, statement }
    }
}

/// Who was ever a member and is not headquarters: what a device has saved counts also after its revocation.
fn writes_letters(identity: &Identity) -> bool {
    identity.member().is_some_and(|member| member.role != Role::Headquarters)
}

/// Recovery first, then every live headquarters, as many as a letter has room for.
fn recipients(identity: &Identity) -> Recipients {
    let recovery = (None, identity.roster.recovery().to_vec());
    let live = identity
        .roster
        .members()
        .filter(|(_, member)| member.role == Role::Headquarters && member.revoked.is_none());
    let headquarters = live.map(|(device, member)| (Some(device), member.keys.wrap.clone()));
    std::iter::once(recovery).chain(headquarters).take(RECIPIENTS_MAX).collect()
}

/// Cover, key of the marks, and chance for one letter: made at the first letter, and moved on at each.
fn stationery(
    tx: &Transaction<'_>,
    identity: &Identity,
) -> rusqlite::Result<(Cover, MarkKey, impl CryptoRng + use<>)> {
    let kept = setting_id::<32>(tx, name::LETTER_CHANCE)?.map(Zeroizing::new);
    let seed = kept.unwrap_or_else(|| first_seed(&identity.secrets));
    let (next, mut chance) = move_on(&seed);
    settings::put(tx, name::LETTER_CHANCE, next.as_slice())?;
    let marks = kept_or_drawn(tx, name::LETTER_MARKS, &mut chance)?;
    let deposit = kept_or_drawn(tx, name::DEPOSIT_SEED, &mut chance)?;
    let relay_url = setting_text(tx, name::RELAY_URL)?;
    let pin = setting_id(tx, name::RELAY_PIN)?;
    let workspace = identity.roster.workspace();
    let cover = Cover::of(workspace, relay_url, pin, deposit, &identity.secrets);
    Ok((cover, MarkKey::from_bytes(marks), chance))
}

fn kept_or_drawn(
    tx: &Transaction<'_>,
    name: &str,
    chance: &mut dyn CryptoRng,
) -> rusqlite::Result<[u8; 32]> {
    if let Some(kept) = setting_id(tx, name)? {
        return Ok(kept);
    }
    let mut drawn = [0; 32];
    chance.fill_bytes(&mut drawn);
    settings::put(tx, name, &drawn)?;
    Ok(drawn)
}

/// What a file holds whole. One that is no letter, because a crash cut its beginning, holds nothing.
fn names_in(file: &[u8], marks: &MarkKey) -> BTreeSet<MarkName> {
    let Ok((_, letter)) = Cover::read(file) else { return BTreeSet::new() };
    Letter::read(letter).map(|letter| letter.names(marks).collect()).unwrap_or_default()
}

/// The chunks of changes that the relay is not known to hold: from the outbox, or from the document.
fn owed_changes(
    conn: &Connection,
    unsynced: impl Iterator<Item = Unsynced>,
) -> Result<Vec<Fresh>, LetteringError> {
    let mut read: Option<(i64, Document)> = None;
    let mut owed = vec![];
    for one in unsynced {
        let chunk = match one.chunk {
            Some(chunk) => chunk,
            None => {
                if read.as_ref().is_none_or(|(row, _)| *row != one.row) {
                    read = load(conn, one.row)?.map(|document| (one.row, document));
                }
                let change = read.as_ref().and_then(|(_, document)| document.change(one.hash));
                change.ok_or(LetteringError::Damaged)?.chunk().to_vec()
            }
        };
        let row = documents::record_by_row(conn, one.row)?;
        owed.push(Fresh::of(&row, &logs::by_id(conn, one.log)?, one.hash, chunk));
    }
    Ok(owed)
}

fn load(conn: &Connection, row: i64) -> Result<Option<Document>, ReadError> {
    let kept = documents::document(conn, row)?;
    Ok(kept.map(|kept| Document::load(&kept.bytes)).transpose()?)
}

/// The secret that opens letters, besides recovery's.
pub(super) fn opener(identity: &Identity) -> (Option<DeviceId>, &WrapSecret) {
    (Some(identity.device()), &identity.secrets.wrap)
}
