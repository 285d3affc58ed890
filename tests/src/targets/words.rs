//! The words of the wire: what `kahriz-proto` and the relay read.

use crate::world::relay::Posted;
use crate::world::{Insider, LogKind, SimulatedRelay, Who, World, clock, scratch_folder};
use kahriz_core::crypto;
use kahriz_core::drive::{HttpRequest, Method};
use kahriz_proto::bundle::{BundleReader, BundleWriter, Piece};
use kahriz_proto::frame::Frame;
use kahriz_proto::ids::{LogId, RelayId, SigningPublic, WorkspaceId};
use kahriz_proto::item::{ITEM_BYTES_MAX, ItemReader, PageItem, read_varint};
use kahriz_proto::join::{Join, JoinPage};
use kahriz_proto::letter::{Deposit, LetterPage};
use kahriz_proto::message::{LogState, Refusal, RosterPage, SyncAnswer, SyncRequest};
use kahriz_proto::repair::{Comparison, RepairAnswer, RepairRequest, answer};
use kahriz_proto::roster::{Action, Entry, Roster};
use minicbor::{Decode, Encode};
use std::cell::RefCell;

/// Any key: what foreign bytes are signed with is never right.
const SOME_KEY: SigningPublic = SigningPublic::from_bytes([7; 32]);

pub(super) fn frame(bytes: &[u8]) {
    let Ok(frame) = Frame::decode(bytes.to_vec()) else { return };
    assert_eq!(frame.bytes(), bytes, "a frame is its bytes");
    assert_eq!(frame.hash(), Frame::decode(bytes.to_vec()).expect("it was one").hash());
    let _ = (frame.context(), frame.body(), frame.preamble().log());
    let _ = frame.verify(&SOME_KEY);
}

/// The first byte says how long the pieces are, the second how long an item may be.
pub(super) fn items(bytes: &[u8]) {
    let [piece, max, stream @ ..] = bytes else { return };
    let max = usize::from(*max) * 16;
    let mut reader = ItemReader::default();
    let mut read = 0;
    for piece in stream.chunks(usize::from(*piece) + 1) {
        reader.push(piece);
        loop {
            match reader.next_item(max) {
                Ok(Some(item)) => {
                    assert!(item.len() <= max);
                    read += item.len();
                }
                Ok(None) => break,
                Err(_) => return,
            }
        }
        assert!(reader.partial().len() + read <= stream.len());
    }
    let _ = read_varint(stream);
}

pub(super) fn page_item(bytes: &[u8]) {
    round::<PageItem>(bytes);
}

pub(super) fn sync_request(bytes: &[u8]) {
    round::<SyncRequest>(bytes);
}

pub(super) fn sync_answer(bytes: &[u8]) {
    round::<SyncAnswer>(bytes);
    round::<Refusal>(bytes);
}

/// As a question at a replica that holds some logs, and as an answer to one that holds others.
pub(super) fn repair(bytes: &[u8]) {
    round::<RepairRequest>(bytes);
    round::<RepairAnswer>(bytes);
    let head = |byte| LogState { log: LogId::from_bytes([byte; 16]), seq: 3, tag: [byte; 8] };
    let own: Vec<LogState> = (0..200).step_by(3).map(head).collect();
    let asked = minicbor::decode::<RepairRequest>(bytes).ok().and_then(|asked| asked.ranges);
    if let Some(answered) = asked.and_then(|question| answer(&own, &question).ok()) {
        assert!(Comparison::new(own.clone()).hear(answered).is_ok(), "every answer is one");
    }
    let told = minicbor::decode::<RepairAnswer>(bytes).ok().and_then(|told| told.ranges);
    let mut comparison = Comparison::new((0..200).step_by(7).map(head).collect());
    if told.is_some_and(|told| comparison.hear(told).is_ok()) {
        if let Some(question) = comparison.question() {
            assert!(answer(&own, &question).is_ok(), "every question is one");
        }
        let differences = comparison.differences();
        assert!(differences.iter().all(|difference| difference.own != difference.theirs));
    }
}

/// The first byte says how long the pieces are. What comes out is whole in a bundle of its own.
pub(super) fn bundle(bytes: &[u8]) {
    let [size, file @ ..] = bytes else { return };
    let (mut reader, mut pieces) = (BundleReader::default(), vec![]);
    for bytes in file.chunks(usize::from(*size) + 1) {
        reader.push(bytes);
        pieces.extend(&mut reader);
    }
    reader.end();
    pieces.extend(&mut reader);
    assert!(reader.finish().skipped_bytes <= file.len() as u64);
    let mut writer = BundleWriter::new(WorkspaceId::of(&SOME_KEY));
    pieces.retain(|piece| !matches!(piece, Piece::Head { .. }));
    for piece in &pieces {
        let written = match piece {
            Piece::Frame(bytes) => writer.frame(bytes),
            Piece::RosterPage(page) => writer.roster_page(page),
            Piece::Head { .. } => Ok(()),
        };
        assert!(written.is_ok(), "what was read can be written");
    }
    let mut again = BundleReader::default();
    again.push(&writer.finish());
    assert_eq!(again.by_ref().skip(1).collect::<Vec<_>>(), pieces);
    assert!(again.finish().is_none());
}

pub(super) fn roster_entry(bytes: &[u8]) {
    let Some(entry) = Entry::decode(bytes) else { return };
    assert_eq!(entry.to_bytes(), bytes, "one encoding for each entry");
    let _ = (entry.hash(), entry.verified_body());
    let _ = Roster::empty(WorkspaceId::of(&SOME_KEY)).append(bytes);
}

/// Believes the root that the first entry names, so that the others are looked at too.
pub(super) fn roster(bytes: &[u8]) {
    round::<RosterPage>(bytes);
    let Ok(page) = minicbor::decode::<RosterPage>(bytes) else { return };
    let first = page.entries.first().and_then(|first| Entry::decode(first)?.verified_body());
    let Some(Action::Founded { root, .. }) = first.map(|body| body.action) else { return };
    let mut roster = Roster::empty(WorkspaceId::of(&root));
    for entry in &page.entries {
        let before = roster.seq();
        let taken = roster.append(entry).is_ok();
        assert_eq!(roster.seq(), before + u64::from(taken), "a refused entry changes nothing");
    }
    for (device, member) in roster.members() {
        assert_eq!(kahriz_proto::ids::DeviceId::of(&member.keys.sign), device);
    }
}

pub(super) fn join(bytes: &[u8]) {
    round::<JoinPage>(bytes);
    if let Ok(join) = minicbor::decode::<Join>(bytes) {
        let _ = (join.is_signed(), join.invite_id());
    }
}

pub(super) fn deposit(bytes: &[u8]) {
    round::<LetterPage>(bytes);
    if let Ok(deposit) = minicbor::decode::<Deposit>(bytes) {
        let _ = deposit.is_signed(&deposit.key);
    }
}

pub(super) fn token(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let relay = RelayId::from_bytes([6; 8]);
    assert!(!kahriz_relay::testing::believes(text, &SOME_KEY, relay, 1_773_302_400));
}

/// A member posts these bytes, with a token that covers their first item, or all of them if there is none.
pub(super) fn http(bytes: &[u8]) {
    thread_local! { static RELAY: RefCell<Posting> = RefCell::new(Posting::new()); }
    RELAY.with_borrow_mut(|relay| {
        ["/v1/sync", "/v1/repair"].iter().for_each(|path| relay.post(path, bytes));
    });
}

struct Posting {
    relay: SimulatedRelay,
    audience: RelayId,
    insider: Insider,
}

impl Posting {
    fn new() -> Self {
        let mut world = World::new(7);
        let insider = Insider::admitted(&mut world, 0);
        let hq = world.at(Who::HEADQUARTERS);
        // Its own relay, so that nothing of the world need live on.
        let relay = SimulatedRelay::start(LogKind::Memory, scratch_folder().path());
        relay.register(hq.roster_page(0).expect("the roster can be read"));
        Self { relay, audience: hq.roster().relay(), insider }
    }

    fn post(&mut self, path: &'static str, body: &[u8]) {
        let mut items = ItemReader::default();
        items.push(body);
        let control = items.next_item(ITEM_BYTES_MAX).ok().flatten().unwrap_or(body.to_vec());
        let signing = self.insider.secrets.signing.clone();
        let until = clock::real_ms() / 1_000 + 60;
        let token = crypto::token(&signing, self.audience, until, &control, self.insider.rng());
        let request =
            HttpRequest { method: Method::Post, path, token: &token, body, registration: None };
        let answer = self.relay.deliver(&Posted::of(&request));
        assert!(answer.status == 200 || (400..500).contains(&answer.status), "{}", answer.status);
    }
}

/// What is read and written again is read as the same.
fn round<T>(bytes: &[u8])
where
    T: for<'b> Decode<'b, ()> + Encode<()> + PartialEq,
{
    let Ok(read) = minicbor::decode::<T>(bytes) else { return };
    let written = minicbor::to_vec(&read).expect("writing to a vector cannot fail");
    let again = minicbor::decode::<T>(&written);
    assert!(again.is_ok_and(|again| again == read), "read, written and read again");
}
