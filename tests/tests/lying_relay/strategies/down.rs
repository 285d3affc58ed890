//! Lies about what a page brings: frames left out, moved, altered, invented.

use super::{Scene, Strategy, hears_all, telling, to_rashad};
use kahriz_proto::frame::Frame;
use kahriz_proto::item::{PageContent, PageItem};
use kahriz_tests::world::Who;
use kahriz_tests::world::forged::{Hears, Tells, Told};
use std::cell::Cell;

pub(super) fn all() -> Vec<Strategy> {
    let at_once = |strategy: Strategy| Strategy { heals_by: "at once", ..strategy };
    vec![
        Strategy {
            to: Some(to_rashad),
            ..telling("withholds one officer's frames from another", &[], withholds_one)
        },
        telling("withholds the newest frame of each page", &[], withholds_newest),
        telling("withholds every frame", &[], withholds_all),
        telling("gives each page one exchange late", &[], late),
        telling("gives an old page again", &[], old_page),
        telling("gives a page backwards, numbered as if in order", &[], backwards),
        telling(
            "gives a page backwards, numbered truly",
            &["does not follow the protocol"],
            backwards_truly,
        ),
        telling("gives every frame twice", &[], twice),
        telling("leaves holes in the positions", &["does not follow the protocol"], holes),
        telling("swaps the bodies of two frames", &["does not follow the protocol"], swaps_bodies),
        telling("alters a byte of each body", &["does not follow the protocol"], alters_bodies),
        telling("alters each signature", &["a parked frame"], alters_signatures),
        at_once(telling("alters each signature of one page", &[], |_, _| once(alter_signatures))),
        telling("cuts the tail off each frame", &["does not follow the protocol"], cuts_frames),
        telling("says of others' frames that they are one's own", &[], says_own),
        at_once(telling("says once of others' frames that they are one's own", &[], |_, _| {
            once(say_own)
        })),
        telling("gives a frame of another scope", &["a parked frame"], other_scope),
        telling("gives a frame of another organisation", &["a parked frame"], other_organisation),
        telling("never ends a page", &["does not follow the protocol"], endless),
    ]
}

fn page(lie: impl Fn(&mut Told) + 'static) -> (Hears<'static>, Tells<'static>) {
    (
        hears_all(),
        Box::new(move |asked, told| {
            if asked.path == "/v1/sync" {
                lie(told)
            }
        }),
    )
}

/// Lies about the first page with frames, and about no other.
fn once(lie: fn(&mut Told)) -> (Hears<'static>, Tells<'static>) {
    let done = Cell::new(false);
    page(move |told| {
        let has_frames = told.items.iter_mut().any(|item| bytes_of(item).is_some());
        if has_frames && !done.replace(true) {
            lie(told);
        }
    })
}

fn bytes_of(item: &mut PageItem) -> Option<&mut Vec<u8>> {
    match &mut item.content {
        PageContent::Frame(bytes) => Some(bytes),
        PageContent::Own(_) => None,
    }
}

fn each_frame(told: &mut Told, alter: impl Fn(&mut Vec<u8>)) {
    told.items.iter_mut().filter_map(bytes_of).for_each(alter);
}

fn withholds_one(scene: &Scene, _: Who) -> (Hears<'static>, Tells<'static>) {
    let hers = scene.leylas_device;
    page(move |told| {
        told.items.retain_mut(|item| {
            bytes_of(item).is_none_or(|bytes| {
                Frame::decode(bytes.to_vec()).unwrap().preamble().device != hers
            })
        });
        told.renumber();
    })
}

fn withholds_newest(_: &Scene, _: Who) -> (Hears<'static>, Tells<'static>) {
    page(|told| drop(told.items.pop()))
}

fn withholds_all(_: &Scene, _: Who) -> (Hears<'static>, Tells<'static>) {
    page(|told| told.items.clear())
}

fn late(_: &Scene, _: Who) -> (Hears<'static>, Tells<'static>) {
    let mut kept = vec![];
    let tells: Tells<'static> = Box::new(move |asked, told| {
        if asked.path == "/v1/sync" {
            std::mem::swap(&mut kept, &mut told.items);
        }
    });
    (hears_all(), tells)
}

fn old_page(_: &Scene, _: Who) -> (Hears<'static>, Tells<'static>) {
    let mut first: Option<Vec<PageItem>> = None;
    let tells: Tells<'static> = Box::new(move |asked, told| {
        if asked.path == "/v1/sync" && !told.items.is_empty() {
            told.items.clone_from(first.get_or_insert_with(|| told.items.clone()));
        } else if let Some(first) = &first {
            told.items.clone_from(first);
        }
    });
    (hears_all(), tells)
}

fn backwards(_: &Scene, _: Who) -> (Hears<'static>, Tells<'static>) {
    page(|told| {
        let first: Vec<u64> = told.items.iter().map(|item| item.position).collect();
        told.items.reverse();
        // Scope by scope the numbers are as they were, the frames behind them are not.
        for (item, position) in told.items.iter_mut().zip(first) {
            item.position = position;
        }
    })
}

fn backwards_truly(_: &Scene, _: Who) -> (Hears<'static>, Tells<'static>) {
    page(|told| {
        // A page of one frame has no order.
        if told.items.len() == 1 {
            told.items[0].position += 1;
        }
        told.items.reverse();
    })
}

fn twice(_: &Scene, _: Who) -> (Hears<'static>, Tells<'static>) {
    page(|told| {
        told.items = told.items.iter().flat_map(|item| [item.clone(), item.clone()]).collect();
        told.renumber();
    })
}

fn holes(_: &Scene, _: Who) -> (Hears<'static>, Tells<'static>) {
    page(|told| told.items.iter_mut().for_each(|item| item.position += 1))
}

fn swaps_bodies(_: &Scene, _: Who) -> (Hears<'static>, Tells<'static>) {
    page(|told| {
        let frames: Vec<Vec<u8>> =
            told.items.iter_mut().filter_map(bytes_of).map(|it| it.clone()).collect();
        let mut others = frames.iter().cycle().skip(1);
        each_swapped(told, &mut others);
    })
}

/// Each frame gets the next one's body; the only one gets its own backwards.
fn each_swapped<'f>(told: &mut Told, others: &mut impl Iterator<Item = &'f Vec<u8>>) {
    for bytes in told.items.iter_mut().filter_map(bytes_of) {
        let own = Frame::decode(bytes.clone()).unwrap().body().len();
        let other = Frame::decode(others.next().unwrap().clone()).unwrap();
        let mut body = other.body().to_vec();
        body.reverse();
        bytes.truncate(bytes.len() - own);
        bytes.extend_from_slice(&body);
    }
}

fn alters_bodies(_: &Scene, _: Who) -> (Hears<'static>, Tells<'static>) {
    page(|told| each_frame(told, |bytes| *bytes.last_mut().unwrap() ^= 1))
}

fn alters_signatures(_: &Scene, _: Who) -> (Hears<'static>, Tells<'static>) {
    page(alter_signatures)
}

fn alter_signatures(told: &mut Told) {
    each_frame(told, |bytes| resign(bytes));
}

/// The signature stands between header and body.
fn resign(bytes: &mut [u8]) {
    let body = Frame::decode(bytes.to_vec()).unwrap().body().len();
    let at = bytes.len() - body - 20;
    bytes[at] ^= 1;
    assert!(Frame::decode(bytes.to_vec()).is_ok(), "it is a frame all the same");
}

fn cuts_frames(_: &Scene, _: Who) -> (Hears<'static>, Tells<'static>) {
    page(|told| each_frame(told, |bytes| bytes.truncate(bytes.len() - 9)))
}

fn says_own(_: &Scene, _: Who) -> (Hears<'static>, Tells<'static>) {
    page(say_own)
}

fn say_own(told: &mut Told) {
    for item in &mut told.items {
        item.content = PageContent::Own(item.content.hash().unwrap());
    }
}

fn adds(told: &mut Told, asked_position: u64, frame: &[u8]) {
    let position = told.items.iter().filter(|item| item.scope == 0).map(|item| item.position).max();
    let position = position.unwrap_or(asked_position) + 1;
    let content = PageContent::Frame(frame.to_vec());
    told.items.push(PageItem { scope: 0, position, content });
}

/// Once, at the end of a page of the first scope.
fn adding(frame: Vec<u8>, scene: &Scene) -> (Hears<'static>, Tells<'static>) {
    let first_scope = Frame::decode(scene.frames[0].clone()).unwrap().preamble().scope;
    let mut done = false;
    let tells: Tells<'static> = Box::new(move |asked, told| {
        let cursor = asked.control.cursors.first().filter(|cursor| cursor.scope == first_scope);
        if let Some(cursor) = cursor
            && !done
            && asked.path == "/v1/sync"
        {
            done = true;
            adds(told, cursor.position, &frame);
        }
    });
    (hears_all(), tells)
}

fn other_scope(scene: &Scene, _: Who) -> (Hears<'static>, Tells<'static>) {
    adding(scene.elsewhere.last().unwrap().clone(), scene)
}

fn other_organisation(scene: &Scene, _: Who) -> (Hears<'static>, Tells<'static>) {
    adding(scene.foreign_frame.clone(), scene)
}

fn endless(_: &Scene, _: Who) -> (Hears<'static>, Tells<'static>) {
    let tells: Tells<'static> = Box::new(|asked, told| {
        let cursor = asked.control.cursors.first().filter(|_| asked.path == "/v1/sync");
        if let Some(cursor) = cursor {
            let last = told.items.iter().filter(|item| item.scope == 0).map(|item| item.position);
            told.endless_from = Some(last.max().unwrap_or(cursor.position) + 1);
        }
    });
    (hears_all(), tells)
}
