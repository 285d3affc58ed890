//! The facade where no story from outside reaches: what happens when the disk does not take something.
#![allow(clippy::unwrap_used)]

use super::*;
use crate::crypto::chance::SeededChance;
use crate::store::scratch::Scratch;
use kahriz_proto::roster::Action;

const KEY: [u8; 32] = [7; 32];

fn founded(scratch: &Scratch) -> Workspace {
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
