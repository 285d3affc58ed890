//! Counts as bars in a table: the numbers are text, so that they are read aloud, copied and printed, and the bar is
//! only their picture.

use std::collections::BTreeMap;

use kahriz_core::forms::{Forms, Lang};
use kahriz_core::projection::STATE;
use kahriz_core::query::Counts;

use crate::page::address::Address;
use crate::page::map::Px;
use crate::page::meaning;
use crate::page::words::{Words, grouped};

/// The most bars in one chart.
const BARS_MAX: usize = 14;

/// One chart.
pub(crate) struct Bars {
    pub(crate) title: String,
    pub(crate) bars: Vec<Bar>,
}

/// One bar.
pub(crate) struct Bar {
    pub(crate) label: String,
    pub(crate) number: String,
    /// Of 100.
    pub(crate) length: Px,
    pub(crate) class: &'static str,
    pub(crate) address: Address,
}

/// By kind, by area, by state, and the statuses of each kind.
pub(crate) fn all(counts: &Counts, words: &Words, lang: Lang) -> Vec<Bars> {
    let list = |filter: &str, value: &str| Address::new("/records").with(filter, value);
    let kind = |(name, number): (&String, &u64)| Draft {
        label: meaning::kind_label(name, lang),
        number: *number,
        class: meaning::kind_class(name),
        address: list("kind", name),
    };
    let area = |(code, number): (&String, &u64)| Draft {
        label: meaning::area_label(code, lang),
        number: *number,
        class: "plain",
        address: list("area", code),
    };
    let state = |(code, number): (&String, &u64)| Draft {
        label: state_label(code, lang),
        number: *number,
        class: "plain",
        address: list("state", code),
    };
    let mut charts = vec![
        chart(words.by_kind, counts.by_kind.iter().map(kind).collect()),
        chart(words.by_area, counts.by_area.iter().map(area).collect()),
        chart(words.by_state, counts.by_state.iter().map(state).collect()),
    ];
    charts.extend(statuses(counts, lang));
    charts.retain(|chart| !chart.bars.is_empty());
    charts
}

struct Draft {
    label: String,
    number: u64,
    class: &'static str,
    address: Address,
}

fn chart(title: &str, mut drafts: Vec<Draft>) -> Bars {
    drafts.sort_by(|one, other| {
        other.number.cmp(&one.number).then_with(|| one.label.cmp(&other.label))
    });
    in_order(title, drafts)
}

fn in_order(title: &str, mut drafts: Vec<Draft>) -> Bars {
    drafts.truncate(BARS_MAX);
    let most = drafts.iter().map(|draft| draft.number).max().unwrap_or(1).max(1);
    let bar = |draft: Draft| Bar {
        label: draft.label,
        number: grouped(draft.number),
        length: Px(100.0 * draft.number as f64 / most as f64),
        class: draft.class,
        address: draft.address,
    };
    Bars { title: title.to_owned(), bars: drafts.into_iter().map(bar).collect() }
}

/// One chart for each kind, its statuses in the order of its list: dangers stay in the order of danger.
fn statuses(counts: &Counts, lang: Lang) -> Vec<Bars> {
    let mut by_kind: BTreeMap<&str, BTreeMap<&str, u64>> = BTreeMap::new();
    for ((kind, status), number) in &counts.by_status {
        by_kind.entry(kind).or_default().insert(status, *number);
    }
    let known = Forms::builtin()
        .kinds()
        .iter()
        .filter_map(|kind| by_kind.get(kind.name.as_str()).map(|counts| (kind, counts)));
    let chart = |(kind, counts): (&kahriz_core::forms::Kind, &BTreeMap<&str, u64>)| {
        let field = meaning::status_field(kind);
        let place = |code: &str| {
            field.and_then(|field| field.codes.as_ref()?.names().position(|name| name == code))
        };
        let mut codes: Vec<(&str, u64)> =
            counts.iter().map(|(code, number)| (*code, *number)).collect();
        codes.sort_by_key(|(code, _)| place(code).unwrap_or(usize::MAX));
        let draft = |(code, number): (&str, u64)| Draft {
            label: meaning::status_label(kind, code, lang),
            number,
            class: if meaning::warns(kind) {
                meaning::tone(kind, code).class()
            } else {
                meaning::kind_class(&kind.name)
            },
            address: Address::new("/records").with("kind", &kind.name).with("status", code),
        };
        let title = field.map_or("", |field| field.label(lang));
        in_order(
            &format!("{} · {title}", kind.labels.get(lang)),
            codes.into_iter().map(draft).collect(),
        )
    };
    known.map(chart).collect()
}

fn state_label(code: &str, lang: Lang) -> String {
    let field = Forms::builtin().kinds().first().and_then(|kind| kind.field(STATE));
    field.map_or(code, |field| field.code_label(code, lang)).to_owned()
}
