//! Two headquarters write to the member list at the same time: the relay takes whoever comes first, and the other one's
//! entries follow.

use crate::story::{HQ, Mission, mission, set, stands};
use kahriz_core::crypto::SigningSecret;
use kahriz_core::drive::{self, Shell, SyncError};
use kahriz_core::workspace::{AdminError, AlarmKind, Claimed, Profile, StoreKey, Workspace};
use kahriz_proto::ids::RecordId;
use kahriz_proto::join::Invite;
use kahriz_proto::roster::Role;
use kahriz_tests::world::{SimulatedLine, Who, clock};

/// A mission with a second headquarters, which the root has certified.
fn two_desks() -> (Mission, Who) {
    let mut story = mission();
    let second = story.world.admit("Second desk", Role::Headquarters, &[0, 1]);
    certify(&mut story, second);
    story.world.publish();
    story.world.settle();
    (story, second)
}

fn certify(story: &mut Mission, desk: Who) {
    let root = SigningSecret::from_seed(&story.world.keepsakes.root_seed);
    let now = story.world.now();
    let (workspace, _, shell) = story.world.device_mut(desk).parts();
    let request = workspace.admin_request(shell.rng()).unwrap();
    story.world.at(HQ).add_admin(&root, &request, now).unwrap();
}

fn publish(story: &mut Mission, desk: Who) -> Result<(), SyncError> {
    let (workspace, line, shell) = story.world.device_mut(desk).parts();
    drive::publish_roster(workspace, line, shell)
}

fn now() -> Claimed {
    Claimed { ms: i64::try_from(clock::real_ms()).unwrap() }
}

fn invites(story: &mut Mission, desk: Who) -> Invite {
    let (workspace, _, shell) = story.world.device_mut(desk).parts();
    let expires_at = clock::real_ms() / 1_000 + 3_600;
    workspace.invite(expires_at, now(), shell.rng()).unwrap()
}

/// A phone whose request to join is read from its screen, by whichever headquarters.
struct Phone {
    workspace: Workspace,
    line: SimulatedLine,
}

impl Phone {
    fn of(story: &mut Mission, officer: &str, invite: &Invite) -> Self {
        let home = story.world.folder().join(officer);
        let profile = Profile { officer: officer.into(), device: "phone".into() };
        let line = SimulatedLine::to(&story.world.relay, 1);
        let (key, rng) = (StoreKey::from_bytes([9; 32]), story.world.rng());
        let workspace = Workspace::prepare_join(&home, &key, invite, &profile, rng).unwrap();
        Self { workspace, line }
    }

    fn syncs(&mut self, story: &mut Mission) {
        let shell = &mut story.world.device_mut(story.nino).shell;
        assert_eq!(drive::sync(&self.workspace, &mut self.line, shell).unwrap().failure, None);
    }

    fn creates(&self, story: &mut Mission, name: &str) -> RecordId {
        let scope = story.world.scope(0);
        let mut draft = self.workspace.new_record(scope, "missing_person").unwrap();
        draft.allow_incomplete();
        draft.set_text("full_name", name).unwrap();
        self.workspace.save(&draft, now()).unwrap().record
    }
}

/// Admits a phone, and tells nobody yet.
fn admits(story: &mut Mission, desk: Who, phone: &Phone) {
    let join = phone.workspace.join_in_person().unwrap().unwrap();
    let scope = story.world.scope(0);
    let (workspace, _, shell) = story.world.device_mut(desk).parts();
    workspace.admit(&join, Role::Officer, &[scope], now(), shell.rng()).unwrap();
}

fn revokes(story: &mut Mission, desk: Who, officer: Who) {
    let device = story.world.at(officer).device();
    let now = story.world.now();
    let (workspace, _, shell) = story.world.device_mut(desk).parts();
    workspace.revoke(device, now, shell.rng()).unwrap();
}

fn nobody_is_alarmed(story: &Mission, except: &[Who]) {
    for who in story.world.everybody().filter(|who| !except.contains(who)) {
        assert_eq!(story.world.at(who).alarms().unwrap(), [], "{who:?}");
        assert_eq!(story.world.at(who).parked().unwrap(), [], "{who:?}");
    }
}

#[test]
fn two_headquarters_admit_a_phone_each_at_the_same_time() {
    let (mut story, second) = two_desks();
    let person = story.known_person();
    let here = invites(&mut story, HQ);
    publish(&mut story, HQ).unwrap();
    story.world.sync(second);
    let there = invites(&mut story, second);
    publish(&mut story, second).unwrap();
    story.world.sync(HQ);
    let mut gulnar = Phone::of(&mut story, "Gülnar", &here);
    let mut tural = Phone::of(&mut story, "Tural", &there);
    admits(&mut story, HQ, &gulnar);
    admits(&mut story, second, &tural);
    publish(&mut story, HQ).unwrap();
    publish(&mut story, second).unwrap();
    story.world.settle();
    let entries = story.world.at(HQ).roster_entries(0).unwrap();
    let mut created = vec![];
    for phone in [&mut gulnar, &mut tural] {
        phone.syncs(&mut story);
        assert_eq!(phone.workspace.roster_entries(0).unwrap(), entries, "there is one list");
        assert!(phone.workspace.record(person).unwrap().is_some());
        created.push(phone.creates(&mut story, "New"));
        phone.syncs(&mut story);
    }
    story.world.settle();
    for who in [HQ, second, story.leyla] {
        assert_eq!(story.world.at(who).roster_entries(0).unwrap(), entries);
        for own in &created {
            assert_eq!(stands(&story.world, who, *own, "full_name"), set(&["New"]));
        }
        let named: Vec<_> = story.world.at(who).people().into_iter().map(|it| it.officer).collect();
        assert!(["Gülnar", "Tural"].iter().all(|name| named.contains(&(*name).to_owned())));
    }
    nobody_is_alarmed(&story, &[]);
}

#[test]
fn two_headquarters_revoke_a_phone_each_and_both_are_out() {
    let (mut story, second) = two_desks();
    let (leyla, rashad) = (story.leyla, story.rashad);
    let person = story.known_person();
    revokes(&mut story, HQ, rashad);
    revokes(&mut story, second, leyla);
    publish(&mut story, HQ).unwrap();
    // It was not told to publish; the sync does, before anything is sealed under its new key.
    story.world.sync(second);
    story.world.sync(HQ);
    assert_eq!(story.world.at(HQ).roster(), story.world.at(second).roster());
    assert_eq!(story.world.at(HQ).roster().epoch(story.world.scope(0)), 3);
    for phone in [leyla, rashad] {
        assert!(matches!(story.world.try_sync(phone), Err(SyncError::Revoked)));
    }
    for (desk, reads, value) in [(HQ, second, "open"), (second, HQ, "located_alive")] {
        story.changes(desk, person, &[("case_status", value)]);
        story.world.sync(desk);
        story.world.sync(reads);
        assert_eq!(story.stands(reads, person, "case_status"), set(&[value]));
    }
    nobody_is_alarmed(&story, &[]);
}

#[test]
fn two_headquarters_revoke_the_same_phone_and_it_is_revoked_once() {
    let (mut story, second) = two_desks();
    let rashad = story.rashad;
    revokes(&mut story, HQ, rashad);
    revokes(&mut story, second, rashad);
    publish(&mut story, HQ).unwrap();
    publish(&mut story, second).unwrap();
    story.world.settle_except(&[rashad]);
    assert_eq!(story.world.at(HQ).roster(), story.world.at(second).roster());
    nobody_is_alarmed(&story, &[]);
}

#[test]
fn what_only_the_root_can_sign_is_not_taken_back_but_shown_to_a_person() {
    let (mut story, second) = two_desks();
    let third = story.world.admit("Third desk", Role::Headquarters, &[0, 1]);
    story.world.settle();
    certify(&mut story, third);
    let before = story.world.at(HQ).roster();
    invites(&mut story, second);
    publish(&mut story, second).unwrap();
    assert!(matches!(publish(&mut story, HQ), Err(SyncError::RosterSplit)));
    assert_eq!(story.world.at(HQ).roster(), before, "nothing was touched");
    let alarms = story.world.at(HQ).alarms().unwrap();
    assert!(matches!(alarms[0].kind, AlarmKind::RosterSplit { .. }) && alarms[0].kind.is_red());
    let (workspace, line, shell) = story.world.device_mut(HQ).parts();
    let refused = workspace.invite(u64::MAX, now(), shell.rng());
    assert!(matches!(refused, Err(AdminError::RosterSplit)), "nothing more is written");
    assert!(matches!(drive::sync(workspace, line, shell), Err(SyncError::RosterSplit)));
    // Who closes the alarm lets the other list hold, and the root signs once more.
    assert!(workspace.close_alarm(alarms[0].id).unwrap());
    publish(&mut story, HQ).unwrap();
    assert_eq!(story.world.at(HQ).roster(), story.world.at(second).roster());
    certify(&mut story, third);
    publish(&mut story, HQ).unwrap();
    story.world.settle();
    let admin = story.world.at(third).own_admin().unwrap().unwrap();
    assert!(story.world.at(second).roster().is_admin(&admin));
    nobody_is_alarmed(&story, &[HQ]);
}
