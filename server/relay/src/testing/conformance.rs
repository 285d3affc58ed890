//! What every storage backend must keep, as one suite.
//!
//! ```text
//! conformance::run(|| MyLog::fresh());
//! ```
//! Each sentence below is run on a fresh log.

use super::{Chain, Organisation};
use crate::config::LOGS_PER_DEVICE_AND_SCOPE_MAX;
use crate::log::{Arrival, Extension, Letter, LetterOutcome, Log, Outcome, Room, WaitingJoin};
use kahriz_proto::cursor::Rolling;
use kahriz_proto::frame::{Frame, FrameRef};
use kahriz_proto::ids::{DeviceId, LogId, ScopeId};
use kahriz_proto::limits::LETTERS_BYTES_PER_DEVICE_MAX;
use kahriz_proto::message::{KeyWrap, LogState};
use std::sync::Arc;

/// Runs the whole suite; `fresh` opens a new, empty log each time.
///
/// # Panics
/// If the log doesn't keep one of the promises.
pub fn run<L: Log>(mut fresh: impl FnMut() -> L) {
    let suite: [fn(Arc<dyn Log>); 21] = [
        an_empty_log_knows_nobody,
        a_roster_grows_only_at_its_end,
        keys_come_with_their_entries_and_to_their_device_only,
        frames_get_the_next_position_of_their_scope,
        the_same_frame_again_is_a_duplicate_and_takes_no_position,
        a_frame_whose_predecessor_is_missing_is_a_gap,
        where_holes_may_be_a_log_begins_anywhere_and_is_never_written_backwards,
        another_frame_at_the_same_place_is_a_fork_and_kept_as_evidence,
        a_log_that_went_on_from_another_frame_is_a_fork,
        a_group_is_judged_in_its_own_order,
        evidence_of_forks_counts_in_its_devices_quota,
        a_device_opens_only_so_many_logs_in_a_scope,
        quotas_hold_but_what_is_there_stays_a_duplicate,
        a_full_disk_takes_nothing_new,
        a_device_is_told_what_is_held_of_its_logs,
        a_scope_says_how_far_each_of_its_logs_is_held,
        a_log_is_listed_from_any_frame_on,
        workspaces_do_not_see_each_other,
        joins_wait_until_they_are_dropped,
        letters_wait_in_order_until_headquarters_has_them,
        letters_have_a_quota_of_their_own_and_count_in_the_workspaces,
    ];
    for promise in suite {
        promise(Arc::new(fresh()));
    }
    positions_have_no_holes_when_many_write_at_once(&Arc::new(fresh()));
    assert_ne!(fresh().incarnation(), fresh().incarnation(), "each store has its own incarnation");
}

fn registered(log: &dyn Log, number: u8) -> Organisation {
    let organisation = Organisation::found(number);
    assert!(
        log.extend_roster(organisation.id(), 0, &organisation.entries.clone().into())
            .expect("written")
    );
    organisation
}

fn append(log: &dyn Log, of: &Organisation, frames: &[&Frame]) -> Vec<Outcome> {
    append_in(log, of, frames, &Room::ENDLESS)
}

fn append_in(log: &dyn Log, of: &Organisation, frames: &[&Frame], room: &Room) -> Vec<Outcome> {
    let arrivals: Vec<Arrival> = frames
        .iter()
        .map(|frame| Arrival { workspace: of.id(), frame: of.verified(Frame::clone(frame)) })
        .collect();
    log.append(&arrivals, room).expect("written")
}

fn chain(of: &Organisation) -> Chain {
    of.headquarters().chain(of.scope(1))
}

fn an_empty_log_knows_nobody(log: Arc<dyn Log>) {
    let nobody = Organisation::found(1);
    let scope = nobody.scope(1);
    assert!(log.workspaces().expect("read").is_empty());
    assert!(log.roster(nobody.id(), 0, 1_000).expect("read").is_empty());
    assert_eq!(log.position(nobody.id(), scope).expect("read"), 0);
    assert_eq!(log.rolling(nobody.id(), scope, 0).expect("read"), Some(Rolling::default()));
    assert_eq!(log.rolling(nobody.id(), scope, 1).expect("read"), None);
    assert!(!log.extend_roster(nobody.id(), 3, &nobody.entries.clone().into()).expect("read"));
    assert!(log.workspaces().expect("read").is_empty(), "a refused roster founds nothing");
    let frame = nobody.verified(chain(&nobody).seal(b"x"));
    let arrival = Arrival { workspace: nobody.id(), frame };
    assert!(log.append(&[arrival], &Room::ENDLESS).is_err());
}

fn a_roster_grows_only_at_its_end(log: Arc<dyn Log>) {
    let mut organisation = registered(&*log, 1);
    let (id, before) = (organisation.id(), organisation.entries.len());
    organisation.admit_officer(10);
    let newer = &organisation.entries[before..];
    let extension = Extension::from(newer.to_vec());
    assert!(!log.extend_roster(id, before as u64 - 1, &extension).expect("read"));
    assert!(log.extend_roster(id, before as u64, &extension).expect("written"));
    assert!(!log.extend_roster(id, before as u64, &extension).expect("read"));
    assert_eq!(log.workspaces().expect("read"), [id]);
    assert_eq!(log.roster(id, 0, usize::MAX).expect("read"), organisation.entries);
    assert_eq!(log.roster(id, before as u64, usize::MAX).expect("read"), newer);
    let one = log.roster(id, 0, 1).expect("read");
    assert_eq!(one, organisation.entries[..1], "at least one entry comes, however small the page");
    assert!(log.roster(id, 1_000, usize::MAX).expect("read").is_empty());
}

fn keys_come_with_their_entries_and_to_their_device_only(log: Arc<dyn Log>) {
    let mut organisation = registered(&*log, 1);
    let (id, scope) = (organisation.id(), organisation.scope(1));
    let (mine, theirs) = (DeviceId::from_bytes([1; 16]), DeviceId::from_bytes([2; 16]));
    let key = |device, epoch| KeyWrap { scope, epoch, device, sealed: vec![epoch as u8; 40] };
    let mut extend = |keys: Vec<KeyWrap>| {
        let before = organisation.entries.len();
        organisation.admit_officer(10 + before as u8);
        let entries = organisation.entries[before..].to_vec();
        let extension = Extension { entries, keys };
        assert!(log.extend_roster(id, before as u64, &extension).expect("written"));
        (before as u64, organisation.entries.len() as u64)
    };
    let (before, first) = extend(vec![key(mine, 1), key(theirs, 1)]);
    let (_, second) = extend(vec![key(mine, 2)]);
    let keys = |device, after, until| log.keys(id, device, after, until).expect("read");
    assert_eq!(keys(mine, before, second), [key(mine, 1), key(mine, 2)]);
    assert_eq!(keys(mine, before, first), [key(mine, 1)]);
    assert_eq!(keys(mine, first, second), [key(mine, 2)]);
    assert_eq!(keys(theirs, 0, u64::MAX), [key(theirs, 1)]);
    let stale = Extension { entries: vec![], keys: vec![key(theirs, 9)] };
    assert!(!log.extend_roster(id, 1, &stale).expect("read"), "no key comes without its roster");
    assert_eq!(keys(theirs, 0, u64::MAX).len(), 1);
}

fn frames_get_the_next_position_of_their_scope(log: Arc<dyn Log>) {
    let mut organisation = registered(&*log, 1);
    organisation.create_scope(2);
    let (id, scope) = (organisation.id(), organisation.scope(1));
    let mut chain = chain(&organisation);
    let mut other = organisation.headquarters().chain(organisation.scope(2));
    let (first, second, third) = (chain.seal(b"1"), chain.seal(b"2"), other.seal(b"3"));
    let outcomes = append(&*log, &organisation, &[&first, &second, &third]);
    assert_eq!(outcomes, [1, 2, 1].map(Outcome::Stored));
    assert_eq!(log.position(id, scope).expect("read"), 2);
    let rolling = Rolling::default().then(&first.hash());
    assert_eq!(log.rolling(id, scope, 1).expect("read"), Some(rolling));
    let rolling = rolling.then(&second.hash());
    assert_eq!(log.rolling(id, scope, 2).expect("read"), Some(rolling));
    assert_eq!(log.rolling(id, scope, u64::MAX).expect("read"), None);
    assert_eq!(log.frame(id, scope, 2).expect("read").as_deref(), Some(second.bytes()));
    assert_eq!(log.frame(id, scope, 3).expect("read"), None);
    let listed = log.listing(id, scope, 0, 10).expect("read");
    let places: Vec<_> = listed.iter().map(|row| (row.position, row.hash, row.len)).collect();
    let expected =
        [(1, first.hash(), first.bytes().len()), (2, second.hash(), second.bytes().len())];
    assert_eq!(places, expected);
    assert_eq!(listed[0].device, organisation.headquarters().id);
    assert_eq!(log.listing(id, scope, 1, 10).expect("read"), listed[1..]);
    assert_eq!(log.listing(id, scope, 0, 1).expect("read"), listed[..1]);
    assert!(log.listing(id, scope, u64::MAX, 10).expect("read").is_empty());
}

fn the_same_frame_again_is_a_duplicate_and_takes_no_position(log: Arc<dyn Log>) {
    let organisation = registered(&*log, 1);
    let mut chain = chain(&organisation);
    let (first, second) = (chain.seal(b"1"), chain.seal(b"2"));
    append(&*log, &organisation, &[&first, &second]);
    let again = append(&*log, &organisation, &[&second, &first]);
    assert_eq!(again, [Outcome::Duplicate, Outcome::Duplicate]);
    assert_eq!(log.position(organisation.id(), organisation.scope(1)).expect("read"), 2);
}

fn a_frame_whose_predecessor_is_missing_is_a_gap(log: Arc<dyn Log>) {
    let organisation = registered(&*log, 1);
    let mut chain = chain(&organisation);
    let (first, second, third) = (chain.seal(b"1"), chain.seal(b"2"), chain.seal(b"3"));
    assert_eq!(append(&*log, &organisation, &[&second]), [Outcome::Gap]);
    assert_eq!(append(&*log, &organisation, &[&first, &third]), [Outcome::Stored(1), Outcome::Gap]);
    assert_eq!(append(&*log, &organisation, &[&second, &third]), [2, 3].map(Outcome::Stored));
}

fn where_holes_may_be_a_log_begins_anywhere_and_is_never_written_backwards(log: Arc<dyn Log>) {
    let organisation = registered(&*log, 1);
    let mut chain = chain(&organisation);
    let frames: Vec<Frame> = (0..6).map(|_| chain.seal(b"x")).collect();
    let room = Room { with_holes: true, ..Room::ENDLESS };
    let put = |at: usize| append_in(&*log, &organisation, &[&frames[at]], &room)[0];
    let put = [put(2), put(3), put(5), put(1), put(4), put(3)];
    let stored = Outcome::Stored;
    let expected =
        [stored(1), stored(2), stored(3), Outcome::Gap, Outcome::Gap, Outcome::Duplicate];
    assert_eq!(put, expected);
    let (id, scope) = (organisation.id(), organisation.scope(1));
    let head = log.heads(id, scope).expect("read")[0];
    assert_eq!(head.seq, 6);
    let after = FrameRef { log: head.log, seq: 3 };
    let listed = log.listing_of_log(id, scope, after, 9).expect("read");
    let listed: Vec<_> = listed.iter().map(|frame| (frame.seq, frame.position)).collect();
    assert_eq!(listed, [(4, 2), (6, 3)]);
}

fn another_frame_at_the_same_place_is_a_fork_and_kept_as_evidence(log: Arc<dyn Log>) {
    let organisation = registered(&*log, 1);
    let mut phone = chain(&organisation);
    let first = phone.seal(b"1");
    let mut copy = phone.clone();
    let (second, other) = (phone.seal(b"2"), copy.seal(b"two"));
    append(&*log, &organisation, &[&first, &second]);
    assert_eq!(append(&*log, &organisation, &[&other, &other]), [Outcome::Fork, Outcome::Fork]);
    let forks = log.forks(organisation.id()).expect("read");
    assert_eq!(forks.len(), 1);
    assert_eq!((forks[0].log, forks[0].seq), (phone.log(), 2));
    assert_eq!(forks[0].bytes, other.bytes());
    assert_eq!(log.position(organisation.id(), organisation.scope(1)).expect("read"), 2);
}

fn a_log_that_went_on_from_another_frame_is_a_fork(log: Arc<dyn Log>) {
    let organisation = registered(&*log, 1);
    let (mut phone, mut copy) = (chain(&organisation), chain(&organisation));
    append(&*log, &organisation, &[&phone.seal(b"1")]);
    copy.seal(b"one");
    assert_eq!(append(&*log, &organisation, &[&copy.seal(b"2")]), [Outcome::Fork]);
    assert_eq!(append(&*log, &organisation, &[&phone.seal(b"2")]), [Outcome::Stored(2)]);
}

fn a_group_is_judged_in_its_own_order(log: Arc<dyn Log>) {
    let organisation = registered(&*log, 1);
    let mut chain = chain(&organisation);
    let (first, second) = (chain.seal(b"1"), chain.seal(b"2"));
    let outcomes = append(&*log, &organisation, &[&second, &first, &second, &second]);
    let expected = [Outcome::Gap, Outcome::Stored(1), Outcome::Stored(2), Outcome::Duplicate];
    assert_eq!(outcomes, expected);
}

fn evidence_of_forks_counts_in_its_devices_quota(log: Arc<dyn Log>) {
    let organisation = registered(&*log, 1);
    let mut phone = chain(&organisation);
    let first = phone.seal(b"1");
    let len = first.bytes().len() as u64;
    append(&*log, &organisation, &[&first]);
    let mut copies: Vec<Frame> = (2..=4).map(|n| chain(&organisation).seal(&[n])).collect();
    copies.push(copies[0].clone());
    let room = Room { device_bytes_max: 3 * len, ..Room::ENDLESS };
    let copies: Vec<&Frame> = copies.iter().collect();
    assert_eq!(append_in(&*log, &organisation, &copies, &room), [Outcome::Fork; 4]);
    assert_eq!(log.forks(organisation.id()).expect("read").len(), 2, "as far as the quota goes");
    assert_eq!(append_in(&*log, &organisation, &[&phone.seal(b"2")], &room), [Outcome::OverQuota]);
    let full = Room { disk_full: true, ..Room::ENDLESS };
    assert_eq!(append_in(&*log, &organisation, &copies[2..3], &full), [Outcome::Fork]);
    assert_eq!(log.forks(organisation.id()).expect("read").len(), 2);
}

fn a_device_opens_only_so_many_logs_in_a_scope(log: Arc<dyn Log>) {
    let mut organisation = registered(&*log, 1);
    organisation.create_scope(2);
    let hq = organisation.headquarters();
    let generation = |scope, generation| {
        let mut chain = hq.chain(organisation.scope(scope));
        chain.generation = generation;
        chain
    };
    let most = u32::try_from(LOGS_PER_DEVICE_AND_SCOPE_MAX).expect("small");
    for n in 1..=most {
        let outcome = append(&*log, &organisation, &[&generation(1, n).seal(b"x")]);
        assert_eq!(outcome, [Outcome::Stored(n.into())]);
    }
    let one_more = generation(1, most + 1).seal(b"x");
    assert_eq!(append(&*log, &organisation, &[&one_more]), [Outcome::OverQuota]);
    let mut old = generation(1, 1);
    old.seal(b"x");
    let position = u64::from(most) + 1;
    assert_eq!(append(&*log, &organisation, &[&old.seal(b"y")]), [Outcome::Stored(position)]);
    assert_eq!(append(&*log, &organisation, &[&generation(2, 1).seal(b"x")]), [Outcome::Stored(1)]);
}

fn quotas_hold_but_what_is_there_stays_a_duplicate(log: Arc<dyn Log>) {
    let mut organisation = registered(&*log, 1);
    let officer = organisation.admit_officer(10);
    let (mut chain, mut others) = (chain(&organisation), officer.chain(organisation.scope(1)));
    let (first, second) = (chain.seal(b"1"), chain.seal(b"2"));
    let len = first.bytes().len() as u64;
    let room = Room { device_bytes_max: len, ..Room::ENDLESS };
    let outcomes = append_in(&*log, &organisation, &[&first, &second, &first], &room);
    assert_eq!(outcomes, [Outcome::Stored(1), Outcome::OverQuota, Outcome::Duplicate]);
    let other = others.seal(b"1");
    let tight = Room { workspace_bytes_max: 2 * len - 1, ..Room::ENDLESS };
    assert_eq!(append_in(&*log, &organisation, &[&other], &tight), [Outcome::OverQuota]);
    assert_eq!(append_in(&*log, &organisation, &[&other], &room), [Outcome::Stored(2)]);
}

fn a_full_disk_takes_nothing_new(log: Arc<dyn Log>) {
    let organisation = registered(&*log, 1);
    let mut chain = chain(&organisation);
    let (first, second) = (chain.seal(b"1"), chain.seal(b"2"));
    append(&*log, &organisation, &[&first]);
    let room = Room { disk_full: true, ..Room::ENDLESS };
    let outcomes = append_in(&*log, &organisation, &[&first, &second], &room);
    assert_eq!(outcomes, [Outcome::Duplicate, Outcome::DiskFull]);
    assert_eq!(append(&*log, &organisation, &[&second]), [Outcome::Stored(2)]);
}

fn a_device_is_told_what_is_held_of_its_logs(log: Arc<dyn Log>) {
    let mut organisation = registered(&*log, 1);
    let officer = organisation.admit_officer(10);
    let mut old = officer.chain(organisation.scope(1));
    let mut new = officer.chain(organisation.scope(1));
    new.generation = 2;
    let (first, second, third) = (old.seal(b"1"), old.seal(b"2"), new.seal(b"3"));
    let foreign = chain(&organisation).seal(b"4");
    append(&*log, &organisation, &[&first, &second, &third, &foreign]);
    let states = log.log_states(organisation.id(), officer.id).expect("read");
    let mut held: Vec<_> = states.iter().map(|state| (state.log, state.seq)).collect();
    let mut expected = vec![(old.log(), 2), (new.log(), 1)];
    expected.sort_unstable();
    held.sort_unstable();
    assert_eq!(held, expected);
    let tail = states.iter().find(|state| state.log == old.log()).expect("held");
    assert_eq!(tail.tag, second.hash().as_bytes()[..8]);
    let nobody = DeviceId::from_bytes([0; 16]);
    assert!(log.log_states(organisation.id(), nobody).expect("read").is_empty());
}

fn a_scope_says_how_far_each_of_its_logs_is_held(log: Arc<dyn Log>) {
    let (mut of, theirs) = (registered(&*log, 1), registered(&*log, 2));
    of.create_scope(2);
    let (scope, hq) = (of.scope(1), of.headquarters());
    assert_eq!(log.heads(of.id(), scope).expect("read"), []);
    let officers: Vec<_> = (10..30).map(|number| of.admit_officer(number)).collect();
    let mut expected = vec![];
    for (count, officer) in (1..).zip(&officers) {
        let mut chain = officer.chain(scope);
        let last = (0..count).map(|_| chain.seal(b"x")).inspect(|frame| {
            append(&*log, &of, &[frame]);
        });
        let last = last.last().expect("at least one").hash();
        let tag = *last.as_bytes().first_chunk().expect("a hash is longer");
        expected.push(LogState { log: chain.log(), seq: count, tag });
    }
    append(&*log, &of, &[&hq.chain(of.scope(2)).seal(b"elsewhere")]);
    append(&*log, &theirs, &[&chain(&theirs).seal(b"theirs")]);
    expected.sort_by_key(|head| head.log);
    assert_eq!(log.heads(of.id(), scope).expect("read"), expected, "in the order of their ids");
    assert_eq!(log.heads(of.id(), of.scope(2)).expect("read").len(), 1);
    assert_eq!(log.heads(theirs.id(), scope).expect("read"), []);
}

fn a_log_is_listed_from_any_frame_on(log: Arc<dyn Log>) {
    let mut of = registered(&*log, 1);
    of.create_scope(2);
    let officer = of.admit_officer(10);
    let (scope, mut chain, mut other) = (of.scope(1), chain(&of), officer.chain(of.scope(1)));
    for n in 0..5 {
        append(&*log, &of, &[&chain.seal(&vec![0; n]), &other.seal(b"between")]);
    }
    let place = |seq| FrameRef { log: chain.log(), seq };
    let list =
        |scope, after, count| log.listing_of_log(of.id(), scope, after, count).expect("read");
    let whole = list(scope, place(0), 100);
    let numbers: Vec<_> = whole.iter().map(|row| (row.seq, row.position)).collect();
    assert_eq!(numbers, [(1, 1), (2, 3), (3, 5), (4, 7), (5, 9)]);
    for row in &whole {
        let frame = log.frame(of.id(), scope, row.position).expect("read").expect("it is listed");
        assert_eq!(frame.len(), row.len);
    }
    assert_eq!(list(scope, place(0), 2), whole[..2]);
    assert_eq!(list(scope, place(3), 100), whole[3..]);
    for after in [5, 6, u64::MAX] {
        assert_eq!(list(scope, place(after), 100), []);
    }
    assert_eq!(list(of.scope(2), place(0), 100), [], "the log is another scope's");
    let unknown = FrameRef { log: LogId::from_bytes([0; 16]), seq: 0 };
    assert_eq!(list(scope, unknown, 100), []);
}

fn workspaces_do_not_see_each_other(log: Arc<dyn Log>) {
    let (ours, theirs) = (registered(&*log, 1), registered(&*log, 2));
    // The same scope id in both: it is the workspace that keeps them apart.
    let scope = ScopeId::from_bytes([5; 8]);
    let frame = ours.headquarters().chain(scope).seal(b"ours");
    let other = theirs.headquarters().chain(scope).seal(b"theirs");
    assert_eq!(append(&*log, &ours, &[&frame]), [Outcome::Stored(1)]);
    assert_eq!(append(&*log, &theirs, &[&other]), [Outcome::Stored(1)]);
    let bytes = log.frame(theirs.id(), scope, 1).expect("read");
    assert_eq!(bytes.as_deref(), Some(other.bytes()));
    let device = ours.headquarters().id;
    assert!(log.log_states(theirs.id(), device).expect("read").is_empty());
    assert_eq!(log.workspaces().expect("read").len(), 2);
    assert_eq!(log.roster(theirs.id(), 0, usize::MAX).expect("read"), theirs.entries);
}

fn joins_wait_until_they_are_dropped(log: Arc<dyn Log>) {
    let organisation = registered(&*log, 1);
    let id = organisation.id();
    let join = |invite: u8, device: u8, byte: u8| WaitingJoin {
        invite: DeviceId::from_bytes([invite; 16]),
        device: DeviceId::from_bytes([device; 16]),
        bytes: vec![byte],
    };
    assert!(log.keep_join(id, join(1, 1, 1)).expect("written"));
    assert!(log.keep_join(id, join(1, 1, 2)).expect("written"), "the same again replaces");
    assert!(log.keep_join(id, join(2, 2, 3)).expect("written"));
    assert_eq!(log.joins(id).expect("read"), [join(1, 1, 2), join(2, 2, 3)]);
    for device in 2..=4 {
        assert!(log.keep_join(id, join(1, device, 0)).expect("written"));
    }
    assert!(!log.keep_join(id, join(1, 5, 0)).expect("read"), "one invite brings four at most");
    log.drop_joins(id, &[1, 3, 4].map(|n| DeviceId::from_bytes([n; 16]))).expect("written");
    let left = log.joins(id).expect("read");
    assert_eq!(left, [join(2, 2, 3), join(1, 2, 0)]);
}

fn letter(device: u8, name: u8, len: usize) -> Letter {
    Letter { device: DeviceId::from_bytes([device; 16]), hash: [name; 32], bytes: vec![name; len] }
}

fn letters_wait_in_order_until_headquarters_has_them(log: Arc<dyn Log>) {
    let (ours, theirs) = (registered(&*log, 1), registered(&*log, 2));
    let keep = |letter: &Letter| log.keep_letter(ours.id(), letter, &Room::ENDLESS).expect("kept");
    let read = |after, bytes| log.letters(ours.id(), after, bytes).expect("read");
    let names = |after, bytes| -> (Vec<(u64, u8)>, bool) {
        let page = read(after, bytes);
        let letters = page.letters.iter().map(|kept| (kept.number, kept.deposit[0])).collect();
        (letters, page.more == Some(true))
    };
    assert_eq!(names(0, usize::MAX), (vec![], false));
    for (device, name) in [(1, 7), (2, 8), (1, 9)] {
        assert_eq!(keep(&letter(device, name, 10)), LetterOutcome::Kept);
    }
    assert_eq!(keep(&letter(1, 7, 10)), LetterOutcome::Duplicate);
    assert_eq!(keep(&letter(2, 7, 10)), LetterOutcome::Kept, "another device's is another letter");
    assert_eq!(names(0, usize::MAX), (vec![(1, 7), (2, 8), (3, 9), (4, 7)], false));
    assert_eq!(names(1, 20), (vec![(2, 8), (3, 9)], true));
    assert_eq!(names(3, 1), (vec![(4, 7)], false), "one comes, however small the page");
    assert_eq!(log.letters(theirs.id(), 0, usize::MAX).expect("read").letters, []);
    log.drop_letters(theirs.id(), u64::MAX).expect("written");
    log.drop_letters(ours.id(), 3).expect("written");
    assert_eq!(names(0, usize::MAX), (vec![(4, 7)], false));
    log.drop_letters(ours.id(), u64::MAX).expect("written");
    assert_eq!(keep(&letter(1, 1, 10)), LetterOutcome::Kept);
    assert_eq!(names(0, usize::MAX), (vec![(5, 1)], false), "no number is given out twice");
    let nobody = Organisation::found(3);
    assert!(log.keep_letter(nobody.id(), &letter(1, 1, 1), &Room::ENDLESS).is_err());
}

fn letters_have_a_quota_of_their_own_and_count_in_the_workspaces(log: Arc<dyn Log>) {
    let of = registered(&*log, 1);
    let keep =
        |letter: &Letter, room: &Room| log.keep_letter(of.id(), letter, room).expect("asked");
    let endless = Room::ENDLESS;
    let most = LETTERS_BYTES_PER_DEVICE_MAX;
    assert_eq!(keep(&letter(1, 1, most - 10), &endless), LetterOutcome::Kept);
    assert_eq!(keep(&letter(1, 2, 11), &endless), LetterOutcome::OverQuota);
    assert_eq!(keep(&letter(1, 3, 10), &endless), LetterOutcome::Kept);
    assert_eq!(
        keep(&letter(2, 1, 11), &endless),
        LetterOutcome::Kept,
        "another device has its own"
    );
    let tight = Room { workspace_bytes_max: most as u64 + 20, ..endless };
    assert_eq!(keep(&letter(3, 1, 10), &tight), LetterOutcome::OverQuota);
    let frame = chain(&of).seal(b"x");
    assert_eq!(append_in(&*log, &of, &[&frame], &tight), [Outcome::OverQuota]);
    log.drop_letters(of.id(), 2).expect("written");
    assert_eq!(keep(&letter(3, 1, 10), &tight), LetterOutcome::Kept, "what is dropped makes room");
    assert_eq!(keep(&letter(1, 4, most), &endless), LetterOutcome::Kept);
    let full = Room { disk_full: true, ..endless };
    assert_eq!(keep(&letter(4, 1, 1), &full), LetterOutcome::DiskFull);
    assert_eq!(
        keep(&letter(1, 4, most), &full),
        LetterOutcome::Duplicate,
        "what is there is there"
    );
    // Letters take nothing of the quota that a device has for its frames.
    let room = Room { device_bytes_max: frame.bytes().len() as u64, ..endless };
    assert_eq!(append_in(&*log, &of, &[&frame], &room), [Outcome::Stored(1)]);
}

fn positions_have_no_holes_when_many_write_at_once<L: Log>(log: &Arc<L>) {
    let mut organisation = registered(&**log, 1);
    let officers: Vec<_> = (10..14).map(|number| organisation.admit_officer(number)).collect();
    let (organisation, scope) = (&organisation, organisation.scope(1));
    std::thread::scope(|threads| {
        for officer in &officers {
            threads.spawn(move || {
                let mut chain = officer.chain(scope);
                for _ in 0..25 {
                    let before = log.position(organisation.id(), scope).expect("read");
                    let outcome = append(&**log, organisation, &[&chain.seal(b"x")])[0];
                    let Outcome::Stored(position) = outcome else { panic!("{outcome:?}") };
                    assert!(position > before);
                    // Whoever sees a position sees everything before it.
                    let seen = log.listing(organisation.id(), scope, 0, 1_000).expect("read");
                    let count = seen.len() as u64;
                    assert!(
                        count >= position && seen.last().map(|row| row.position) == Some(count)
                    );
                }
            });
        }
    });
    assert_eq!(log.position(organisation.id(), scope).expect("read"), 100);
}
