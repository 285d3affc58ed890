//! The roster as a file, which any device can write: what a restore begins with when the relay is gone too.
//!
//! The roster holds keys and opaque ids and needs no hiding. Names do: what this device knows of them goes along
//! sealed to the recovery key, so that a restored headquarters can say them although the frames that told them
//! burned with the old one.

use super::super::Workspace;
use super::super::error::ReadError;
use crate::crypto::{WrapSecret, domain, open_sealed, seal_to};
use crate::store::members;
use kahriz_proto::ids::{DeviceId, ScopeId};
use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};
use rand_core::CryptoRng;
use rusqlite::Transaction;
use thiserror::Error;

/// What begins the file, so that nothing else is taken for one.
const MAGIC: &str = "kahriz-roster-1";

/// The roster and, sealed to recovery, the names that its writer knows.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct RosterFile {
    #[n(0)]
    magic: String,
    #[n(1)]
    entries: Vec<ByteVec>,
    #[cbor(n(2), with = "minicbor::bytes")]
    names: Vec<u8>,
}

/// The file is something else, or cut short.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[error("this is not a whole roster file")]
pub struct NotARosterFile;

/// What scopes and people are called, as far as somebody knows.
#[derive(Clone, Debug, PartialEq, Eq, Default, Encode, Decode)]
#[cbor(array)]
pub struct KnownNames {
    #[n(0)]
    scopes: Vec<(ScopeId, String, String)>,
    #[n(1)]
    people: Vec<(DeviceId, String, String)>,
}

impl RosterFile {
    /// Reads a file.
    ///
    /// # Errors
    /// [`NotARosterFile`].
    pub fn decode(bytes: &[u8]) -> Result<Self, NotARosterFile> {
        let file: Self = minicbor::decode(bytes).map_err(|_| NotARosterFile)?;
        if file.magic == MAGIC { Ok(file) } else { Err(NotARosterFile) }
    }

    /// The roster's entries, not verified.
    #[must_use]
    pub fn entries(&self) -> Vec<Vec<u8>> {
        self.entries.iter().map(|entry| entry.to_vec()).collect()
    }

    /// The names, if this is the recovery key that they are sealed to; none otherwise.
    #[must_use]
    pub fn names(&self, recovery: &WrapSecret) -> KnownNames {
        let opened = open_sealed(&self.names, recovery, domain::ROSTER_NAMES).ok();
        opened.and_then(|names| minicbor::decode(&names).ok()).unwrap_or_default()
    }
}

impl KnownNames {
    /// Those that others know go along; where both know one, this one's stays.
    #[must_use]
    pub fn with(mut self, others: Self) -> Self {
        let knows = |known: &[(ScopeId, String, String)], id| known.iter().any(|one| one.0 == id);
        let new: Vec<_> =
            others.scopes.into_iter().filter(|one| !knows(&self.scopes, one.0)).collect();
        self.scopes.extend(new);
        let knows = |known: &[(DeviceId, String, String)], id| known.iter().any(|one| one.0 == id);
        let new: Vec<_> =
            others.people.into_iter().filter(|one| !knows(&self.people, one.0)).collect();
        self.people.extend(new);
        self
    }

    pub(super) fn keep(&self, tx: &Transaction<'_>) -> rusqlite::Result<()> {
        for (scope, name, prefix) in &self.scopes {
            members::name_scope(tx, *scope, name, prefix)?;
        }
        for (device, officer, phone) in &self.people {
            let person = members::PersonName { officer: officer.clone(), phone: phone.clone() };
            members::name_person(tx, *device, &person)?;
        }
        Ok(())
    }
}

impl Workspace {
    /// The roster as far as it was read, as a file's bytes.
    ///
    /// # Errors
    /// [`ReadError`].
    pub fn roster_file(&self, rng: &mut dyn CryptoRng) -> Result<Vec<u8>, ReadError> {
        let (scopes, people) = self.store.read(|conn| {
            Ok::<_, rusqlite::Error>((members::scope_names(conn)?, members::people(conn)?))
        })?;
        let scopes = scopes.into_iter().map(|(scope, known)| (scope, known.name, known.prefix));
        let people = people.into_iter().map(|(device, known)| (device, known.officer, known.phone));
        let names = KnownNames { scopes: scopes.collect(), people: people.collect() };
        let names = minicbor::to_vec(names).expect("writing to a vector cannot fail");
        let recovery = self.roster().recovery().to_vec();
        // A device that has read no roster yet knows no recovery key; it has nothing to tell either.
        let names = seal_to(&recovery, domain::ROSTER_NAMES, &names, rng).unwrap_or_default();
        let entries = self.roster_entries(0)?.into_iter().map(ByteVec::from).collect();
        let file = RosterFile { magic: MAGIC.to_owned(), entries, names };
        Ok(minicbor::to_vec(file).expect("writing to a vector cannot fail"))
    }
}
