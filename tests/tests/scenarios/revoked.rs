//! A phone is lost, an officer is dismissed, a lease ends: who reads what from then on, and where the work goes.

use crate::story::{HQ, Mission, mission, set};
use kahriz_core::drive::{self, Shell, SyncError};
use kahriz_core::query::Query;
use kahriz_core::store::ParkReason;
use kahriz_core::workspace::{AdminError, AlarmKind, Claimed, Grounds, Lease, Membership};
use kahriz_proto::frame::Frame;
use kahriz_proto::message::RefusalReason;
use kahriz_proto::roster::{Policy, Role};
use kahriz_tests::world::{ForgedRelay, Who};

const DAY_MS: i64 = 24 * 3_600 * 1_000;

/// All frames of the first scope at the relay, in order.
fn frames(story: &Mission) -> Vec<Vec<u8>> {
    let (id, scope) = (story.world.at(HQ).id(), story.world.scope(0));
    let log = story.world.relay.log();
    let all = 1..=log.position(id, scope).unwrap();
    all.map(|position| log.frame(id, scope, position).unwrap().unwrap()).collect()
}

/// The epochs under which the frames at the relay are sealed that a device has written.
fn epochs_of(story: &Mission, who: Who) -> Vec<u32> {
    let workspace = story.world.at(who);
    let all = frames(story).into_iter().map(|bytes| Frame::decode(bytes).unwrap());
    let own = all.filter(|frame| frame.preamble().device == workspace.device());
    own.map(|frame| frame.preamble().epoch).collect()
}

fn records(story: &Mission, who: Who) -> u64 {
    story.world.at(who).status().unwrap().records
}

fn red_alarms(story: &Mission, who: Who) -> Vec<AlarmKind> {
    let alarms = story.world.at(who).alarms().unwrap();
    alarms.into_iter().filter(|alarm| !alarm.closed).map(|alarm| alarm.kind).collect()
}

#[test]
fn a_revoked_phone_is_turned_away_and_lets_go_of_everything_it_could_read() {
    let mut story = mission();
    let person = story.known_person();
    assert_eq!(records(&story, story.rashad), 1);
    let revoked = story.world.revoke(story.rashad);
    assert_eq!(revoked.epochs, [(story.world.scope(0), 2)]);
    assert!(matches!(story.world.try_sync(story.rashad), Err(SyncError::Revoked)));
    let phone = story.world.at(story.rashad);
    assert_eq!(phone.membership(), Membership::Revoked);
    assert!(phone.record(person).unwrap().is_none());
    assert_eq!(phone.status().unwrap().records, 0);
    assert!(phone.list(&Query::default()).unwrap().rows.is_empty());
    assert!(phone.people().iter().all(|person| person.officer.is_empty()));
    // Again, and after another start: the same, and nothing else.
    assert!(matches!(story.world.try_sync(story.rashad), Err(SyncError::Revoked)));
    story.world.kill(story.rashad);
    story.world.start(story.rashad);
    assert!(matches!(story.world.try_sync(story.rashad), Err(SyncError::Revoked)));
    assert_eq!(records(&story, story.leyla), 1);
}

#[test]
fn those_who_stay_go_on_under_a_new_key_without_doing_anything() {
    let mut story = mission();
    let person = story.known_person();
    story.world.revoke(story.rashad);
    story.changes(story.leyla, person, &[("case_status", "located_alive")]);
    story.world.sync(story.leyla);
    // Sealed before she had heard of it; what comes next is not.
    story.changes(story.leyla, person, &[("full_name", "Əliyev Vaqif Əli oğlu")]);
    story.world.sync(story.leyla);
    story.world.sync(HQ);
    assert_eq!(epochs_of(&story, story.leyla).last(), Some(&2));
    assert_eq!(story.stands(HQ, person, "full_name"), set(&["Əliyev Vaqif Əli oğlu"]));
    let late = story.world.admit("Gülnar", Role::Officer, &[0]);
    assert_eq!(story.stands(late, person, "case_status"), set(&["located_alive"]));
    assert_eq!(records(&story, late), records(&story, HQ));
}

#[test]
fn what_a_phone_wrote_before_is_merged_and_what_it_writes_after_is_not() {
    let mut story = mission();
    let before = story.creates(story.rashad, "missing_person", &[("full_name", "Before")]);
    story.world.settle();
    // At the relay, but headquarters has not looked yet.
    let after = story.creates(story.rashad, "missing_person", &[("full_name", "After")]);
    story.world.sync(story.rashad);
    story.world.revoke(story.rashad);
    story.world.sync(HQ);
    story.world.sync(story.leyla);
    for who in [HQ, story.leyla] {
        assert!(story.world.at(who).record(before).unwrap().is_some());
        assert!(story.world.at(who).record(after).unwrap().is_none());
    }
    let [waiting] = &story.world.at(HQ).quarantine().unwrap()[..] else { panic!("one log waits") };
    assert_eq!(waiting.reason, ParkReason::Revoked);
    assert_eq!((waiting.changes, waiting.records.as_slice()), (1, &[after][..]));
    assert_eq!(waiting.device, Some(story.world.at(story.rashad).device()));
    assert_eq!(story.world.at(HQ).status().unwrap().inbox_quarantined, 1);
    // An entry that says nothing of members leaves it as it is.
    let now = story.world.now();
    assert!(story.world.at(HQ).heartbeat(now).unwrap());
    assert_eq!(story.world.at(HQ).status().unwrap().inbox_quarantined, 1);
}

#[test]
fn what_a_revoked_phone_had_not_delivered_still_arrives_and_waits_for_a_person() {
    let mut story = mission();
    let person = story.known_person();
    story.changes(story.rashad, person, &[("case_status", "located_alive")]);
    let own = story.creates(story.rashad, "missing_person", &[("full_name", "Nobody else knows")]);
    story.world.revoke(story.rashad);
    assert!(matches!(story.world.try_sync(story.rashad), Err(SyncError::Revoked)));
    assert!(story.world.at(story.rashad).record(own).unwrap().is_none());
    // Started again, it does not take its letters for delivered.
    story.world.kill(story.rashad);
    story.world.start(story.rashad);
    assert!(matches!(story.world.try_sync(story.rashad), Err(SyncError::Revoked)));
    let now = story.world.now();
    let (hq, line, shell) = story.world.device_mut(HQ).parts();
    let collected = drive::collect_letters(hq, line, shell).unwrap();
    assert_eq!(collected.letters, 1);
    let waiting = hq.letters().unwrap();
    assert_eq!((waiting.len(), waiting[0].new_changes), (1, 2));
    assert!(hq.record(own).unwrap().is_none(), "a person has to look at it");
    hq.adopt(waiting[0].id, &grounds("the officer is known to us", now)).unwrap();
    story.world.settle_except(&[story.rashad]);
    for who in [HQ, story.leyla] {
        assert_eq!(story.stands(who, own, "full_name"), set(&["Nobody else knows"]));
        assert_eq!(story.stands(who, person, "case_status"), set(&["located_alive"]));
    }
}

#[test]
fn a_person_who_looks_at_it_releases_it_for_everybody() {
    let mut story = mission();
    let after = story.creates(story.rashad, "missing_person", &[("full_name", "After")]);
    story.world.sync(story.rashad);
    story.world.revoke(story.rashad);
    story.world.sync(story.leyla);
    story.world.sync(HQ);
    let waiting = story.world.at(HQ).quarantine().unwrap().remove(0);
    let now = story.world.now();
    let up_to = *waiting.seqs.last().unwrap();
    story
        .world
        .at(HQ)
        .release(waiting.log, up_to, &grounds("he had gone on holiday", now))
        .unwrap();
    story.world.publish();
    story.world.sync(HQ);
    story.world.sync(story.leyla);
    story.world.sync(story.leyla);
    for who in [HQ, story.leyla] {
        assert_eq!(story.stands(who, after, "full_name"), set(&["After"]));
        assert_eq!(story.world.at(who).quarantine().unwrap(), []);
    }
    let rulings = story.world.at(HQ).rulings().unwrap();
    assert!(rulings[0].released && rulings[0].reason == "he had gone on holiday");
    assert!(matches!(story.world.try_sync(story.rashad), Err(SyncError::Revoked)));
}

#[test]
fn a_person_who_looks_at_it_rejects_it_and_it_is_kept() {
    let mut story = mission();
    story.creates(story.rashad, "missing_person", &[("full_name", "After")]);
    story.world.sync(story.rashad);
    story.world.revoke(story.rashad);
    story.world.sync(HQ);
    let waiting = story.world.at(HQ).quarantine().unwrap().remove(0);
    let now = story.world.now();
    let hq = story.world.at(HQ);
    hq.reject(waiting.log, waiting.seqs[0], &grounds("made up", now)).unwrap();
    assert_eq!(hq.quarantine().unwrap(), []);
    assert_eq!(hq.status().unwrap().inbox_quarantined, 0);
    assert_eq!(hq.parked().unwrap().len(), 1, "it is still here");
    let again = hq.reject(waiting.log, 99, &grounds("made up", now));
    assert!(matches!(again, Err(AdminError::NotQuarantined)));
    // And a person may think again.
    hq.release(waiting.log, waiting.seqs[0], &grounds("it was true", now)).unwrap();
    story.world.publish();
    story.world.sync(HQ);
    assert_eq!(records(&story, HQ), 1);
}

#[test]
fn what_others_have_built_upon_cannot_be_rejected() {
    let mut story = mission();
    let after = story.creates(story.rashad, "missing_person", &[("full_name", "After")]);
    story.world.sync(story.rashad);
    story.world.sync(story.leyla);
    story.changes(story.leyla, after, &[("case_status", "open")]);
    story.world.sync(story.leyla);
    story.world.revoke(story.rashad);
    story.world.sync(HQ);
    let hq = story.world.at(HQ);
    let waiting = hq.quarantine().unwrap().remove(0);
    assert_eq!(waiting.built_upon, 1);
    let now = Claimed { ms: 1 };
    let refused = hq.reject(waiting.log, waiting.seqs[0], &grounds("made up", now));
    assert!(matches!(refused, Err(AdminError::BuiltUpon(1))));
    hq.release(waiting.log, *waiting.seqs.last().unwrap(), &grounds("built upon", now)).unwrap();
    story.world.publish();
    story.world.settle_except(&[story.rashad]);
    assert_eq!(story.stands(HQ, after, "case_status"), set(&["open"]));
}

#[test]
fn headquarters_cannot_revoke_itself_nor_a_stranger_nor_twice() {
    let mut story = mission();
    let own = story.world.at(HQ).device();
    let rashad = story.world.at(story.rashad).device();
    story.world.revoke(story.rashad);
    let mut rng = <rand_chacha::ChaCha20Rng as rand::SeedableRng>::seed_from_u64(1);
    let mut refused = |device| story.world.at(HQ).revoke(device, Claimed { ms: 1 }, &mut rng);
    assert!(matches!(refused(own), Err(AdminError::Itself)));
    assert!(matches!(refused(rashad), Err(AdminError::NoDevice)));
    let mut rng = <rand_chacha::ChaCha20Rng as rand::SeedableRng>::seed_from_u64(2);
    let officer = story.world.at(story.leyla);
    let refused = officer.revoke(own, Claimed { ms: 1 }, &mut rng);
    assert!(matches!(refused, Err(AdminError::NotAdmin)));
}

#[test]
fn a_phone_whose_lease_has_ended_reads_nothing_until_it_has_contact_and_loses_no_work() {
    let mut story = mission();
    let person = story.known_person();
    let policy = Policy { lease_days: 10, admits_all: false };
    let now = story.world.now();
    story.world.at(HQ).set_policy(policy, now).unwrap();
    story.world.publish();
    story.world.settle();
    story.changes(story.rashad, person, &[("full_name", "Vaqif, seen again")]);
    let own = story.creates(story.rashad, "missing_person", &[("full_name", "Only here")]);
    let (phone, _, shell) = story.world.device_mut(story.rashad).parts();
    let contact = i64::try_from(shell.now_ms()).unwrap();
    let at = |days: i64| Claimed { ms: contact + days * DAY_MS };
    assert!(matches!(phone.lease(at(9)).unwrap(), Lease::EndsIn(_)));
    assert!(!phone.keep_lease(at(9), shell.rng()).unwrap());
    // A clock that is set back gains nothing, one that leaps fifty years ends nothing.
    assert!(!phone.keep_lease(at(50 * 365), shell.rng()).unwrap());
    assert!(phone.keep_lease(at(11), shell.rng()).unwrap());
    assert_eq!(phone.lease(at(1)).unwrap(), Lease::Ended);
    assert!(phone.record(person).unwrap().is_none() && phone.record(own).unwrap().is_none());
    assert_eq!(phone.status().unwrap().records, 0);
    assert!(!phone.keep_lease(at(12), shell.rng()).unwrap(), "once is enough");

    story.world.settle();
    for who in [HQ, story.rashad, story.leyla] {
        assert_eq!(story.stands(who, person, "full_name"), set(&["Vaqif, seen again"]));
        assert_eq!(story.stands(who, own, "full_name"), set(&["Only here"]));
    }
    // And it goes on where its log was.
    story.changes(story.rashad, own, &[("case_status", "open")]);
    story.world.settle();
    assert_eq!(story.stands(HQ, own, "case_status"), set(&["open"]));
    assert_eq!(story.world.at(HQ).parked().unwrap(), []);
}

#[test]
fn a_relay_that_only_says_so_revokes_nobody() {
    let mut story = mission();
    let person = story.known_person();
    let mut relay = ForgedRelay::serving(story.world.scope(0), vec![]);
    relay.refuses = Some(RefusalReason::Revoked);
    relay.roster = story.world.at(HQ).roster_page(0).unwrap();
    let (phone, _, shell) = story.world.device_mut(story.leyla).parts();
    drive::sync(phone, &mut relay, shell).unwrap();
    assert!(matches!(phone.membership(), Membership::Member { .. }));
    assert!(phone.record(person).unwrap().is_some());
    assert_eq!(red_alarms(&story, story.leyla), [AlarmKind::FalseRevocation]);
}

#[test]
fn an_invite_that_two_phones_used_is_an_alarm_on_both_sides() {
    let mut story = mission();
    let invite = story.world.invite();
    let first = story.world.ask_to_join_with(&invite, "Gülnar");
    let second = story.world.ask_to_join_with(&invite, "Somebody else");
    let joins = story.world.waiting_joins();
    assert_eq!(joins.len(), 2);
    let [AlarmKind::InviteUsedTwice { .. }] = red_alarms(&story, HQ)[..] else {
        panic!("headquarters hears of it: {:?}", red_alarms(&story, HQ));
    };
    story.world.let_in(&joins[0], Role::Officer, &[0]);
    story.world.sync(first);
    assert!(matches!(story.world.try_sync(second), Err(SyncError::InviteTaken)));
    assert!(matches!(red_alarms(&story, second)[..], [AlarmKind::InviteTaken { .. }]));
    assert_eq!(red_alarms(&story, first), []);
}

#[test]
fn a_heartbeat_shows_what_a_relay_keeps_back() {
    let mut story = mission();
    let person = story.known_person();
    story.changes(story.rashad, person, &[("case_status", "located_alive")]);
    story.world.sync(story.rashad);
    story.world.sync(HQ);
    let now = story.world.now();
    assert!(story.world.at(HQ).heartbeat(now).unwrap());
    assert!(!story.world.at(HQ).heartbeat(now).unwrap(), "once a day");
    story.world.publish();
    // It gives the newer roster, and all frames but Rashad's last.
    let hq = story.world.at(HQ);
    let mut relay = ForgedRelay::serving(story.world.scope(0), frames(&story));
    relay.frames.pop();
    relay.roster = hq.roster_page(0).unwrap();
    let (phone, _, shell) = story.world.device_mut(story.leyla).parts();
    drive::sync(phone, &mut relay, shell).unwrap();
    let alarms = red_alarms(&story, story.leyla);
    assert!(
        alarms.iter().any(|kind| matches!(kind, AlarmKind::FramesWithheld { missing: 1, .. })),
        "{alarms:?}"
    );
    story.world.settle();
    assert_eq!(story.stands(story.leyla, person, "case_status"), set(&["located_alive"]));
    let alarms = red_alarms(&story, story.leyla);
    assert!(alarms.iter().all(|kind| !matches!(kind, AlarmKind::FramesWithheld { .. })));
}

fn grounds(why: &str, claimed: Claimed) -> Grounds<'_> {
    Grounds { who: "Səidə", why, claimed }
}
