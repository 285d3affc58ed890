//! Every decoder of bytes from outside, fed with random and with mutated bytes: an answer or an error, never a panic,
//! and no more memory than the input allows.

#![allow(clippy::unwrap_used)]

use kahriz_core::batch::{self, Announcement, Entry as BatchEntry, ParsedEntry};
use kahriz_core::human_id::{HumanId, human_id};
use kahriz_core::record::{Change, Document};
use kahriz_core::value::{FieldType, Scalar, Value};
use kahriz_proto::bundle::BundleWriter;
use kahriz_proto::frame::{Frame, FrameRef};
use kahriz_proto::ids::{LogId, RecordId};
use kahriz_proto::item::{ITEM_BYTES_MAX, ItemReader, PageItem, read_varint};
use kahriz_proto::join::{Invite, Join, JoinPage};
use kahriz_proto::message::{Refusal, RosterPage, SyncAnswer, SyncRequest};
use kahriz_proto::repair::{Comparison, RepairRequest};
use kahriz_proto::roster::Entry;
use kahriz_tests::targets;
use kahriz_tests::world::relay::Posted;
use kahriz_tests::world::{Insider, LogKind, SimulatedRelay, Who, World, scratch_folder};
use proptest::prelude::*;
use std::sync::OnceLock;

/// Real bytes of each sort, to be mutated.
struct Samples {
    frame: Vec<u8>,
    entries: Vec<Vec<u8>>,
    join: Vec<u8>,
    invite: Vec<u8>,
    request: Vec<u8>,
    batch: Vec<u8>,
    packed: Vec<u8>,
    repair: Vec<u8>,
    bundle: Vec<u8>,
}

fn samples() -> &'static Samples {
    static SAMPLES: OnceLock<Samples> = OnceLock::new();
    SAMPLES.get_or_init(|| {
        let mut world = World::new(7);
        let mut insider = Insider::admitted(&mut world, 0);
        let says = Announcement::Profile { officer: "Leyla".into(), device: "phone".into() };
        let log = LogId::from_bytes([1; 16]);
        let batch = batch::write(log, &[], &[BatchEntry::Announcement(says)]).unwrap();
        let packed = batch::pack(&batch).unwrap();
        let preamble = insider.preamble(1, kahriz_proto::ids::FrameHash::NONE, vec![]);
        let frame = insider.seal(&preamble, &packed).into_bytes();
        world.ask_to_join("Gülnar");
        let join = minicbor::to_vec(world.waiting_joins().pop().unwrap()).unwrap();
        let invite = minicbor::to_vec(world.invite()).unwrap();
        let scope = world.scope(0);
        let request = SyncRequest {
            cursors: vec![kahriz_proto::cursor::Cursor::start(scope)],
            roster: 4,
            page_bytes: 9_000,
            ..SyncRequest::default()
        };
        let request = minicbor::to_vec(request).unwrap();
        let entries = world.at(Who::HEADQUARTERS).roster_entries(0).unwrap();
        let ranges = Comparison::new(vec![]).question();
        let wants = Some(vec![FrameRef { log, seq: 3 }]);
        let repair =
            minicbor::to_vec(RepairRequest { scope, ranges, wants, bytes: 9_000, held: None })
                .unwrap();
        let mut bundle = BundleWriter::new(world.at(Who::HEADQUARTERS).id());
        bundle.frame(&frame).unwrap();
        let bundle = [vec![100], bundle.finish()].concat();
        Samples { frame, entries, join, invite, request, batch, packed, repair, bundle }
    })
}

/// Some bytes replaced, and perhaps the tail cut off or lengthened.
fn mutated(bytes: &'static [u8]) -> impl Strategy<Value = Vec<u8>> {
    let edits = prop::collection::vec((0..bytes.len(), any::<u8>()), 0..6);
    (edits, 0..=bytes.len() + 8).prop_map(move |(edits, len)| {
        let mut out = bytes.to_vec();
        edits.into_iter().for_each(|(at, byte)| out[at] = byte);
        out.resize(len, 0xff);
        out
    })
}

fn some_bytes() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(any::<u8>(), 0..600)
}

fn read_everything(bytes: &[u8]) {
    let _ = Frame::decode(bytes.to_vec());
    if let Some(entry) = Entry::decode(bytes) {
        let _ = entry.verified_body();
        assert_eq!(entry.to_bytes(), bytes);
    }
    if let Ok(join) = minicbor::decode::<Join>(bytes) {
        let _ = join.is_signed();
    }
    let _ = minicbor::decode::<Invite>(bytes);
    let _ = minicbor::decode::<JoinPage>(bytes);
    let _ = minicbor::decode::<RosterPage>(bytes);
    let _ = minicbor::decode::<SyncRequest>(bytes);
    let _ = minicbor::decode::<SyncAnswer>(bytes);
    let _ = minicbor::decode::<Refusal>(bytes);
    (targets::find("repair").unwrap().read)(bytes);
    (targets::find("bundle").unwrap().read)(bytes);
    let _ = minicbor::decode::<PageItem>(bytes);
    let _ = minicbor::decode::<Announcement>(bytes);
    let _ = read_varint(bytes);
    read_batch(bytes);
    if let Ok(plain) = batch::unpack(bytes) {
        assert!(plain.len() <= kahriz_proto::limits::FRAME_INFLATED_MAX);
        read_batch(&plain);
    }
    let scalar = Scalar::Bytes(bytes.to_vec());
    for field_type in [FieldType::Point, FieldType::Shape] {
        if let Ok(Some(value)) = Value::from_scalar(field_type, &scalar) {
            assert_eq!(value.to_scalar(), Some(scalar.clone()), "one encoding for each value");
        }
    }
    let _ = Document::load(bytes);
}

fn read_batch(bytes: &[u8]) {
    let logs = [LogId::from_bytes([2; 16])];
    let Ok(parsed) = batch::parse(LogId::from_bytes([1; 16]), &logs, bytes) else { return };
    for entry in &parsed.entries {
        if let ParsedEntry::Change(change) = entry
            && let Ok(chunk) = change.chunk(None, |_| None)
        {
            let _ = Change::from_chunk(chunk);
        }
    }
}

fn read_stream(pieces: &[Vec<u8>], max: usize) {
    let mut reader = ItemReader::default();
    for piece in pieces {
        reader.push(piece);
        loop {
            match reader.next_item(max) {
                Ok(Some(item)) => assert!(item.len() <= max),
                Ok(None) => break,
                Err(_) => return,
            }
        }
        let held: usize = pieces.iter().map(Vec::len).sum();
        assert!(reader.partial().len() <= held);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 10_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_at_all_are_read_or_refused(bytes in some_bytes()) {
        read_everything(&bytes);
    }

    #[test]
    fn a_mutated_frame_is_read_or_refused(bytes in mutated(&samples().frame)) {
        read_everything(&bytes);
        if let Ok(frame) = Frame::decode(bytes.clone()) {
            prop_assert_eq!(frame.bytes(), &bytes[..]);
        }
    }

    #[test]
    fn a_mutated_roster_entry_is_read_or_refused(
        bytes in (0..5_usize).prop_flat_map(|index| mutated(&samples().entries[index]))
    ) {
        read_everything(&bytes);
    }

    #[test]
    fn a_mutated_join_or_invite_or_request_is_read_or_refused(
        join in mutated(&samples().join),
        invite in mutated(&samples().invite),
        request in mutated(&samples().request),
    ) {
        [join, invite, request].iter().for_each(|bytes| read_everything(bytes));
    }

    #[test]
    fn a_mutated_repair_or_bundle_is_read_or_refused(
        repair in mutated(&samples().repair),
        bundle in mutated(&samples().bundle),
    ) {
        [repair, bundle].iter().for_each(|bytes| read_everything(bytes));
    }

    #[test]
    fn the_inside_of_a_frame_is_read_or_refused(
        batch in mutated(&samples().batch),
        packed in mutated(&samples().packed),
    ) {
        [batch, packed].iter().for_each(|bytes| read_everything(bytes));
    }

    #[test]
    fn a_stream_in_any_pieces_is_read_or_refused(
        pieces in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 0..20),
        max in 0..200_usize,
    ) {
        read_stream(&pieces, max);
        read_stream(&pieces, ITEM_BYTES_MAX);
    }

    #[test]
    fn whatever_is_typed_as_a_records_number_is_understood_or_refused(typed in "\\PC{0,40}") {
        let _ = HumanId::parse(&typed);
        let _ = HumanId::parse_written(&typed);
        let _ = RecordId::from_uuid(&typed);
    }

    #[test]
    fn every_records_number_reads_back_and_one_wrong_symbol_is_noticed(
        id in any::<[u8; 16]>(), prefix in "[A-Z]{2,4}", at in 0..9_usize, symbol in 0..32_usize
    ) {
        let id = RecordId::from_bytes(id);
        let written = human_id(&prefix, id);
        let read = HumanId::parse(&written).unwrap();
        prop_assert_eq!(&read, &HumanId::of(&prefix, id));
        let digits: Vec<usize> = written.match_indices(|c| c != '-').map(|(at, _)| at).collect();
        let place = digits[digits.len() - 9 + at];
        let mut wrong = written.clone().into_bytes();
        wrong[place] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ"[symbol];
        let wrong = String::from_utf8(wrong).unwrap();
        prop_assert!(wrong == written || HumanId::parse(&wrong).is_err());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_stands_where_a_token_belongs_the_relay_answers_with_a_refusal(
        token in "[A-Za-z0-9_.=\\-]{0,400}", body in some_bytes()
    ) {
        thread_local! {
            static RELAY: SimulatedRelay =
                SimulatedRelay::start(LogKind::Memory, scratch_folder().path());
        }
        let request = kahriz_core::drive::HttpRequest {
            method: kahriz_core::drive::Method::Post,
            path: "/v1/sync",
            token: &token,
            body: &body,
            registration: None,
        };
        let answer = RELAY.with(|relay| relay.deliver(&Posted::of(&request)));
        prop_assert!((400..500).contains(&answer.status), "{}", answer.status);
        prop_assert!(minicbor::decode::<Refusal>(&answer.body).is_ok());
    }
}
