//! Batches, seen from outside: what is written is read back to the byte, and nothing else passes.
#![allow(clippy::unwrap_used)]

use super::*;
use crate::record::{Author, Change, Document, Edit, Write};
use crate::value::Scalar;
use kahriz_proto::ids::{DeviceId, LogId};

const OWN: LogId = LogId::from_bytes([1; 16]);
const OTHER: LogId = LogId::from_bytes([2; 16]);

fn author(log: LogId, reason: Option<&'static str>) -> Author<'static> {
    Author { log, claimed_s: 1_750_000_000, reason }
}

fn write_field(value: &str) -> Vec<Write> {
    vec![Write { key: "full_name".into(), value: Scalar::from(value), mergeable: false }]
}

fn edited(doc: &mut Document, value: &str, author: &Author<'_>) -> Change {
    match doc.edit(&doc.heads(), &write_field(value), author).unwrap() {
        Edit::Changed(change) => *change,
        other @ (Edit::Nothing | Edit::Superseded(_)) => panic!("no change: {other:?}"),
    }
}

fn known(change: &Change) -> Known {
    let place = Place { log: change.log().unwrap(), seq: change.seq() };
    Known { place, id: change.id(), max_op: change.max_op() }
}

/// A record of mine, edited by me, by another and by me again with a reason; and one of the other's.
fn changes() -> Vec<(Reference, Change)> {
    let mine = Reference { creator: OWN, counter: 7 };
    let (mut doc, first) = Document::create(&write_field("A"), &author(OWN, None)).unwrap();
    let second = edited(&mut doc, "B", &author(OWN, None));
    let third = edited(&mut doc, "C", &author(OTHER, None));
    let fourth = edited(&mut doc, "D", &author(OWN, Some("because")));
    let theirs = Reference { creator: OTHER, counter: 1_000 };
    let (mut doc, fifth) = Document::create(&write_field("E"), &author(OTHER, None)).unwrap();
    let sixth = edited(&mut doc, "F", &author(OWN, None));
    let mine = [first, second, third, fourth].map(|change| (mine, change));
    let theirs = [fifth, sixth].map(|change| (theirs, change));
    mine.into_iter().chain(theirs).collect()
}

fn written(all: &[(Reference, Change)]) -> Vec<u8> {
    let known: Vec<Known> = all.iter().map(|(_, change)| known(change)).collect();
    let own = all.iter().filter(|(_, change)| change.log() == Some(OWN));
    let entries: Vec<Entry<'_>> = own
        .map(|(record, change)| {
            Entry::Change(Outbound {
                record: *record,
                kind: 2,
                chunk: change.chunk(),
                known: &known,
            })
        })
        .chain([Entry::Announcement(Announcement::Merged { logs: vec![], backed_up: None })])
        .collect();
    write(OWN, &[OTHER], &entries).unwrap()
}

#[test]
fn a_batch_gives_back_the_exact_bytes_of_every_change() {
    let all = changes();
    let batch = unpack(&pack(&written(&all)).unwrap()).unwrap();
    let parsed = parse(OWN, &[OTHER], &batch).unwrap();
    let mut ids = vec![];
    let own: Vec<_> = all.iter().filter(|(_, change)| change.log() == Some(OWN)).collect();
    let mut expected = own.iter();
    for entry in &parsed.entries {
        let ParsedEntry::Change(parsed) = entry else { continue };
        let (record, change) = expected.next().unwrap();
        let held = |place: Place| {
            let here = all.iter().filter(|(of, _)| of == record);
            here.map(|(_, change)| known(change)).find(|known| known.place == place)
        };
        let newest = held(Place { log: OWN, seq: change.seq() - 1 });
        let chunk = parsed.chunk(newest, held).unwrap();
        assert_eq!(chunk, change.chunk());
        assert_eq!(parsed.record, *record);
        assert_eq!(parsed.created_as, (change.deps().is_empty()).then_some(2));
        ids.push(change.id());
    }
    assert!(expected.next().is_none());
    assert!(parsed.adds_up(&ids));
    assert!(!parsed.adds_up(&ids[1..]));
}

#[test]
fn an_adopted_entry_is_read_back_and_only_a_batch_with_one_is_of_the_newer_format() {
    let all = changes();
    let plain = written(&all);
    assert_eq!(plain[0], 1);
    let (device, signature, packed) = (DeviceId::from_bytes([9; 16]), [8; 64], vec![7; 300]);
    let adopted = Adopted { device, signature: &signature, packed: &packed };
    let says = || Entry::Announcement(Announcement::Merged { logs: vec![], backed_up: None });
    let batch = write(OWN, &[], &[says(), Entry::Adopted(adopted), says()]).unwrap();
    assert_eq!(batch[0], 2);
    let parsed = parse(OWN, &[], &batch).unwrap();
    assert!(matches!(parsed.entries[1], ParsedEntry::Adopted(read) if read == adopted));
    assert!(matches!(parsed.entries[2], ParsedEntry::Announcement(_)));
    // Nothing of it counts among the changes of the frame's own log.
    assert!(parsed.adds_up(&[]));
    for cut in 0..batch.len() {
        assert!(parse(OWN, &[], &batch[..cut]).is_err(), "cut at {cut}");
    }
    // In the format before, these bytes mean nothing.
    let mut older = batch;
    older[0] = 1;
    assert!(parse(OWN, &[], &older).is_err());
}

#[test]
fn a_batch_that_is_cut_short_is_malformed() {
    let batch = written(&changes());
    for cut in 0..batch.len() {
        assert!(parse(OWN, &[OTHER], &batch[..cut]).is_err(), "cut at {cut}");
    }
}

#[test]
fn no_mutated_batch_makes_the_reader_panic() {
    let batch = written(&changes());
    for at in 0..batch.len() {
        for bit in 0..8 {
            let mut mutated = batch.clone();
            mutated[at] ^= 1 << bit;
            if let Ok(parsed) = parse(OWN, &[OTHER], &mutated) {
                for entry in &parsed.entries {
                    if let ParsedEntry::Change(change) = entry {
                        let _ = change.chunk(None, |_| None);
                    }
                }
            }
        }
    }
}

#[test]
fn a_change_whose_dependency_is_not_here_waits() {
    let all = changes();
    let batch = written(&all);
    let parsed = parse(OWN, &[OTHER], &batch).unwrap();
    let ParsedEntry::Change(second) = &parsed.entries[1] else { panic!("no change") };
    assert_eq!(second.chunk(None, |_| None), Err(BatchError::Missing));
}

#[test]
fn bytes_that_would_inflate_without_end_are_refused() {
    let bomb = vec![0; kahriz_proto::limits::FRAME_INFLATED_MAX + 1];
    assert_eq!(pack(&bomb), Err(BatchError::OverLimit));
    let squeezed = zstd::bulk::compress(&bomb, 19).unwrap();
    assert_eq!(unpack(&[&[1], &squeezed[..]].concat()), Err(BatchError::Malformed));
}

/// What devices knew of announcements before backups were signed for.
#[derive(Debug, PartialEq, Eq, minicbor::Decode)]
enum Before {
    #[n(2)]
    Merged {
        #[n(0)]
        logs: Vec<kahriz_proto::frame::FrameRef>,
    },
}

#[test]
fn a_device_of_before_backups_were_signed_reads_what_headquarters_has_merged() {
    let merged = kahriz_proto::frame::FrameRef { log: OTHER, seq: 3 };
    let held = kahriz_proto::message::LogState { log: OTHER, seq: 2, tag: [7; 8] };
    let said = Announcement::Merged { logs: vec![merged], backed_up: Some(vec![held]) };
    let bytes = minicbor::to_vec(&said).unwrap();
    assert_eq!(minicbor::decode::<Announcement>(&bytes).unwrap(), said);
    let understood: Before = minicbor::decode(&bytes).unwrap();
    assert_eq!(understood, Before::Merged { logs: vec![merged] });
    // And where nothing is said of backups, not a byte is other than it was.
    let said = Announcement::Merged { logs: vec![merged], backed_up: None };
    let bytes = minicbor::to_vec(&said).unwrap();
    let log = minicbor::to_vec(OTHER).unwrap();
    assert_eq!(bytes, [&[0x82, 0x02, 0x81, 0x81, 0x82][..], &log, &[3]].concat());
}

#[test]
fn what_a_newer_device_announces_makes_its_frame_wait_for_an_update_and_is_not_quarantined() {
    let empty = write(
        OWN,
        &[],
        &[Entry::Announcement(Announcement::Merged { logs: vec![], backed_up: None })],
    );
    let mut bytes = empty.unwrap();
    let known = bytes.windows(4).position(|four| four == [0x82, 0x02, 0x81, 0x80]).unwrap();
    bytes[known + 1] = 0x17;
    assert_eq!(parse(OWN, &[], &bytes).map(drop), Err(BatchError::UnknownAnnouncement));
}
