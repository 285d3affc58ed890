//! Drills: headquarters burns down, and comes back from two sheets of paper and what others still hold.
#![allow(clippy::unwrap_used)]

use kahriz_core::crypto::shares::{CombineError, Quorum, RecoveryKeys, Share, combine, split};
use kahriz_core::crypto::{SigningSecret, WrapSecret};
use kahriz_core::drive::{self, SyncError};
use kahriz_core::query::{Query, Row};
use kahriz_core::workspace::{
    AdminError, Belief, KnownNames, Profile, RestoreError, Restoring, RosterFile, StoreKey,
    Workspace, headquarters_of, verified_roster,
};
use kahriz_proto::ids::RecordId;
use kahriz_proto::message::RefusalReason;
use kahriz_proto::roster::Role;
use kahriz_proto::session::Failure;
use kahriz_tests::world::{LogKind, Who, World, seed_or};
use rand::RngExt;
use std::collections::BTreeSet;
use std::path::PathBuf;

const HQ: Who = Who::HEADQUARTERS;

#[test]
fn headquarters_burns_down_and_comes_back_whole_from_shares_one_and_three() {
    let mut drill = Drill::begin();
    let before = everything(drill.world.at(HQ));
    let copy = drill.burn();
    // Meanwhile an officer goes on.
    let late = drill.writes(drill.leyla, 0, "Written after the fire");

    let keys = combine(&[drill.shares[0].clone(), drill.shares[2].clone()]).unwrap();
    let found = drill.roster_at_the_relay(&keys);
    drill.restore(&keys, &found, Belief::WhatIsHere, &KnownNames::default()).unwrap();
    drill.introduce(&keys, found.len());
    drill.world.sync(HQ);
    drill.take_over();
    drill.world.sync(HQ);
    assert_eq!(everything(drill.world.at(HQ)), before, "every record, value, author and name");

    // The phones do nothing but sync.
    drill.world.settle();
    let hq = drill.world.at(HQ);
    assert!(hq.record(late).unwrap().is_some());
    assert_eq!(hq.parked().unwrap(), []);
    for who in [HQ, drill.leyla, drill.nino] {
        let scopes = drill.world.at(who).scopes();
        assert!(scopes.iter().all(|scope| scope.epoch == 2), "a new epoch in every scope");
        assert!(scopes.iter().all(|scope| !scope.name.is_empty()));
    }
    let next = drill.writes(drill.leyla, 0, "Under the new key");
    drill.world.settle();
    assert!(drill.world.at(drill.rashad).record(next).unwrap().is_some());
    drill.admits_somebody_new();
    drill.the_copy_is_powerless(&copy);
}

#[test]
fn headquarters_and_the_relay_burn_down_together_and_a_phone_brings_the_member_list() {
    let mut drill = Drill::begin();
    let before = everything(drill.world.at(HQ));
    drill.burn();
    let mut rng = rand_chacha::ChaCha20Rng::from_seed_of(7);
    let file = drill.world.at(drill.leyla).roster_file(&mut rng).unwrap();
    let other = drill.world.at(drill.nino).roster_file(&mut rng).unwrap();

    let keys = combine(&drill.shares[1..]).unwrap();
    let (file, other) = (RosterFile::decode(&file).unwrap(), RosterFile::decode(&other).unwrap());
    let names = file.names(&keys.recovery).with(other.names(&keys.recovery));
    let mut stranger = rand_chacha::ChaCha20Rng::from_seed_of(8);
    let nobody = WrapSecret::generate(&mut stranger);
    assert_eq!(file.names(&nobody), KnownNames::default(), "names open with recovery only");
    drill.restore(&keys, &file.entries(), Belief::Everything, &names).unwrap();
    drill.take_over();
    drill.world.replace_relay();
    drill.world.settle();
    assert_eq!(everything(drill.world.at(HQ)), before);
    assert_eq!(drill.world.at(HQ).parked().unwrap(), []);
    let next = drill.writes(drill.rashad, 0, "At the new relay");
    drill.world.settle();
    assert!(drill.world.at(HQ).record(next).unwrap().is_some());
    assert!(drill.world.at(drill.leyla).record(next).unwrap().is_some());
    drill.admits_somebody_new();
}

#[test]
fn one_share_alone_restores_nothing() {
    let drill = Drill::begin();
    assert_eq!(combine(&drill.shares[..1]).err(), Some(CombineError::TooFew { more: 1 }));
}

#[test]
fn keys_of_another_workspace_or_an_altered_member_list_make_nothing() {
    let mut drill = Drill::begin();
    drill.burn();
    let keys = combine(&drill.shares).unwrap();
    let found = drill.roster_at_the_relay(&keys);
    let home = drill.new_home();
    let mut rng = rand_chacha::ChaCha20Rng::from_seed_of(9);
    let strangers =
        RecoveryKeys { root: SigningSecret::generate(&mut rng), recovery: keys.recovery.clone() };
    let half = RecoveryKeys { root: keys.root.clone(), recovery: WrapSecret::generate(&mut rng) };
    let mut cut = found.clone();
    cut.remove(2);
    for (keys, entries) in [(&strangers, &found), (&half, &found), (&keys, &cut), (&keys, &vec![])]
    {
        let refused = drill.restore(keys, entries, Belief::Everything, &KnownNames::default());
        assert!(refused.is_err());
        assert!(!home.exists(), "nothing was made");
    }
    let refused = drill.restore(&half, &found, Belief::Everything, &KnownNames::default());
    assert!(matches!(refused, Err(RestoreError::AnotherRecoveryKey)));
}

#[test]
fn what_a_stolen_headquarters_wrote_waits_until_a_person_has_looked() {
    let mut drill = Drill::begin();
    let contested = drill.contested;
    // Headquarters decided; then it was stolen, and nothing vouches for what it wrote.
    drill.decides(contested);
    drill.burn();
    let keys = combine(&drill.shares).unwrap();
    let found = drill.roster_at_the_relay(&keys);
    drill.restore(&keys, &found, Belief::Heartbeats, &KnownNames::default()).unwrap();
    drill.introduce(&keys, found.len());
    drill.take_over();
    drill.world.sync(HQ);
    let hq = drill.world.at(HQ);
    let view = hq.record(contested).unwrap().unwrap();
    assert!(view.contested().next().is_some(), "the decision is not believed");
    let parked = hq.parked().unwrap();
    assert!(!parked.is_empty());
    assert!(parked.iter().all(|frame| frame.reason.is_quarantine()), "kept for a person");
}

#[test]
fn a_restore_that_broke_off_goes_on_without_the_keys() {
    let mut drill = Drill::begin();
    drill.burn();
    let keys = combine(&drill.shares).unwrap();
    let found = drill.roster_at_the_relay(&keys);
    drill.restore(&keys, &found, Belief::WhatIsHere, &KnownNames::default()).unwrap();
    drill.introduce(&keys, found.len());
    drill.world.kill(HQ);
    drill.world.start(HQ);
    assert_eq!(drill.world.at(HQ).to_take_over().unwrap(), Some(Belief::WhatIsHere));
    drill.world.sync(HQ);
    drill.take_over();
    assert_eq!(drill.world.at(HQ).to_take_over().unwrap(), None);
    let seq = drill.world.at(HQ).roster_seq();
    drill.take_over();
    assert_eq!(drill.world.at(HQ).roster_seq(), seq, "taking over twice changes nothing");
}

#[test]
fn a_second_headquarters_admits_once_the_root_has_certified_it() {
    let mut drill = Drill::begin();
    let root = combine(&drill.shares).unwrap().root;
    let second = drill.world.admit("Second desk", Role::Headquarters, &[0, 1]);
    let now = drill.world.now();
    let mut rng = rand_chacha::ChaCha20Rng::from_seed_of(11);
    let phone = drill.world.at(drill.leyla).admin_request(&mut rng);
    assert!(matches!(phone, Err(AdminError::NotHeadquarters)));
    let request = drill.world.at(second).admin_request(&mut rng).unwrap();
    assert!(drill.world.at(second).invite(u64::MAX, now, &mut rng).is_err(), "not certified yet");
    let wrong = SigningSecret::generate(&mut rng);
    assert!(drill.world.at(HQ).add_admin(&wrong, &request, now).is_err(), "not the root");
    drill.world.at(HQ).add_admin(&root, &request, now).unwrap();
    drill.publish(HQ);
    drill.world.sync(second);
    drill.world.at(second).invite(u64::MAX, now, &mut rng).unwrap();
    drill.publish(second);
    // One writes at a time: the first reads what the second wrote, then writes on.
    drill.world.sync(HQ);
    drill.world.at(HQ).invite(u64::MAX, now, &mut rng).unwrap();
    drill.publish(HQ);
    drill.world.sync(second);
    let admin = drill.world.at(second).own_admin().unwrap().unwrap();
    drill.world.at(second).remove_admin(&root, admin, now).unwrap();
    assert!(drill.world.at(second).invite(u64::MAX, now, &mut rng).is_err(), "withdrawn");
}

struct Drill {
    world: World,
    shares: Vec<Share>,
    leyla: Who,
    rashad: Who,
    nino: Who,
    contested: RecordId,
}

impl Drill {
    /// Three officers have worked, disagreed on one record, and everything has come to headquarters.
    fn begin() -> Self {
        let mut world = World::with_log(seed_or(3), LogKind::Memory);
        let leyla = world.admit("Leyla", Role::Officer, &[0]);
        let rashad = world.admit("Rashad", Role::Officer, &[0]);
        let nino = world.admit("Nino", Role::Supervisor, &[1]);
        let keys = RecoveryKeys {
            root: SigningSecret::from_seed(&world.keepsakes.root_seed),
            recovery: WrapSecret::from_seed(&world.keepsakes.recovery_seed),
        };
        let shares = split(&keys, Quorum::new(2, 3).unwrap(), world.rng());
        let contested = RecordId::from_bytes([0; 16]);
        let mut drill = Self { world, shares, leyla, rashad, nino, contested };
        for round in 0..20 {
            drill.writes(leyla, 0, &format!("Person {round}"));
            drill.writes(nino, 1, &format!("Elsewhere {round}"));
        }
        drill.contested = drill.writes(leyla, 0, "Vaqif");
        drill.world.settle();
        drill.renames(leyla, drill.contested, "Vaqif Əliyev");
        drill.renames(rashad, drill.contested, "Vagif Aliyev");
        drill.world.settle();
        drill
    }

    fn writes(&mut self, who: Who, scope: usize, name: &str) -> RecordId {
        let scope = self.world.scope(scope);
        let mut draft = self.world.at(who).new_record(scope, "missing_person").unwrap();
        draft.allow_incomplete();
        draft.set_text("full_name", name).unwrap();
        let now = self.world.now();
        self.world.at(who).save(&draft, now).unwrap().record
    }

    fn renames(&mut self, who: Who, record: RecordId, name: &str) {
        let mut draft = self.world.at(who).edit(record).unwrap();
        draft.allow_incomplete();
        draft.set_text("full_name", name).unwrap();
        let now = self.world.now();
        self.world.at(who).save(&draft, now).unwrap();
    }

    /// Headquarters writes a value that takes both sides in.
    fn decides(&mut self, record: RecordId) {
        self.renames(HQ, record, "Decided");
        self.world.settle();
        let view = self.world.at(self.leyla).record(record).unwrap().unwrap();
        assert!(view.contested().next().is_none());
    }

    /// The folder is gone. A copy that somebody had taken is not.
    fn burn(&mut self) -> (PathBuf, StoreKey) {
        let device = self.world.device(HQ);
        let (home, key) = (device.home().to_owned(), device.key().clone());
        self.world.kill(HQ);
        let copy = self.world.folder().join("copy");
        std::fs::create_dir_all(&copy).unwrap();
        for entry in std::fs::read_dir(&home).unwrap() {
            let entry = entry.unwrap();
            std::fs::copy(entry.path(), copy.join(entry.file_name())).unwrap();
        }
        std::fs::remove_dir_all(&home).unwrap();
        (copy, key)
    }

    fn roster_at_the_relay(&mut self, keys: &RecoveryKeys) -> Vec<Vec<u8>> {
        let device = self.world.device_mut(HQ);
        drive::roster_for_root(&keys.root, &mut device.line, &mut device.shell).unwrap()
    }

    fn new_home(&self) -> PathBuf {
        self.world.folder().join("restored")
    }

    fn restore(
        &mut self,
        keys: &RecoveryKeys,
        entries: &[Vec<u8>],
        belief: Belief,
        names: &KnownNames,
    ) -> Result<(), RestoreError> {
        let lost = verified_roster(keys, entries).map(|roster| headquarters_of(&roster));
        let (home, key) = (self.new_home(), StoreKey::from_bytes(self.world.rng().random()));
        let operator = Profile { officer: "Headquarters".into(), device: "desk".into() };
        let restoring = Restoring {
            keys,
            roster: entries,
            lost: &lost.unwrap_or_default(),
            belief,
            names,
            workspace_name: "Field mission",
            operator: &operator,
            relay_url: "http://relay.test",
        };
        let now = self.world.now();
        let workspace = Workspace::restore(&home, &key, &restoring, now, self.world.rng())?;
        self.world.replace_headquarters(home, key, workspace);
        Ok(())
    }

    /// The root tells the relay of the new headquarters.
    fn introduce(&mut self, keys: &RecoveryKeys, held: usize) {
        let newer = self.world.at(HQ).roster_page(held as u64).unwrap();
        let device = self.world.device_mut(HQ);
        let (line, shell) = (&mut device.line, &mut device.shell);
        drive::extend_roster_as_root(&keys.root, &newer, line, shell).unwrap();
    }

    fn take_over(&mut self) {
        let now = self.world.now();
        let mut rng = rand_chacha::ChaCha20Rng::from_seed_of(10);
        self.world.at(HQ).take_over(now, &mut rng).unwrap();
        let (workspace, line, shell) = self.world.device_mut(HQ).parts();
        // Without a relay there is nobody to tell yet.
        drop(drive::publish_roster(workspace, line, shell));
    }

    fn publish(&mut self, who: Who) {
        let (workspace, line, shell) = self.world.device_mut(who).parts();
        drive::publish_roster(workspace, line, shell).unwrap();
    }

    /// The new headquarters invites and admits as the old one did, and the newcomer reads everything.
    fn admits_somebody_new(&mut self) {
        let newcomer = self.world.admit("Gülnar", Role::Officer, &[0]);
        self.world.settle();
        let theirs = self.world.at(newcomer).status().unwrap().records;
        assert_eq!(theirs, self.world.at(self.leyla).status().unwrap().records);
    }

    /// Who has a copy of the old headquarters' store and its key can neither write nor read any further.
    fn the_copy_is_powerless(&mut self, (copy, key): &(PathBuf, StoreKey)) {
        let copy = Workspace::open(copy, key).unwrap();
        let roster = self.world.at(HQ).roster();
        let mut rng = rand_chacha::ChaCha20Rng::from_seed_of(12);
        let admin = copy.own_admin().unwrap().unwrap();
        assert!(!roster.is_admin(&admin));
        let now = self.world.now();
        copy.invite(u64::MAX, now, &mut rng).unwrap();
        let device = self.world.device_mut(HQ);
        let refused = drive::publish_roster(&copy, &mut device.line, &mut device.shell);
        assert!(matches!(refused, Err(SyncError::Line(Failure::Refused(RefusalReason::Revoked)))));
        // Its own member list went another way; what the relay has does not follow it.
        let synced = drive::sync(&copy, &mut device.line, &mut device.shell);
        assert!(matches!(synced, Err(SyncError::Roster(_))), "{synced:?}");
        assert_eq!(self.world.at(HQ).roster().seq(), roster.seq());
    }
}

/// All that a headquarters shows: rows, every standing value with its author, names.
#[derive(Debug, PartialEq)]
struct Everything {
    rows: Vec<Row>,
    values: Vec<String>,
    scopes: BTreeSet<String>,
    people: BTreeSet<String>,
}

fn everything(workspace: &Workspace) -> Everything {
    let query = Query { limit: 10_000, ..Query::default() };
    let rows = workspace.list(&query).unwrap().rows;
    let mut values = vec![];
    for row in &rows {
        let view = workspace.record(row.record).unwrap().unwrap();
        for (field, standing) in &view.fields {
            for opinion in &standing.values {
                values.push(format!("{} {field} {opinion:?}", view.human_id));
            }
        }
    }
    assert!(rows.len() > 40 && rows.iter().any(|row| row.contested > 0));
    let people = workspace.people().into_iter().filter(|person| !person.revoked);
    Everything {
        rows,
        values,
        scopes: workspace.scopes().into_iter().map(|scope| scope.name).collect(),
        people: people.map(|person| format!("{} {}", person.officer, person.phone)).collect(),
    }
}

trait FromSeedOf {
    fn from_seed_of(seed: u64) -> Self;
}

impl FromSeedOf for rand_chacha::ChaCha20Rng {
    fn from_seed_of(seed: u64) -> Self {
        <Self as rand::SeedableRng>::seed_from_u64(seed)
    }
}
