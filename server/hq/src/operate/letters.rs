//! `letters`: what devices have handed in that could not sync any more, and what becomes of it.

use std::fs;

use kahriz_core::drive;
use kahriz_core::workspace::{
    Grounds, LetterState, LetterView, LettersError, LettersSettled, Workspace,
};
use kahriz_http::HttpTransport;
use serde_json::json;

use super::Desk;
use super::judge::{one_at_a_time, said_by};
use crate::cli::LettersOrder;
use crate::failure::Failure;
use crate::moment;
use crate::say::{self, printable};
use crate::shell::{self, Terminal};

pub(super) fn run(desk: &mut Desk<'_>, order: &LettersOrder) -> Result<(), Failure> {
    match order {
        LettersOrder::List => list(desk),
        LettersOrder::Adopt { letter, reason } => {
            let changes = decide(desk, *letter, Fate::Adopt, reason, None)?;
            answer(desk, *letter, "adopted", changes)
        }
        LettersOrder::Reject { letter, reason } => {
            decide(desk, *letter, Fate::Reject, reason, None)?;
            answer(desk, *letter, "rejected", 0)
        }
        LettersOrder::Import { files } => import(desk, files),
    }
}

/// What is to become of a letter.
#[derive(Clone, Copy)]
pub(crate) enum Fate {
    Adopt,
    Reject,
}

/// Decides on a letter; how many changes were taken in. Whoever decides on one that is not any more as they saw it is
/// told so, and nothing is done.
pub(crate) fn decide(
    desk: &mut Desk<'_>,
    letter: i64,
    fate: Fate,
    reason: &str,
    seen: Option<&str>,
) -> Result<u64, Failure> {
    let _alone = one_at_a_time();
    if let Some(seen) = seen {
        let letters = desk.workspace.letters()?;
        let now = letters.iter().find(|kept| kept.id == letter).map(|kept| word(&kept.state));
        if now != Some(seen) {
            return Err(Failure::DecidedMeanwhile);
        }
    }
    let who = desk.who.clone();
    let grounds = Grounds { who: who.name(), why: reason, claimed: shell::claimed() };
    match fate {
        Fate::Adopt => {
            let changes = desk.workspace.adopt(letter, &grounds)?;
            ring(desk);
            Ok(changes)
        }
        Fate::Reject => {
            desk.workspace.reject_letter(letter, &grounds)?;
            Ok(0)
        }
    }
}

/// A letter's state in a word, for programs.
pub(crate) fn word(state: &LetterState) -> &'static str {
    match state {
        LetterState::Waiting => "waiting",
        LetterState::Adopted { .. } => "adopted",
        LetterState::Rejected { .. } => "rejected",
        LetterState::Sealed => "sealed",
    }
}

/// Fetches what was deposited at the relay, and tells what a person should know. A relay that does not take letters
/// yet is no reason to stop.
pub(crate) fn collect(
    workspace: &Workspace,
    transport: &mut HttpTransport,
    terminal: &mut Terminal,
) -> bool {
    match drive::collect_letters(workspace, transport, terminal) {
        Ok(collected) => {
            if collected.letters > 0 {
                let LettersSettled { changes, waiting, .. } = collected.settled;
                say::aside(&format!(
                    "{} letters arrived: {changes} changes adopted, {waiting} letters wait for you (kahriz letters)",
                    collected.letters
                ));
            }
            collected.settled.changes > 0
        }
        Err(error) => {
            tracing::info!(%error, "letters could not be collected");
            false
        }
    }
}

fn import(desk: &mut Desk<'_>, files: &[std::path::PathBuf]) -> Result<(), Failure> {
    let mut new = 0_u64;
    for path in files {
        let file = fs::read(path).map_err(|source| Failure::File { path: path.clone(), source })?;
        new += u64::from(desk.workspace.import_letter(&file)?);
    }
    let settled = desk.workspace.settle_deposits(true, shell::claimed())?;
    ring(desk);
    if desk.as_json {
        return desk.say_json(&json!({
            "new": new, "changes": settled.changes, "waiting": settled.waiting, "closed": settled.closed,
        }));
    }
    desk.say(&format!(
        "{new} new letters; {} changes adopted, {} letters wait for you",
        settled.changes, settled.waiting
    ))
}

fn list(desk: &mut Desk<'_>) -> Result<(), Failure> {
    let letters = desk.workspace.letters()?;
    if desk.as_json {
        let rows: Vec<_> = letters.iter().map(in_json).collect();
        return desk.say_json(&rows);
    }
    if letters.is_empty() {
        return desk.say("no letters");
    }
    letters.iter().try_for_each(|letter| desk.say(&in_words(letter)))
}

fn in_words(letter: &LetterView) -> String {
    let LetterView { id, officer, entries, records, new_changes, contradicting, damaged, .. } =
        letter;
    let who = if letter.revoked { "a revoked device of " } else { "" };
    let when = letter.claimed.map_or_else(String::new, |(first, last)| {
        format!(", {} to {}", moment::written(first.ms), moment::written(last.ms))
    });
    let mut line = format!(
        "{id}: {who}{}: {entries} changes of {} records{when}; {new_changes} not here yet; {}",
        printable(officer),
        records.len(),
        state(&letter.state)
    );
    for (count, what) in [
        (contradicting, "contradict what is here"),
        (damaged, "damaged or not signed by the device"),
    ] {
        if *count > 0 {
            line += &format!("; {count} {what}");
        }
    }
    line
}

fn state(state: &LetterState) -> String {
    match state {
        LetterState::Waiting => "waits for you".to_owned(),
        LetterState::Adopted { who, reason } => format!("adopted ({})", said_by(who, reason)),
        LetterState::Rejected { who, reason } => format!("rejected ({})", said_by(who, reason)),
        LetterState::Sealed => "cannot be opened here; the recovery key may".to_owned(),
    }
}

fn in_json(letter: &LetterView) -> serde_json::Value {
    let (who, reason) = match &letter.state {
        LetterState::Adopted { who, reason } | LetterState::Rejected { who, reason } => {
            (Some(who), Some(reason))
        }
        LetterState::Waiting | LetterState::Sealed => (None, None),
    };
    json!({
        "letter": letter.id,
        "device": letter.device.to_string(),
        "officer": letter.officer,
        "revoked": letter.revoked,
        "changes": letter.entries,
        "records": letter.records.iter().map(|record| record.to_uuid()).collect::<Vec<_>>(),
        "new_changes": letter.new_changes,
        "contradicting": letter.contradicting,
        "damaged": letter.damaged,
        "claimed_ms": letter.claimed.map(|(first, last)| [first.ms, last.ms]),
        "state": word(&letter.state),
        "who": who,
        "reason": reason,
    })
}

fn answer(desk: &mut Desk<'_>, letter: i64, what: &str, changes: u64) -> Result<(), Failure> {
    if desk.as_json {
        return desk.say_json(&json!({ "letter": letter, "state": what, "changes": changes }));
    }
    desk.say(&format!("letter {letter} {what}; {changes} changes taken in"))
}

fn ring(desk: &Desk<'_>) {
    if let Some(serving) = &desk.serving {
        serving.bell.ring();
    }
}

impl From<LettersError> for Failure {
    fn from(error: LettersError) -> Self {
        Self::Letters(error)
    }
}
