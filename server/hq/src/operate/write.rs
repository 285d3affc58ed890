//! `new` and `edit`: fields as typed, into a draft, saved.

use std::collections::BTreeMap;

use kahriz_core::workspace::{Draft, Saved};
use serde_json::json;

use super::{Desk, find, scopes};
use crate::cli::{Edit, New};
use crate::failure::Failure;
use crate::shell;

pub(super) fn new(desk: &mut Desk<'_>, order: &New) -> Result<(), Failure> {
    kahriz_core::forms::Forms::builtin().find_kind(&order.kind)?;
    let scope = scopes::meant(desk.workspace, order.scope.as_deref())?;
    let mut draft = desk.workspace.new_record(scope, &order.kind)?;
    fill(&mut draft, &order.fields)?;
    save(desk, draft, order.incomplete)
}

pub(super) fn edit(desk: &mut Desk<'_>, order: &Edit) -> Result<(), Failure> {
    let id = find::record(desk.workspace, &order.id)?;
    let mut draft = desk.workspace.edit(id)?;
    fill(&mut draft, &order.fields)?;
    for field in &order.clear {
        draft.clear(field)?;
    }
    save(desk, draft, order.incomplete)
}

fn save(desk: &mut Desk<'_>, mut draft: Draft, incomplete: bool) -> Result<(), Failure> {
    if incomplete {
        draft.allow_incomplete();
    }
    let saved = desk.workspace.save(&draft, shell::claimed())?;
    if let Some(serving) = &desk.serving {
        serving.bell.ring();
    }
    say(desk, &saved)
}

fn say(desk: &mut Desk<'_>, saved: &Saved) -> Result<(), Failure> {
    let Saved { record, human_id, changed } = saved;
    if desk.as_json {
        return desk.say_json(
            &json!({ "id": record.to_uuid(), "human_id": human_id, "changed": changed }),
        );
    }
    let what = if *changed {
        "saved on this device"
    } else {
        "nothing to save: everything stood so already"
    };
    desk.say(&format!("{human_id}: {what}"))
}

/// Sets fields from `field=value`.
fn fill(draft: &mut Draft, assignments: &[String]) -> Result<(), Failure> {
    let mut new_items = BTreeMap::new();
    for assignment in assignments {
        let (field, value) = assignment.split_once('=').ok_or(Failure::NotAnAssignment)?;
        let field = with_item(draft, field.trim(), &mut new_items)?;
        draft.set_text(&field, value)?;
    }
    Ok(())
}

/// The field with the id of a new item in the place of its `+`.
fn with_item(
    draft: &mut Draft,
    field: &str,
    new_items: &mut BTreeMap<String, String>,
) -> Result<String, Failure> {
    let Some((group, tag, rest)) = plus_of(field) else { return Ok(field.to_owned()) };
    let name = format!("{group}.{tag}");
    if !new_items.contains_key(&name) {
        new_items.insert(name.clone(), draft.add_item(group)?);
    }
    Ok(format!("{}.{rest}", new_items[&name]))
}

/// `relatives.+2.name` as `relatives`, `+2` and `name`.
fn plus_of(field: &str) -> Option<(&str, &str, &str)> {
    let (group, after) = field.split_once(".+")?;
    let (number, rest) = after.split_once('.')?;
    let is_tag = number.bytes().all(|byte| byte.is_ascii_digit());
    is_tag.then(|| (group, &field[group.len() + 1..field.len() - rest.len() - 1], rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plus_stands_for_a_new_item() {
        assert_eq!(plus_of("relatives.+.name"), Some(("relatives", "+", "name")));
        assert_eq!(plus_of("relatives.+2.name"), Some(("relatives", "+2", "name")));
        assert_eq!(plus_of("relatives.0.name"), None);
        assert_eq!(plus_of("relatives.+x.name"), None);
        assert_eq!(plus_of("full_name"), None);
    }
}
