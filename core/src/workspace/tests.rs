//! The facade where no story from outside reaches: what happens when the disk does not take something.
#![allow(clippy::unwrap_used)]

use super::*;
use crate::crypto::chance::SeededChance;
use crate::store::scratch::Scratch;
use kahriz_proto::message::Verdict;
use kahriz_proto::roster::Action;
use kahriz_proto::session::Stage;

const KEY: [u8; 32] = [7; 32];

pub(super) fn founded(scratch: &Scratch) -> Workspace {
    let operator = Profile { officer: "Operator".into(), device: "computer".into() };
    let scopes = vec![ScopeProfile { name: "Ağdam".into(), prefix: "AGD".into() }];
    let founding = Founding {
        workspace_name: "Office".into(),
        operator,
        scopes,
        relay_url: "http://127.0.0.1:1".into(),
    };
    let mut chance = SeededChance::new(1);
    let key = StoreKey::from_bytes(KEY);
    Workspace::found(scratch.path(), &key, &founding, Claimed::default(), &mut chance).unwrap().0
}

#[test]
fn what_the_disk_did_not_take_of_the_roster_the_memory_forgets() {
    let scratch = Scratch::new();
    let workspace = founded(&scratch);
    let before = workspace.roster();
    let failed: Result<(), rusqlite::Error> = workspace.change_roster(|tx, identity| {
        let admin = identity.admin.clone().unwrap();
        let invite = SigningSecret::from_seed(&[9; 32]).public();
        let action = Action::Invited { invite, expires_at: 1 };
        founding::add_entry(tx, identity, &admin, Claimed::default(), action)?.unwrap();
        assert_eq!(identity.roster.seq(), before.seq() + 1);
        Err(rusqlite::Error::InvalidQuery)
    });
    assert!(failed.is_err());
    assert_eq!(workspace.roster(), before);
    // The next entry follows, and the store opens again.
    workspace.invite(1, Claimed::default(), &mut SeededChance::new(2)).unwrap();
    drop(workspace);
    let again = Workspace::open(scratch.path(), &StoreKey::from_bytes(KEY)).unwrap();
    assert_eq!(again.roster_seq(), before.seq() + 1);
}

#[test]
fn two_drafts_of_one_record_never_give_an_item_the_same_id() {
    let scratch = Scratch::new();
    let workspace = founded(&scratch);
    let scope = workspace.scopes()[0].id;
    let mut draft = workspace.new_record(scope, "missing_person").unwrap();
    draft.set_text("full_name", "A").unwrap();
    draft.allow_incomplete();
    let record = workspace.save(&draft, Claimed::default()).unwrap().record;
    let mut one = workspace.edit(record).unwrap();
    let mut other = workspace.edit(record).unwrap();
    assert_ne!(one.add_item("relatives").unwrap(), other.add_item("relatives").unwrap());
}

#[test]
fn a_refused_frame_is_offered_again_after_a_day_whatever_the_clock_does_meanwhile() {
    const DAY_MS: i64 = 24 * 3_600 * 1_000;
    let scratch = Scratch::new();
    let workspace = founded(&scratch);
    workspace.seal(&mut SeededChance::new(3), &mut |_| {}).unwrap();
    let refused_at = 1_773_302_400_000;
    let offered = |later: i64| {
        let frames = workspace.frames_to_push(1).unwrap();
        let refused = frames.iter().map(|frame| (frame.place, Verdict::NotInScope)).collect();
        let stage = Stage { refused, ..Stage::default() };
        workspace.stage(&stage, Claimed { ms: refused_at }).unwrap();
        assert_eq!(workspace.status().unwrap().frames_refused, 1);
        workspace.offer_again_daily(Claimed { ms: refused_at + later }).unwrap();
        workspace.frames_to_push(1).unwrap().len()
    };
    assert_eq!(offered(DAY_MS - 1_000), 0);
    assert_eq!(offered(-DAY_MS + 1_000), 0, "a clock that was put right does not bring it forward");
    assert_eq!(offered(DAY_MS), 1);
    // Nor does one that stood fifty years ahead at the refusal make it wait for fifty years.
    assert_eq!(offered(-50 * 365 * DAY_MS), 1);
}
