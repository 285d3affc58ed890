//! What is read: one record whole, its history, lists and counts, and where everything stands.

use super::editing::kind_of;
use super::identity::Identity;
use super::rows::RowWriter;
use super::view::{Delivery, HistoryEntry, Opinion, RecordView, Standing, Touch};
use super::{Claimed, ReadError, Workspace};
use crate::forms::{Policy, policy};
use crate::human_id::{HumanId, human_id};
use crate::merge;
use crate::projection::{self, DELETED, needs_decision};
use crate::query::{self, Counts, Page, Query};
use crate::record::{self, Document};
use crate::store::documents::{self, Held, RecordRow};
use crate::store::members::{self, PersonName, Receipt};
use crate::store::outbox::Level;
use crate::store::{ParkReason, inbox, logs, outbox};
use crate::value::Scalar;
use kahriz_proto::frame::FrameRef;
use kahriz_proto::ids::{DeviceId, LogId, RecordId, ScopeId};
use kahriz_proto::roster::Role;
use rusqlite::Connection;
use std::collections::BTreeMap;

/// Records that are read again in one transaction of a rebuild.
const REBUILT_AT_ONCE: u32 = 500;

/// Where everything on this device stands.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Status {
    /// Records that are not deleted.
    pub records: u64,
    /// Those that wait for a decision.
    pub contested: u64,
    /// Those that lack a required field.
    pub incomplete: u64,
    /// Changes that no frame holds yet: on this device only.
    pub unsealed_changes: u64,
    /// Sealed frames that the relay is not known to hold: on this device only.
    pub frames_waiting: u64,
    /// Own frames that the relay has acknowledged, and no more.
    pub frames_at_relay: u64,
    /// Own frames that headquarters has merged, and no more.
    pub frames_at_headquarters: u64,
    /// Own frames that a verified backup of headquarters holds.
    pub frames_backed_up: u64,
    /// Own frames that the relay refuses.
    pub frames_refused: u64,
    /// Pulled frames that wait for something.
    pub inbox_waiting: u64,
    /// Pulled frames that are quarantined.
    pub inbox_quarantined: u64,
    /// Single changes that the engine refused.
    pub changes_stuck: u64,
    /// Bytes of the store.
    pub store_bytes: u64,
}

/// A pulled frame that is not merged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parked {
    /// The scope.
    pub scope: ScopeId,
    /// The log that it is of.
    pub log: LogId,
    /// Its number in the log.
    pub seq: u64,
    /// Why it stays.
    pub reason: ParkReason,
}

/// What a rebuild came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Rebuilt {
    /// Records whose rows were made again.
    pub records: u64,
    /// Records whose documents could not be read; their rows are gone until they can.
    pub damaged: u64,
}

impl Workspace {
    /// One record, whole; `None` if it is not here or of a kind that this version does not know.
    ///
    /// # Errors
    /// [`ReadError`].
    pub fn record(&self, id: RecordId) -> Result<Option<RecordView>, ReadError> {
        let identity = self.identity();
        self.store.read(|conn| {
            let Some((row, document)) = load(conn, id)? else { return Ok(None) };
            let Some(kind) = kind_of(&row) else { return Ok(None) };
            let Some((first, last)) = document.first_and_last() else { return Ok(None) };
            let people = People::read(conn)?;
            let fields = document.fields();
            let standing = |(key, values): (&String, &Vec<Scalar>)| {
                let policy = kind.resolve(key).map_or(&Policy::Both, |found| &found.field.policy);
                (key.clone(), people.standing(&document, key, values, policy))
            };
            let deleted = fields
                .get(DELETED)
                .is_some_and(|values| values.iter().all(|value| *value == Scalar::Bool(true)));
            let prefix = people.prefix(row.scope);
            Ok(Some(RecordView {
                id,
                human_id: human_id(prefix, id),
                scope: row.scope,
                kind,
                created: people.touch(first.log, first.claimed_s),
                changed: people.touch(last.log, last.claimed_s),
                deleted,
                delivery: delivery(conn, &row, &identity)?,
                fields: fields.iter().map(standing).collect(),
            }))
        })
    }

    /// The record that an id or a human id names; `None` if there is none here, or more than one.
    ///
    /// # Errors
    /// [`ReadError`].
    pub fn find(&self, typed: &str) -> Result<Option<RecordId>, ReadError> {
        if let Some(id) = RecordId::from_uuid(typed.trim()) {
            let row = self.store.read(|conn| documents::record(conn, id))?;
            return Ok(row.map(|row| row.record));
        }
        let Ok(human_id) = HumanId::parse(typed) else { return Ok(None) };
        let found = self.store.read(|conn| query::find(conn, &human_id))?;
        Ok(if let [one] = found.as_slice() { Some(*one) } else { None })
    }

    /// Every change that touched a key of a record, the oldest first.
    ///
    /// # Errors
    /// [`ReadError`].
    pub fn history(&self, id: RecordId, key: &str) -> Result<Vec<HistoryEntry>, ReadError> {
        self.store.read(|conn| {
            let Some((_, document)) = load(conn, id)? else { return Ok(vec![]) };
            let people = People::read(conn)?;
            let entry = |past: record::Past| HistoryEntry {
                by: people.touch(past.opinion.log, past.opinion.claimed_s),
                value: past.opinion.value,
                reason: past.reason,
                standing: past.standing,
            };
            Ok(document.past(key).into_iter().map(entry).collect())
        })
    }

    /// The rows that a query asks for.
    ///
    /// # Errors
    /// [`ReadError`].
    pub fn list(&self, query: &Query) -> Result<Page, ReadError> {
        Ok(self.store.read(|conn| query::list(conn, query))?)
    }

    /// How many records there are of each sort, among those that a query asks for.
    ///
    /// # Errors
    /// [`ReadError`].
    pub fn counts(&self, query: &Query) -> Result<Counts, ReadError> {
        Ok(self.store.read(|conn| query::counts(conn, query))?)
    }

    /// Where everything on this device stands.
    ///
    /// # Errors
    /// [`ReadError`].
    pub fn status(&self) -> Result<Status, ReadError> {
        self.store.read(|conn| {
            let counts = query::counts(conn, &Query::default())?;
            let frames = outbox::frame_counts(conn)?;
            let (inbox_waiting, inbox_quarantined) = inbox::counts(conn)?;
            let pages: u64 = conn.query_row("PRAGMA page_count", [], |row| row.get(0))?;
            // SQLCipher answers this one as text.
            let page_size: String =
                conn.query_row("PRAGMA cipher_page_size", [], |row| row.get(0))?;
            let page_size: u64 = page_size.parse().unwrap_or(4_096);
            Ok(Status {
                records: counts.total,
                contested: counts.contested,
                incomplete: counts.incomplete,
                unsealed_changes: outbox::unsealed(conn)?,
                frames_waiting: frames(Level::Here),
                frames_at_relay: frames(Level::AtRelay),
                frames_at_headquarters: frames(Level::AtHeadquarters),
                frames_backed_up: frames(Level::BackedUp),
                frames_refused: frames(Level::Refused),
                inbox_waiting,
                inbox_quarantined,
                changes_stuck: documents::stuck(conn)?,
                store_bytes: pages * page_size,
            })
        })
    }

    /// Every pulled frame that is not merged, and why.
    ///
    /// # Errors
    /// [`ReadError`].
    pub fn parked(&self) -> Result<Vec<Parked>, ReadError> {
        let parked = self.store.read(inbox::parked)?;
        let view = |parked: inbox::Parked| {
            let inbox::Parked { scope, log, seq, reason } = parked;
            Parked { scope, log, seq, reason }
        };
        Ok(parked.into_iter().map(view).collect())
    }

    /// Makes all rows again from the documents: rows are a function of documents, and this proves it.
    ///
    /// # Errors
    /// [`ReadError::Database`]; the rows are as they were then.
    pub fn rebuild(&self) -> Result<Rebuilt, ReadError> {
        self.store.write(|tx| {
            projection::clear(tx)?;
            let mut rows = RowWriter::new(members::scope_names(tx)?);
            let (mut rebuilt, mut after) = (Rebuilt::default(), 0);
            loop {
                let ids = documents::rows_after(tx, after, REBUILT_AT_ONCE)?;
                let Some(last) = ids.last() else { return Ok(rebuilt) };
                after = *last;
                for id in ids {
                    let row = documents::record_by_row(tx, id)?;
                    let kept = documents::document(tx, id)?;
                    let document = kept.and_then(|kept| Document::load(&kept.bytes).ok());
                    match document.and_then(|document| merge::patch(row, true, &document)) {
                        Some(patch) => {
                            rows.show(tx, &patch)?;
                            rebuilt.records += 1;
                        }
                        None => rebuilt.damaged += 1,
                    }
                }
            }
        })
    }
}

/// A record and its document; `None` if it is not here.
fn load(conn: &Connection, id: RecordId) -> Result<Option<(RecordRow, Document)>, ReadError> {
    let Some(row) = documents::record(conn, id)? else { return Ok(None) };
    let Some(kept) = documents::document(conn, row.id)? else { return Ok(None) };
    Ok(Some((row, Document::load(&kept.bytes)?)))
}

/// The least that is true of all own changes of the record; at headquarters, where others' changes are too, of all. One
/// without any came by the relay.
fn delivery(conn: &Connection, row: &RecordRow, identity: &Identity) -> rusqlite::Result<Delivery> {
    let role = identity.member().map(|member| member.role);
    let is_headquarters = role == Some(Role::Headquarters);
    let receipts = members::receipts(conn)?;
    let mut least = None;
    for held in documents::changes(conn, row.id)? {
        let log = held.known.place.log;
        let is_own = logs::get(conn, log)?.is_some_and(|log| log.device == identity.device());
        let level = match held.frame {
            None if is_own => Delivery::OnThisDevice,
            Some(frame) if is_own => of_own_frame(outbox::level(conn, log, frame)?),
            _ if is_headquarters => of_merged(&held, &receipts),
            _ => continue,
        };
        least = Some(least.unwrap_or(level).min(level));
    }
    Ok(least.unwrap_or(if is_headquarters { Delivery::AtHeadquarters } else { Delivery::AtRelay }))
}

fn of_own_frame(level: Option<Level>) -> Delivery {
    match level {
        None | Some(Level::Here | Level::Refused) => Delivery::OnThisDevice,
        Some(Level::AtRelay) => Delivery::AtRelay,
        Some(Level::AtHeadquarters) => Delivery::AtHeadquarters,
        Some(Level::BackedUp) => Delivery::BackedUp,
    }
}

/// A change that another device made, seen from headquarters. It has come in a frame of its log or in one that hands it on.
fn of_merged(held: &Held, receipts: &BTreeMap<LogId, Receipt>) -> Delivery {
    let own = held.frame.map(|seq| FrameRef { log: held.known.place.log, seq });
    let places = [own, held.carrier];
    let is_held = |place: &FrameRef| {
        receipts.get(&place.log).is_some_and(|receipt| place.seq <= receipt.backed_up)
    };
    match places.iter().flatten().any(is_held) {
        true => Delivery::BackedUp,
        false => Delivery::AtHeadquarters,
    }
}

/// Who is behind each log, for one screen.
#[derive(Default)]
pub(super) struct People {
    pub(super) logs: BTreeMap<LogId, logs::LogRow>,
    names: BTreeMap<DeviceId, PersonName>,
    scopes: BTreeMap<ScopeId, members::ScopeName>,
}

impl People {
    pub(super) fn read(conn: &Connection) -> rusqlite::Result<Self> {
        let logs = logs::all(conn)?.into_iter().map(|log| (log.log, log)).collect();
        Ok(Self { logs, names: members::people(conn)?, scopes: members::scope_names(conn)? })
    }

    fn prefix(&self, scope: ScopeId) -> &str {
        self.scopes.get(&scope).map_or("", |names| names.prefix.as_str())
    }

    pub(super) fn person(&self, device: DeviceId) -> PersonName {
        self.names.get(&device).cloned().unwrap_or_default()
    }

    fn touch(&self, log: LogId, claimed_s: i64) -> Touch {
        let unknown = DeviceId::from_bytes([0; 16]);
        let device = self.logs.get(&log).map_or(unknown, |log| log.device);
        let PersonName { officer, phone } = self.person(device);
        Touch { device, officer, phone, claimed: Claimed::of_seconds(claimed_s) }
    }

    fn standing(
        &self,
        document: &Document,
        key: &str,
        values: &[Scalar],
        policy: &Policy,
    ) -> Standing {
        let mut opinions = document.opinions(key);
        if *policy == Policy::LatestClaimed {
            opinions.sort_by_key(|opinion| std::cmp::Reverse(opinion.claimed_s));
        }
        let contested = needs_decision(policy, values);
        let opinion = |opinion: record::Opinion| Opinion {
            by: self.touch(opinion.log, opinion.claimed_s),
            value: opinion.value,
        };
        let values: Vec<Opinion> = opinions.into_iter().map(opinion).collect();
        let scalars: Vec<Scalar> = values.iter().map(|opinion| opinion.value.clone()).collect();
        Standing { shown: policy::shown(policy, &scalars), contested, values }
    }
}
