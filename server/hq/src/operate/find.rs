//! From what a person typed to what the core asks for.

use kahriz_core::query::{Near, Query, Sort};
use kahriz_core::workspace::Workspace;
use kahriz_proto::ids::RecordId;

use super::scopes;
use crate::cli::Filters;
use crate::failure::Failure;

/// The record of an id as a person types it.
pub(super) fn record(workspace: &Workspace, typed: &str) -> Result<RecordId, Failure> {
    workspace.find(typed)?.ok_or(Failure::NoRecord)
}

/// The question that filters ask.
pub(super) fn query(workspace: &Workspace, filters: &Filters) -> Result<Query, Failure> {
    for kind in &filters.kinds {
        kahriz_core::forms::Forms::builtin().find_kind(kind)?;
    }
    let scopes = filters.scopes.iter().map(|typed| scopes::named(workspace, typed));
    Ok(Query {
        kinds: filters.kinds.clone(),
        scopes: scopes.collect::<Result<_, _>>()?,
        states: filters.states.clone(),
        statuses: filters.statuses.clone(),
        area: filters.area.clone(),
        from: filters.from.clone(),
        to: filters.to.clone(),
        contested: filters.contested.then_some(true),
        incomplete: filters.incomplete.then_some(true),
        ..Query::default()
    })
}

/// Rows that are asked for at a time.
const PAGE_ROWS: u32 = 1_000;

/// The ids of all records that a query asks for. They are collected before anything slow is done with them, so that
/// what syncs in meanwhile does not move the pages.
pub(super) fn all(workspace: &Workspace, query: &Query) -> Result<Vec<RecordId>, Failure> {
    let mut query = Query { sort: Sort::Newest, limit: PAGE_ROWS, offset: 0, ..query.clone() };
    let mut ids = Vec::new();
    loop {
        let page = workspace.list(&query)?;
        if page.rows.is_empty() {
            return Ok(ids);
        }
        query.offset += page.rows.len() as u64;
        ids.extend(page.rows.iter().map(|row| row.record));
    }
}

/// A circle around a typed place.
pub(super) fn near(place: &str, metres: f64) -> Result<Near, Failure> {
    let (lat, lon) = place.split_once(',').ok_or(Failure::NotAPlace)?;
    let degrees = |text: &str, most: f64| {
        let degrees = text.trim().parse::<f64>().ok().filter(|degrees| degrees.abs() <= most);
        degrees.ok_or(Failure::NotAPlace)
    };
    let metres = Some(metres)
        .filter(|metres| metres.is_finite() && *metres >= 0.0)
        .ok_or(Failure::NotAPlace)?;
    Ok(Near { lat: degrees(lat, 90.0)?, lon: degrees(lon, 180.0)?, metres })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_two_numbers_on_the_globe() {
        assert!(matches!(near("40.05,46.98", 100.0), Ok(Near { lat, .. }) if lat == 40.05));
        for typed in ["40.05", "40.05;46.98", "95,46", "40,181", "forty,46", "NaN,46"] {
            assert!(near(typed, 100.0).is_err(), "{typed}");
        }
        assert!(near("40,46", -1.0).is_err());
        assert!(near("40,46", f64::NAN).is_err());
    }
}
