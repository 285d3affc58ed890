//! A letter, as a person looks at it before deciding.

use super::opened::Opened;
use super::state;
use crate::merge::Found;
use crate::store::letters::KeptLetter;
use crate::workspace::Claimed;
use crate::workspace::identity::Identity;
use kahriz_proto::ids::{DeviceId, RecordId};
use std::collections::BTreeSet;

/// What became of a letter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LetterState {
    /// It waits for a person.
    Waiting,
    /// It is adopted; what of it is still new waits for what it builds on.
    Adopted {
        /// Who decided; empty if nobody had to.
        who: String,
        /// Why.
        reason: String,
    },
    /// A person has decided against it. It is kept.
    Rejected {
        /// Who decided.
        who: String,
        /// Why.
        reason: String,
    },
    /// Nobody here can open it: it was sealed for others, or is rubbish. Recovery may.
    Sealed,
}

/// A letter, as a person looks at it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LetterView {
    /// Its number here.
    pub id: i64,
    /// The device that says it has written it.
    pub device: DeviceId,
    /// The officer who uses that device.
    pub officer: String,
    /// Whether the device was revoked.
    pub revoked: bool,
    /// Changes that the device has really signed.
    pub entries: usize,
    /// The records that they are of.
    pub records: Vec<RecordId>,
    /// How many of them are not here yet.
    pub new_changes: usize,
    /// How many contradict what is here: another change stands at their place.
    pub contradicting: usize,
    /// The first and last time that they claim.
    pub claimed: Option<(Claimed, Claimed)>,
    /// Entries that do not open, or that the device has not signed.
    pub damaged: usize,
    /// What became of it.
    pub state: LetterState,
}

pub(super) fn view(
    identity: &Identity,
    kept: &KeptLetter,
    opened: &Opened,
    officer: String,
) -> LetterView {
    let times = || opened.statements.iter().map(|(_, said, _)| said.change.claimed_s());
    let claimed = times().min().zip(times().max());
    let records: BTreeSet<RecordId> =
        opened.statements.iter().map(|(_, said, _)| said.reference.record()).collect();
    let (who, reason) = (kept.who.clone(), kept.reason.clone());
    let member = identity.roster.member(kept.device);
    LetterView {
        id: kept.id,
        device: kept.device,
        officer,
        revoked: member.is_some_and(|member| member.revoked.is_some()),
        entries: opened.statements.len(),
        records: records.into_iter().collect(),
        new_changes: opened.count(Found::New),
        contradicting: opened.count(Found::Conflicts),
        claimed: claimed
            .map(|(first, last)| (Claimed::of_seconds(first), Claimed::of_seconds(last))),
        damaged: opened.damaged,
        state: match kept.state {
            state::ADOPTED => LetterState::Adopted { who, reason },
            state::REJECTED => LetterState::Rejected { who, reason },
            _ if kept.key.is_none() => LetterState::Sealed,
            _ => LetterState::Waiting,
        },
    }
}
