//! What people were told. Nothing here is asked of the product afterwards: an entry is written when a save returns,
//! and moved on when a device says that it has come further.

use crate::export::Export;
use crate::world::Who;
use kahriz_core::workspace::Delivery;
use kahriz_proto::ids::RecordId;
use serde::Serialize;

/// One save, and what its author was told of it.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) author: Who,
    pub(super) record: RecordId,
    pub(super) field: String,
    pub(super) value: String,
    pub(super) told: Delivery,
    /// Whether its author's disk is still there.
    pub(super) disk_intact: bool,
}

/// What was acknowledged in some runs, and how much of it had to be found without its author's device.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Acknowledged {
    /// Saves that returned: on the device.
    pub on_device: u64,
    /// Those that the device then called at the relay.
    pub at_relay: u64,
    /// Those that the device then called at headquarters.
    pub at_headquarters: u64,
    /// Those at the relay whose author's disk is gone.
    pub at_relay_disk_gone: u64,
    /// Those at headquarters whose author's disk is gone.
    pub at_headquarters_disk_gone: u64,
}

impl Acknowledged {
    pub(super) fn add(&mut self, other: &Self) {
        self.on_device += other.on_device;
        self.at_relay += other.at_relay;
        self.at_headquarters += other.at_headquarters;
        self.at_relay_disk_gone += other.at_relay_disk_gone;
        self.at_headquarters_disk_gone += other.at_headquarters_disk_gone;
    }
}

/// Everything that people were told in one run.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    entries: Vec<Entry>,
}

impl Ledger {
    /// A save has returned.
    pub(super) fn saved(&mut self, entry: Entry) {
        self.entries.push(entry);
    }

    /// The records of an author that may have come further.
    pub(super) fn under_way(&self, author: Who) -> Vec<RecordId> {
        let waits = |entry: &&Entry| {
            entry.author == author && entry.disk_intact && entry.told != Delivery::AtHeadquarters
        };
        let mut records: Vec<RecordId> =
            self.entries.iter().filter(waits).map(|entry| entry.record).collect();
        records.sort();
        records.dedup();
        records
    }

    /// A device has said how far all its changes of a record are, of those that it shows. What was once told stays told.
    pub(super) fn has_come(&mut self, author: Who, record: RecordId, to: Delivery, shown: &Export) {
        let of_it = |entry: &&mut Entry| {
            entry.author == author
                && entry.record == record
                && shown.holds(record, &entry.field, &entry.value)
        };
        for entry in self.entries.iter_mut().filter(of_it) {
            entry.told = entry.told.max(to);
        }
    }

    /// A device is gone with its disk.
    pub(super) fn disk_gone(&mut self, author: Who) {
        let of_it = |entry: &&mut Entry| entry.author == author;
        self.entries.iter_mut().filter(of_it).for_each(|entry| entry.disk_intact = false);
    }

    /// How many saves are in it.
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// A store is as it was when so many saves were in the ledger: what its author saved later and nobody else had is
    /// gone with the disk. Whether the relay is as it was then too.
    pub(super) fn set_back(&mut self, author: Who, saves: usize, with_relay: bool) {
        let mut at = 0;
        self.entries.retain_mut(|entry| {
            at += 1;
            let is_later = at > saves && entry.author == author;
            // What was told to be elsewhere has to come back from there.
            !is_later || (entry.told >= Delivery::AtRelay && !with_relay)
        });
    }

    /// The saves that are not in an export although they are owed there. `anywhere`: a record may have become another.
    pub(super) fn missing_in(
        &self,
        export: &Export,
        anywhere: bool,
        owed: impl Fn(&Entry) -> bool,
    ) -> Vec<&Entry> {
        let is_missing = |entry: &&Entry| {
            let is_there = export.holds(entry.record, &entry.field, &entry.value)
                || (anywhere && export.holds_anywhere(&entry.field, &entry.value));
            owed(entry) && !is_there
        };
        self.entries.iter().filter(is_missing).collect()
    }

    /// What it adds up to.
    pub(super) fn acknowledged(&self) -> Acknowledged {
        let count = |wanted: &dyn Fn(&Entry) -> bool| {
            self.entries.iter().filter(|entry| wanted(entry)).count() as u64
        };
        Acknowledged {
            on_device: count(&|_| true),
            at_relay: count(&|entry| entry.told >= Delivery::AtRelay),
            at_headquarters: count(&|entry| entry.told == Delivery::AtHeadquarters),
            at_relay_disk_gone: count(&|entry| {
                !entry.disk_intact && entry.told >= Delivery::AtRelay
            }),
            at_headquarters_disk_gone: count(&|entry| {
                !entry.disk_intact && entry.told == Delivery::AtHeadquarters
            }),
        }
    }
}
