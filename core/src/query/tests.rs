#![allow(clippy::unwrap_used)]

use proptest::prelude::*;
use rusqlite::{Transaction, params};

use super::near::distance;
use super::*;
use crate::fold;
use crate::forms::{Forms, Kind};
use crate::human_id::{HumanId, human_id};
use crate::projection::{DELETED, RowContent, RowMeta, STATE, apply, clear, project, remove};
use crate::record::Fields;
use crate::store::scratch::Scratch;
use crate::store::{Store, StoreKey};
use crate::value::{Point, Scalar, Shape, Vertex};

/// A record as the tests make it up.
#[derive(Clone, Debug)]
struct Made {
    kind: &'static Kind,
    scope: u8,
    changed_ms: i64,
    fields: Fields,
}

impl Made {
    fn of(kind: &str) -> Self {
        let kind = Forms::builtin().kind(kind).unwrap();
        Self { kind, scope: 1, changed_ms: 0, fields: Fields::new() }
    }

    fn with(mut self, role: impl Fn(&Kind) -> Option<String>, values: &[Scalar]) -> Self {
        if let Some(name) = role(self.kind) {
            self.fields.insert(name, values.to_vec());
        }
        self
    }

    fn titled(self, title: &str) -> Self {
        self.with(|kind| kind.roles.title.first().cloned(), &[title.into()])
    }

    fn meta(&self, id: i64) -> RowMeta {
        let record = record(id);
        RowMeta {
            record,
            human_id: human_id("AGD", record),
            kind: self.kind.code,
            scope: scope(self.scope),
            created_ms: 0,
            changed_ms: self.changed_ms,
            changed_by: DeviceId::from_bytes([9; 16]),
        }
    }

    fn content(&self) -> RowContent {
        project(self.kind, &self.fields)
    }
}

fn record(id: i64) -> RecordId {
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&(id as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes());
    bytes[8..].copy_from_slice(&id.to_be_bytes());
    RecordId::from_bytes(bytes)
}

fn scope(number: u8) -> ScopeId {
    ScopeId::from_bytes([number; 8])
}

fn point(lat: f64, lon: f64) -> Scalar {
    Point::from_degrees(lat, lon, None).unwrap().encode().into()
}

fn square(lat: f64, lon: f64, side: f64) -> Scalar {
    let corners = [(0.0, 0.0), (0.0, side), (side, side), (side, 0.0)];
    let ring = corners.map(|(north, east)| Vertex::from_degrees(lat + north, lon + east).unwrap());
    Shape::new(ring.to_vec()).unwrap().encode().into()
}

/// A store in a folder of its own.
struct World {
    store: Store,
    _scratch: Scratch,
}

impl World {
    fn new() -> Self {
        let scratch = Scratch::new();
        let store = Store::create(scratch.path(), &StoreKey::from_bytes([1; 32])).unwrap();
        Self { store, _scratch: scratch }
    }

    /// With these records, whose ids count from 1.
    fn with(made: &[Made]) -> Self {
        let world = Self::new();
        world.write(|tx| {
            tx.execute(
                "INSERT INTO logs (id, log, device, scope, generation, merged_hash) VALUES (1, x'01', x'02', x'03', 1, x'04')",
                [],
            )?;
            (1..).zip(made).try_for_each(|(id, made)| {
                let meta = made.meta(id);
                let values = params![id, meta.record.as_bytes(), meta.scope.as_bytes(), meta.kind];
                let sql = "INSERT INTO records (id, record, scope, kind, creator, counter) VALUES (?1, ?2, ?3, ?4, 1, ?1)";
                tx.execute(sql, values)?;
                apply(tx, id, &meta, &made.content(), true)
            })
        });
        world
    }

    fn write(&self, work: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<()>) {
        self.store.write(work).unwrap();
    }

    fn list(&self, query: &Query) -> Page {
        self.store.read(|connection| list(connection, query)).unwrap()
    }

    fn counts(&self, query: &Query) -> Counts {
        self.store.read(|connection| counts(connection, query)).unwrap()
    }

    /// The ids of all rows that a query asks for, in order.
    fn ids(&self, query: &Query) -> Vec<i64> {
        let page = self.list(query);
        assert_eq!(page.total, self.counts(query).total);
        page.rows
            .iter()
            .map(|row| i64::from_be_bytes(row.record.as_bytes()[8..].try_into().unwrap()))
            .collect()
    }

    fn found(&self, text: &str) -> Vec<i64> {
        let mut ids = self.ids(&Query { text: Some(text.to_owned()), ..Query::default() });
        ids.sort_unstable();
        ids
    }

    /// Everything the tables hold, for comparing.
    fn dump(&self) -> Vec<String> {
        let tables = [
            "SELECT * FROM rows",
            "SELECT * FROM row_places ORDER BY 1",
            "SELECT * FROM row_shapes",
        ];
        self.store
            .read(|connection| {
                let mut lines = Vec::new();
                for sql in tables {
                    let mut statement = connection.prepare(sql)?;
                    let columns = statement.column_count();
                    let mut rows = statement.query([])?;
                    while let Some(row) = rows.next()? {
                        let values: rusqlite::Result<Vec<_>> = (0..columns)
                            .map(|at| row.get::<_, rusqlite::types::Value>(at))
                            .collect();
                        lines.push(format!("{:?}", values?));
                    }
                }
                Ok::<_, rusqlite::Error>(lines)
            })
            .unwrap()
    }
}

const NAMES: [&str; 8] = [
    "Əli Quliyev",
    "Samir Aliyev",
    "Алиев Сергей",
    "İlqar Əliyev",
    "",
    "Nərgiz",
    "Олена Коваленко",
    "Ali",
];

fn made() -> impl Strategy<Value = Made> {
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

fn query() -> impl Strategy<Value = Query> {
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
fn is_asked_for(query: &Query, made: &Made) -> bool {
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

fn first_day(date: &str) -> String {
    format!("{date}{}", &"0000-01-01"[date.len()..])
}

fn last_day(date: &str) -> String {
    format!("{date}{}", &"0000-12-31"[date.len()..])
}

fn metres_to(near: Near, made: &Made) -> Option<f64> {
    let from = (near.lat, near.lon);
    let standing = |role: &Option<String>| {
        role.as_ref().and_then(|name| made.fields.get(name)).cloned().unwrap_or_default()
    };
    let points = standing(&made.kind.roles.point).into_iter().map(|stored| {
        let point = Point::decode(stored.as_bytes().unwrap()).unwrap();
        distance(from, (point.lat(), point.lon()))
    });
    let areas = standing(&made.kind.roles.shape).into_iter().map(|stored| {
        let ring = near::ring(stored.as_bytes().unwrap()).unwrap();
        near::distance_to_area(from, &ring)
    });
    points.chain(areas).reduce(f64::min)
}

/// What comes before what, by reading the order's documentation and nothing else.
fn in_order(query: &Query, all: &[Made], ids: &mut [i64]) {
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

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_question_gets_the_records_it_asks_for_and_in_its_order(
        all in prop::collection::vec(made(), 0..40),
        queries in prop::collection::vec(query(), 60),
    ) {
        let world = World::with(&all);
        for query in queries {
            let mut expected: Vec<i64> = (1..).zip(&all).filter(|(_, made)| is_asked_for(&query, made)).map(|(id, _)| id).collect();
            let ids = world.ids(&query);
            prop_assert_eq!(&{ let mut sorted = ids.clone(); sorted.sort_unstable(); sorted }, &expected, "{:?}", query);
            in_order(&query, &all, &mut expected);
            if query.sort != Sort::Nearest || query.near.is_none() {
                prop_assert_eq!(&ids, &expected, "{:?}", query);
            }
            let window = world.ids(&Query { offset: 3, limit: 4, ..query.clone() });
            prop_assert_eq!(window, ids.iter().copied().skip(3).take(4).collect::<Vec<_>>());
        }
    }

    #[test]
    fn rows_made_edit_by_edit_are_the_rows_made_again_from_the_documents(
        versions in prop::collection::vec(prop::collection::vec(made(), 12), 1..4),
        dropped in prop::collection::vec(1..13_i64, 0..3),
    ) {
        let last = versions.last().unwrap();
        let world = World::with(&versions[0]);
        for version in &versions[1..] {
            world.write(|tx| (1..).zip(version).try_for_each(|(id, made)| apply(tx, id, &made.meta(id), &made.content(), false)));
        }
        world.write(|tx| dropped.iter().try_for_each(|id| remove(tx, *id)));
        let stays = |id: &i64| !dropped.contains(id);
        let searches = NAMES.map(|name| Query { text: Some(name.to_owned()), deleted: true, ..Query::default() });
        let before = (world.dump(), searches.clone().map(|query| world.ids(&query)));
        world.write(|tx| {
            clear(tx)?;
            (1..).zip(last).filter(|(id, _)| stays(id)).try_for_each(|(id, made)| apply(tx, id, &made.meta(id), &made.content(), true))
        });
        prop_assert_eq!((world.dump(), searches.map(|query| world.ids(&query))), before);
    }
}

#[test]
fn a_name_is_found_however_it_is_spelt() {
    let world = World::with(&NAMES.map(|name| Made::of("missing_person").titled(name)));
    for typed in ["aliyev", "Алиев", "ELIYEV", "əliyev"] {
        let found = world.found(typed);
        assert!([2, 3, 4].iter().all(|id| found.contains(id)), "{typed}: {found:?}");
    }
    assert_eq!(world.found("samir al"), [2]);
    assert_eq!(world.found("nərg"), [6]);
    assert_eq!(world.found("nobody here"), Vec::<i64>::new());
}

#[test]
fn what_a_person_types_is_never_taken_for_a_command() {
    let world = World::with(&[Made::of("missing_person").titled("NOT OR AND NEAR")]);
    for typed in [
        "\"",
        "' OR 1=1 --",
        "words:*",
        "NEAR(a b)",
        "not",
        "^*(){}[]",
        "%_",
        "\u{0}",
        "a\" OR \"b",
    ] {
        world.found(typed);
    }
    assert_eq!(world.found("not or and"), [1]);
    let area = Query { area: Some("x' OR '1'='1".to_owned()), ..Query::default() };
    assert_eq!(world.ids(&area), Vec::<i64>::new());
}

#[test]
fn a_record_is_found_by_the_number_on_its_paper() {
    let made = vec![Made::of("missing_person"); 20];
    let world = World::with(&made);
    for id in 1..=20 {
        let written = human_id("AGD", record(id));
        assert_eq!(world.found(&written.to_lowercase()), [id]);
        let find = |typed: &str| {
            world
                .store
                .read(|connection| find(connection, &HumanId::parse(typed).unwrap()))
                .unwrap()
        };
        assert_eq!(find(&written), [record(id)]);
        assert_eq!(find(&human_id("XOC", record(id))), []);
    }
}

#[test]
fn standing_at_the_edge_of_a_minefield_it_is_near_though_its_middle_is_far() {
    let field = Made::of("landmine_incident")
        .with(|kind| kind.roles.shape.clone(), &[square(40.0, 46.0, 0.05)]);
    let world = World::with(&[field]);
    let at = |lat: f64, lon: f64| Query {
        near: Some(Near { lat, lon, metres: 150.0 }),
        shapes: true,
        ..Query::default()
    };
    let outside = world.list(&at(39.999, 46.01)).rows;
    assert!((110.0..112.0).contains(&outside[0].metres.unwrap()));
    assert_eq!(outside[0].shape.as_ref().unwrap().len(), 4);
    assert_eq!(world.list(&at(40.02, 46.01)).rows[0].metres, Some(0.0));
    assert_eq!(world.ids(&at(39.99, 46.01)), Vec::<i64>::new());
}

#[test]
fn both_positions_of_a_contested_hazard_are_near_and_drawn() {
    let points = [point(40.0, 46.0), point(40.2, 46.0)];
    let world =
        World::with(
            &[Made::of("landmine_incident").with(|kind| kind.roles.point.clone(), &points)],
        );
    for lat in [40.0, 40.2] {
        let query = Query {
            near: Some(Near { lat, lon: 46.0, metres: 10.0 }),
            shapes: true,
            ..Query::default()
        };
        let row = &world.list(&query).rows[0];
        assert_eq!(
            (row.point, row.other_points.as_slice()),
            (Some((40.0, 46.0)), [(40.2, 46.0)].as_slice())
        );
    }
    let between =
        Query { near: Some(Near { lat: 40.1, lon: 46.0, metres: 500.0 }), ..Query::default() };
    assert_eq!(world.ids(&between), Vec::<i64>::new());
}

#[test]
fn counts_say_how_many_of_each_and_withheld_statuses_of_none() {
    let status = |kind: &Kind| kind.roles.status.clone();
    let world = World::with(&[
        Made::of("missing_person")
            .with(status, &["located_alive".into(), "located_deceased".into()]),
        Made::of("missing_person").with(status, &["tracing".into()]),
        Made::of("landmine_incident").with(status, &["cleared".into(), "active".into()]),
        Made::of("landmine_incident").with(|_| Some(DELETED.to_owned()), &[true.into()]),
    ]);
    let counts = world.counts(&Query::default());
    assert_eq!((counts.total, counts.contested, counts.incomplete), (3, 2, 3));
    assert_eq!(
        counts.by_kind,
        BTreeMap::from([("landmine_incident".to_owned(), 1), ("missing_person".to_owned(), 2)])
    );
    let hazard = ("landmine_incident".to_owned(), "active".to_owned());
    let person = ("missing_person".to_owned(), "tracing".to_owned());
    assert_eq!(counts.by_status, BTreeMap::from([(hazard, 1), (person, 1)]));
    assert_eq!(counts.by_state.values().sum::<u64>(), 3);
}

#[test]
fn an_edit_that_touches_no_word_and_no_place_leaves_their_indexes_alone() {
    let made = Made::of("missing_person")
        .titled("Lalə")
        .with(|kind| kind.roles.point.clone(), &[point(40.0, 46.0)]);
    let world = World::with(std::slice::from_ref(&made));
    let changes = |tx: &Transaction<'_>| {
        tx.query_row("SELECT total_changes()", [], |row| row.get::<_, i64>(0))
    };
    world.write(|tx| {
        let before = changes(tx)?;
        let edited = Made { changed_ms: 5, ..made.clone() };
        apply(tx, 1, &edited.meta(1), &edited.content(), false)?;
        assert_eq!(changes(tx)? - before, 1);
        Ok(())
    });
    assert_eq!(world.found("lalə"), [1]);
}

#[test]
fn a_list_of_very_many_ids_is_the_same_as_one_of_few() {
    // More matches than are looked up one by one.
    let names = ["Aliyev", "Quliyev"];
    let all: Vec<Made> = (0..9_000)
        .map(|index| Made {
            changed_ms: index % 7,
            ..Made::of("missing_person").titled(names[index as usize % 5 / 4])
        })
        .collect();
    let world = World::with(&all);
    let query = |sort| Query {
        text: Some("aliyev".to_owned()),
        sort,
        limit: 20,
        offset: 100,
        ..Query::default()
    };
    for sort in [Sort::ContestedFirst, Sort::Newest, Sort::Title] {
        let mut expected: Vec<i64> = (1..=9_000).filter(|id| (id - 1) % 5 != 4).collect();
        in_order(&query(sort), &all, &mut expected);
        assert_eq!(world.list(&query(sort)).total, 7_200);
        assert_eq!(world.ids(&query(sort)), expected[100..120]);
    }
}
