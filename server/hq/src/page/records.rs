//! The list of records: searched, filtered and turned over by its address alone, what needs a decision first.

use askama::Template;
use axum::extract::State;
use axum::response::Response;

use super::PageState;
use super::address::Address;
use super::answer::{self, Problem, ask, unreadable};
use super::filter::{Asked, Form, Known};
use super::frame::{Frame, Place};
use super::line::{Line, People};
use super::visit::Visit;
use super::words::{grouped, words};

#[derive(Template)]
#[template(path = "records.html")]
struct RecordsPage {
    frame: Frame,
    form: Form,
    list: List,
}

struct List {
    lines: Vec<Line>,
    total: String,
    /// The first and last line of this page, from 1.
    range: Option<(String, String)>,
    before: Option<Address>,
    after: Option<Address>,
    /// The first page, for whoever turned beyond the last.
    first: Address,
    map: Address,
    json: Address,
}

/// `GET /records`
pub(crate) async fn page(State(state): State<PageState>, visit: Visit) -> Response {
    let (pairs, lang) = (visit.pairs.clone(), visit.lang);
    let made = ask(&state, move |workspace| {
        let known = Known::of(workspace)?;
        let asked = Asked::read(&pairs, &known);
        let page = workspace.list(&asked.query).map_err(unreadable)?;
        let people = People::of(workspace);
        let form = Form::new("/records", &asked, &known, words(lang), lang);
        let total = page.total;
        let lines = page.rows.into_iter().map(|row| Line::of(row, &people, lang)).collect();
        Ok::<_, Problem>((form, list(&asked, lines, total)))
    });
    let made = made.await.map(|(form, list)| RecordsPage {
        frame: Frame::new(&state, &visit, Place::Records),
        form,
        list,
    });
    answer::page(&state, &visit, made)
}

fn list(asked: &Asked, lines: Vec<Line>, total: u64) -> List {
    let pairs = asked.list_pairs();
    let to = |page: u64| {
        let address = Address::new("/records").with_all(&pairs);
        if page > 1 { address.with("page", page) } else { address }
    };
    let offset = asked.query.offset;
    let last = offset.saturating_add(lines.len() as u64);
    List {
        range: (!lines.is_empty()).then(|| (grouped(offset + 1), grouped(last))),
        before: (asked.page > 1).then(|| to(asked.page - 1)),
        after: (last < total && !lines.is_empty()).then(|| to(asked.page.saturating_add(1))),
        first: to(1),
        map: Address::new("/map").with_all(&asked.pairs),
        json: Address::new("/api/records").with_all(&pairs),
        total: grouped(total),
        lines,
    }
}
