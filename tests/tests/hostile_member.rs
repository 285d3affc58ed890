//! A member who turns: seals, with keys that are really its own, what no honest program writes. The relay takes it, for
//! it can open nothing. Every honest device sets it aside with a reason, keeps what it has, and goes on.

#![allow(clippy::unwrap_used)]

use kahriz_core::batch::{self, Entry, Known, Outbound, Place, Reference};
use kahriz_core::record::{Anatomy, Author, Document, Write, assemble, dissect};
use kahriz_core::store::ParkReason::{self, Forked, Malformed, MissingDeps, OverLimit};
use kahriz_core::value::Scalar;
use kahriz_proto::frame::Frame;
use kahriz_proto::ids::{FrameHash, LogId, RecordId};
use kahriz_proto::item::push_varint;
use kahriz_proto::message::Verdict;
use kahriz_proto::roster::Role;
use kahriz_tests::measure;
use kahriz_tests::world::{Insider, Who, World, seed_or};

/// The wire code of a kind.
const KIND: u8 = 1;
/// Memory that one hostile frame may cost the process with all devices in it.
const GROWTH_MB_MAX: f64 = 96.0;

/// An honest organisation, and what the insider can know of it.
struct Ground {
    world: World,
    leyla: Who,
    rashad: Who,
    /// Two records of Leyla's, the log that they are of, and what is held of them.
    records: [RecordId; 2],
    log: LogId,
}

fn ground() -> Ground {
    let mut world = World::new(seed_or(17));
    let leyla = world.admit("Leyla", Role::Officer, &[0]);
    let rashad = world.admit("Rashad", Role::Officer, &[0]);
    world.settle();
    let records = ["Vaqif", "Elnur"].map(|name| {
        let mut draft = world.at(leyla).new_record(world.scope(0), "missing_person").unwrap();
        draft.set_text("full_name", name).unwrap();
        draft.allow_incomplete();
        let now = world.now();
        world.at(leyla).save(&draft, now).unwrap().record
    });
    world.settle();
    let log = log_of(&world, leyla);
    Ground { world, leyla, rashad, records, log }
}

fn log_of(world: &World, who: Who) -> LogId {
    let device = world.at(who).device();
    LogId::of(device, world.scope(0), 1)
}

/// A record's first change by the insider.
fn created(log: LogId, name: &str) -> Vec<u8> {
    let write = Write { key: "full_name".into(), value: Scalar::from(name), mergeable: false };
    let author = Author { log, claimed_s: 1_763_000_000, reason: None };
    Document::create(&[write], &author).unwrap().1.chunk().to_vec()
}

fn packed(own: LogId, logs: &[LogId], record: Reference, chunk: &[u8], known: &[Known]) -> Vec<u8> {
    let change = Outbound { record, kind: KIND, chunk, known };
    batch::pack(&batch::write(own, logs, &[Entry::Change(change)]).unwrap()).unwrap()
}

/// A change by the insider with another anatomy than an honest one.
fn with(chunk: &[u8], alter: impl FnOnce(&mut Anatomy<'_>)) -> Vec<u8> {
    let mut parts = dissect(chunk).unwrap();
    alter(&mut parts);
    assemble(&parts).0
}

/// The same with other operations.
fn with_rest(chunk: &[u8], rest: &[u8]) -> Vec<u8> {
    assemble(&Anatomy { rest, ..dissect(chunk).unwrap() }).0
}

/// The columns of operations, written by hand.
fn columns(columns: &[(u64, &[u8])]) -> Vec<u8> {
    let mut out = vec![];
    push_varint(&mut out, columns.len() as u64);
    for (specification, column) in columns {
        push_varint(&mut out, *specification);
        push_varint(&mut out, column.len() as u64);
    }
    columns.iter().for_each(|(_, column)| out.extend_from_slice(column));
    out
}

impl Ground {
    /// A new insider's frames with these insides go round; says why its last one is set aside at headquarters, if it
    /// is. Whatever they are, the honest hold what they held, agree, and go on.
    fn suffers(
        &mut self,
        insides: impl FnOnce(&Self, LogId) -> Vec<Vec<u8>>,
    ) -> Option<ParkReason> {
        let before = measure::own_peak_rss_mb().unwrap_or(0.0);
        let mut insider = Insider::admitted(&mut self.world, 0);
        self.world.settle();
        let own = insider.preamble(1, FrameHash::NONE, vec![]).log();
        let insides = insides(self, own);
        let mut prev = FrameHash::NONE;
        for (seq, inside) in (1..).zip(&insides) {
            let deps = vec![self.leylas_newest()];
            let frame: Frame = insider.seal(&insider.preamble(seq, prev, deps), inside);
            prev = frame.hash();
            assert_eq!(insider.push(&self.world, &[frame.into_bytes()]), [Verdict::Stored]);
        }
        self.world.settle();
        self.is_unharmed();
        let grown = measure::own_peak_rss_mb().unwrap_or(0.0) - before;
        assert!(grown < GROWTH_MB_MAX, "{grown} MB");
        let parked = self.world.at(Who::HEADQUARTERS).parked().unwrap();
        parked.iter().filter(|parked| parked.log == own).map(|parked| parked.reason).max()
    }

    fn leylas_newest(&self) -> kahriz_proto::frame::FrameRef {
        let log = self.world.relay.log();
        let (id, scope) = (self.world.at(Who::HEADQUARTERS).id(), self.world.scope(0));
        let all = 1..=log.position(id, scope).unwrap();
        let frames =
            all.map(|at| Frame::decode(log.frame(id, scope, at).unwrap().unwrap()).unwrap());
        let of_leyla = frames.filter(|frame| frame.preamble().log() == self.log);
        let newest = of_leyla.last().unwrap();
        kahriz_proto::frame::FrameRef { log: self.log, seq: newest.preamble().seq }
    }

    /// Leyla edits once more; everybody holds the same and nothing is contested; rows made anew are the same rows.
    fn is_unharmed(&mut self) {
        let now = self.world.now();
        let said = format!("Sevda {}", now.ms);
        let mut draft = self.world.at(self.leyla).edit(self.records[0]).unwrap();
        draft.set_text("mother_name", &said).unwrap();
        draft.allow_incomplete();
        self.world.at(self.leyla).save(&draft, now).unwrap();
        self.world.settle();
        for who in [Who::HEADQUARTERS, self.leyla, self.rashad] {
            let workspace = self.world.at(who);
            for record in self.records {
                assert_eq!(workspace.record(record).unwrap().unwrap().contested().count(), 0);
            }
            let view = workspace.record(self.records[0]).unwrap().unwrap();
            assert_eq!(view.shown().get("mother_name"), Some(&Scalar::from(said.as_str())));
            let before =
                format!("{:?}", workspace.list(&kahriz_core::query::Query::default()).unwrap());
            workspace.rebuild().unwrap();
            let after =
                format!("{:?}", workspace.list(&kahriz_core::query::Query::default()).unwrap());
            assert_eq!(before, after);
        }
    }

    fn in_record(&self, index: usize) -> Reference {
        let found = (1..100).map(|counter| Reference { creator: self.log, counter });
        let mut found = found.filter(|reference| reference.record() == self.records[index]);
        found.next().unwrap()
    }
}

fn own_record(own: LogId) -> Reference {
    Reference { creator: own, counter: 1 }
}

#[test]
fn whatever_a_member_seals_the_others_keep_what_they_have_and_go_on() {
    let mut ground = ground();

    // What an honest program writes is taken, else the rest means nothing.
    let reason = ground
        .suffers(|_, own| vec![packed(own, &[], own_record(own), &created(own, "Insider"), &[])]);
    assert_eq!(reason, None);

    // A change that says it is Leyla's.
    let reason = ground.suffers(|ground, own| {
        vec![packed(own, &[], own_record(own), &created(ground.log, "Leyla"), &[])]
    });
    assert_eq!(reason, Some(Malformed), "actor squatting");

    // The beginning of a record, inside one that has begun.
    let reason = ground.suffers(|ground, own| {
        vec![packed(own, &[ground.log], ground.in_record(0), &created(own, "Twice"), &[])]
    });
    assert_eq!(reason, Some(Malformed), "another root");

    // A change of one record, in another.
    let reason = ground.suffers(|ground, own| {
        let place = Place { log: ground.log, seq: 1 };
        let known = [Known { place, id: [7; 32], max_op: 2 }];
        let chunk = with(&created(own, "Elsewhere"), |parts| {
            parts.deps = vec![[7; 32]];
            parts.start_op = 3;
        });
        vec![packed(own, &[ground.log], ground.in_record(1), &chunk, &known)]
    });
    assert_eq!(reason, Some(Malformed), "injection from another record");

    // Changes upon changes that nobody has.
    let reason = ground.suffers(|ground, own| {
        let orphans: Vec<(Vec<u8>, [Known; 1])> = (0..2_000_u64)
            .map(|at| {
                let place = Place { log: ground.log, seq: 1_000 + at };
                let known = [Known { place, id: [8; 32], max_op: 2 }];
                let chunk = with(&created(own, "Orphan"), |parts| {
                    parts.deps = vec![[8; 32]];
                    parts.start_op = 3;
                });
                (chunk, known)
            })
            .collect();
        let record = ground.in_record(0);
        let entries: Vec<Entry<'_>> = orphans
            .iter()
            .map(|(chunk, known)| Entry::Change(Outbound { record, kind: KIND, chunk, known }))
            .collect();
        vec![batch::pack(&batch::write(own, &[ground.log], &entries).unwrap()).unwrap()]
    });
    assert_eq!(reason, Some(MissingDeps), "a flood of orphans");

    // Sixty-four megabytes of nothing in a few kilobytes.
    let reason = ground.suffers(|_, _| {
        let bomb = zstd::bulk::compress(&vec![0; 64 << 20], 3).unwrap();
        vec![[&[1], &bomb[..]].concat()]
    });
    assert_eq!(reason, Some(Malformed), "a bomb");

    // A million operations in nine bytes.
    let reason = ground.suffers(|_, own| {
        let rest = columns(&[(0x42, &[0xc0, 0x84, 0x3d, 1])]);
        let chunk = with_rest(&created(own, "Many"), &rest);
        vec![packed(own, &[], own_record(own), &chunk, &[])]
    });
    assert_eq!(reason, Some(OverLimit), "a million operations");
}

#[test]
fn numbers_that_no_honest_log_comes_to_are_set_aside() {
    let mut ground = ground();
    let reason = ground.suffers(|_, own| {
        let chunk = with(&created(own, "Gap"), |parts| parts.seq = 3);
        vec![packed(own, &[], own_record(own), &chunk, &[])]
    });
    assert_eq!(reason, Some(Malformed), "a gap in the numbers");

    let reason = ground.suffers(|_, own| {
        let first = packed(own, &[], own_record(own), &created(own, "One"), &[]);
        let second = packed(own, &[], own_record(own), &created(own, "Another"), &[]);
        vec![first, second]
    });
    assert_eq!(reason, Some(Forked), "one number twice");

    for (start_op, expected) in [(1 << 30, MissingDeps), (u64::from(u32::MAX), OverLimit)] {
        let reason = ground.suffers(|_, own| {
            let chunk = with(&created(own, "Ahead"), |parts| parts.start_op = start_op);
            vec![packed(own, &[], own_record(own), &chunk, &[])]
        });
        assert_eq!(reason, Some(expected), "operations from {start_op} on");
    }
}

#[test]
fn operations_that_no_honest_program_writes_are_set_aside() {
    let mut ground = ground();
    type Alter = fn(&[u8]) -> Vec<u8>;
    let alterations: [(&str, Alter); 4] = [
        ("compressed columns", |rest| {
            let mut rest = rest.to_vec();
            rest[1] |= 0x08;
            rest
        }),
        ("cut off", |rest| rest[..rest.len() - 1].to_vec()),
        ("something behind it", |rest| [rest, b"and more"].concat()),
        ("no columns", |_| columns(&[])),
    ];
    for (what, alter) in alterations {
        let reason = ground.suffers(|_, own| {
            let honest = created(own, "Columns");
            let rest = alter(dissect(&honest).unwrap().rest);
            let chunk = with_rest(&honest, &rest);
            vec![packed(own, &[], own_record(own), &chunk, &[])]
        });
        assert_eq!(reason, Some(Malformed), "{what}");
    }
}
