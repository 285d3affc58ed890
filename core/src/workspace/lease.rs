//! Letting go: what a device does when it is revoked, or has been away for longer than its lease.
//!
//! Everything that could be read is erased: documents, rows, names, keys. What was not yet delivered stays, sealed:
//! its frames are opaque to the device itself from then on. A device whose lease has ended is still a member, and
//! gets everything back on its next contact; a revoked one also loses what keys are wrapped to.
//!
//! The lease is one of two decisions that a device's clock has a part in (the other is when a refused frame is offered
//! again). A clock that is set back does not lengthen it,
//! and a leap that no lease explains is not believed: a flat battery must not empty a phone.

use super::error::{ReadError, SaveError};
use super::identity::{name, setting_id};
use super::{Claimed, Membership, Workspace};
use crate::crypto::WrapSecret;
use crate::projection;
use crate::record::RecordError;
use crate::store::{erase, inbox, outbox, settings};
use kahriz_proto::frame::Frame;
use kahriz_proto::roster::Role;
use rand_core::CryptoRng;
use rusqlite::Connection;

const DAY_MS: i64 = 24 * 3_600 * 1_000;

/// A clock that leaps further ahead than this between two looks at it is wrong: longer than any lease.
const LEAP_MS_MAX: i64 = 400 * DAY_MS;

/// How long a device may still read what it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lease {
    /// No end: the policy sets none, or this is a headquarters, or it never had contact.
    Endless,
    /// It ends in this many milliseconds, unless there is contact.
    EndsIn(i64),
    /// It has ended.
    Ended,
}

impl Workspace {
    /// How long this device may still read what it holds. Looks at the clock and remembers it.
    ///
    /// # Errors
    /// What the store says.
    pub fn lease(&self, now: Claimed) -> rusqlite::Result<Lease> {
        let days = i64::from(self.policy().lease_days);
        let is_headquarters =
            matches!(self.membership(), Membership::Member { role: Role::Headquarters, .. });
        if days == 0 || is_headquarters {
            return Ok(Lease::Endless);
        }
        self.store.write(|tx| {
            let contact = moment(tx, name::LAST_CONTACT)?;
            let seen = moment(tx, name::CLOCK_SEEN)?.max(contact);
            if contact == 0 {
                return Ok(Lease::Endless);
            }
            let now = if now.ms - seen > LEAP_MS_MAX { seen } else { now.ms.max(seen) };
            settings::put(tx, name::CLOCK_SEEN, &now.to_be_bytes())?;
            let left = contact.saturating_add(days * DAY_MS).saturating_sub(now);
            Ok(if left > 0 { Lease::EndsIn(left) } else { Lease::Ended })
        })
    }

    /// The device has spoken with its relay.
    pub(crate) fn note_contact(&self, now: Claimed) {
        let noted = self.store.write(|tx| {
            settings::put(tx, name::LAST_CONTACT, &now.ms.to_be_bytes())?;
            settings::put(tx, name::CLOCK_SEEN, &now.ms.to_be_bytes())
        });
        noted.unwrap_or_default();
    }

    /// Lets go of what can be read if the lease has ended; says whether it had. Call when opening, and now and then.
    ///
    /// # Errors
    /// [`SaveError`]; then nothing was let go.
    pub fn keep_lease(&self, now: Claimed, rng: &mut dyn CryptoRng) -> Result<bool, SaveError> {
        if self.lease(now)? != Lease::Ended || self.holds_nothing()? {
            return Ok(false);
        }
        if !self.seal_all(rng)? {
            return Ok(false);
        }
        let device = self.device();
        self.store.write(|tx| {
            projection::clear(tx)?;
            erase::everything_readable(tx, device)?;
            // What was let go of, and what another life has sealed, is asked for again.
            settings::put(tx, name::REPAIR, &[1])?;
            for bytes in outbox::kept(tx)? {
                // Sealed here, so it decodes; it is merged again once the keys are back.
                if let Ok(frame) = Frame::decode(bytes) {
                    inbox::stage(tx, &frame, inbox::From::Relay)?;
                }
            }
            Ok::<_, SaveError>(())
        })?;
        self.store.tidy()?;
        Ok(true)
    }

    /// A revoked device lets go of everything that it could read, and of what keys are wrapped to. Its sealed frames
    /// stay. Does nothing if the roster here does not say that it was revoked.
    pub(crate) fn let_go(&self, rng: &mut dyn CryptoRng) -> Result<bool, SaveError> {
        if self.membership() != Membership::Revoked || self.holds_nothing()? {
            return Ok(false);
        }
        // Whatever another life wrote: all frames of a revoked device wait for a person, and this one must not wait.
        self.decide_life().map_err(|error| match error {
            ReadError::Database(error) | ReadError::DiskFull(error) => error.into(),
            ReadError::NoEngine | ReadError::Damaged => SaveError::from(RecordError::Damaged),
        })?;
        if !self.seal_all(rng)? {
            return Ok(false);
        }
        let mut identity = self.identity_mut();
        let before = identity.secrets.wrap.clone();
        identity.secrets.wrap = WrapSecret::generate(rng);
        let erased = self.store.write(|tx| {
            projection::clear(tx)?;
            erase::everything_readable(tx, identity.device())?;
            settings::remove(tx, name::LETTER_CHANCE)?;
            settings::remove(tx, name::LETTER_MARKS)?;
            settings::put(tx, name::SECRETS, identity.secrets.to_bytes().as_slice())
        });
        if erased.is_err() {
            identity.secrets.wrap = before;
        }
        erased?;
        self.store.tidy()?;
        Ok(true)
    }

    /// Whether a key that this device should have is not here: it is asked for again.
    pub(crate) fn lacks_keys(&self) -> rusqlite::Result<bool> {
        let identity = self.identity();
        self.store.read(|conn| identity.lacks_keys(conn))
    }

    /// Letters and seals what waits. False if something stays, for want of a key or of space, or until the relay has said
    /// what another life of this store wrote: it would be the only copy, and is not erased.
    fn seal_all(&self, rng: &mut dyn CryptoRng) -> Result<bool, SaveError> {
        self.settle_letters();
        self.end_letter();
        self.seal(rng, &mut |_| {})?;
        let waits = self.store.read(outbox::unsealed)? > 0 || self.waits_to_be_written_anew()?;
        Ok(!waits && !self.owes_letters())
    }

    fn holds_nothing(&self) -> rusqlite::Result<bool> {
        self.store.read(erase::holds_nothing)
    }
}

fn moment(conn: &Connection, name: &str) -> rusqlite::Result<i64> {
    Ok(setting_id(conn, name)?.map_or(0, i64::from_be_bytes))
}
