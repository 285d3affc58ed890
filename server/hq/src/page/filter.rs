//! From the filters in an address to a [`Query`], and to the form that shows them.
//!
//! Filters live in the address, so that a list can be kept, sent to a colleague at the same machine and printed. An
//! address is typed, cut off and sent around, so nothing in it is an error: what can't be understood is left out and
//! said ([`Doubt`]). A program that asks for JSON gets a refusal instead, because it would not read a notice.

mod form;

use std::collections::BTreeMap;

use kahriz_core::forms::{Forms, Kind};
use kahriz_core::projection::STATE;
use kahriz_core::query::{Near, Query, Sort};
use kahriz_core::value::PartialDate;
use kahriz_core::workspace::{Scope, Workspace};
use kahriz_proto::ids::ScopeId;

use super::answer::{Problem, unreadable};
use super::map::Bounds;
pub(crate) use form::Form;

/// How many rows a page may show, and how many it does unless asked.
pub(crate) const SIZES: [u32; 4] = [25, 50, 100, 200];
const SIZE: u32 = 50;
/// The longest search text that is looked up.
const TEXT_MAX: usize = 200;

/// What filters can be about in this workspace.
pub(crate) struct Known {
    pub(crate) scopes: Vec<Scope>,
    /// The areas that records have.
    pub(crate) areas: BTreeMap<String, u64>,
}

/// The filters of one request, understood.
#[derive(Debug, Default)]
pub(crate) struct Asked {
    pub(crate) query: Query,
    /// The filters that were understood, as they go into links; without page, size and extent.
    pub(crate) pairs: Vec<(String, String)>,
    pub(crate) doubts: Vec<Doubt>,
    /// From 1.
    pub(crate) page: u64,
    pub(crate) bounds: Option<Bounds>,
}

/// A filter that was left out.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Doubt {
    pub(crate) filter: String,
    pub(crate) value: String,
    pub(crate) why: Why,
}

/// Why a filter was left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Why {
    /// There is no filter of this name.
    NoFilter,
    /// Nothing is called so.
    NoSuch,
    /// Not a year, month or day.
    NoDate,
    /// The last day is before the first.
    Reversed,
    /// Not a number that fits.
    NoNumber,
    /// Not a place.
    NoPlace,
}

impl Known {
    /// What there is to filter by now.
    pub(crate) fn of(workspace: &Workspace) -> Result<Self, Problem> {
        let counts = workspace.counts(&Query::default()).map_err(unreadable)?;
        Ok(Self { scopes: workspace.scopes(), areas: counts.by_area })
    }

    fn scope(&self, given: &str) -> Option<ScopeId> {
        let is_meant = |scope: &&Scope| {
            scope.prefix.eq_ignore_ascii_case(given)
                || scope.name == given
                || scope.id.to_string() == given
        };
        self.scopes.iter().find(is_meant).map(|scope| scope.id)
    }

    fn has_area(&self, code: &str) -> bool {
        let listed = |kind: &Kind| {
            let field = kind.roles.area.as_deref().and_then(|name| kind.field(name));
            field
                .and_then(|field| field.codes.as_ref())
                .is_some_and(|list| list.get(code).is_some())
        };
        self.areas.contains_key(code) || Forms::builtin().kinds().iter().any(listed)
    }
}

impl Asked {
    /// Reads the filters of an address. What is left out is among the doubts.
    pub(crate) fn read(pairs: &[(String, String)], known: &Known) -> Self {
        let query = Query { limit: SIZE, ..Query::default() };
        let mut asked = Self { query, page: 1, ..Self::default() };
        for (name, value) in pairs {
            if let Err(why) = asked.take(name, value.trim(), known) {
                asked.doubts.push(Doubt { filter: name.clone(), value: value.clone(), why });
            }
        }
        asked.refuse_reversed_dates();
        asked.query.offset = (asked.page - 1).saturating_mul(asked.query.limit.into());
        asked
    }

    fn take(&mut self, name: &str, value: &str, known: &Known) -> Result<(), Why> {
        let query = &mut self.query;
        match name {
            "q" => query.text = Some(value.chars().take(TEXT_MAX).collect()),
            "kind" => query.kinds.push(kind(value)?),
            "scope" => query.scopes.push(known.scope(value).ok_or(Why::NoSuch)?),
            "area" => {
                query.area =
                    Some(known.has_area(value).then(|| value.to_owned()).ok_or(Why::NoSuch)?)
            }
            "state" => query
                .states
                .push(code(value, |kind| Some(STATE).and_then(|name| kind.field(name)))?),
            "status" => query.statuses.push(code(value, super::meaning::status_field)?),
            "contested" => query.contested = Some(flag(value)?),
            "incomplete" => query.incomplete = Some(flag(value)?),
            "deleted" => query.deleted = flag(value)?,
            "from" => query.from = Some(date(value)?),
            "to" => query.to = Some(date(value)?),
            "near" => query.near = Some(near(value)?),
            "sort" => query.sort = sort(value)?,
            "page" | "size" | "bbox" => return self.take_view(name, value),
            _ => return Err(Why::NoFilter),
        }
        self.pairs.push((name.to_owned(), value.to_owned()));
        Ok(())
    }

    /// What says which part of the answer is looked at, and goes into no link but its own.
    fn take_view(&mut self, name: &str, value: &str) -> Result<(), Why> {
        match name {
            "page" => {
                self.page = value.parse().ok().filter(|page| *page >= 1).ok_or(Why::NoNumber)?
            }
            "size" => {
                let size = value.parse().ok().filter(|size| SIZES.contains(size));
                self.query.limit = size.ok_or(Why::NoNumber)?;
            }
            _ => self.bounds = Some(Bounds::parse(value).ok_or(Why::NoPlace)?),
        }
        Ok(())
    }

    /// A day is within its month and year, so both are compared as far as both are known.
    fn refuse_reversed_dates(&mut self) {
        let (Some(from), Some(to)) = (&self.query.from, &self.query.to) else { return };
        let known = from.len().min(to.len());
        if from[..known] > to[..known] {
            self.doubts.push(Doubt {
                filter: "to".to_owned(),
                value: to.clone(),
                why: Why::Reversed,
            });
            self.query.to = None;
            self.pairs.retain(|(name, _)| name != "to");
        }
    }

    /// The filters for a link to the list: with how many rows are shown, if that was asked for.
    pub(crate) fn list_pairs(&self) -> Vec<(String, String)> {
        let mut pairs = self.pairs.clone();
        if self.query.limit != SIZE {
            pairs.push(("size".to_owned(), self.query.limit.to_string()));
        }
        pairs
    }
}

fn kind(value: &str) -> Result<String, Why> {
    Forms::builtin().kind(value).map(|kind| kind.name.clone()).ok_or(Why::NoSuch)
}

/// A code of the list of some kind's field.
fn code(
    value: &str,
    field: impl Fn(&'static Kind) -> Option<&'static kahriz_core::forms::Field>,
) -> Result<String, Why> {
    let mut fields = Forms::builtin().kinds().iter().filter_map(field);
    let is_known =
        fields.any(|field| field.codes.as_ref().is_some_and(|list| list.get(value).is_some()));
    is_known.then(|| value.to_owned()).ok_or(Why::NoSuch)
}

fn flag(value: &str) -> Result<bool, Why> {
    match value {
        "1" | "true" | "yes" => Ok(true),
        "0" | "false" | "no" => Ok(false),
        _ => Err(Why::NoSuch),
    }
}

fn date(value: &str) -> Result<String, Why> {
    PartialDate::parse(value).map(|date| date.to_string()).map_err(|_| Why::NoDate)
}

/// `lat,lon,metres`, latitude first as everywhere that a person types a place.
fn near(value: &str) -> Result<Near, Why> {
    let numbers: Option<Vec<f64>> = value.split(',').map(|part| part.trim().parse().ok()).collect();
    match numbers.as_deref() {
        Some(&[lat, lon, metres])
            if lat.abs() <= 90.0 && lon.abs() <= 180.0 && (0.0..=1_000_000.0).contains(&metres) =>
        {
            Ok(Near { lat, lon, metres })
        }
        Some(_) | None => Err(Why::NoPlace),
    }
}

fn sort(value: &str) -> Result<Sort, Why> {
    match value {
        "contested" => Ok(Sort::ContestedFirst),
        "newest" => Ok(Sort::Newest),
        "title" => Ok(Sort::Title),
        "nearest" => Ok(Sort::Nearest),
        _ => Err(Why::NoSuch),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(address: &[(&str, &str)]) -> Asked {
        let pairs: Vec<_> =
            address.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Asked::read(&pairs, &Known { scopes: Vec::new(), areas: BTreeMap::new() })
    }

    fn doubts(asked: &Asked) -> Vec<Why> {
        asked.doubts.iter().map(|doubt| doubt.why).collect()
    }

    #[test]
    fn what_is_understood_goes_into_the_links_and_what_is_not_is_said() {
        let asked = read(&[
            ("kind", "landmine_incident"),
            ("status", "activ"),
            ("knd", "x"),
            ("page", "0"),
            ("near", "40,47"),
        ]);
        assert_eq!(asked.pairs, [("kind".to_owned(), "landmine_incident".to_owned())]);
        assert_eq!(doubts(&asked), [Why::NoSuch, Why::NoFilter, Why::NoNumber, Why::NoPlace]);
        assert_eq!(asked.page, 1);
    }

    #[test]
    fn a_month_is_a_date_and_the_31st_of_february_is_not() {
        let asked = read(&[("from", "2026-02"), ("to", "2026-02-31")]);
        assert_eq!(asked.query.from.as_deref(), Some("2026-02"));
        assert_eq!(doubts(&asked), [Why::NoDate]);
    }

    #[test]
    fn a_last_day_before_the_first_is_left_out_and_said() {
        let asked = read(&[("from", "2026-03"), ("to", "2026-02-11")]);
        assert_eq!((asked.query.to.as_deref(), doubts(&asked)), (None, vec![Why::Reversed]));
        assert_eq!(doubts(&read(&[("from", "2026-02-11"), ("to", "2026")])), []);
    }

    #[test]
    fn a_page_beyond_all_numbers_does_not_break_the_list() {
        let asked = read(&[("page", "18446744073709551615")]);
        assert_eq!(asked.query.offset, u64::MAX);
    }
}
