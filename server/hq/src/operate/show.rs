//! `show`: one record with everybody's standing values, or the history of a field.

use kahriz_core::forms::{Kind, Lang, Shown};
use kahriz_core::workspace::{Delivery, HistoryEntry, Opinion, RecordView, Standing, Touch};
use kahriz_proto::ids::RecordId;
use serde_json::{Map, Value as Json, json};

use super::{Desk, find, scopes};
use crate::cli::Show;
use crate::failure::Failure;
use crate::moment;
use crate::say::printable;

pub(super) fn run(desk: &mut Desk<'_>, order: &Show) -> Result<(), Failure> {
    let id = find::record(desk.workspace, &order.id)?;
    let view = desk.workspace.record(id)?.ok_or(Failure::NoRecord)?;
    match &order.history {
        Some(key) => history(desk, id, view.kind, key),
        None if desk.as_json => {
            let scope = scopes::name_of(&desk.workspace.scopes(), view.scope);
            desk.say_json(&view_json(&view, &scope))
        }
        None => page(desk, &view),
    }
}

fn page(desk: &mut Desk<'_>, view: &RecordView) -> Result<(), Failure> {
    let scope = scopes::name_of(&desk.workspace.scopes(), view.scope);
    let deleted = if view.deleted { ", deleted" } else { "" };
    desk.say(&format!("{}  {}  {scope}{deleted}", view.human_id, view.kind.labels.get(Lang::En)))?;
    desk.say(&format!("  id {}", view.id.to_uuid()))?;
    desk.say(&format!("  made by {}, changed by {}", touch(&view.created), touch(&view.changed)))?;
    desk.say(&format!("  delivery: {}", delivery(view.delivery)))?;
    for (key, standing) in &view.fields {
        page_field(desk, view.kind, key, standing)?;
    }
    Ok(())
}

fn page_field(
    desk: &mut Desk<'_>,
    kind: &Kind,
    key: &str,
    standing: &Standing,
) -> Result<(), Failure> {
    let show = |opinion: &Opinion| printable(&kind.display(key, &opinion.value, Lang::En));
    if !standing.contested {
        let shown =
            standing.shown_value().map(|value| printable(&kind.display(key, value, Lang::En)));
        return match shown.filter(|text| !text.is_empty()) {
            Some(text) => desk.say(&format!("  {key}: {text}")),
            None => Ok(()),
        };
    }
    let what = match standing.shown {
        Shown::Value(index) => standing
            .values
            .get(index)
            .map_or_else(String::new, |opinion| format!("shown: {}", show(opinion))),
        Shown::Union => "shown: all of them".to_owned(),
        Shown::Withheld | Shown::Nothing => "none is shown as fact".to_owned(),
    };
    desk.say(&format!("  {key}: CONTESTED, {what}"))?;
    for (place, opinion) in standing.values.iter().enumerate() {
        let text = Some(show(opinion))
            .filter(|text| !text.is_empty())
            .unwrap_or_else(|| "(cleared)".to_owned());
        desk.say(&format!("    {}. {text}  ({})", place + 1, touch(&opinion.by)))?;
    }
    Ok(())
}

fn history(desk: &mut Desk<'_>, id: RecordId, kind: &Kind, key: &str) -> Result<(), Failure> {
    let entries = desk.workspace.history(id, key)?;
    if entries.is_empty() {
        kind.find(key)?;
    }
    if desk.as_json {
        let entries: Vec<Json> =
            entries.iter().map(|entry| history_json(kind, key, entry)).collect();
        return desk.say_json(&json!({ "field": key, "history": entries }));
    }
    for entry in &entries {
        let text = printable(&kind.display(key, &entry.value, Lang::En));
        let text = if text.is_empty() { "(cleared)".to_owned() } else { text };
        let standing = if entry.standing { ", stands" } else { "" };
        let reason = entry
            .reason
            .as_ref()
            .map_or_else(String::new, |reason| format!(", because: {}", printable(reason)));
        desk.say(&format!("{text}  ({}{standing}{reason})", touch(&entry.by)))?;
    }
    Ok(())
}

fn touch(touch: &Touch) -> String {
    let known = [&touch.officer, &touch.phone].into_iter().find(|name| !name.is_empty());
    let who = known.map_or_else(|| touch.device.to_string(), |name| printable(name));
    format!("{who}, {}", moment::written(touch.claimed.ms))
}

/// How far own changes have come, in words.
pub(super) fn delivery(delivery: Delivery) -> &'static str {
    match delivery {
        Delivery::OnThisDevice => "on this device only",
        Delivery::AtRelay => "at the relay",
        Delivery::AtHeadquarters => "at headquarters",
        Delivery::BackedUp => "backed up",
    }
}

fn view_json(view: &RecordView, scope: &str) -> Json {
    let fields = view
        .fields
        .iter()
        .map(|(key, standing)| (key.clone(), standing_json(view.kind, key, standing)));
    json!({
        "id": view.id.to_uuid(),
        "human_id": view.human_id,
        "kind": view.kind.name,
        "scope": scope,
        "deleted": view.deleted,
        "delivery": delivery(view.delivery),
        "created": touch_json(&view.created),
        "changed": touch_json(&view.changed),
        "fields": fields.collect::<Map<_, _>>(),
    })
}

fn standing_json(kind: &Kind, key: &str, standing: &Standing) -> Json {
    let values = standing.values.iter().enumerate().map(|(place, opinion)| {
        let value = kind.to_json(key, &opinion.value);
        json!({ "number": place + 1, "value": value, "by": touch_json(&opinion.by) })
    });
    json!({
        "shown": standing.shown_value().map(|value| kind.to_json(key, value)),
        "contested": standing.contested,
        "values": values.collect::<Vec<_>>(),
    })
}

fn history_json(kind: &Kind, key: &str, entry: &HistoryEntry) -> Json {
    json!({
        "value": kind.to_json(key, &entry.value),
        "by": touch_json(&entry.by),
        "stands": entry.standing,
        "reason": entry.reason,
    })
}

fn touch_json(touch: &Touch) -> Json {
    json!({
        "device": touch.device.to_string(),
        "officer": touch.officer,
        "phone": touch.phone,
        "claimed": moment::written(touch.claimed.ms),
    })
}
