//! `export`: records, page by page, into the tables or the map that was asked for, and a summary of what left.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use kahriz_core::forms::{Forms, Group, Kind};
use kahriz_core::workspace::RecordView;
use kahriz_proto::ids::RecordId;
use serde_json::json;

use super::{Desk, find, scopes};
use crate::cli::{ExportOrder, Format};
use crate::export::csv::Tables;
use crate::export::geojson::Features;
use crate::export::{Leaving, Tally, leaving};
use crate::export_log::{self, Event};
use crate::failure::Failure;
use crate::keyfile::new_file;
use crate::shell;

pub(super) fn run(desk: &mut Desk<'_>, order: &ExportOrder) -> Result<(), Failure> {
    let query = find::query(desk.workspace, &order.filters)?;
    let ids = find::all(desk.workspace, &query)?;
    let begun = log_begun(desk, order, ids.len() as u64)?;
    let tally = match (order.format, &order.out) {
        (Format::Csv, Some(folder)) => csv_folder(desk, order, &ids, folder)?,
        (Format::Csv, None) => csv_table(desk, order, &ids)?,
        (Format::Geojson, out) => geojson(desk, order, &ids, out.as_deref())?,
    };
    let Tally { records, withdrawn, withheld, .. } = tally;
    let ended = Event::Ended { begun, records, withdrawn, withheld };
    export_log::append(desk.workspace, ended, shell::now_ms())?;
    summarise(desk, order, tally)
}

/// Before the first byte leaves: what cannot be logged does not leave.
fn log_begun(desk: &Desk<'_>, order: &ExportOrder, found: u64) -> Result<u64, Failure> {
    let format = match order.format {
        Format::Csv => "csv",
        Format::Geojson => "geojson",
    };
    let event = Event::Begun {
        who: desk.who.clone(),
        format: format.to_owned(),
        with_protected: order.with_protected,
        filters: order.filters.pairs(),
        found,
    };
    Ok(export_log::append(desk.workspace, event, shell::now_ms())?)
}

fn csv_folder(
    desk: &mut Desk<'_>,
    order: &ExportOrder,
    ids: &[RecordId],
    folder: &Path,
) -> Result<Tally, Failure> {
    let failed = |source: io::Error| Failure::File { path: folder.to_owned(), source };
    if folder.is_file() {
        return Err(Failure::Exists(folder.to_owned()));
    }
    fs::create_dir_all(folder).map_err(failed)?;
    let mut tables = BTreeMap::new();
    for kind in kinds(order) {
        let open = |group: Option<&Group>| {
            new_file(&folder.join(table_name(kind, group))).map(BufWriter::new).map(Some)
        };
        if let Some(begun) = Tables::begin(kind, order.with_protected, open)? {
            tables.insert(kind.name.as_str(), begun);
        }
    }
    let tally = each(desk, order, ids, |record, scope, _| {
        match tables.get_mut(record.view.kind.name.as_str()) {
            Some(tables) => tables.write(record, scope),
            None => Ok(()),
        }
    })?;
    tables.into_values().try_for_each(Tables::finish).map_err(failed)?;
    Ok(tally)
}

/// The one table that was asked for, to the standard output.
fn csv_table(desk: &mut Desk<'_>, order: &ExportOrder, ids: &[RecordId]) -> Result<Tally, Failure> {
    let [kind] = kinds(order)[..] else { return Err(Failure::WhichTable) };
    let mut written = Vec::new();
    let mut main = Some(&mut written);
    let open = |group: Option<&Group>| Ok(if group.is_none() { main.take() } else { None });
    let Some(mut tables) = Tables::begin::<io::Error>(kind, order.with_protected, open)? else {
        return Ok(Tally::default());
    };
    let tally = each(desk, order, ids, |record, scope, _| tables.write(record, scope))?;
    tables.finish()?;
    desk.out.write_all(&written)?;
    Ok(tally)
}

fn geojson(
    desk: &mut Desk<'_>,
    order: &ExportOrder,
    ids: &[RecordId],
    out: Option<&Path>,
) -> Result<Tally, Failure> {
    let mut written = Vec::new();
    let place: Box<dyn Write + '_> = match out {
        Some(path) => Box::new(BufWriter::new(new_file(path)?)),
        None => Box::new(&mut written),
    };
    let mut features = Features::begin(place)?;
    let with_protected = order.with_protected;
    let tally = each(desk, order, ids, |record, scope, tally| {
        features.write(record, scope, with_protected, tally)
    })?;
    features.finish()?;
    desk.out.write_all(&written)?;
    Ok(tally)
}

/// Hands every record that may leave to `write`.
fn each(
    desk: &mut Desk<'_>,
    order: &ExportOrder,
    ids: &[RecordId],
    mut write: impl FnMut(&Leaving<'_>, &str, &mut Tally) -> io::Result<()>,
) -> Result<Tally, Failure> {
    let areas = desk.workspace.scopes();
    let bar = desk.terminal.bar("exporting", ids.len() as u64, false);
    let mut tally = Tally::default();
    for id in ids {
        let Some(view) = desk.workspace.record(*id)?.filter(|view: &RecordView| !view.deleted)
        else {
            continue;
        };
        if let Some(record) = leaving(&view, order.with_protected, &mut tally) {
            write(&record, &scopes::name_of(&areas, view.scope), &mut tally)?;
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    Ok(tally)
}

fn kinds(order: &ExportOrder) -> Vec<&'static Kind> {
    let wanted = &order.filters.kinds;
    let kinds = Forms::builtin().kinds().iter();
    kinds.filter(|kind| wanted.is_empty() || wanted.contains(&kind.name)).collect()
}

fn table_name(kind: &Kind, group: Option<&Group>) -> PathBuf {
    match group {
        Some(group) => format!("{}.{}.csv", kind.name, group.name),
        None => format!("{}.csv", kind.name),
    }
    .into()
}

fn summarise(desk: &mut Desk<'_>, order: &ExportOrder, tally: Tally) -> Result<(), Failure> {
    let said = format!(
        "{} records, {} of them with contested fields; {} left out because consent was withdrawn, {} fields withheld",
        tally.records, tally.contested, tally.withdrawn, tally.withheld
    );
    let placeless = match tally.placeless {
        0 => String::new(),
        count => format!("; {count} have no place that may be shown"),
    };
    let protected = if order.with_protected {
        "; protected fields are included: keep this safe"
    } else {
        "; protected fields are not included"
    };
    if order.out.is_none() {
        // The result itself is on the standard output.
        return desk.aside(&format!("{said}{placeless}{protected}"));
    }
    if desk.as_json {
        return desk.say_json(&json!({
            "records": tally.records, "contested": tally.contested, "withdrawn": tally.withdrawn,
            "withheld_fields": tally.withheld, "without_place": tally.placeless,
        }));
    }
    desk.say(&format!("{said}{placeless}{protected}"))
}
