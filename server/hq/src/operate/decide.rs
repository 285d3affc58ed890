//! `decide`: one of the standing values, or another, with a reason that stays with the record.

use kahriz_core::value::{Scalar, Value};
use kahriz_core::workspace::Choice;
use serde_json::json;

use super::{Desk, find};
use crate::cli::Decide;
use crate::failure::Failure;
use crate::shell;

pub(super) fn run(desk: &mut Desk<'_>, order: &Decide) -> Result<(), Failure> {
    let id = find::record(desk.workspace, &order.id)?;
    let choice = match (order.keep, &order.value) {
        (Some(number), _) => Choice::Keep(usize::from(number) - 1),
        (None, value) => {
            let view = desk.workspace.record(id)?.ok_or(Failure::NoRecord)?;
            let (_, value) =
                view.kind.read_text(&order.field, value.as_deref().unwrap_or_default())?;
            Choice::Write(value.as_ref().and_then(Value::to_scalar).unwrap_or(Scalar::Null))
        }
    };
    desk.workspace.decide(id, &order.field, &choice, &order.reason, shell::claimed())?;
    if let Some(serving) = &desk.serving {
        serving.bell.ring();
    }
    if desk.as_json {
        return desk
            .say_json(&json!({ "id": id.to_uuid(), "field": order.field, "decided": true }));
    }
    desk.say("decided; it goes to everybody with the next sync")
}
