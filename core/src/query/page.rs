//! One page of a list: the ids in order by a walk over `rows_listed`, then the rows of the page by their ids.

use std::cmp::Reverse;

use rusqlite::types::Value;
use rusqlite::{Connection, Row, params_from_iter};

use super::candidates::Candidates;
use super::filter::Filter;
use super::row::{add_places, row_of};
use super::{Page, Query, Sort};
use crate::human_id::HumanId;

/// The rows that a query asks for, one page of them.
///
/// # Errors
/// What SQLite said.
pub fn list(connection: &Connection, query: &Query) -> rusqlite::Result<Page> {
    let chosen = Chosen::of(connection, query)?;
    let mut page = Page {
        rows: Vec::with_capacity(chosen.ids.len()),
        total: chosen.total,
        offset: query.offset,
    };
    for (id, metres) in chosen.ids {
        let mut row = row_of(connection, id)?;
        row.metres = metres;
        if query.shapes {
            add_places(connection, id, &mut row)?;
        }
        page.rows.push(row);
    }
    Ok(page)
}

/// The ids of a page, in order, with their distances.
#[derive(Default)]
struct Chosen {
    ids: Vec<(i64, Option<f64>)>,
    total: u64,
}

impl Chosen {
    fn of(connection: &Connection, query: &Query) -> rusqlite::Result<Self> {
        let mut filter = Filter::of(query);
        if let Some(id) = written_id(query) {
            filter.named(&id);
            return Self::by_sql(connection, query, &filter);
        }
        match Candidates::of(connection, query)? {
            None => Self::by_sql(connection, query, &filter),
            Some(candidates) => {
                if candidates.are_few() {
                    filter.among(candidates.ids());
                }
                let passing = passing(connection, query, &filter, &candidates)?;
                Ok(Self::window(passing, query))
            }
        }
    }

    /// SQLite counts, and stops at the end of the page.
    fn by_sql(connection: &Connection, query: &Query, filter: &Filter) -> rusqlite::Result<Self> {
        let condition = filter.sql();
        let count = format!("SELECT count(*) FROM {condition}");
        let total: i64 = connection
            .prepare_cached(&count)?
            .query_row(params_from_iter(&filter.values), |row| row.get(0))?;
        let ids = format!(
            "SELECT id FROM {condition} ORDER BY {} LIMIT ? OFFSET ?",
            filter.order(query.sort)
        );
        let offset = i64::try_from(query.offset).unwrap_or(i64::MAX);
        let window = [Value::Integer(query.limit.into()), Value::Integer(offset)];
        let mut statement = connection.prepare_cached(&ids)?;
        let found = statement
            .query_map(params_from_iter(filter.values.iter().chain(&window)), |row| row.get(0))?;
        let ids = found.map(|id| Ok((id?, None))).collect::<rusqlite::Result<_>>()?;
        Ok(Self { ids, total: total as u64 })
    }

    /// Puts only the rows up to the end of the page into order.
    fn window(mut passing: Vec<Passing>, query: &Query) -> Self {
        let total = passing.len();
        let offset = usize::try_from(query.offset).unwrap_or(usize::MAX).min(total);
        let end = offset.saturating_add(query.limit as usize).min(total);
        if end < total {
            passing.select_nth_unstable(end);
            passing.truncate(end);
        }
        passing.sort_unstable();
        let ids =
            passing.drain(offset..).map(|row| (row.id.0, row.metres.map(f64::from_bits))).collect();
        Self { ids, total: total as u64 }
    }
}

/// A candidate that passed the filter. Compares as the list is ordered: by key, then the newest id first.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Passing {
    key: Key,
    id: Reverse<i64>,
    /// As bits, which order distances as numbers do: none is negative.
    metres: Option<u64>,
}

/// What a list is ordered by; all rows of a list have the same variant.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Contested(Reverse<(u32, i64)>),
    Newest(Reverse<i64>),
    Title(bool, String),
    Metres(u64),
}

/// The candidates that pass the filter, in no order.
fn passing(
    connection: &Connection,
    query: &Query,
    filter: &Filter,
    candidates: &Candidates,
) -> rusqlite::Result<Vec<Passing>> {
    // One column or two: fetching one costs more than comparing it.
    let column = match query.sort {
        Sort::ContestedFirst | Sort::Nearest => "contested, changed",
        Sort::Newest => "changed",
        Sort::Title => "title_key",
    };
    let sql = format!("SELECT id, {column} FROM {}", filter.sql());
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query(params_from_iter(&filter.values))?;
    let mut passing = Vec::new();
    while let Some(row) = rows.next()? {
        let id = row.get(0)?;
        if let Some(metres) = candidates.get(id) {
            let metres = metres.map(f64::to_bits);
            passing.push(Passing { key: key(query.sort, row, metres)?, id: Reverse(id), metres });
        }
    }
    Ok(passing)
}

fn key(sort: Sort, row: &Row<'_>, metres: Option<u64>) -> rusqlite::Result<Key> {
    Ok(match (sort, metres) {
        (Sort::Nearest, Some(metres)) => Key::Metres(metres),
        (Sort::ContestedFirst | Sort::Nearest, _) => {
            Key::Contested(Reverse((row.get(1)?, row.get(2)?)))
        }
        (Sort::Newest, _) => Key::Newest(Reverse(row.get(1)?)),
        (Sort::Title, _) => {
            let title: Option<String> = row.get(1)?;
            Key::Title(title.is_none(), title.unwrap_or_default())
        }
    })
}

/// A human id that was typed in full into the search box.
pub(super) fn written_id(query: &Query) -> Option<HumanId> {
    query.text.as_deref().and_then(HumanId::parse_written).filter(|_| query.near.is_none())
}
