//! Letters from outside: who opens them, what a crash leaves of one, and that any bytes are eaten.
#![allow(clippy::unwrap_used)]

use super::*;
use crate::crypto::chance::SeededChance;
use crate::crypto::{DeviceSecrets, MarkKey, SigningSecret, WrapSecret};
use crate::record::{Author, Document, Write};
use crate::value::Scalar;
use kahriz_proto::ids::{LogId, ScopeId, WorkspaceId};
use kahriz_proto::limits::{CHANGE_BYTES_MAX, LETTER_BYTES_MAX};
use proptest::prelude::*;

const WORKSPACE: WorkspaceId = WorkspaceId::from_bytes([1; 16]);
const SCOPE: ScopeId = ScopeId::from_bytes([2; 8]);

fn marks() -> MarkKey {
    MarkKey::from_bytes([4; 32])
}

struct Desk {
    device: DeviceSecrets,
    headquarters: DeviceSecrets,
    recovery: WrapSecret,
    chance: SeededChance,
}

fn desk() -> Desk {
    let mut chance = SeededChance::new(9);
    let (device, headquarters) =
        (DeviceSecrets::generate(&mut chance), DeviceSecrets::generate(&mut chance));
    Desk { device, headquarters, recovery: WrapSecret::generate(&mut chance), chance }
}

impl Desk {
    fn statement(&self, name: &str) -> Statement {
        let log = LogId::of(self.device.device(), SCOPE, 1);
        let author = Author { log, claimed_s: 1_750_000_000, reason: None };
        let write = Write { key: "full_name".into(), value: Scalar::from(name), mergeable: false };
        let (_, change) = Document::create(&[write], &author).unwrap();
        let chunk = change.chunk().to_vec();
        Statement { generation: 1, creator: log, counter: 1, kind: 2, chunk }
    }

    fn signed(&self, name: &str) -> Signed {
        Signed::of(&self.statement(name), WORKSPACE, SCOPE, &self.device).unwrap()
    }

    fn letter(&mut self, names: &[&str]) -> Vec<u8> {
        let to = [
            (Some(self.headquarters.device()), self.headquarters.wrap.public()),
            (None, self.recovery.public()),
        ];
        let device = self.device.device();
        let (mut writer, mut bytes) =
            LetterWriter::begin(WORKSPACE, device, &to, &mut self.chance).unwrap();
        for (number, name) in names.iter().enumerate() {
            let signed = self.signed(name);
            assert!(writer.has_room_for(&signed));
            bytes.extend(writer.entry(&marks(), &[u8::try_from(number).unwrap(); 32], &signed));
        }
        assert_eq!(writer.len, bytes.len());
        bytes
    }
}

#[test]
fn headquarters_and_recovery_read_what_was_saved_and_the_device_itself_does_not() {
    let mut desk = desk();
    let bytes = desk.letter(&["Vaqif", "Gülnar"]);
    let letter = Letter::read(&bytes).unwrap();
    assert_eq!((letter.entries(), letter.len), (2, bytes.len()));
    let readers =
        [(Some(desk.headquarters.device()), &desk.headquarters.wrap), (None, &desk.recovery)];
    for (recipient, secret) in readers {
        let contents = letter.open(&letter.key(recipient, secret).unwrap());
        assert_eq!(contents.damaged, 0);
        assert_eq!(contents.statements, [desk.signed("Vaqif"), desk.signed("Gülnar")]);
        let said = contents.statements[0].verify(WORKSPACE, &desk.device.public().sign).unwrap();
        assert_eq!(said.change.chunk(), desk.statement("Vaqif").chunk);
        assert!(said.begins_record());
    }
    for recipient in [None, Some(desk.headquarters.device()), Some(desk.device.device())] {
        assert!(letter.key(recipient, &desk.device.wrap).is_none());
    }
}

#[test]
fn a_letter_that_was_cut_gives_every_entry_before_the_cut() {
    let mut desk = desk();
    let bytes = desk.letter(&["one", "two", "three"]);
    let head = u32::from_be_bytes(bytes[..4].try_into().unwrap()) as usize + 4;
    let mut seen = vec![];
    for cut in head..bytes.len() {
        let letter = Letter::read(&bytes[..cut]).unwrap();
        let key = letter.key(None, &desk.recovery).unwrap();
        let contents = letter.open(&key);
        assert_eq!(contents.damaged, 0);
        assert!(letter.len <= cut);
        seen.push(contents.statements.len());
    }
    assert!(seen.is_sorted());
    assert_eq!((seen[0], *seen.last().unwrap()), (0, 2));
    // Room that was reserved and never written to is no entry.
    let reserved = [&bytes[..], &[0; 500]].concat();
    assert_eq!(Letter::read(&reserved).unwrap().entries(), 3);
}

#[test]
fn an_entry_that_was_altered_moved_or_repeated_is_counted_as_damaged_and_the_others_are_read() {
    let mut desk = desk();
    let bytes = desk.letter(&["one", "two", "six"]);
    let head = u32::from_be_bytes(bytes[..4].try_into().unwrap()) as usize + 4;
    let entry = (bytes.len() - head) / 3;
    let opened = |bytes: &[u8]| {
        let letter = Letter::read(bytes).unwrap();
        let contents = letter.open(&letter.key(None, &desk.recovery).unwrap());
        (contents.statements.len(), contents.damaged)
    };
    let mut altered = bytes.clone();
    altered[head + entry + 40] ^= 1;
    assert_eq!(opened(&altered), (2, 1));
    // The device sees it too, without opening anything.
    let names = |bytes: &[u8]| Letter::read(bytes).unwrap().names(&marks()).collect::<Vec<_>>();
    let expected = [0, 1, 2].map(|number| marks().name(&[number; 32]));
    assert_eq!(names(&bytes), expected);
    assert_eq!(names(&altered), [expected[0], expected[2]]);
    let (first, rest) = bytes[head..].split_at(entry);
    let swapped = [&bytes[..head], &rest[..entry], first, &rest[entry..]].concat();
    assert_eq!(opened(&swapped), (1, 2));
    assert_eq!(opened(&[&bytes[..], first].concat()), (3, 1));
    assert_eq!(opened(&[&bytes[..head], rest].concat()), (0, 2));
}

#[test]
fn who_can_only_deposit_cannot_say_anything_in_the_devices_name() {
    let mut desk = desk();
    let bytes = desk.letter(&["Vaqif"]);
    let seed = [5; 32];
    let cover = Cover::of(WORKSPACE, "https://relay".into(), Some([3; 32]), seed, &desk.device);
    let deposit = cover.deposit(&bytes);
    assert!(deposit.is_signed(&desk.device.public().sign));
    // The thief of the deposit key seals a letter of their own, with every key that they have.
    let thief = DeviceSecrets {
        signing: SigningSecret::from_seed(&seed),
        wrap: WrapSecret::generate(&mut desk.chance),
    };
    let mut forged = Signed::of(&desk.statement("forged"), WORKSPACE, SCOPE, &thief).unwrap();
    forged.device = desk.device.device();
    assert!(forged.verify(WORKSPACE, &desk.device.public().sign).is_none());
    // And what the device did say is said for one workspace, scope and device only.
    let signed = desk.signed("Vaqif");
    let key = desk.device.public().sign;
    assert!(signed.verify(WORKSPACE, &key).is_some());
    assert!(signed.verify(WorkspaceId::from_bytes([8; 16]), &key).is_none());
    let elsewhere = Signed { scope: ScopeId::from_bytes([8; 8]), ..signed.clone() };
    assert!(elsewhere.verify(WORKSPACE, &key).is_none());
    assert!(signed.verify(WORKSPACE, &thief.public().sign).is_none());
}

#[test]
fn a_change_of_another_log_is_not_believed_although_the_device_signed_it() {
    let desk = desk();
    let statement = Statement { generation: 2, ..desk.statement("Vaqif") };
    let signed = Signed::of(&statement, WORKSPACE, SCOPE, &desk.device).unwrap();
    assert!(signed.verify(WORKSPACE, &desk.device.public().sign).is_none());
}

#[test]
fn the_largest_change_fits_a_letter_to_the_most_recipients() {
    let mut desk = desk();
    let to = vec![(Some(desk.headquarters.device()), desk.headquarters.wrap.public()); 100];
    let (mut writer, _) =
        LetterWriter::begin(WORKSPACE, desk.device.device(), &to, &mut desk.chance).unwrap();
    // As large as a change may be, and nothing in it that could be squeezed.
    let mut packed = vec![0; CHANGE_BYTES_MAX + 2_048];
    rand_core::Rng::fill_bytes(&mut desk.chance, &mut packed);
    let signed = Signed { packed, ..desk.signed("") };
    assert!(writer.has_room_for(&signed));
    let _ = writer.entry(&marks(), &[0; 32], &signed);
    assert!(writer.len <= LETTER_BYTES_MAX, "{}", writer.len);
    assert!(!writer.has_room_for(&desk.signed("small")));
}

#[test]
fn a_file_gives_back_cover_and_letter_without_what_was_reserved() {
    let mut desk = desk();
    let letter = desk.letter(&["Vaqif"]);
    let cover = Cover::of(WORKSPACE, "https://relay".into(), None, [5; 32], &desk.device);
    let file = [&cover.to_bytes()[..], &letter, &[0; 4_096]].concat();
    let (read, bytes) = Cover::read(&file).unwrap();
    assert!(read == cover);
    assert_eq!(bytes, letter);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_bytes_stand_where_a_letter_belongs_they_are_read_or_refused(
        bytes in prop::collection::vec(any::<u8>(), 0..400), at in any::<prop::sample::Index>()
    ) {
        let _ = Letter::read(&bytes).map(|letter| letter.len);
        let _ = Cover::read(&bytes).is_ok();
        thread_local! {
            static GOOD: (Vec<u8>, Desk) = {
                let mut desk = desk();
                (desk.letter(&["one", "two"]), desk)
            };
        }
        // The same bytes anywhere in a good letter.
        GOOD.with(|(good, desk)| {
            let mut mixed = good.clone();
            let at = at.index(good.len());
            let end = (at + bytes.len()).min(good.len());
            mixed[at..end].copy_from_slice(&bytes[..end - at]);
            if let Ok(letter) = Letter::read(&mixed) {
                assert!(letter.len <= mixed.len());
                if let Some(key) = letter.key(None, &desk.recovery) {
                    let contents = letter.open(&key);
                    let key = desk.device.public().sign;
                    for signed in contents.statements {
                        let _ = signed.verify(WORKSPACE, &key);
                    }
                }
            }
        });
    }

    #[test]
    fn whatever_a_device_signs_as_a_statement_is_understood_or_refused(
        packed in prop::collection::vec(any::<u8>(), 0..300)
    ) {
        let desk = desk();
        let good = desk.signed("Vaqif");
        let _ = Signed { packed: packed.clone(), ..good }.read();
        let plain = crate::batch::pack(&packed).unwrap();
        let _ = Signed { packed: plain, ..desk.signed("") }.read();
    }
}
