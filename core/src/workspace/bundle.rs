//! Bundles: the roster and sealed frames in a file, carried by hand by anybody.
//!
//! The frames are the same bytes as on the wire and go through the same inbox, with the same checks; the file opens
//! nothing and proves nothing. What comes out of one is for a relay to hold still, and the device that has imported it
//! pushes it there at its next sync, also what others have written.

use super::{ReadError, SaveError, Workspace};
use crate::store::inbox::From;
use crate::store::outbox;
use kahriz_proto::bundle::{BUNDLE_VERSION, BundleReader, BundleWriter, Damage, Piece};
use kahriz_proto::frame::Frame;
use kahriz_proto::ids::WorkspaceId;
use kahriz_proto::limits::BUNDLE_PAGE_BYTES_MAX;
use kahriz_proto::message::RosterPage;
use kahriz_proto::roster::{Entry, RosterError};
use rand_core::CryptoRng;
use std::io::{self, Read, Write};
use thiserror::Error;

/// Bytes of frames that are read from the store, or staged in it, at once.
const BYTES_AT_ONCE: usize = 1024 * 1024;

/// What a bundle is to hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Carry {
    /// Every frame that is kept here: for somebody who has nothing, or a headquarters that has lost something.
    Everything,
    /// Only what no relay is known to hold: what this device would push.
    Undelivered,
}

/// What was written into a bundle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Bundled {
    /// Frames, sealed by this device or by others.
    pub frames: u64,
    /// Entries of the roster.
    pub entries: u64,
    /// Bytes of the file.
    pub bytes: u64,
    /// Changes that are not in it because this device, which was restored or copied, has to meet its relay first. They
    /// are in its letters.
    pub held_back: u64,
}

/// What was brought by a bundle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Unbundled {
    /// Frames in it that are whole.
    pub frames: u64,
    /// Those that were new here.
    pub new: u64,
    /// Those of areas that this device is not granted: somebody else has to take them in.
    pub not_granted: u64,
    /// Frames that are no frames.
    pub malformed: u64,
    /// Entries of the roster that were new here.
    pub entries: u64,
    /// Changes that were merged.
    pub merged: u64,
    /// Frames that wait in the inbox now, or are quarantined.
    pub parked: u64,
    /// What the file has lost.
    pub damage: Damage,
}

/// Why a bundle cannot be written or taken in. What was taken in before stays.
#[derive(Debug, Error)]
pub enum BundleError {
    /// The file.
    #[error("the file cannot be read or written: {0}")]
    Io(#[from] io::Error),
    /// It does not begin as a bundle does.
    #[error("this is no bundle")]
    NotABundle,
    /// It is another workspace's.
    #[error("this bundle is another organisation's (workspace {0})")]
    OtherWorkspace(WorkspaceId),
    /// It was written by a newer version.
    #[error("this bundle was written by a newer version of the program: update this one")]
    Newer,
    /// The roster in it does not verify.
    #[error("the member list in this bundle does not verify: {0}")]
    Roster(#[from] RosterError),
    /// This store is for reading only.
    #[error("{}", super::ONLY_A_COPY)]
    Copy,
    /// Sealing what waits.
    #[error(transparent)]
    Save(#[from] SaveError),
    /// Reading or merging.
    #[error(transparent)]
    Read(#[from] ReadError),
}

impl std::convert::From<rusqlite::Error> for BundleError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Read(error.into())
    }
}

impl Workspace {
    /// Seals what waits and writes a bundle. `progress` is told the frames that are written so far.
    ///
    /// # Errors
    /// [`BundleError`]; then what was written is no whole bundle.
    pub fn export_bundle(
        &self,
        carry: Carry,
        out: &mut dyn Write,
        rng: &mut dyn CryptoRng,
        progress: &mut dyn FnMut(u64),
    ) -> Result<Bundled, BundleError> {
        if self.copied().is_none() {
            self.seal(rng, &mut |_| {})?;
        }
        let mut bundled =
            Bundled { held_back: self.store.read(outbox::unsealed)?, ..Bundled::default() };
        let mut writer = BundleWriter::new(self.id());
        for page in self.roster_in_pages()? {
            bundled.entries += page.entries.len() as u64;
            writer
                .roster_page(&page)
                .map_err(|_| io::Error::other("a roster entry is too long"))?;
            write(out, &writer.take(), &mut bundled)?;
        }
        let mut after = 0;
        loop {
            let kept = self.store.read(|conn| {
                outbox::to_carry(conn, carry == Carry::Undelivered, after, BYTES_AT_ONCE)
            })?;
            let Some(last) = kept.last() else { break };
            after = last.row;
            for kept in &kept {
                writer
                    .frame(&kept.frame.bytes)
                    .map_err(|_| io::Error::other("a frame is too long"))?;
            }
            bundled.frames += kept.len() as u64;
            write(out, &writer.take(), &mut bundled)?;
            progress(bundled.frames);
        }
        write(out, &writer.finish(), &mut bundled)?;
        out.flush()?;
        Ok(bundled)
    }

    /// Takes in a bundle: what is whole of it, and merges that. Taking in the same again brings nothing and harms
    /// nothing; one that was broken off can be begun again. `progress` is told the bytes that are read so far.
    ///
    /// # Errors
    /// [`BundleError`]
    pub fn import_bundle(
        &self,
        input: &mut dyn Read,
        progress: &mut dyn FnMut(u64),
    ) -> Result<Unbundled, BundleError> {
        if self.copied().is_some() {
            return Err(BundleError::Copy);
        }
        let mut taking = Taking {
            workspace: self,
            came: Unbundled::default(),
            frames: vec![],
            held: 0,
            begun: false,
        };
        let mut reader = BundleReader::default();
        let mut buffer = vec![0; 64 * 1024];
        let mut read = 0;
        loop {
            let count = input.read(&mut buffer)?;
            if count == 0 {
                break;
            }
            read += count as u64;
            reader.push(&buffer[..count]);
            reader.by_ref().try_for_each(|piece| taking.take(piece))?;
            progress(read);
        }
        reader.end();
        reader.by_ref().try_for_each(|piece| taking.take(piece))?;
        if !taking.begun {
            return Err(BundleError::NotABundle);
        }
        taking.stage()?;
        let mut came = taking.came;
        came.damage = reader.finish();
        let taken = self.merge_inbox(&mut |_| {})?;
        self.acknowledge()?;
        Ok(Unbundled { merged: taken.changes, parked: taken.parked, ..came })
    }

    /// The whole roster in pages that a bundle can hold. Headquarters adds everybody's keys.
    fn roster_in_pages(&self) -> Result<Vec<RosterPage>, ReadError> {
        let whole = self.roster_page(0)?;
        let mut pages = vec![RosterPage::default()];
        let mut bytes = 0;
        let keys = whole.keys.unwrap_or_default();
        let entries = whole.entries.into_iter().map(|entry| (entry.len(), Some(entry), None));
        let keys = keys.into_iter().map(|key| (key.sealed.len() + 64, None, Some(key)));
        for (len, entry, key) in entries.chain(keys) {
            if bytes > 0 && bytes + len + 16 > BUNDLE_PAGE_BYTES_MAX / 2 {
                pages.push(RosterPage::default());
                bytes = 0;
            }
            bytes += len + 16;
            if let Some(page) = pages.last_mut() {
                page.entries.extend(entry);
                if let Some(key) = key {
                    page.keys.get_or_insert_default().push(key);
                }
            }
        }
        Ok(pages)
    }
}

/// A bundle on its way in.
struct Taking<'a> {
    workspace: &'a Workspace,
    came: Unbundled,
    frames: Vec<Frame>,
    held: usize,
    begun: bool,
}

impl Taking<'_> {
    fn take(&mut self, piece: Piece) -> Result<(), BundleError> {
        // A head that was lost is missed no more than another record: frames and entries say whose they are.
        self.begun = true;
        match piece {
            Piece::Head { version, .. } if version > BUNDLE_VERSION => Err(BundleError::Newer),
            Piece::Head { workspace, .. } if workspace != self.workspace.id() => {
                Err(BundleError::OtherWorkspace(workspace))
            }
            Piece::Head { .. } => Ok(()),
            Piece::RosterPage(page) => self.roster(page),
            Piece::Frame(bytes) => {
                self.came.frames += 1;
                let Ok(frame) = Frame::decode(bytes) else {
                    self.came.malformed += 1;
                    return Ok(());
                };
                self.held += frame.bytes().len();
                self.frames.push(frame);
                if self.held >= BYTES_AT_ONCE { self.stage() } else { Ok(()) }
            }
        }
    }

    /// Only what follows the entries that are here is new; keys are looked at whatever came before.
    fn roster(&mut self, page: RosterPage) -> Result<(), BundleError> {
        let before = self.workspace.roster_seq();
        let newer = page.entries.into_iter().filter(|entry| {
            let body = Entry::decode(entry).and_then(|entry| entry.verified_body());
            body.is_some_and(|body| body.seq > before)
        });
        let page = RosterPage { entries: newer.collect(), keys: page.keys };
        self.workspace.take_roster(&page)??;
        self.came.entries += self.workspace.roster_seq() - before;
        Ok(())
    }

    fn stage(&mut self) -> Result<(), BundleError> {
        let granted: Vec<_> = self.workspace.scopes().into_iter().map(|scope| scope.id).collect();
        let (here, not): (Vec<Frame>, Vec<Frame>) = std::mem::take(&mut self.frames)
            .into_iter()
            .partition(|frame| granted.contains(&frame.preamble().scope));
        self.held = 0;
        self.came.not_granted += not.len() as u64;
        self.came.new += self.workspace.stage_frames(&here, From::Elsewhere)?;
        Ok(())
    }
}

fn write(out: &mut dyn Write, bytes: &[u8], bundled: &mut Bundled) -> io::Result<()> {
    bundled.bytes += bytes.len() as u64;
    out.write_all(bytes)
}
