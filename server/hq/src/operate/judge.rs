//! `quarantine` and `alarms`: what is not believed, what is alarming, and what a person does about it.

use kahriz_core::workspace::{Alarm, Quarantined};
use kahriz_proto::ids::LogId;
use serde_json::json;

use super::{Desk, publish, scopes};
use crate::cli::{AlarmOrder, Ruling};
use crate::failure::Failure;
use crate::moment;
use crate::say::printable;
use crate::shell;

/// Letters of a log's id that are enough to name it.
const ID_LETTERS: usize = 8;

pub(super) fn quarantine(desk: &mut Desk<'_>, order: &Ruling) -> Result<(), Failure> {
    match order {
        Ruling::List => list(desk),
        Ruling::Release { log, up_to, reason } => {
            let log = named(desk, log)?;
            let up_to = up_to.unwrap_or(u64::MAX);
            desk.workspace.release(log, up_to, reason, shell::claimed())?;
            let published = publish(desk)?;
            desk.workspace.merge_inbox(&mut |_| {})?;
            done(desk, "released: it is merged here, and everywhere after the next sync", published)
        }
        Ruling::Reject { log, from, reason } => {
            let log = named(desk, log)?;
            desk.workspace.reject(log, *from, reason, shell::claimed())?;
            done(desk, "rejected: it is kept, and no longer asked about", None)
        }
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
                    "reason": ruling.reason, "claimed_ms": ruling.claimed.ms,
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
            printable(&ruling.reason)
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

pub(super) fn alarms(desk: &mut Desk<'_>, order: &AlarmOrder) -> Result<(), Failure> {
    match order {
        AlarmOrder::Close { number } => {
            if !desk.workspace.close_alarm(*number)? {
                return Err(Failure::NoSuchAlarm(*number));
            }
            done(desk, "closed", None)
        }
        AlarmOrder::List { all } => {
            let alarms = desk.workspace.alarms()?;
            let shown: Vec<Alarm> =
                alarms.into_iter().filter(|alarm| *all || !alarm.closed).collect();
            if desk.as_json {
                let rows: Vec<_> = shown.iter().map(alarm_json).collect();
                return desk.say_json(&rows);
            }
            if shown.is_empty() {
                desk.say("no alarm")?;
            }
            shown.iter().try_for_each(|alarm| desk.say(&alarm_line(alarm)))
        }
    }
}

/// An alarm in one line.
pub(crate) fn alarm_line(alarm: &Alarm) -> String {
    let mark = match (alarm.closed, alarm.kind.is_red()) {
        (true, _) => "closed",
        (false, true) => "ALARM",
        (false, false) => "notice",
    };
    let when = match alarm.raised.ms {
        0 => "now".to_owned(),
        ms => moment::written(ms),
    };
    format!("{}  {mark}, {when}: {}", alarm.id, alarm.kind)
}

fn alarm_json(alarm: &Alarm) -> serde_json::Value {
    json!({
        "number": alarm.id, "red": alarm.kind.is_red(), "closed": alarm.closed,
        "raised_ms": alarm.raised.ms, "what": alarm.kind.to_string(),
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
