//! What stands in a letter, held against what is here.

use crate::crypto::LetterKey;
use crate::letters::{Contents, Letter, Said, Signed};
use crate::merge::{self, Found};
use crate::store::letters::KeptLetter;
use crate::workspace::identity::Identity;
use kahriz_proto::ids::DeviceId;
use kahriz_proto::roster::Member;
use rusqlite::Connection;
use std::collections::BTreeSet;

/// An opened letter, held against what is here.
#[derive(Default)]
pub(super) struct Opened {
    pub(super) statements: Vec<(Signed, Said, Found)>,
    pub(super) damaged: usize,
}

impl Opened {
    pub(super) fn of(
        conn: &Connection,
        identity: &Identity,
        kept: &KeptLetter,
    ) -> rusqlite::Result<Self> {
        let mut opened = Self::default();
        let Contents { statements, damaged } = contents(kept);
        opened.damaged = damaged as usize;
        let member = identity.roster.member(kept.device);
        let mut seen = BTreeSet::new();
        for signed in statements {
            let Some(said) = member.and_then(|member| verified(identity, member, &signed)) else {
                opened.damaged += 1;
                continue;
            };
            // What was owed and written again stands twice.
            if seen.insert(said.change.id()) {
                let found = merge::find(conn, &signed, &said)?;
                opened.statements.push((signed, said, found));
            }
        }
        Ok(opened)
    }

    pub(super) fn count(&self, what: Found) -> usize {
        self.statements.iter().filter(|(_, _, found)| *found == what).count()
    }
}

/// What stands in a letter; nothing if it cannot be opened here.
fn contents(kept: &KeptLetter) -> Contents {
    let key = kept.key.as_deref().and_then(LetterKey::from_bytes);
    let letter = Letter::read(&kept.letter).ok();
    key.zip(letter).map(|(key, letter)| letter.open(&key)).unwrap_or_default()
}

fn verified(identity: &Identity, member: &Member, signed: &Signed) -> Option<Said> {
    let granted = member.scopes.contains(&signed.scope);
    granted.then(|| signed.verify(identity.roster.workspace(), &member.keys.sign)).flatten()
}

pub(super) fn is_member(identity: &Identity, device: DeviceId) -> bool {
    identity.roster.member(device).is_some_and(|member| member.revoked.is_none())
}
