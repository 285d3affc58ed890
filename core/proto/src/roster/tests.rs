//! The roster, seen from outside: who may add what, and what is refused.
#![allow(clippy::unwrap_used)]

use super::*;
use crate::ids::{DeviceId, RelayId, ScopeId, SigningPublic, WorkspaceId};
use ed25519_dalek::{Signer, SigningKey};

fn key(seed: u8) -> SigningKey {
    SigningKey::from_bytes(&[seed; 32])
}

fn public(seed: u8) -> SigningPublic {
    SigningPublic::from_bytes(key(seed).verifying_key().to_bytes())
}

fn keys(seed: u8) -> DeviceKeys {
    DeviceKeys { sign: public(seed), wrap: vec![seed; 1_216] }
}

const ROOT: u8 = 1;
const ADMIN: u8 = 2;
const HQ: u8 = 3;
const PHONE: u8 = 4;
const SCOPE: ScopeId = ScopeId::from_bytes([7; 8]);

fn entry(roster: &Roster, signer: u8, action: Action) -> Vec<u8> {
    let body = EntryBody {
        seq: roster.seq() + 1,
        prev: roster.head(),
        claimed_at: 0,
        signer: public(signer),
        action,
    };
    Entry::sign(&body, |message| key(signer).sign(message).to_bytes()).to_bytes()
}

fn add(roster: &mut Roster, signer: u8, action: Action) -> Result<(), RosterError> {
    let bytes = entry(roster, signer, action);
    roster.append(&bytes)
}

fn device_added(seed: u8, role: Role, invite: Option<DeviceId>) -> Action {
    Action::DeviceAdded { keys: keys(seed), role, scopes: vec![SCOPE], invite }
}

fn wrap(recipient: Option<DeviceId>) -> Wrap {
    Wrap { recipient, sealed: vec![0; 1_168] }
}

fn founded() -> Roster {
    let mut roster = Roster::empty(WorkspaceId::of(&public(ROOT)));
    let relay = RelayId::from_bytes([5; 8]);
    let founding = Action::Founded { root: public(ROOT), relay, recovery: vec![9; 1_216] };
    add(&mut roster, ROOT, founding).unwrap();
    add(&mut roster, ROOT, Action::AdminAdded { admin: public(ADMIN) }).unwrap();
    add(&mut roster, ADMIN, Action::ScopeCreated { scope: SCOPE }).unwrap();
    add(&mut roster, ADMIN, device_added(HQ, Role::Headquarters, None)).unwrap();
    roster
}

fn epoch(epoch: u32, wraps: Vec<Wrap>) -> Action {
    let previous = (epoch > 1).then(|| SealedKey(vec![1; 60]));
    Action::EpochStarted { scope: SCOPE, epoch, wraps, previous, commitment: None }
}

#[test]
fn an_invited_phone_becomes_a_member_once() {
    let mut roster = founded();
    let invite = Action::Invited { invite: public(30), expires_at: 1_000 };
    add(&mut roster, ADMIN, invite).unwrap();
    let id = DeviceId::of(&public(30));
    add(&mut roster, ADMIN, device_added(PHONE, Role::Officer, Some(id))).unwrap();
    assert!(roster.member(DeviceId::of(&public(PHONE))).unwrap().is_live_in(SCOPE));
    let second = device_added(5, Role::Officer, Some(id));
    assert_eq!(add(&mut roster, ADMIN, second), Err(RosterError::Contradiction));
}

#[test]
fn another_organisations_root_founds_nothing_here() {
    let mut roster = Roster::empty(WorkspaceId::of(&public(ROOT)));
    let relay = RelayId::from_bytes([5; 8]);
    let foreign = Action::Founded { root: public(40), relay, recovery: vec![] };
    assert_eq!(add(&mut roster, 40, foreign), Err(RosterError::NotAllowed));
}

#[test]
fn only_the_root_makes_admins_and_only_admins_add_devices() {
    let mut roster = founded();
    let admin = Action::AdminAdded { admin: public(50) };
    assert_eq!(add(&mut roster, ADMIN, admin), Err(RosterError::NotAllowed));
    let phone = device_added(PHONE, Role::Officer, None);
    assert_eq!(add(&mut roster, HQ, phone), Err(RosterError::NotAllowed));
}

#[test]
fn an_epoch_that_headquarters_or_recovery_cannot_open_is_refused() {
    let mut roster = founded();
    let hq = Some(DeviceId::of(&public(HQ)));
    let refused = Err(RosterError::EpochNotRecoverable);
    assert_eq!(add(&mut roster, ADMIN, epoch(1, vec![wrap(hq)])), refused);
    assert_eq!(add(&mut roster, ADMIN, epoch(1, vec![wrap(None)])), refused);
    add(&mut roster, ADMIN, epoch(1, vec![wrap(hq), wrap(None)])).unwrap();
    assert_eq!(
        add(&mut roster, ADMIN, epoch(3, vec![wrap(hq), wrap(None)])),
        Err(RosterError::Contradiction)
    );
    assert_eq!(roster.epoch(SCOPE), 1);
}

#[test]
fn a_revoked_phone_is_believed_only_up_to_its_last_good_frame() {
    let mut roster = founded();
    add(&mut roster, ADMIN, device_added(PHONE, Role::Officer, None)).unwrap();
    let device = DeviceId::of(&public(PHONE));
    let log = crate::ids::LogId::of(device, SCOPE, 1);
    let last_good = vec![crate::frame::FrameRef { log, seq: 7 }];
    add(&mut roster, ADMIN, Action::DeviceRevoked { device, last_good }).unwrap();
    let member = roster.member(device).unwrap();
    assert!(!member.is_live_in(SCOPE));
    assert!(member.is_believed(log, 7) && !member.is_believed(log, 8));
}

#[test]
fn an_altered_skipped_or_replayed_entry_is_refused_and_changes_nothing() {
    let mut roster = founded();
    let before = roster.clone();
    let good = entry(&roster, ADMIN, Action::Invited { invite: public(30), expires_at: 1 });
    for at in 0..good.len() {
        let mut bad = good.clone();
        bad[at] ^= 1;
        assert!(roster.append(&bad).is_err(), "byte {at} was altered");
    }
    assert_eq!(roster, before);
    roster.append(&good).unwrap();
    assert_eq!(roster.append(&good), Err(RosterError::OutOfOrder { expected: 6 }));
}

#[test]
fn what_is_released_is_only_ever_more() {
    let mut roster = founded();
    add(&mut roster, ADMIN, device_added(PHONE, Role::Officer, None)).unwrap();
    let device = DeviceId::of(&public(PHONE));
    let log = crate::ids::LogId::of(device, SCOPE, 1);
    let at = |seq| vec![crate::frame::FrameRef { log, seq }];
    let released = |last_good| Action::Released { device, last_good };
    assert_eq!(add(&mut roster, ADMIN, released(at(9))), Err(RosterError::Contradiction));
    add(&mut roster, ADMIN, Action::DeviceRevoked { device, last_good: at(3) }).unwrap();
    assert_eq!(add(&mut roster, ADMIN, released(at(2))), Err(RosterError::Contradiction));
    assert_eq!(add(&mut roster, ADMIN, released(vec![])), Err(RosterError::Contradiction));
    assert!(!roster.member(device).unwrap().is_believed(log, 4));
    add(&mut roster, ADMIN, released(at(5))).unwrap();
    let member = roster.member(device).unwrap();
    assert!(member.is_believed(log, 5) && !member.is_believed(log, 6) && member.revoked.is_some());
}

#[test]
fn only_an_admin_beats_the_heart_and_lays_down_the_policy() {
    let mut roster = founded();
    let log = crate::ids::LogId::from_bytes([8; 16]);
    let seen = vec![crate::frame::FrameRef { log, seq: 12 }];
    let beat = Action::Heartbeat { seen };
    assert_eq!(add(&mut roster, HQ, beat.clone()), Err(RosterError::NotAllowed));
    add(&mut roster, ADMIN, beat).unwrap();
    assert_eq!(roster.seen().get(&log), Some(&12));
    assert_eq!(roster.policy().lease_days, 45);
    let policy = Policy { lease_days: 7, admits_all: false };
    assert_eq!(add(&mut roster, HQ, Action::PolicySet { policy }), Err(RosterError::NotAllowed));
    add(&mut roster, ADMIN, Action::PolicySet { policy }).unwrap();
    assert_eq!(roster.policy().lease_days, 7);
}
