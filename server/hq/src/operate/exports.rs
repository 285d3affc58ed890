//! `exports`: the account of what left, and whether it is whole.

use super::Desk;
use crate::export_log::{self, Export, Who};
use crate::failure::Failure;
use crate::moment;
use crate::say::printable;

pub(super) fn run(desk: &mut Desk<'_>) -> Result<(), Failure> {
    let account = export_log::read(desk.workspace)?;
    if desk.as_json {
        desk.say_json(&account)?;
    } else {
        for export in &account.exports {
            desk.say(&line(export))?;
        }
        match &account.last {
            None => desk.say("nothing was exported")?,
            Some((number, hash)) => desk.say(&format!("last entry {number}, {hash}"))?,
        }
    }
    account.broken_at.map_or(Ok(()), |number| Err(Failure::LogBroken(number)))
}

fn line(export: &Export) -> String {
    let who = match &export.who {
        Who::Account(name) => format!("{name} on the page"),
        Who::SystemUser(name) => format!("{} at the command line", printable(name)),
    };
    let left = match export.records {
        Some(records) => format!("{records} records"),
        None => format!("not finished, up to {} records", export.found),
    };
    let protected = if export.with_protected { ", with protected fields" } else { "" };
    let filters =
        export.filters.iter().map(|(name, value)| format!(" {name}={}", printable(value)));
    format!(
        "{} {} {who}: {} {left}{protected}{}",
        export.number,
        moment::written(export.at_ms),
        export.format,
        filters.collect::<String>()
    )
}
