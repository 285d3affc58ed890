//! The map: incidents, dangerous areas, households and last-seen places on one sheet, drawn here.
//!
//! No tile and no border comes from anywhere: asking for a tile would tell its server where the people are. The sheet
//! is an SVG that works without a script; going closer, further and aside are links.

mod cluster;
mod count;
mod furniture;
mod graticule;
mod hull;
mod label;
mod plane;
mod scale;
mod sheet;

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use kahriz_core::forms::{Forms, Kind, Lang, Policy};
use kahriz_core::query::{Query, Row, Sort};
use kahriz_core::workspace::Workspace;

use super::PageState;
use super::address::Address;
use super::answer::{self, Problem, ask, unreadable};
use super::filter::{Asked, Form, Known};
use super::frame::{Frame, Place};
use super::meaning::{self, Tone};
use super::visit::Visit;
use super::words::{Words, grouped, words};
pub(crate) use plane::{Bounds, Px};
pub(crate) use sheet::{Mark, Patch, Plan, Shade, Sheet};

/// The width of a sheet, and its least and greatest height: a tall region gets a taller sheet.
const WIDTH: f64 = 1120.0;
const HEIGHT: (f64, f64) = (660.0, 860.0);
/// How many records one sheet takes, and how many are read at a time.
const RECORDS_MAX: usize = 20_000;
const RECORDS_AT_ONCE: u32 = 2_000;
/// Room around a single record, in metres.
const ROOM_METRES: f64 = 3_000.0;

#[derive(Template)]
#[template(path = "map.html")]
struct MapPage {
    frame: Frame,
    form: Form,
    view: View,
}

struct View {
    sheet: Option<Sheet>,
    legend: Vec<Legend>,
    shown: String,
    without_place: Option<String>,
    /// How many more there are than a sheet takes.
    left_out: Option<String>,
    steps: Vec<Step>,
    list: Address,
    contested: bool,
}

/// One kind in the legend.
struct Legend {
    label: &'static str,
    entries: Vec<(Shade, String, String)>,
}

/// A link to the same map elsewhere.
struct Step {
    class: &'static str,
    sign: &'static str,
    label: &'static str,
    address: Address,
}

/// `GET /map`
pub(crate) async fn page(State(state): State<PageState>, visit: Visit) -> Response {
    let (pairs, lang) = (visit.pairs.clone(), visit.lang);
    let made = ask(&state, move |workspace| {
        let known = Known::of(workspace)?;
        let asked = Asked::read(&pairs, &known);
        let form = Form::new("/map", &asked, &known, words(lang), lang);
        Ok::<_, Problem>((form, view(workspace, &asked, lang)?))
    });
    let made = made.await.map(|(form, view)| MapPage {
        frame: Frame::new(&state, &visit, Place::Map),
        form,
        view,
    });
    answer::page(&state, &visit, made)
}

fn view(workspace: &Workspace, asked: &Asked, lang: Lang) -> Result<View, Problem> {
    let words = words(lang);
    let (rows, total) = all_rows(workspace, &asked.query)?;
    let (mut marks, mut patches) = (Vec::new(), Vec::new());
    let mut tally = Tally::default();
    for row in &rows {
        let (of_row, patch) = marks_of(row, lang);
        tally.add(row, !of_row.is_empty());
        marks.extend(of_row);
        patches.extend(patch);
    }
    let map = Address::new("/map").with_all(&asked.pairs);
    let list = Address::new("/records").with_all(&asked.pairs);
    let corners = patches.iter().flat_map(|patch: &Patch| patch.ring.iter().copied());
    let whole = Bounds::around(marks.iter().map(|mark| (mark.lat, mark.lon)).chain(corners));
    let bounds = asked.bounds.or_else(|| whole.map(|whole| whole.roomy(ROOM_METRES)));
    let sheet = bounds.map(|bounds| {
        let (width, height) = (WIDTH, (WIDTH * bounds.steepness()).clamp(HEIGHT.0, HEIGHT.1));
        let (map, list) = (map.clone(), list.clone());
        Sheet::draw(Plan { bounds, width, height, marks, patches, has_areas: true, map, list })
    });
    Ok(View {
        steps: sheet.as_ref().map(|sheet| steps(&map, sheet.view, words)).unwrap_or_default(),
        contested: tally.contested,
        shown: grouped(tally.with_place),
        without_place: (tally.without_place > 0).then(|| grouped(tally.without_place)),
        left_out: total.checked_sub(rows.len() as u64).filter(|left| *left > 0).map(grouped),
        legend: tally.legend(lang),
        sheet,
        list,
    })
}

/// All rows of an answer, up to what a sheet takes, and how many there are.
fn all_rows(workspace: &Workspace, asked: &Query) -> Result<(Vec<Row>, u64), Problem> {
    let mut rows: Vec<Row> = Vec::new();
    loop {
        let offset = rows.len() as u64;
        let query = Query {
            shapes: true,
            sort: Sort::ContestedFirst,
            offset,
            limit: RECORDS_AT_ONCE,
            ..asked.clone()
        };
        let page = workspace.list(&query).map_err(unreadable)?;
        let is_last = page.rows.is_empty();
        rows.extend(page.rows);
        if is_last || rows.len() >= RECORDS_MAX || rows.len() as u64 >= page.total {
            return Ok((rows, page.total));
        }
    }
}

/// The marks of a row, all of its positions while they are contested, and its area.
pub(crate) fn marks_of(row: &Row, lang: Lang) -> (Vec<Mark>, Option<Patch>) {
    let status = row.status.as_deref().filter(|_| !row.status_withheld);
    let shade = shade(&row.kind, status);
    let is_contested = row.contested > 0;
    let title = title(row, status, lang);
    let address = Address::record(&row.record.to_uuid());
    let mark = |(lat, lon): (f64, f64)| Mark {
        lat,
        lon,
        shade,
        is_contested,
        is_here: false,
        title: title.clone(),
        address: address.clone(),
        area: row.area.as_ref().map(|area| meaning::area_label(area, lang)),
        place: row.place.clone(),
    };
    let marks = row.point.into_iter().chain(row.other_points.iter().copied()).map(mark).collect();
    let patch = row.shape.clone().map(|ring| Patch {
        ring,
        shade,
        is_contested,
        title: title.clone(),
        address: address.clone(),
    });
    (marks, patch)
}

fn title(row: &Row, status: Option<&str>, lang: Lang) -> String {
    let words = words(lang);
    let kind = Forms::builtin().kind(&row.kind);
    let status = status.map(|code| {
        kind.map_or_else(|| code.to_owned(), |kind| meaning::status_label(kind, code, lang))
    });
    let withheld = row.status_withheld.then(|| words.withheld.to_owned());
    let contested = (row.contested > 0).then(|| format!("{}: {}", words.contested, row.contested));
    let parts = [
        Some(meaning::kind_label(&row.kind, lang)),
        Some(row.title.clone()).filter(|title| !title.is_empty()),
        status.or(withheld),
        row.date.clone(),
        contested,
        Some(row.human_id.clone()),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

/// The colour and form of a record's mark. A danger comes before everything else.
pub(crate) fn shade(kind_name: &str, status: Option<&str>) -> Shade {
    use sheet::Form;
    let kind = Forms::builtin().kind(kind_name);
    let warning = kind.filter(|kind| meaning::warns(kind));
    match (warning, status) {
        (Some(kind), Some(status)) => shade_of_tone(meaning::tone(kind, status)),
        (Some(_), None) => shade_of_tone(Tone::Plain),
        (None, _) => {
            let others = Forms::builtin().kinds().iter().filter(|kind| !meaning::warns(kind));
            let place = others
                .map(|kind| kind.name.as_str())
                .position(|name| name == kind_name)
                .unwrap_or(2);
            let forms = [Form::Circle, Form::House, Form::Diamond];
            Shade {
                rank: 10 + place.min(200) as u8,
                class: meaning::kind_class(kind_name),
                form: forms[place % 3],
            }
        }
    }
}

fn shade_of_tone(tone: Tone) -> Shade {
    Shade { rank: tone as u8, class: tone.class(), form: sheet::Form::Triangle }
}

fn steps(map: &Address, view: Bounds, words: &Words) -> Vec<Step> {
    let to = |bounds: Bounds| map.clone().with("bbox", bounds);
    let step = |class, sign, label, address| Step { class, sign, label, address };
    vec![
        step("in", "+", words.closer, to(view.zoomed(0.5))),
        step("out", "−", words.further, to(view.zoomed(2.0))),
        step("north", "↑", words.north, to(view.moved(0.4, 0.0))),
        step("west", "←", words.west, to(view.moved(0.0, -0.4))),
        step("whole", "⤢", words.whole, map.clone()),
        step("east", "→", words.east, to(view.moved(0.0, 0.4))),
        step("south", "↓", words.south, to(view.moved(-0.4, 0.0))),
    ]
}

/// What is on the sheet, for the legend.
#[derive(Default)]
struct Tally {
    with_place: u64,
    without_place: u64,
    contested: bool,
    by_kind: BTreeMap<String, BTreeMap<(Shade, Option<String>), u64>>,
}

impl Tally {
    fn add(&mut self, row: &Row, has_place: bool) {
        if !has_place {
            self.without_place += 1;
            return;
        }
        self.with_place += 1;
        self.contested |= row.contested > 0;
        let status = row.status.clone().filter(|_| !row.status_withheld);
        let shade = shade(&row.kind, status.as_deref());
        // Kinds that do not warn have one mark, whatever their status.
        let status = status.filter(|_| shade.form == sheet::Form::Triangle);
        *self.by_kind.entry(row.kind.clone()).or_default().entry((shade, status)).or_default() += 1;
    }

    /// Kinds in the order of their declaration, dangers in theirs.
    fn legend(&self, lang: Lang) -> Vec<Legend> {
        let entry = |kind: &Kind, shade: Shade, status: Option<&String>, count: u64| {
            let plain =
                if meaning::warns(kind) { words(lang).no_status } else { kind.labels.get(lang) };
            let label = status
                .map_or_else(|| plain.to_owned(), |code| meaning::status_label(kind, code, lang));
            (shade, label, grouped(count))
        };
        let of = |kind: &'static Kind| {
            let counts = self.by_kind.get(&kind.name)?;
            let mut counted: Vec<_> = counts.iter().collect();
            counted.sort_by_key(|((shade, status), _)| (*shade, order_of(kind, status.as_deref())));
            let entries = counted
                .into_iter()
                .map(|((shade, status), count)| entry(kind, *shade, status.as_ref(), *count));
            Some(Legend { label: kind.labels.get(lang), entries: entries.collect() })
        };
        Forms::builtin().kinds().iter().filter_map(of).collect()
    }
}

fn order_of(kind: &Kind, status: Option<&str>) -> Option<usize> {
    let Some(Policy::Cautious(order)) = meaning::status_field(kind).map(|field| &field.policy)
    else {
        return None;
    };
    order.iter().position(|code| Some(code.as_str()) == status)
}
