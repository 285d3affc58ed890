//! The frames of one log that are here for one reason, and what a person may decide about them.

use std::collections::BTreeMap;

use kahriz_core::store::ParkReason;
use kahriz_core::workspace::{Parked, Quarantined, Ruling, Workspace};
use kahriz_proto::ids::{LogId, ScopeId};

use crate::page::answer::{Problem, unreadable};
use crate::page::owners::{Owners, short};
use crate::page::typed::Typed;
use crate::page::words::TrustWords;

/// Everything that is here and not merged.
pub(super) struct Cases {
    /// What waits for a person.
    pub(super) held: Vec<Case>,
    /// What a person has decided against.
    pub(super) rejected: Vec<Case>,
    /// What helps itself.
    pub(super) waiting: Vec<Case>,
}

/// Frames of one log, here for one reason.
pub(super) struct Case {
    pub(super) officer: String,
    pub(super) area: String,
    /// The log's whole id, for the form, and its beginning.
    pub(super) log: String,
    pub(super) log_short: String,
    /// The first and the last of their numbers, and how many there are.
    pub(super) first: u64,
    pub(super) last: u64,
    pub(super) count: usize,
    pub(super) reason: &'static str,
    /// What could be seen of their content.
    pub(super) inside: Option<Inside>,
    pub(super) can_release: bool,
    pub(super) can_reject: bool,
    /// How many decisions about the log this page knows of.
    pub(super) seen: usize,
    /// What was typed about them and did not do.
    pub(super) typed: Decision,
}

/// What quarantined frames hold, as far as they can be opened.
pub(super) struct Inside {
    pub(super) changes: u64,
    pub(super) records: usize,
    pub(super) built_upon: u64,
}

/// The fields of the form.
pub(super) struct Decision {
    pub(super) reason: String,
    pub(super) ruling: String,
    pub(super) up_to: String,
    pub(super) from: String,
}

/// Everything that is here and not merged, by log and reason.
pub(super) fn all(
    workspace: &Workspace,
    owners: &Owners,
    rulings: &[Ruling],
    typed: &Typed,
    words: &TrustWords,
) -> Result<Cases, Problem> {
    let known = Known { owners, rulings, typed, words };
    let quarantined = workspace.quarantine().map_err(unreadable)?;
    let held = quarantined.into_iter().map(|group| known.held(group)).collect();
    let mut groups: BTreeMap<(ScopeId, LogId, ParkReason), Vec<Parked>> = BTreeMap::new();
    for parked in workspace.parked().map_err(unreadable)? {
        if parked.reason == ParkReason::Rejected || !parked.reason.is_quarantine() {
            groups.entry((parked.scope, parked.log, parked.reason)).or_default().push(parked);
        }
    }
    let roster = workspace.roster();
    let is_revoked = |log| {
        let member = owners.device(log).and_then(|device| roster.member(device));
        member.is_some_and(|member| member.revoked.is_some())
    };
    let (mut rejected, mut waiting) = (Vec::new(), Vec::new());
    for ((scope, log, reason), frames) in groups {
        let seqs = frames.iter().map(|frame| frame.seq).collect();
        let case = known.case(scope, log, reason, seqs);
        if reason == ParkReason::Rejected {
            rejected.push(Case { can_release: is_revoked(log), ..case });
        } else {
            waiting.push(case);
        }
    }
    Ok(Cases { held, rejected, waiting })
}

/// What is known when the cases are made.
struct Known<'a> {
    owners: &'a Owners,
    rulings: &'a [Ruling],
    typed: &'a Typed,
    words: &'a TrustWords,
}

impl Known<'_> {
    fn held(&self, group: Quarantined) -> Case {
        let can_release = group.can_be_released();
        let inside = Inside {
            changes: group.changes,
            records: group.records.len(),
            built_upon: group.built_upon,
        };
        let case = self.case(group.scope, group.log, group.reason, group.seqs);
        Case { inside: Some(inside), can_release, can_reject: true, ..case }
    }

    fn case(&self, scope: ScopeId, log: LogId, reason: ParkReason, mut seqs: Vec<u64>) -> Case {
        seqs.sort_unstable();
        let first = seqs.first().copied().unwrap_or_default();
        let last = seqs.last().copied().unwrap_or_default();
        Case {
            officer: self.owners.writer(log),
            area: self.owners.area(scope),
            log: log.to_string(),
            log_short: short(&log),
            first,
            last,
            count: seqs.len(),
            reason: why(reason, self.words),
            inside: None,
            can_release: false,
            can_reject: false,
            seen: self.rulings.iter().filter(|ruling| ruling.log == log).count(),
            typed: self.decision(log, first, last),
        }
    }

    fn decision(&self, log: LogId, first: u64, last: u64) -> Decision {
        let is_this = LogId::from_hex(self.typed.get("log")) == Some(log);
        let typed = |name| if is_this { self.typed.get(name) } else { "" };
        let or_else = |name, usual: u64| match typed(name) {
            "" => usual.to_string(),
            kept => kept.to_owned(),
        };
        Decision {
            reason: typed("reason").to_owned(),
            ruling: typed("ruling").to_owned(),
            up_to: or_else("up_to", last),
            from: or_else("from", first),
        }
    }
}

/// Why frames are here, in words.
pub(crate) fn why(reason: ParkReason, words: &TrustWords) -> &'static str {
    match reason {
        ParkReason::New => words.park_new,
        ParkReason::MissingPrevious => words.park_previous,
        ParkReason::MissingDeps => words.park_deps,
        ParkReason::MissingKey => words.park_key,
        ParkReason::UnknownDevice => words.park_unknown,
        ParkReason::Newer => words.park_newer,
        ParkReason::OtherLife => words.park_other_life,
        ParkReason::NotInScope => words.park_scope,
        ParkReason::Revoked => words.park_revoked,
        ParkReason::Signature => words.park_signature,
        ParkReason::Forked => words.park_forked,
        ParkReason::Malformed => words.park_malformed,
        ParkReason::Poisonous => words.park_poisonous,
        ParkReason::OverLimit => words.park_over,
        ParkReason::Rejected => words.park_rejected,
    }
}
