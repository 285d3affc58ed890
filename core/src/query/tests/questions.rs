//! Records and questions at random, and the answers as the documentation of a question gives them: slowly.

use proptest::prelude::*;

use super::made::{Made, point, scope, square};
use crate::fold;
use crate::forms::Forms;
use crate::projection::{DELETED, STATE};
use crate::query::near::{distance, distance_to_area, ring};
use crate::query::*;
use crate::record::Fields;
use crate::value::{Point, Scalar};

pub(super) const NAMES: [&str; 8] = [
    "Əli Quliyev",
    "Samir Aliyev",
    "Алиев Сергей",
    "İlqar Əliyev",
    "",
    "Nərgiz",
    "Олена Коваленко",
    "Ali",
];

pub(super) fn made() -> impl Strategy<Value = Made> {
    let kinds = Forms::builtin().kinds();
    let values = |choices: &'static [&'static str]| {
        prop::collection::vec(prop::sample::select(choices), 0..3)
    };
    let text = |chosen: Vec<&str>| -> Vec<Scalar> {
        let mut values: Vec<Scalar> = chosen.into_iter().map(Scalar::from).collect();
        values.dedup();
        values
    };
    let place = (0..40_u8, 0..40_u8)
        .prop_map(|(lat, lon)| point(39.0 + f64::from(lat) / 50.0, 46.0 + f64::from(lon) / 50.0));
    let field = (0..10_u8, 1..9_u8)
        .prop_map(|(at, side)| square(39.0 + f64::from(at) / 20.0, 46.3, f64::from(side) / 200.0));
    (
        (0..kinds.len(), 0..3_u8, 0..6_i64),
        values(&NAMES),
        values(&["active", "cleared", "open", "closed"]),
        values(&["draft", "ready", "approved"]),
        values(&["district-1", "district-2"]),
        values(&["1991", "1994", "1994-08", "1994-08-23", "2021-01-05"]),
        (prop::collection::vec(place, 0..3), prop::option::of(field)),
        prop::collection::vec(any::<bool>().prop_map(Scalar::from), 0..3),
    )
        .prop_map(
            move |(
                (kind, scope, changed_ms),
                names,
                statuses,
                states,
                areas,
                dates,
                (points, shape),
                deleted,
            )| {
                let kind = &kinds[kind];
                let made = Made { kind, scope, changed_ms, fields: Fields::new() };
                made.with(|kind| kind.roles.title.first().cloned(), &text(names))
                    .with(|kind| kind.roles.status.clone(), &text(statuses))
                    .with(|_| Some(STATE.to_owned()), &text(states))
                    .with(|kind| kind.roles.area.clone(), &text(areas))
                    .with(|kind| kind.roles.date.clone(), &text(dates))
                    .with(|kind| kind.roles.point.clone(), &points)
                    .with(|kind| kind.roles.shape.clone(), &shape.into_iter().collect::<Vec<_>>())
                    .with(|_| Some(DELETED.to_owned()), &deleted)
            },
        )
}

pub(super) fn query() -> impl Strategy<Value = Query> {
    let some_of = |choices: &'static [&'static str]| {
        let chosen = prop::sample::subsequence(choices.to_vec(), 0..=choices.len().min(2));
        chosen.prop_map(|chosen| chosen.into_iter().map(str::to_owned).collect::<Vec<_>>())
    };
    let date = || {
        prop::option::weighted(
            0.3,
            prop::sample::select(vec!["1991", "1994", "1994-08", "1994-09-01", "2020"]),
        )
    };
    let near = (0..40_u8, 0..40_u8, 0..60_u8).prop_map(|(lat, lon, km)| Near {
        lat: 39.0 + f64::from(lat) / 50.0,
        lon: 46.0 + f64::from(lon) / 50.0,
        metres: f64::from(km) * 1_000.0 + 13.7,
    });
    let sorts = vec![Sort::ContestedFirst, Sort::Newest, Sort::Title, Sort::Nearest];
    (
        prop::option::weighted(
            0.4,
            prop::sample::select(vec![
                "aliyev",
                "Алиев",
                "ali quliyev",
                "n",
                "OLENA",
                "…",
                "nobody",
            ]),
        ),
        some_of(&["missing_person", "landmine_incident", "no_such_kind"]),
        prop::collection::vec(0..3_u8, 0..2),
        some_of(&["draft", "ready", "approved"]),
        some_of(&["active", "open", "closed"]),
        (prop::option::weighted(0.3, Just("district-1".to_owned())), date(), date()),
        prop::option::weighted(0.4, near),
        (
            prop::option::weighted(0.3, any::<bool>()),
            prop::option::weighted(0.2, any::<bool>()),
            any::<bool>(),
        ),
        prop::sample::select(sorts),
    )
        .prop_map(
            |(
                text,
                kinds,
                scopes,
                states,
                statuses,
                (area, from, to),
                near,
                (contested, incomplete, deleted),
                sort,
            )| Query {
                text: text.map(str::to_owned),
                kinds,
                scopes: scopes.into_iter().map(scope).collect(),
                states,
                statuses,
                area,
                from: from.map(str::to_owned),
                to: to.map(str::to_owned),
                near,
                contested,
                incomplete,
                deleted,
                sort,
                limit: 1_000,
                ..Query::default()
            },
        )
}

/// Whether a record belongs to an answer, by reading the question and nothing else.
pub(super) fn is_asked_for(query: &Query, made: &Made) -> bool {
    let row = made.content();
    let any = |wanted: &[String], has: Option<&str>| {
        wanted.is_empty() || wanted.iter().any(|one| Some(one.as_str()) == has)
    };
    let words = query.text.as_deref().map(fold::query_tokens).unwrap_or_default();
    let mentions = |word: &fold::QueryWord| word.matches(row.words.iter().map(String::as_str));
    any(&query.kinds, Some(&made.kind.name))
        && (query.scopes.is_empty() || query.scopes.contains(&scope(made.scope)))
        && any(&query.states, Some(&row.state))
        && any(&query.statuses, row.status.as_deref())
        && (query.area.is_none() || query.area == row.area)
        && query.from.as_deref().is_none_or(|from| {
            row.date.as_deref().is_some_and(|date| last_day(date) >= first_day(from))
        })
        && query.to.as_deref().is_none_or(|to| {
            row.date.as_deref().is_some_and(|date| first_day(date) <= last_day(to))
        })
        && query.contested.is_none_or(|contested| contested == (row.contested > 0))
        && query.incomplete.is_none_or(|incomplete| incomplete == row.incomplete)
        && (query.deleted || !row.deleted)
        && words.iter().all(mentions)
        && query
            .near
            .is_none_or(|near| metres_to(near, made).is_some_and(|metres| metres <= near.metres))
}

pub(super) fn first_day(date: &str) -> String {
    format!("{date}{}", &"0000-01-01"[date.len()..])
}

pub(super) fn last_day(date: &str) -> String {
    format!("{date}{}", &"0000-12-31"[date.len()..])
}

pub(super) fn metres_to(near: Near, made: &Made) -> Option<f64> {
    let from = (near.lat, near.lon);
    let standing = |role: &Option<String>| {
        role.as_ref().and_then(|name| made.fields.get(name)).cloned().unwrap_or_default()
    };
    let points = standing(&made.kind.roles.point).into_iter().map(|stored| {
        let point = Point::decode(stored.as_bytes().unwrap()).unwrap();
        distance(from, (point.lat(), point.lon()))
    });
    let areas = standing(&made.kind.roles.shape).into_iter().map(|stored| {
        let ring = ring(stored.as_bytes().unwrap()).unwrap();
        distance_to_area(from, &ring)
    });
    points.chain(areas).reduce(f64::min)
}

/// What comes before what, by reading the order's documentation and nothing else.
pub(super) fn in_order(query: &Query, all: &[Made], ids: &mut [i64]) {
    let row = |id: &i64| &all[*id as usize - 1];
    ids.sort_by_key(|id| std::cmp::Reverse(*id));
    match (query.sort, query.near) {
        (Sort::Nearest, Some(near)) => ids.sort_by(|one, other| {
            let metres = |id| metres_to(near, row(id)).unwrap();
            let contested = |id| (row(id).content().contested, row(id).changed_ms);
            metres(one)
                .total_cmp(&metres(other))
                .then(contested(other).cmp(&contested(one)).then(other.cmp(one)))
        }),
        (Sort::ContestedFirst | Sort::Nearest, _) => {
            ids.sort_by_key(|id| {
                std::cmp::Reverse((row(id).content().contested, row(id).changed_ms))
            });
        }
        (Sort::Newest, _) => ids.sort_by_key(|id| std::cmp::Reverse(row(id).changed_ms)),
        (Sort::Title, _) => ids.sort_by_key(|id| {
            let key = row(id).content().title_key;
            (key.is_none(), key)
        }),
    }
}
