use super::*;
use crate::ids::WorkspaceId;
use crate::item::push_varint;
use crate::message::RosterPage;
use proptest::prelude::*;
use std::ops::Range;

const WORKSPACE: WorkspaceId = WorkspaceId::from_bytes([7; 16]);

const WHOLE: Damage = Damage { skipped_bytes: 0, stretches: 0, cut: false, missing: 0 };

fn head() -> Piece {
    Piece::Head { version: BUNDLE_VERSION, workspace: WORKSPACE }
}

/// A bundle, and of each piece where it stands.
fn written(pieces: &[Piece]) -> (Vec<u8>, Vec<Range<usize>>) {
    let mut writer = BundleWriter::new(WORKSPACE);
    let (mut file, mut places) = (writer.take(), vec![]);
    places.push(BUNDLE_MAGIC.len()..file.len());
    for piece in pieces {
        match piece {
            Piece::Frame(bytes) => writer.frame(bytes).unwrap(),
            Piece::RosterPage(page) => writer.roster_page(page).unwrap(),
            Piece::Head { .. } => panic!("the writer has written it"),
        }
        let bytes = writer.take();
        places.push(file.len()..file.len() + bytes.len());
        file.extend(bytes);
    }
    file.extend(writer.finish());
    (file, places)
}

fn read(file: &[u8], piece: usize) -> (Vec<Piece>, Damage) {
    let (mut reader, mut pieces) = (BundleReader::default(), vec![]);
    for bytes in file.chunks(piece) {
        reader.push(bytes);
        pieces.extend(&mut reader);
    }
    reader.end();
    pieces.extend(&mut reader);
    (pieces, reader.finish())
}

/// Bytes in which markers stand, with and without what looks like a record's beginning behind them.
fn payload() -> impl Strategy<Value = Vec<u8>> {
    let part = prop_oneof![
        4 => prop::collection::vec(any::<u8>(), 0..60),
        1 => Just(MARKER.to_vec()),
        1 => Just([MARKER, &[kind::FRAME, 0x80, 0x10]].concat()),
        1 => Just([MARKER, &[9, 0xff, 0xff, 0x7f]].concat()),
        1 => Just(BUNDLE_MAGIC.to_vec()),
    ];
    prop::collection::vec(part, 0..6).prop_map(|parts| parts.concat())
}

fn pieces() -> impl Strategy<Value = Vec<Piece>> {
    let page = prop::collection::vec(payload(), 0..4).prop_map(|entries| {
        let entries = entries.into_iter().map(Into::into).collect();
        Piece::RosterPage(RosterPage { entries, keys: None })
    });
    let piece = prop_oneof![1 => page, 4 => payload().prop_map(Piece::Frame)];
    prop::collection::vec(piece, 0..12)
}

/// What happens to a file: bytes from `at` on are replaced by others.
#[derive(Clone, Debug)]
struct Accident {
    at: usize,
    lost: usize,
    put: Vec<u8>,
}

/// Where in the file it happens is chosen as a part of its length.
fn accident() -> impl Strategy<Value = (f64, Accident)> {
    let flip = any::<u8>().prop_map(|byte| Accident { at: 0, lost: 1, put: vec![byte] });
    let insert = payload().prop_map(|put| Accident { at: 0, lost: 0, put });
    let remove = (1..400_usize).prop_map(|lost| Accident { at: 0, lost, put: vec![] });
    let overwrite = (payload(), 0..200_usize).prop_map(|(put, lost)| Accident { at: 0, lost, put });
    let cut = Just(Accident { at: 0, lost: usize::MAX, put: vec![] });
    (0.0..1.0, prop_oneof![flip, insert, remove, overwrite, cut])
}

impl Accident {
    fn befall(&self, file: &[u8]) -> Vec<u8> {
        let after = self.at.saturating_add(self.lost).min(file.len());
        [&file[..self.at], &self.put, &file[after..]].concat()
    }

    /// Nothing of it was lost, and nothing put into its middle.
    fn spares(&self, place: &Range<usize>) -> bool {
        place.end <= self.at || place.start >= self.at.saturating_add(self.lost)
    }
}

fn is_within(some: &[Piece], all: &[Piece]) -> bool {
    let mut all = all.iter();
    some.iter().all(|piece| all.any(|other| other == piece))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_is_read_however_the_bytes_come(pieces in pieces(), piece in 1..300_usize) {
        let (file, _) = written(&pieces);
        let all = [vec![head()], pieces].concat();
        prop_assert_eq!(read(&file, piece), (all, WHOLE));
    }

    #[test]
    fn whatever_happens_to_a_file_all_that_was_not_touched_comes_out_and_nothing_else(
        pieces in pieces(), (part, mut accident) in accident(), piece in 1..300_usize,
    ) {
        let (file, places) = written(&pieces);
        let all = [vec![head()], pieces].concat();
        accident.at = (part * file.len() as f64) as usize;
        let damaged = accident.befall(&file);
        let (came, damage) = read(&damaged, piece);
        let spared: Vec<Piece> = (all.iter().zip(&places))
            .filter(|(_, place)| accident.spares(place))
            .map(|(piece, _)| piece.clone())
            .collect();
        prop_assert!(is_within(&spared, &came), "all that was spared");
        prop_assert!(is_within(&came, &all), "and nothing invented");
        prop_assert_eq!(damage.is_none(), damaged == file, "{:?}", damage);
        let lost = all.len() - came.len();
        prop_assert!(damage.cut || damage.missing == lost as u64 - u64::from(came.first() != Some(&all[0])));
    }

    #[test]
    fn any_bytes_at_all_are_read_or_passed_over(parts in prop::collection::vec(payload(), 0..20)) {
        let bytes = parts.concat();
        let (came, damage) = read(&bytes, 50);
        prop_assert_eq!(came, vec![]);
        prop_assert!(damage.skipped_bytes <= bytes.len() as u64);
    }
}

fn frames(count: u8) -> Vec<Piece> {
    (0..count).map(|n| Piece::Frame(vec![n; 100])).collect()
}

#[test]
fn each_single_byte_may_be_lost_and_only_its_own_record_goes() {
    let pieces = frames(5);
    let (file, places) = written(&pieces);
    let all = [vec![head()], pieces].concat();
    for at in 0..file.len() {
        for accident in [
            Accident { at, lost: 1, put: vec![file[at] ^ 0x40] },
            Accident { at, lost: 1, put: vec![] },
        ] {
            let (came, damage) = read(&accident.befall(&file), 64);
            let touched = places.iter().filter(|place| !accident.spares(place)).count();
            assert_eq!(came.len(), all.len() - touched, "at {at}");
            assert_eq!(damage.stretches, 1, "at {at}: {damage:?}");
        }
    }
}

#[test]
fn a_bundle_that_was_cut_says_so_wherever_it_was_and_gives_what_is_whole() {
    let (file, places) = written(&frames(3));
    for len in 0..file.len() {
        let (came, damage) = read(&file[..len], 10);
        assert_eq!(came.len(), places.iter().filter(|place| place.end <= len).count());
        let whole = places.iter().map(|place| place.end).filter(|end| *end <= len).max();
        let magic = if len >= BUNDLE_MAGIC.len() { BUNDLE_MAGIC.len() } else { 0 };
        assert!(damage.cut);
        assert_eq!(damage.skipped_bytes, (len - whole.unwrap_or(magic)) as u64, "at {len}");
    }
}

#[test]
fn a_record_that_was_taken_out_with_care_is_missed() {
    let (file, places) = written(&frames(4));
    let without = [&file[..places[2].start], &file[places[3].end..]].concat();
    let (came, damage) = read(&without, 1_000);
    assert_eq!(came.len(), 3);
    assert_eq!(damage, Damage { missing: 2, ..WHOLE });
}

#[test]
fn a_bundle_within_a_frame_is_that_frames_business() {
    let (inner, _) = written(&frames(2));
    let pieces = vec![Piece::Frame(inner)];
    let (file, _) = written(&pieces);
    assert_eq!(read(&file, 9), ([vec![head()], pieces].concat(), WHOLE));
}

#[test]
fn two_bundles_one_after_another_are_both_read() {
    let (one, _) = written(&frames(2));
    let (other, _) = written(&frames(3));
    let (came, damage) = read(&[one, other].concat(), 40);
    assert_eq!(came.len(), 7);
    let magic = BUNDLE_MAGIC.len() as u64;
    assert_eq!(damage, Damage { skipped_bytes: magic, stretches: 1, ..WHOLE });
}

#[test]
fn what_a_later_version_adds_is_passed_over_and_its_version_said() {
    let mut file = BUNDLE_MAGIC.to_vec();
    let mut push = |kind: u8, payload: &[u8]| {
        file.extend_from_slice(MARKER);
        file.push(kind);
        push_varint(&mut file, payload.len() as u64);
        file.extend_from_slice(payload);
        file.extend_from_slice(&checksum(kind, payload));
    };
    push(kind::HEAD, &[&[2], &[7; 16][..], b"more"].concat());
    push(9, &[1; 300]);
    push(kind::FRAME, b"frame");
    push(kind::END, &[1]);
    let later = Piece::Head { version: 2, workspace: WORKSPACE };
    assert_eq!(read(&file, 8), (vec![later, Piece::Frame(b"frame".to_vec())], WHOLE));
}

#[test]
fn a_page_that_is_none_and_a_length_over_the_limit_are_damage() {
    let mut file = BUNDLE_MAGIC.to_vec();
    for (kind, payload) in [(kind::ROSTER_PAGE, &b"\xff"[..]), (kind::HEAD, &[1; 16])] {
        file.extend_from_slice(&[MARKER, &[kind, payload.len() as u8], payload].concat());
        file.extend_from_slice(&checksum(kind, payload));
    }
    for kind in 0..5 {
        file.extend_from_slice(&[MARKER, &[kind]].concat());
        push_varint(&mut file, payload_max(kind) as u64 + 1);
    }
    let mut reader = BundleReader::default();
    reader.push(&file);
    assert_eq!(reader.next(), None);
    assert_eq!(reader.held(), 0, "nothing is waited for");
    let skipped_bytes = (file.len() - BUNDLE_MAGIC.len()) as u64;
    let damage = Damage { skipped_bytes, stretches: 1, cut: true, missing: 0 };
    assert_eq!(reader.finish(), damage);
    let mut writer = BundleWriter::new(WORKSPACE);
    assert_eq!(writer.frame(&vec![0; FRAME_BYTES_MAX + 1]), Err(TooLong));
    writer.frame(&vec![0; FRAME_BYTES_MAX]).unwrap();
}

/// Records that claim to be long, as many as there is room for: each would be hashed to its end.
#[test]
fn a_file_that_was_made_to_waste_time_wastes_little() {
    let claim = [MARKER, &[kind::ROSTER_PAGE, 0x80, 0x80, 0x80, 0x01]].concat();
    let file = claim.repeat(400_000);
    let mut reader = BundleReader::default();
    let mut most = 0;
    for bytes in file.chunks(64 * 1024) {
        reader.push(bytes);
        assert_eq!(reader.next(), None);
        most = most.max(reader.held());
    }
    reader.end();
    assert_eq!(reader.next(), None);
    assert!(most <= BUNDLE_PAGE_BYTES_MAX, "{most} bytes held");
    let page = BUNDLE_PAGE_BYTES_MAX as u64;
    let wasted = reader.wasted;
    assert!(wasted > 32 * page && wasted < 5 * file.len() as u64 + 65 * page, "{wasted} bytes");
}
