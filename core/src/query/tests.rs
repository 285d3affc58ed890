#![allow(clippy::unwrap_used)]

mod made;
mod questions;

use proptest::prelude::*;
use rusqlite::Transaction;

use super::*;
use crate::forms::Kind;
use crate::human_id::{HumanId, human_id};
use crate::projection::{DELETED, apply, clear, remove};
use made::{Made, World, point, record, square};
use questions::{NAMES, in_order, is_asked_for, made, query};

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
