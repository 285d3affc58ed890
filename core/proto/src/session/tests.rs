//! The session's contract, one sentence at a time. Whole conversations over bad lines are in the
//! seeded world of the project's scenario tests.
#![allow(clippy::unwrap_used)]

use super::*;
use crate::ids::{FrameHash, LogId, ScopeId};
use crate::item::{ITEM_BYTES_MAX, PageContent, PageItem};
use crate::message::{Partial, SyncRequest, partial_tag};

fn no_luck() -> u64 {
    0
}

fn session() -> Session {
    Session::new(vec![Cursor::start(ScopeId::from_bytes([1; 8]))], 3, false)
}

fn tell(session: &mut Session, input: Input) {
    session.handle(0, &mut no_luck, input);
}

fn outgoing(seq: u64, len: usize) -> Outgoing {
    Outgoing {
        place: FrameRef { log: LogId::from_bytes([2; 16]), seq },
        bytes: vec![seq as u8; len],
    }
}

fn exchange(session: &mut Session) -> (SyncRequest, Exchange) {
    match session.poll() {
        Some(Output::Exchange(exchange)) => {
            (minicbor::decode(&exchange.control).unwrap(), exchange)
        }
        other => panic!("expected an exchange, got {other:?}"),
    }
}

#[test]
fn being_up_to_date_takes_one_exchange() {
    let mut session = session();
    assert!(matches!(session.poll(), Some(Output::Seal { .. })));
    tell(&mut session, Input::Frames(vec![]));
    exchange(&mut session);
    tell(&mut session, Input::Answered(SyncAnswer::default()));
    tell(&mut session, Input::Ended);
    assert!(matches!(session.poll(), Some(Output::Seal { .. })));
    tell(&mut session, Input::Frames(vec![]));
    let finish = Finish { exchanges: 1, ..Finish::default() };
    assert_eq!(session.poll(), Some(Output::Finished(finish)));
    assert_eq!(session.poll(), None);
}

#[test]
fn a_push_that_was_cut_goes_on_at_the_byte_that_the_relay_holds() {
    let mut session = session();
    session.poll();
    tell(&mut session, Input::Frames(vec![outgoing(1, 1_000)]));
    let (_, first) = exchange(&mut session);
    tell(&mut session, Input::Lost(Failure::Cut, vec![]));
    assert_eq!(session.next_wake(), Some(0));
    tell(&mut session, Input::Woken);
    let (asked, second) = exchange(&mut session);
    assert_eq!((asked.ask_logs, second.items.len()), (Some(true), 0));
    let partial = Some(Partial { len: 600, tag: partial_tag(&first.items[..600]) });
    let answer = SyncAnswer { logs: Some(vec![]), partial, ..SyncAnswer::default() };
    tell(&mut session, Input::Answered(answer));
    tell(&mut session, Input::Ended);
    assert!(matches!(session.poll(), Some(Output::Stage(_))));
    tell(&mut session, Input::Staged);
    assert!(matches!(session.poll(), Some(Output::Seal { .. })));
    tell(&mut session, Input::Frames(vec![outgoing(1, 1_000)]));
    let (resumed, third) = exchange(&mut session);
    assert_eq!(resumed.push_offset, Some(600));
    assert_eq!(third.items, first.items[600..]);
}

#[test]
fn a_relay_that_stays_away_is_given_up_after_a_few_tries_and_longer_waits() {
    let mut session = session();
    session.poll();
    tell(&mut session, Input::Frames(vec![]));
    exchange(&mut session);
    let mut now = 0;
    for _ in 0..crate::limits::TRIES_WITHOUT_PROGRESS_MAX {
        session.handle(now, &mut no_luck, Input::Lost(Failure::Unreachable, vec![]));
        let wake = session.next_wake().unwrap();
        assert!(wake >= now);
        now = wake;
        session.handle(now, &mut no_luck, Input::Woken);
        session.poll();
        session.handle(now, &mut no_luck, Input::Frames(vec![]));
        exchange(&mut session);
    }
    session.handle(now, &mut no_luck, Input::Lost(Failure::Unreachable, vec![]));
    let Some(Output::Finished(finish)) = session.poll() else { panic!("still trying") };
    assert_eq!(finish.failure, Some(Failure::Unreachable));
}

#[test]
fn a_cursor_moves_only_after_the_disk_has() {
    let mut session = session();
    session.poll();
    tell(&mut session, Input::Frames(vec![]));
    exchange(&mut session);
    tell(&mut session, Input::Answered(SyncAnswer::default()));
    let content = PageContent::Own(crate::ids::FrameHash::from_bytes([1; 32]));
    tell(&mut session, Input::Item(crate::item::PageItem { scope: 0, position: 1, content }, 40));
    tell(&mut session, Input::Lost(Failure::Cut, vec![]));
    let Some(Output::Stage(stage)) = session.poll() else { panic!("nothing was staged") };
    assert_eq!(stage.cursors[0].position, 1);
    tell(&mut session, Input::Staged);
    tell(&mut session, Input::Woken);
    session.poll();
    tell(&mut session, Input::Frames(vec![]));
    assert_eq!(exchange(&mut session).0.cursors[0].position, 1);
}

#[test]
fn a_page_that_skips_a_frame_is_nonsense() {
    let mut session = session();
    session.poll();
    tell(&mut session, Input::Frames(vec![]));
    exchange(&mut session);
    tell(&mut session, Input::Answered(SyncAnswer::default()));
    let content = PageContent::Own(crate::ids::FrameHash::from_bytes([1; 32]));
    tell(&mut session, Input::Item(crate::item::PageItem { scope: 0, position: 2, content }, 40));
    assert!(session.next_wake().is_some());
}

#[test]
fn a_revoked_phone_stops_asking() {
    let mut session = session();
    session.poll();
    tell(&mut session, Input::Frames(vec![]));
    exchange(&mut session);
    tell(&mut session, Input::Lost(Failure::Refused(RefusalReason::Revoked), vec![]));
    assert!(matches!(session.poll(), Some(Output::Finished(_))));
}

/// Runs the session against a relay that answers each exchange with what `answer` says, until it ends.
fn run(
    session: &mut Session,
    frames: &[Outgoing],
    answer: impl Fn(u64, &SyncRequest) -> SyncAnswer,
) -> Finish {
    let mut exchanges = 0;
    for _ in 0..100 {
        match session.poll() {
            Some(Output::Seal { .. }) => tell(session, Input::Frames(frames.to_vec())),
            Some(Output::Exchange(exchange)) => {
                let request = minicbor::decode(&exchange.control).unwrap();
                tell(session, Input::Answered(answer(exchanges, &request)));
                tell(session, Input::Ended);
                exchanges += 1;
            }
            Some(Output::Stage(_)) => tell(session, Input::Staged),
            Some(Output::FetchRoster { after }) => tell(session, Input::RosterRead(after)),
            Some(Output::Finished(finish)) => return finish,
            None => panic!("the session waits"),
        }
    }
    panic!("the session never ends");
}

#[test]
fn a_relay_that_is_full_is_not_asked_again_and_again() {
    let refusal = |_, _: &SyncRequest| SyncAnswer {
        received: Some(1),
        verdicts: Some(vec![Verdict::OverQuota]),
        ..SyncAnswer::default()
    };
    let finish = run(&mut session(), &[outgoing(1, 10)], refusal);
    assert_eq!((finish.exchanges, finish.refused, finish.pushed), (1, 1, 0));
}

#[test]
fn a_relay_that_misses_earlier_frames_is_asked_once_what_it_holds() {
    let forgetful = |_, request: &SyncRequest| {
        if request.ask_logs == Some(true) {
            return SyncAnswer { logs: Some(vec![]), ..SyncAnswer::default() };
        }
        let verdicts = Some(vec![Verdict::Gap]);
        SyncAnswer { received: Some(1), verdicts, ..SyncAnswer::default() }
    };
    let finish = run(&mut session(), &[outgoing(2, 10)], forgetful);
    assert_eq!(finish.exchanges, 3);
}

#[test]
fn after_a_failure_one_good_exchange_is_enough() {
    let mut session = session();
    session.poll();
    tell(&mut session, Input::Frames(vec![]));
    exchange(&mut session);
    tell(&mut session, Input::Lost(Failure::Unreachable, vec![]));
    tell(&mut session, Input::Woken);
    let finish = run(&mut session, &[], |_, _| SyncAnswer::default());
    assert_eq!(finish.exchanges, 2);
}

#[test]
fn a_relay_that_never_counts_what_is_pushed_is_given_up() {
    let deaf = |_, request: &SyncRequest| SyncAnswer {
        logs: request.ask_logs.map(|_| vec![]),
        ..SyncAnswer::default()
    };
    let finish = run(&mut session(), &[outgoing(1, 10)], deaf);
    assert_eq!(finish.failure, Some(Failure::Nonsense));
}

/// A relay that was broken into never ended its page: each item followed the last one and said "your own", and the
/// phone read on until somebody took it away.
#[test]
fn a_page_that_never_ends_is_nonsense_after_what_was_asked_for() {
    let mut session = session();
    session.poll();
    tell(&mut session, Input::Frames(vec![]));
    let (asked, _) = exchange(&mut session);
    tell(&mut session, Input::Answered(SyncAnswer::default()));
    let mut bytes = 0;
    for position in 1.. {
        if !session.is_exchanging() {
            break;
        }
        let content = PageContent::Own(FrameHash::from_bytes([3; 32]));
        tell(&mut session, Input::Item(PageItem { scope: 0, position, content }, 1_000));
        bytes += 1_000;
        assert!(bytes <= asked.page_bytes as usize + ITEM_BYTES_MAX + 1_000);
    }
    assert!(bytes > asked.page_bytes as usize, "a page may end within an item");
}
