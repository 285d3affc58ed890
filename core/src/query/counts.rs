//! How many records there are of each sort: one walk over `rows_listed` that fills every count at once.

use std::collections::BTreeMap;

use rusqlite::{Connection, Row, params_from_iter};

use super::candidates::Candidates;
use super::filter::Filter;
use super::page::written_id;
use super::row::kind_name;
use super::{Counts, Query};

/// Counts what a query asks for; its order and page do not matter.
///
/// # Errors
/// What SQLite said.
pub fn counts(connection: &Connection, query: &Query) -> rusqlite::Result<Counts> {
    let mut filter = Filter::of(query);
    let id = written_id(query);
    if let Some(id) = &id {
        filter.named(id);
    }
    let candidates = if id.is_some() { None } else { Candidates::of(connection, query)? };
    if let Some(few) = candidates.as_ref().filter(|candidates| candidates.are_few()) {
        filter.among(few.ids());
    }
    let sql = format!("SELECT id, {MARKS}, area, state, status FROM {}", filter.sql());
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query(params_from_iter(&filter.values))?;
    let mut tally = Tally::default();
    while let Some(row) = rows.next()? {
        let id = row.get(0)?;
        if candidates.as_ref().is_none_or(|candidates| candidates.get(id).is_some()) {
            tally.add(row)?;
        }
    }
    Ok(tally.finish())
}

/// Kind, contested and incomplete in one number: a column costs more to fetch than to take apart.
const MARKS: &str = "kind * 4 + (contested > 0) * 2 + incomplete";

#[derive(Default)]
struct Tally {
    counts: Counts,
    // By the number of the kind: its name is looked up once at the end.
    by_kind: BTreeMap<u16, u64>,
    by_status: BTreeMap<u16, BTreeMap<String, u64>>,
}

impl Tally {
    fn add(&mut self, row: &Row<'_>) -> rusqlite::Result<()> {
        let counts = &mut self.counts;
        let marks: u32 = row.get(1)?;
        let kind = (marks >> 2) as u16;
        counts.total += 1;
        counts.contested += u64::from(marks >> 1 & 1);
        counts.incomplete += u64::from(marks & 1);
        *self.by_kind.entry(kind).or_default() += 1;
        count(&mut counts.by_area, row, 2)?;
        count(&mut counts.by_state, row, 3)?;
        count(self.by_status.entry(kind).or_default(), row, 4)
    }

    fn finish(self) -> Counts {
        let mut counts = self.counts;
        counts.by_kind =
            self.by_kind.iter().map(|(code, count)| (kind_name(*code), *count)).collect();
        for (code, by_status) in self.by_status {
            let named =
                by_status.into_iter().map(|(status, count)| ((kind_name(code), status), count));
            counts.by_status.extend(named);
        }
        counts
    }
}

/// One more for the text in a column, if there is one. A hundred thousand rows have a dozen texts between them, so
/// only a new one is copied.
fn count(by: &mut BTreeMap<String, u64>, row: &Row<'_>, column: usize) -> rusqlite::Result<()> {
    let Some(text) = row.get_ref(column)?.as_str_or_null()? else { return Ok(()) };
    match by.get_mut(text) {
        Some(count) => *count += 1,
        None => drop(by.insert(text.to_owned(), 1)),
    }
    Ok(())
}
