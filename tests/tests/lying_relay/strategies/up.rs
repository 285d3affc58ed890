//! Lies about what was sent: frames dropped, acknowledged falsely, refused without reason, logs misstated.

use super::{Scene, Strategy, hears_all, telling};
use kahriz_proto::message::{LogState, Partial, Verdict};
use kahriz_tests::world::Who;
use kahriz_tests::world::forged::{Hears, Tells, Told};
use std::cell::Cell;
use std::rc::Rc;

pub(super) fn all() -> Vec<Strategy> {
    // A device believes such a verdict for a day: the frames stay on it meanwhile, counted as refused.
    let believed =
        |strategy: Strategy| Strategy { is_believed: true, heals_by: "within a day", ..strategy };
    let refused: &[&str] = &["own frames that the relay refuses"];
    vec![
        telling("drops what is sent and says nothing of it", &[], drops),
        telling("says that it has stored what it has dropped", &[], false_acknowledgement),
        believed(telling("calls good frames forks", refused, |_, _| judges(Verdict::Fork))),
        telling("calls good frames malformed", refused, |_, _| judges(Verdict::Malformed)),
        telling("calls good frames wrongly signed", refused, |_, _| judges(Verdict::Signature)),
        believed(telling("says that their writers are no members", refused, |_, _| {
            judges(Verdict::NotMember)
        })),
        believed(telling("says that their scope is not granted", refused, |_, _| {
            judges(Verdict::NotInScope)
        })),
        telling("says that it is full", refused, |_, _| judges(Verdict::DiskFull)),
        telling("says for ever that frames are missing before", refused, |_, _| {
            judges(Verdict::Gap)
        }),
        telling(
            "judges more frames than were sent",
            &["does not follow the protocol"],
            judges_more,
        ),
        telling("claims to hold more of a log than was written", &[], claims_more),
        telling("claims to hold nothing of any log", &[], claims_nothing),
        telling("goes on at a byte that was never sent", &[], wrong_byte),
    ]
}

/// Takes what was sent out of each request, and knows how much that was.
fn dropping(lie: impl Fn(&mut Told, u32) + 'static) -> (Hears<'static>, Tells<'static>) {
    let dropped = Rc::new(Cell::new(0));
    let told_of = dropped.clone();
    let hears: Hears<'static> = Box::new(move |asked| {
        dropped.set(u32::try_from(asked.frames.len()).unwrap());
        asked.frames.clear();
    });
    let tells: Tells<'static> = Box::new(move |asked, told| {
        if asked.path == "/v1/sync" {
            lie(told, told_of.get());
        }
    });
    (hears, tells)
}

fn drops(_: &Scene, _: Who) -> (Hears<'static>, Tells<'static>) {
    dropping(|_, _| {})
}

fn false_acknowledgement(_: &Scene, _: Who) -> (Hears<'static>, Tells<'static>) {
    dropping(|told, count| told.answer.received = Some(count).filter(|count| *count > 0))
}

fn judges(verdict: Verdict) -> (Hears<'static>, Tells<'static>) {
    dropping(move |told, count| {
        if count > 0 {
            told.answer.received = Some(count);
            told.answer.verdicts = Some(vec![verdict; count as usize]);
        }
    })
}

fn answers(lie: impl Fn(&mut Told) + 'static) -> (Hears<'static>, Tells<'static>) {
    (
        hears_all(),
        Box::new(move |asked, told| {
            if asked.path == "/v1/sync" {
                lie(told)
            }
        }),
    )
}

fn judges_more(_: &Scene, _: Who) -> (Hears<'static>, Tells<'static>) {
    answers(|told| told.answer.received = Some(told.answer.received.unwrap_or(0) + 1))
}

/// Asked by way of a cursor that it pretends not to know.
fn claims(lie: impl Fn(&mut Vec<LogState>) + 'static) -> (Hears<'static>, Tells<'static>) {
    let mut restarted = false;
    let tells: Tells<'static> = Box::new(move |asked, told| {
        if asked.path != "/v1/sync" {
            return;
        }
        if !restarted {
            restarted = true;
            told.items.clear();
            told.answer.restart = Some((0..).take(asked.control.cursors.len()).collect());
        }
        if let Some(logs) = &mut told.answer.logs {
            lie(logs);
        }
    });
    (hears_all(), tells)
}

fn claims_more(_: &Scene, _: Who) -> (Hears<'static>, Tells<'static>) {
    claims(|logs| logs.iter_mut().for_each(|state| state.seq += 5))
}

fn claims_nothing(_: &Scene, _: Who) -> (Hears<'static>, Tells<'static>) {
    claims(Vec::clear)
}

fn wrong_byte(_: &Scene, _: Who) -> (Hears<'static>, Tells<'static>) {
    answers(|told| {
        told.answer.partial = Some(Partial { len: 77, tag: [1; 8] });
        told.answer.resumed = Some(true);
    })
}
