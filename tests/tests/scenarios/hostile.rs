//! Damaged and hostile input: refused at the relay, and where a relay lets it through, parked at the device with a
//! reason that a person can read. It never blocks what is in order.

use crate::story::{HQ, Mission, mission, set};
use kahriz_core::batch::{self, Announcement, Entry};
use kahriz_core::drive::{self, SyncReport};
use kahriz_core::store::ParkReason;
use kahriz_core::workspace::Parked;
use kahriz_proto::frame::{Frame, FrameRef};
use kahriz_proto::ids::{FrameHash, LogId, RecordId};
use kahriz_proto::message::{LogState, Refusal, RefusalReason, Verdict};
use kahriz_proto::session::Failure;
use kahriz_tests::world::insider::Lie;
use kahriz_tests::world::{ForgedRelay, Insider, Who};

/// The inside of a frame that says who its sealer is: the smallest that is in order.
fn harmless() -> Vec<u8> {
    let says = Announcement::Profile { officer: "Insider".into(), device: "phone".into() };
    batch_of(&[Entry::Announcement(says)])
}

fn batch_of(entries: &[Entry<'_>]) -> Vec<u8> {
    let batch = batch::write(LogId::from_bytes([0; 16]), &[], entries).unwrap();
    batch::pack(&batch).unwrap()
}

fn first_frame(insider: &mut Insider, inside: &[u8]) -> Frame {
    let preamble = insider.preamble(1, FrameHash::NONE, vec![]);
    insider.seal(&preamble, inside)
}

/// The frames that an honest officer has sent, as a relay holds them.
fn frames_of(story: &Mission, who: Who) -> Vec<Vec<u8>> {
    let workspace = story.world.at(who);
    let scope = story.world.scope(0);
    let log = story.world.relay.log();
    let id = story.world.at(HQ).id();
    let last = log.position(id, scope).unwrap();
    let all = (1..=last).map(|position| log.frame(id, scope, position).unwrap().unwrap());
    let own = all.filter(|bytes| {
        Frame::decode(bytes.clone()).unwrap().preamble().device == workspace.device()
    });
    own.collect()
}

/// A record by Leyla that lies in one frame at the relay and is known to nobody else.
fn one_frame(story: &mut Mission, name: &str) -> (RecordId, Vec<u8>) {
    let leyla = story.leyla;
    let record = story.creates(leyla, "missing_person", &[("full_name", name)]);
    story.world.sync(leyla);
    (record, frames_of(story, leyla).pop().unwrap())
}

fn pulls_from(story: &mut Mission, who: Who, relay: &mut ForgedRelay) -> SyncReport {
    let (workspace, _, shell) = story.world.device_mut(who).parts();
    drive::sync(workspace, relay, shell).unwrap()
}

fn reasons(story: &Mission, who: Who) -> Vec<ParkReason> {
    let parked: Vec<Parked> = story.world.at(who).parked().unwrap();
    parked.iter().map(|parked| parked.reason).collect()
}

#[test]
fn the_relay_refuses_what_is_not_in_order_and_takes_what_is() {
    let mut story = mission();
    let mut insider = Insider::admitted(&mut story.world, 0);
    let mut stranger = Insider::stranger(&mut story.world, 0);
    let good = first_frame(&mut insider, &harmless()).into_bytes();
    let mut altered = good.clone();
    *altered.last_mut().unwrap() ^= 1;
    let mut resigned = good.clone();
    // The signature stands between header and body.
    let at = resigned.len() - Frame::decode(good.clone()).unwrap().body().len() - 20;
    resigned[at] ^= 1;
    let other_scope = {
        let preamble = kahriz_proto::frame::Preamble {
            scope: story.world.scope(1),
            ..insider.preamble(1, FrameHash::NONE, vec![])
        };
        insider.seal(&preamble, &harmless()).into_bytes()
    };
    let later_epoch = {
        let preamble = kahriz_proto::frame::Preamble {
            epoch: 7,
            ..insider.preamble(1, FrameHash::NONE, vec![])
        };
        insider.seal(&preamble, &harmless()).into_bytes()
    };
    let gap = {
        let preamble = insider.preamble(3, FrameHash::NONE, vec![]);
        insider.seal(&preamble, &harmless()).into_bytes()
    };
    let strangers = first_frame(&mut stranger, &harmless()).into_bytes();
    let truncated = good[..good.len() - 9].to_vec();
    let another = first_frame(&mut insider, &harmless()).into_bytes();
    let sent = [
        altered,
        truncated,
        resigned,
        other_scope,
        later_epoch,
        gap,
        strangers,
        vec![0xff; 300],
        good.clone(),
        good,
        another,
    ];
    use Verdict::{
        Duplicate, Fork, Gap, Malformed, NotInScope, NotMember, Signature, Stored, UnknownEpoch,
    };
    assert_eq!(
        insider.push(&story.world, &sent),
        [
            Malformed,
            Malformed,
            Signature,
            NotInScope,
            UnknownEpoch,
            Gap,
            NotMember,
            Malformed,
            Stored,
            Duplicate,
            Fork
        ]
    );
    let forks = story.world.relay.log().forks(story.world.at(HQ).id()).unwrap();
    assert_eq!(forks.len(), 1, "the proof is kept");
}

#[test]
fn a_stranger_is_refused_at_the_door() {
    let mut story = mission();
    let mut stranger = Insider::stranger(&mut story.world, 0);
    let answer = stranger.post(&story.world, &[]);
    assert_eq!((answer.status, answer.is_cbor), (403, true));
    let refusal: Refusal = minicbor::decode(&answer.body).unwrap();
    assert_eq!(refusal.reason, RefusalReason::NotMember);
}

#[test]
fn a_frame_altered_at_any_byte_is_never_merged_and_never_blocks_the_others() {
    let mut story = mission();
    let rashad = story.rashad;
    let (first, whole) = one_frame(&mut story, "Vaqif");
    let scope = story.world.scope(0);
    let mut tried = 0;
    for at in (0..whole.len()).step_by(23) {
        let mut altered = whole.clone();
        altered[at] ^= 0x40;
        if Frame::decode(altered.clone()).is_err() {
            continue;
        }
        tried += 1;
        let mut relay = ForgedRelay::serving(scope, vec![altered]);
        pulls_from(&mut story, rashad, &mut relay);
        assert!(story.world.at(rashad).record(first).unwrap().is_none(), "altered at {at}");
    }
    assert!(tried > 0, "some altered frames are still frames");
    story.world.settle();
    assert_eq!(story.stands(rashad, first, "full_name"), set(&["Vaqif"]));
    for reason in reasons(&story, rashad) {
        assert!(
            reason.to_string().starts_with("quarantined")
                || reason.to_string().starts_with("waits")
        );
    }
}

#[test]
fn what_a_lying_relay_hands_on_is_parked_with_a_reason_and_the_rest_is_merged() {
    let mut story = mission();
    let rashad = story.rashad;
    let scope = story.world.scope(0);
    let mut insider = Insider::admitted(&mut story.world, 0);
    let mut elsewhere = Insider::admitted(&mut story.world, 1);
    let mut stranger = Insider::stranger(&mut story.world, 0);
    story.world.settle();
    let (record, honest) = one_frame(&mut story, "Vaqif");
    elsewhere.scope = scope;
    let not_granted = first_frame(&mut elsewhere, &harmless()).into_bytes();
    let from_stranger = first_frame(&mut stranger, &harmless()).into_bytes();
    let nonsense = [&harmless()[..1], b"this is no batch"].concat();
    let nonsense = first_frame(&mut insider, &nonsense).into_bytes();
    let relay_frames = vec![not_granted, from_stranger, nonsense, honest];
    let mut relay = ForgedRelay::serving(scope, relay_frames);
    let report = pulls_from(&mut story, rashad, &mut relay);
    assert_eq!((report.failure, report.frames_pulled, report.changes_merged), (None, 4, 1));
    assert_eq!(story.stands(rashad, record, "full_name"), set(&["Vaqif"]));
    let mut found = reasons(&story, rashad);
    found.sort();
    let expected = [ParkReason::UnknownDevice, ParkReason::NotInScope, ParkReason::Malformed];
    assert_eq!(found, expected);
    let status = story.world.at(rashad).status().unwrap();
    assert_eq!((status.inbox_waiting, status.inbox_quarantined), (1, 2));
}

#[test]
fn a_frame_under_a_key_that_is_not_the_scopes_is_quarantined() {
    let mut story = mission();
    let rashad = story.rashad;
    let scope = story.world.scope(0);
    let mut insider = Insider::admitted(&mut story.world, 0);
    story.world.settle();
    insider.key = kahriz_core::crypto::EpochKey::from_bytes(&[9; 32]);
    let frame = first_frame(&mut insider, &harmless()).into_bytes();
    let mut relay = ForgedRelay::serving(scope, vec![frame]);
    pulls_from(&mut story, rashad, &mut relay);
    assert_eq!(reasons(&story, rashad), [ParkReason::Malformed]);
}

#[test]
fn a_frame_of_an_epoch_whose_key_was_not_given_waits_for_it() {
    let mut story = mission();
    let rashad = story.rashad;
    let scope = story.world.scope(0);
    let mut insider = Insider::admitted(&mut story.world, 0);
    story.world.settle();
    let preamble =
        kahriz_proto::frame::Preamble { epoch: 2, ..insider.preamble(1, FrameHash::NONE, vec![]) };
    let frame = insider.seal(&preamble, &harmless()).into_bytes();
    let mut relay = ForgedRelay::serving(scope, vec![frame]);
    pulls_from(&mut story, rashad, &mut relay);
    assert_eq!(reasons(&story, rashad), [ParkReason::MissingKey]);
    assert_eq!(
        ParkReason::MissingKey.to_string(),
        "waits for a key that this device has not been given"
    );
}

#[test]
fn a_frame_that_comes_before_what_it_builds_on_waits_and_then_merges() {
    let mut story = mission();
    let (leyla, rashad) = (story.leyla, story.rashad);
    let scope = story.world.scope(0);
    let person = story.creates(leyla, "missing_person", &[("full_name", "Vaqif")]);
    story.world.sync(leyla);
    let first = frames_of(&story, leyla).pop().unwrap();
    story.changes(leyla, person, &[("mother_name", "Gülnar")]);
    story.world.sync(leyla);
    let second = frames_of(&story, leyla).pop().unwrap();
    let mut relay = ForgedRelay::serving(scope, vec![second]);
    pulls_from(&mut story, rashad, &mut relay);
    assert_eq!(reasons(&story, rashad), [ParkReason::MissingPrevious]);
    relay.frames.push(first);
    pulls_from(&mut story, rashad, &mut relay);
    assert_eq!(reasons(&story, rashad), []);
    assert_eq!(story.stands(rashad, person, "mother_name"), set(&["Gülnar"]));
}

#[test]
fn an_answer_to_an_edit_that_has_not_arrived_waits_for_it_from_the_other_phone() {
    let mut story = mission();
    let (leyla, rashad) = (story.leyla, story.rashad);
    let scope = story.world.scope(0);
    let person = story.creates(leyla, "missing_person", &[("full_name", "Vaqif")]);
    story.world.sync(leyla);
    story.world.sync(rashad);
    story.changes(rashad, person, &[("mother_name", "Gülnar")]);
    story.world.sync(rashad);
    let (hers, his) = (frames_of(&story, leyla), frames_of(&story, rashad));
    let mut relay = ForgedRelay::serving(scope, his);
    pulls_from(&mut story, HQ, &mut relay);
    assert_eq!(reasons(&story, HQ), [ParkReason::MissingDeps]);
    relay.frames.extend(hers);
    pulls_from(&mut story, HQ, &mut relay);
    assert_eq!(reasons(&story, HQ), []);
    assert_eq!(story.stands(HQ, person, "mother_name"), set(&["Gülnar"]));
}

#[test]
fn the_same_frame_again_and_again_changes_nothing() {
    let mut story = mission();
    let rashad = story.rashad;
    let scope = story.world.scope(0);
    let (record, frame) = one_frame(&mut story, "Vaqif");
    let mut relay = ForgedRelay::serving(scope, vec![frame; 5]);
    let report = pulls_from(&mut story, rashad, &mut relay);
    assert_eq!(report.changes_merged, 1);
    assert_eq!(reasons(&story, rashad), []);
    assert_eq!(story.world.at(rashad).history(record, "full_name").unwrap().len(), 1);
}

#[test]
fn a_second_frame_at_the_same_place_is_shown_as_a_copied_phone() {
    let mut story = mission();
    let rashad = story.rashad;
    let scope = story.world.scope(0);
    let mut insider = Insider::admitted(&mut story.world, 0);
    story.world.settle();
    let one = first_frame(&mut insider, &harmless());
    let other = first_frame(&mut insider, &harmless());
    // The second frame of a copy that went on from another first one.
    let preamble = insider.preamble(2, other.hash(), vec![]);
    let next = insider.seal(&preamble, &harmless()).into_bytes();
    let mut relay = ForgedRelay::serving(scope, vec![one.into_bytes(), next]);
    pulls_from(&mut story, rashad, &mut relay);
    assert_eq!(reasons(&story, rashad), [ParkReason::Forked]);
    assert!(ParkReason::Forked.to_string().contains("was the device copied?"));
}

#[test]
fn a_frame_that_names_what_never_was_waits_and_blocks_nobody() {
    let mut story = mission();
    let rashad = story.rashad;
    let scope = story.world.scope(0);
    let mut insider = Insider::admitted(&mut story.world, 0);
    story.world.settle();
    let (record, honest) = one_frame(&mut story, "Vaqif");
    let never = vec![FrameRef { log: LogId::from_bytes([3; 16]), seq: 900 }];
    let preamble = insider.preamble(1, FrameHash::NONE, never);
    let frame = insider.seal(&preamble, &harmless()).into_bytes();
    let mut relay = ForgedRelay::serving(scope, vec![frame, honest]);
    pulls_from(&mut story, rashad, &mut relay);
    assert_eq!(reasons(&story, rashad), [ParkReason::MissingDeps]);
    assert_eq!(story.stands(rashad, record, "full_name"), set(&["Vaqif"]));
}

#[test]
fn a_bomb_in_a_frame_is_quarantined_and_eats_no_memory() {
    let mut story = mission();
    let rashad = story.rashad;
    let scope = story.world.scope(0);
    let mut insider = Insider::admitted(&mut story.world, 0);
    story.world.settle();
    // A gigabyte of zeros is some tens of kilobytes to zstd.
    let long = "x".repeat(3 * 1024 * 1024);
    let says = Announcement::Profile { officer: long.clone(), device: long };
    let packed = batch::write(LogId::from_bytes([0; 16]), &[], &[Entry::Announcement(says)]);
    let bomb = bomb_of(packed.unwrap());
    let frame = first_frame(&mut insider, &bomb).into_bytes();
    let mut relay = ForgedRelay::serving(scope, vec![frame]);
    pulls_from(&mut story, rashad, &mut relay);
    assert_eq!(reasons(&story, rashad), [ParkReason::Malformed]);
}

/// Packed without the limit that honest devices keep.
fn bomb_of(batch: Vec<u8>) -> Vec<u8> {
    let zeros = vec![0; 64 * 1024 * 1024];
    let squeezed = zstd::bulk::compress(&[batch, zeros].concat(), 3).unwrap();
    [&harmless()[..1], &squeezed[..]].concat()
}

#[test]
fn an_officer_cannot_rename_another_or_speak_for_headquarters() {
    let mut story = mission();
    let rashad = story.rashad;
    let scope = story.world.scope(0);
    let leyla = story.world.at(story.leyla).device();
    let person = story.known_person();
    let mut insider = Insider::admitted(&mut story.world, 0);
    story.world.settle();
    let log = LogId::of(leyla, scope, 1);
    let says = [
        Announcement::Person { device: leyla, officer: "Nobody".into(), phone: "x".into() },
        Announcement::Scope { scope, name: "Elsewhere".into(), prefix: "XXX".into() },
        Announcement::Merged {
            logs: vec![FrameRef { log, seq: 1_000 }],
            backed_up: Some(vec![first_of(&story, log)]),
        },
    ];
    let entries = says.map(Entry::Announcement);
    let frame = first_frame(&mut insider, &batch_of(&entries)).into_bytes();
    assert_eq!(insider.push(&story.world, &[frame]), [Verdict::Stored]);
    story.world.settle();
    let people = story.world.at(rashad).people();
    assert!(people.iter().any(|person| person.device == leyla && person.officer == "Leyla"));
    assert_eq!(story.world.at(rashad).scopes()[0].name, "Ağdam");
    story.changes(story.leyla, person, &[("full_name", "Vaqif")]);
    story.world.sync(story.leyla);
    let leyla = story.world.at(story.leyla);
    let delivery = leyla.record(person).unwrap().unwrap().delivery;
    assert_eq!(delivery, kahriz_core::workspace::Delivery::AtRelay);
    assert_eq!(leyla.status().unwrap().frames_backed_up, 0);
}

/// The first frame of Leyla's log, named as headquarters would name it.
fn first_of(story: &Mission, log: LogId) -> LogState {
    let first = Frame::decode(frames_of(story, story.leyla).remove(0)).unwrap();
    let mut tag = [0; 8];
    tag.copy_from_slice(&first.hash().as_bytes()[..8]);
    LogState { log, seq: 1, tag }
}

#[test]
fn an_officer_who_may_not_cannot_change_the_roster() {
    let mut story = mission();
    let leyla = story.leyla;
    let (workspace, line, shell) = story.world.device_mut(leyla).parts();
    let refused = drive::waiting_joins(workspace, line, shell);
    let Err(drive::SyncError::Line(Failure::Refused(reason))) = refused else { panic!() };
    assert_eq!(reason, RefusalReason::Role);
    let now = story.world.now();
    let mut rng = <rand_chacha::ChaCha20Rng as rand::SeedableRng>::seed_from_u64(1);
    assert!(story.world.at(leyla).invite(0, now, &mut rng).is_err());
}

#[test]
fn a_relay_that_lies_about_positions_ends_the_sync_with_a_clear_failure() {
    let mut story = mission();
    let (_, frame) = one_frame(&mut story, "Vaqif");
    let mut relay = ForgedRelay::serving(story.world.scope(0), vec![frame]);
    relay.lie = Lie::SkipsAPosition;
    let rashad = story.rashad;
    let report = pulls_from(&mut story, rashad, &mut relay);
    assert_eq!(report.failure, Some(Failure::Nonsense));
    assert!(report.exchanges <= 8, "{} exchanges", report.exchanges);
}

#[test]
fn a_relay_that_always_promises_more_does_not_keep_a_phone_busy_for_ever() {
    let mut story = mission();
    let mut relay = ForgedRelay::serving(story.world.scope(0), vec![]);
    relay.lie = Lie::AlwaysMore;
    let rashad = story.rashad;
    let report = pulls_from(&mut story, rashad, &mut relay);
    assert!(relay.requests_left > 0, "{} exchanges: {:?}", report.exchanges, report.failure);
}

#[test]
fn a_relay_that_is_another_at_each_turn_does_not_keep_a_phone_busy_for_ever() {
    let mut story = mission();
    let (_, frame) = one_frame(&mut story, "Vaqif");
    let mut relay = ForgedRelay::serving(story.world.scope(0), vec![frame]);
    relay.lie = Lie::AlwaysAnother;
    let rashad = story.rashad;
    let report = pulls_from(&mut story, rashad, &mut relay);
    assert!(relay.requests_left > 0, "{} exchanges: {:?}", report.exchanges, report.failure);
}
