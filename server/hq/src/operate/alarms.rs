//! `alarms`: what no honest relay, phone or newcomer does, and that somebody has seen to it.

use kahriz_core::workspace::Alarm;
use serde_json::json;

use super::Desk;
use crate::cli::AlarmOrder;
use crate::failure::Failure;
use crate::moment;

pub(super) fn run(desk: &mut Desk<'_>, order: &AlarmOrder) -> Result<(), Failure> {
    match order {
        AlarmOrder::Close { number } => {
            if !desk.workspace.close_alarm(*number)? {
                return Err(Failure::NoSuchAlarm(*number));
            }
            closed(desk)
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

fn closed(desk: &mut Desk<'_>) -> Result<(), Failure> {
    if desk.as_json {
        return desk.say_json(&json!({ "done": "closed", "published": true }));
    }
    desk.say("closed")
}
