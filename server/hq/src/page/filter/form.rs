//! The filters as a form: what can be chosen, in the words of the declarations, and what is chosen now.

use kahriz_core::forms::{Field, Forms, Kind, Lang};
use kahriz_core::projection::STATE;
use kahriz_core::query::Sort;

use super::{Asked, Known, SIZES, Why};
use crate::page::address::Address;
use crate::page::meaning;
use crate::page::words::Words;

/// The form above a list or a map.
pub(crate) struct Form {
    pub(crate) action: &'static str,
    pub(crate) text: String,
    pub(crate) kinds: Vec<Pick>,
    pub(crate) scopes: Vec<Pick>,
    pub(crate) areas: Vec<Pick>,
    pub(crate) states: Vec<Pick>,
    /// For each kind, its statuses.
    pub(crate) statuses: Vec<(String, Vec<Pick>)>,
    pub(crate) from: String,
    pub(crate) to: String,
    pub(crate) contested: bool,
    pub(crate) incomplete: bool,
    pub(crate) deleted: bool,
    pub(crate) sorts: Vec<Pick>,
    pub(crate) sizes: Vec<Pick>,
    /// Filters that have no place of their own in the form: the circle around a place.
    pub(crate) near: Option<String>,
    /// Whether any filter narrows the answer.
    pub(crate) narrows: bool,
    /// The page without any filter.
    pub(crate) clear: Address,
    /// What was left out, in words.
    pub(crate) notices: Vec<Notice>,
}

/// One thing to choose.
pub(crate) struct Pick {
    pub(crate) value: String,
    pub(crate) label: String,
    pub(crate) class: &'static str,
    pub(crate) chosen: bool,
}

/// One filter that was left out.
pub(crate) struct Notice {
    pub(crate) filter: String,
    pub(crate) value: String,
    pub(crate) why: &'static str,
}

impl Form {
    pub(crate) fn new(
        action: &'static str,
        asked: &Asked,
        known: &Known,
        words: &Words,
        lang: Lang,
    ) -> Self {
        let query = &asked.query;
        Self {
            action,
            text: query.text.clone().unwrap_or_default(),
            kinds: Forms::builtin()
                .kinds()
                .iter()
                .map(|kind| pick_kind(kind, &query.kinds, lang))
                .collect(),
            scopes: scopes(asked, known),
            areas: areas(asked, known, lang),
            states: states(&query.states, lang),
            statuses: statuses(asked, lang),
            from: query.from.clone().unwrap_or_default(),
            to: query.to.clone().unwrap_or_default(),
            contested: query.contested == Some(true),
            incomplete: query.incomplete == Some(true),
            deleted: query.deleted,
            sorts: sorts(query.sort, words),
            sizes: SIZES
                .into_iter()
                .map(|size| pick(&size.to_string(), size.to_string(), size == query.limit))
                .collect(),
            near: asked
                .pairs
                .iter()
                .find(|(name, _)| name == "near")
                .map(|(_, value)| value.clone()),
            narrows: asked.pairs.iter().any(|(name, _)| name != "sort"),
            clear: Address::new(action),
            notices: asked.doubts.iter().map(|doubt| notice(doubt, words)).collect(),
        }
    }
}

fn pick(value: &str, label: String, chosen: bool) -> Pick {
    Pick { value: value.to_owned(), label, class: "", chosen }
}

fn pick_kind(kind: &Kind, chosen: &[String], lang: Lang) -> Pick {
    let class = meaning::kind_class(&kind.name);
    Pick {
        class,
        ..pick(&kind.name, kind.labels.get(lang).to_owned(), chosen.contains(&kind.name))
    }
}

fn scopes(asked: &Asked, known: &Known) -> Vec<Pick> {
    let scope = |scope: &kahriz_core::workspace::Scope| {
        let value =
            if scope.prefix.is_empty() { scope.id.to_string() } else { scope.prefix.clone() };
        let label = if scope.name.is_empty() { value.clone() } else { scope.name.clone() };
        pick(&value, label, asked.query.scopes.contains(&scope.id))
    };
    known.scopes.iter().map(scope).collect()
}

/// The areas that records have, by their names.
fn areas(asked: &Asked, known: &Known, lang: Lang) -> Vec<Pick> {
    let chosen = asked.query.area.as_deref();
    let codes = known.areas.keys().map(String::as_str);
    let unused = chosen.filter(|code| !known.areas.contains_key(*code));
    let mut areas: Vec<Pick> = codes
        .chain(unused)
        .map(|code| pick(code, meaning::area_label(code, lang), chosen == Some(code)))
        .collect();
    areas.sort_by(|one, other| one.label.cmp(&other.label));
    areas
}

fn codes(field: Option<&Field>, chosen: &[String], lang: Lang) -> Vec<Pick> {
    let list = field.and_then(|field| field.codes.as_ref());
    let entry = |code: &kahriz_core::forms::Code| {
        pick(&code.code, code.labels.get(lang).to_owned(), chosen.contains(&code.code))
    };
    list.map(|list| list.codes.iter().map(entry).collect()).unwrap_or_default()
}

fn states(chosen: &[String], lang: Lang) -> Vec<Pick> {
    let field = Forms::builtin().kinds().first().and_then(|kind| kind.field(STATE));
    codes(field, chosen, lang)
}

fn statuses(asked: &Asked, lang: Lang) -> Vec<(String, Vec<Pick>)> {
    let query = &asked.query;
    let is_asked = |kind: &&Kind| query.kinds.is_empty() || query.kinds.contains(&kind.name);
    let of = |kind: &Kind| {
        (
            kind.labels.get(lang).to_owned(),
            codes(meaning::status_field(kind), &query.statuses, lang),
        )
    };
    Forms::builtin().kinds().iter().filter(is_asked).map(of).collect()
}

fn sorts(sort: Sort, words: &Words) -> Vec<Pick> {
    [
        ("contested", words.contested_first, Sort::ContestedFirst),
        ("newest", words.newest_first, Sort::Newest),
        ("title", words.by_title, Sort::Title),
    ]
    .map(|(value, label, this)| pick(value, label.to_owned(), this == sort))
    .into()
}

fn notice(doubt: &super::Doubt, words: &Words) -> Notice {
    let why = match doubt.why {
        Why::NoFilter => words.no_filter,
        Why::NoSuch => words.no_such_value,
        Why::NoDate => words.no_date,
        Why::Reversed => words.reversed,
        Why::NoNumber => words.no_number,
        Why::NoPlace => words.no_place,
    };
    // Something that runs for pages would hide the list below it.
    let value = doubt.value.chars().take(80).collect();
    Notice { filter: doubt.filter.chars().take(40).collect(), value, why }
}
