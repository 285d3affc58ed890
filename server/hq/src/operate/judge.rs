//! `quarantine`: what is not believed, and what a person decides about it.

use std::sync::{Mutex, MutexGuard, PoisonError};

use kahriz_core::workspace::{AdminError, Grounds, Quarantined};
use kahriz_proto::ids::LogId;
use serde_json::json;

use super::{Desk, publish, scopes};
use crate::cli::Ruling;
use crate::failure::Failure;
use crate::moment;
use crate::say::printable;
use crate::shell;

/// Letters of a log's id that are enough to name it.
const ID_LETTERS: usize = 8;

/// What a person has decided about the frames of one log.
pub(crate) struct Judgement {
    pub(crate) log: LogId,
    pub(crate) verdict: Verdict,
    /// Why; it is kept.
    pub(crate) reason: String,
    /// How many rulings on the log there were when the person looked, if that is known.
    pub(crate) seen: Option<usize>,
}

/// Whether the frames are believed.
#[derive(Clone, Copy)]
pub(crate) enum Verdict {
    /// Believed up to this frame, for everybody.
    Release { up_to: u64 },
    /// Not believed from this frame on; kept, and no longer asked about.
    Reject { from: u64 },
}

pub(super) fn quarantine(desk: &mut Desk<'_>, order: &Ruling) -> Result<(), Failure> {
    let (log, verdict, reason) = match order {
        Ruling::List => return list(desk),
        Ruling::Release { log, up_to, reason } => {
            (log, Verdict::Release { up_to: up_to.unwrap_or(u64::MAX) }, reason)
        }
        Ruling::Reject { log, from, reason } => (log, Verdict::Reject { from: *from }, reason),
    };
    let log = named(desk, log)?;
    let unpublished = judge(desk, &Judgement { log, verdict, reason: reason.clone(), seen: None })?;
    let came_of_it = match verdict {
        Verdict::Release { .. } => {
            "released: it is merged here, and everywhere after the next sync"
        }
        Verdict::Reject { .. } => "rejected: it is kept, and no longer asked about",
    };
    done(desk, came_of_it, unpublished)
}

/// Carries out a judgement; why the relay does not know of it yet. Whoever judges what somebody else has judged since
/// they looked is told so, and nothing is done.
pub(crate) fn judge(desk: &mut Desk<'_>, judgement: &Judgement) -> Result<Option<String>, Failure> {
    let Judgement { log, verdict, reason, seen } = judgement;
    {
        let _alone = one_at_a_time();
        let rulings = desk.workspace.rulings()?;
        let now = rulings.iter().filter(|ruling| ruling.log == *log).count();
        if seen.is_some_and(|seen| seen != now) {
            return Err(Failure::DecidedMeanwhile);
        }
        let grounds = Grounds { who: desk.who.name(), why: reason, claimed: shell::claimed() };
        match verdict {
            Verdict::Release { up_to } => {
                desk.workspace.release(*log, *up_to, &grounds)?;
            }
            Verdict::Reject { from } => reject(desk, *log, *from, &grounds)?,
        }
    }
    if matches!(verdict, Verdict::Reject { .. }) {
        return Ok(None);
    }
    publish(desk)
}

/// What was rejected before is not rejected again.
fn reject(desk: &Desk<'_>, log: LogId, from: u64, grounds: &Grounds<'_>) -> Result<(), Failure> {
    let waits = |group: &Quarantined| {
        group.log == log && group.seqs.last().is_some_and(|last| *last >= from)
    };
    if !desk.workspace.quarantine()?.iter().any(waits) {
        return Err(AdminError::NotQuarantined.into());
    }
    Ok(desk.workspace.reject(log, from, grounds)?)
}

/// Two people may decide at once: the second looks at what the first has left. Whoever holds a store decides in one
/// process, because orders of other processes are handed to it.
pub(super) fn one_at_a_time() -> MutexGuard<'static, ()> {
    static DECIDING: Mutex<()> = Mutex::new(());
    DECIDING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whose reason it is, and the reason; of old decisions only the reason is known.
pub(crate) fn said_by(who: &str, reason: &str) -> String {
    match who.is_empty() {
        true => printable(reason),
        false => format!("{}: {}", printable(who), printable(reason)),
    }
}

fn list(desk: &mut Desk<'_>) -> Result<(), Failure> {
    let waiting = desk.workspace.quarantine()?;
    let rulings = desk.workspace.rulings()?;
    if desk.as_json {
        let rulings: Vec<_> = rulings
            .iter()
            .map(|ruling| {
                json!({
                    "log": ruling.log.to_string(), "seq": ruling.seq, "released": ruling.released,
                    "who": ruling.who, "reason": ruling.reason, "claimed_ms": ruling.claimed.ms,
                })
            })
            .collect();
        let waiting: Vec<_> = waiting.iter().map(as_json).collect();
        return desk.say_json(&json!({ "waiting": waiting, "rulings": rulings }));
    }
    if waiting.is_empty() {
        desk.say("nothing is quarantined")?;
    }
    for group in &waiting {
        let line = in_words(desk, group);
        desk.say(&line)?;
    }
    for ruling in rulings {
        let what = if ruling.released { "released up to" } else { "rejected from" };
        desk.say(&format!(
            "judged {}: {} {what} frame {}: {}",
            moment::written(ruling.claimed.ms),
            short(ruling.log),
            ruling.seq,
            said_by(&ruling.who, &ruling.reason)
        ))?;
    }
    Ok(())
}

fn in_words(desk: &Desk<'_>, group: &Quarantined) -> String {
    let people = desk.workspace.people();
    let who = people.iter().find(|person| Some(person.device) == group.device);
    let who = who.map_or_else(|| "unknown device".to_owned(), |who| printable(&who.officer));
    let area = scopes::name_of(&desk.workspace.scopes(), group.scope);
    let (first, last) = (group.seqs.first().unwrap_or(&0), group.seqs.last().unwrap_or(&0));
    let mut line = format!(
        "{}  {who} in {area}, frames {first} to {last} ({} here), {} changes of {} records: {}",
        short(group.log),
        group.seqs.len(),
        group.changes,
        group.records.len(),
        group.reason
    );
    if group.built_upon > 0 {
        line.push_str(&format!("; {} frames of others wait for it", group.built_upon));
    }
    line
}

fn as_json(group: &Quarantined) -> serde_json::Value {
    json!({
        "log": group.log.to_string(),
        "device": group.device.map(|device| device.to_string()),
        "reason": group.reason.to_string(),
        "seqs": group.seqs,
        "changes": group.changes,
        "records": group.records.iter().map(|record| record.to_uuid()).collect::<Vec<_>>(),
        "built_upon": group.built_upon,
        "can_be_released": group.can_be_released(),
    })
}

fn done(desk: &mut Desk<'_>, what: &str, unpublished: Option<String>) -> Result<(), Failure> {
    if desk.as_json {
        return desk.say_json(&json!({ "done": what, "published": unpublished.is_none() }));
    }
    desk.say(what)?;
    let later = |why| desk.say(&format!("The relay does not know it yet ({why})."));
    unpublished.map_or(Ok(()), later)
}

fn short(log: LogId) -> String {
    log.to_string()[..ID_LETTERS].to_owned()
}

/// The one log that is meant, among those of which something was not believed.
fn named(desk: &Desk<'_>, typed: &str) -> Result<LogId, Failure> {
    let wanted = typed.trim().to_lowercase();
    let parked = desk.workspace.parked()?;
    let mut logs: Vec<LogId> = parked.iter().map(|parked| parked.log).collect();
    logs.sort();
    logs.dedup();
    logs.retain(|log| wanted.len() >= 4 && log.to_string().starts_with(&wanted));
    match logs.as_slice() {
        [log] => Ok(*log),
        _ => Err(Failure::NoSuchLog(typed.to_owned())),
    }
}
