//! Repair: what either side lacks is found by heads, and comes as the exact bytes that were sealed.

use crate::support::{Running, items, now, push_only, request};
use kahriz_proto::cursor::{Cursor, Rolling};
use kahriz_proto::frame::{Frame, FrameRef};
use kahriz_proto::ids::{LogId, ScopeId};
use kahriz_proto::item::push_item;
use kahriz_proto::limits::{CONTROL_BYTES_MAX, REPAIR_WANTS_MAX};
use kahriz_proto::message::{LogState, RefusalReason};
use kahriz_proto::repair::{Comparison, Difference, Range, RepairAnswer, RepairRequest, Said};
use kahriz_relay::RelayConfig;
use kahriz_relay::log::{Arrival, Log, Room, SqliteLog};
use kahriz_relay::testing::{Device, Organisation, token_for};
use std::sync::Arc;

struct World {
    of: Organisation,
    officer: Device,
    running: Running,
}

async fn world() -> World {
    let mut of = Organisation::found(1);
    let officer = of.admit_officer(10);
    let running = Running::with(&of).await;
    World { of, officer, running }
}

impl World {
    fn scope(&self) -> ScopeId {
        self.of.scope(1)
    }

    async fn push(&self, device: &Device, frames: &[&Frame]) {
        let (answer, _) = self.running.sync(&self.of, device, &push_only(&self.of), frames).await;
        assert_eq!(answer.verdicts, None);
    }

    /// Compares, turn by turn, and says how many there were.
    async fn compare(&self, device: &Device, own: Vec<LogState>) -> (Vec<Difference>, usize) {
        let (mut comparison, mut turns) = (Comparison::new(own), 0);
        while let Some(question) = comparison.question() {
            let ask = RepairRequest { ranges: Some(question), ..plain(self.scope()) };
            let answer = self.running.try_repair(&self.of, device, &ask, &[]).await;
            let (answer, frames): (RepairAnswer, _) = answer.parts();
            assert_eq!(frames.len(), 0, "nothing was wanted");
            comparison.hear(answer.ranges.unwrap()).unwrap();
            turns += 1;
        }
        (comparison.differences(), turns)
    }

    async fn fetch(
        &self,
        device: &Device,
        wants: Vec<FrameRef>,
        bytes: u32,
    ) -> (RepairAnswer, Vec<Vec<u8>>) {
        let ask = RepairRequest { wants: Some(wants), bytes, ..plain(self.scope()) };
        let answer = self.running.try_repair(&self.of, device, &ask, &[]).await;
        assert_eq!(answer.status, 200, "{:?}", answer.refusal());
        let (answer, frames) = answer.parts();
        (answer, frames.into_iter().map(<[u8]>::to_vec).collect())
    }

    async fn refusal(&self, device: &Device, ask: &RepairRequest, after: &[u8]) -> RefusalReason {
        let answer = self.running.try_repair(&self.of, device, ask, after).await;
        assert!((400..500).contains(&answer.status));
        answer.refusal().unwrap().reason
    }
}

fn plain(scope: ScopeId) -> RepairRequest {
    RepairRequest { scope, ranges: None, wants: None, bytes: 1 << 20, held: None }
}

fn whole() -> Vec<Range> {
    Comparison::new(vec![]).question().unwrap()
}

fn head(frame: &Frame) -> LogState {
    let place = frame.preamble().place();
    let tag = *frame.hash().as_bytes().first_chunk().unwrap();
    LogState { log: place.log, seq: place.seq, tag }
}

fn bytes(frames: &[&Frame]) -> Vec<Vec<u8>> {
    frames.iter().map(|frame| frame.bytes().to_vec()).collect()
}

#[tokio::test]
async fn each_side_gets_what_it_lacks_and_then_they_are_equal() {
    let world = world().await;
    let hq = world.of.headquarters();
    let (mut mine, mut theirs) = (world.officer.chain(world.scope()), hq.chain(world.scope()));
    let mine: Vec<Frame> = (0..4).map(|n| mine.seal(&[n; 50])).collect();
    let theirs: Vec<Frame> = (0..3).map(|n| theirs.seal(&[n; 70])).collect();
    // The relay has lost the officer's last two; the phone has lost all but headquarters' first.
    world.push(&world.officer, &[&mine[0], &mine[1]]).await;
    world.push(&hq, &theirs.iter().collect::<Vec<_>>()).await;

    let own = vec![head(&mine[3]), head(&theirs[0])];
    let (differences, turns) = world.compare(&world.officer, own).await;
    assert_eq!((differences.len(), turns), (2, 1));
    let of_log = |frame: &Frame| {
        let log = frame.preamble().log();
        differences.iter().find(|difference| difference.log == log).unwrap()
    };
    assert_eq!(of_log(&mine[0]).theirs, Some(head(&mine[1])));
    assert_eq!(of_log(&theirs[0]).theirs, Some(head(&theirs[2])));

    world.push(&world.officer, &[&mine[2], &mine[3]]).await;
    let want = theirs[0].preamble().place();
    let (answer, frames) = world.fetch(&world.officer, vec![want], 1 << 20).await;
    assert_eq!((frames, answer.more), (bytes(&[&theirs[1], &theirs[2]]), None));

    let own = vec![head(&mine[3]), head(&theirs[2])];
    assert_eq!(world.compare(&world.officer, own).await, (vec![], 1));
}

#[tokio::test]
async fn a_restored_phone_gets_its_own_frames_back_as_bytes_and_in_the_relays_order() {
    let world = world().await;
    let hq = world.of.headquarters();
    let (mut mine, mut theirs) = (world.officer.chain(world.scope()), hq.chain(world.scope()));
    let frames = [mine.seal(b"1"), theirs.seal(b"2"), mine.seal(b"3"), theirs.seal(b"4")];
    for (frame, device) in frames.iter().zip([&world.officer, &hq, &world.officer, &hq]) {
        world.push(device, &[frame]).await;
    }
    let wants = [theirs.log(), mine.log()].map(|log| FrameRef { log, seq: 0 });
    let (answer, got) = world.fetch(&world.officer, wants.to_vec(), 1 << 20).await;
    assert_eq!(got, bytes(&frames.iter().collect::<Vec<_>>()));
    let rolling = frames.iter().fold(Rolling::default(), |at, frame| at.then(&frame.hash()));
    assert_eq!((answer.end.position, answer.end.rolling), (4, rolling));

    // With that end it goes on by cursor, as if it had read them one by one.
    let sync =
        kahriz_proto::message::SyncRequest { cursors: vec![answer.end], ..push_only(&world.of) };
    let (synced, items) = world.running.sync(&world.of, &world.officer, &sync, &[]).await;
    assert_eq!((synced.restart, items.len()), (None, 0));
}

#[tokio::test]
async fn a_question_and_wishes_in_one_request_are_both_answered() {
    let world = world().await;
    let frame = world.officer.chain(world.scope()).seal(b"one");
    world.push(&world.officer, &[&frame]).await;
    let want = FrameRef { log: head(&frame).log, seq: 0 };
    let ask =
        RepairRequest { ranges: Some(whole()), wants: Some(vec![want]), ..plain(world.scope()) };
    let answer = world.running.try_repair(&world.of, &world.officer, &ask, &[]).await;
    let (control, frames): (RepairAnswer, _) = answer.parts();
    let all = Range { until: None, said: Said::Heads(vec![head(&frame)]) };
    assert_eq!((control.ranges, frames), (Some(vec![all]), vec![frame.bytes()]));
    let answer =
        world.running.try_repair(&world.of, &world.officer, &plain(world.scope()), &[]).await;
    let (control, frames): (RepairAnswer, _) = answer.parts();
    assert_eq!((control.end.position, control.ranges, frames.len()), (1, None, 0));
}

#[tokio::test]
async fn a_scope_without_frames_ends_at_its_beginning() {
    let world = world().await;
    let (answer, frames) = world.fetch(&world.officer, vec![], 9).await;
    let start = Cursor::start_in(world.scope(), answer.end.incarnation);
    assert_eq!((answer.end, answer.more, frames.len()), (start, None, 0));
}

#[tokio::test]
async fn a_budget_cuts_the_page_and_the_rest_comes_when_it_is_asked_for() {
    let world = world().await;
    let mut chain = world.officer.chain(world.scope());
    let frames: Vec<Frame> = (0..40).map(|n| chain.seal(&[n; 10_000])).collect();
    world.push(&world.officer, &frames.iter().collect::<Vec<_>>()).await;
    let (mut held, mut got, mut requests) = (0, vec![], 0);
    loop {
        let want = FrameRef { log: chain.log(), seq: held };
        let (answer, page) = world.fetch(&world.officer, vec![want], 100_000).await;
        assert!(page.iter().map(Vec::len).sum::<usize>() <= 100_000);
        held += page.len() as u64;
        got.extend(page);
        requests += 1;
        if answer.more.is_none() {
            break;
        }
    }
    assert_eq!((got, requests), (bytes(&frames.iter().collect::<Vec<_>>()), 5));
    let want = FrameRef { log: chain.log(), seq: 0 };
    let (answer, page) = world.fetch(&world.officer, vec![want], 1).await;
    assert_eq!((page.len(), answer.more), (1, Some(true)), "one comes, however small the page");
    let (answer, page) = world.fetch(&world.officer, vec![want], u32::MAX).await;
    assert_eq!((page.len(), answer.more), (40, None), "a large page is streamed whole");
}

#[tokio::test]
async fn two_thousand_logs_of_a_store_on_disk_are_compared_and_fetched() {
    let mut of = Organisation::found(1);
    let officer = of.admit_officer(10);
    let dir = tempfile::tempdir().unwrap();
    let log = Arc::new(SqliteLog::open(dir.path()).unwrap());
    let running = Running::start(log.clone(), RelayConfig::default()).await;
    // A device may open 64 logs in a scope.
    let scope = of.scope(1);
    let devices: Vec<Device> = (20..52).map(|number| of.admit_officer(number)).collect();
    running.relay.register(of.entries.clone()).await.unwrap();
    let mut frames = vec![];
    for device in &devices {
        for generation in 1..=63 {
            let mut chain = device.chain(scope);
            chain.generation = generation;
            frames.extend([chain.seal(b"first"), chain.seal(b"second")]);
        }
    }
    let arrival = |frame: &Frame| Arrival { workspace: of.id(), frame: of.verified(frame.clone()) };
    let arrivals: Vec<Arrival> = frames.iter().map(arrival).collect();
    log.append(&arrivals, &Room::ENDLESS).unwrap();
    let world = World { of, officer, running };

    let own = |first_frames: usize| -> Vec<LogState> {
        let last = |(at, two): (usize, &[Frame])| head(&two[usize::from(at >= first_frames)]);
        frames.chunks(2).enumerate().map(last).collect()
    };
    assert_eq!(world.compare(&world.officer, own(0)).await, (vec![], 1));
    let (differences, turns) = world.compare(&world.officer, own(3)).await;
    assert_eq!((differences.len(), turns), (3, 2));
    let (differences, turns) = world.compare(&world.officer, vec![]).await;
    assert_eq!((differences.len(), turns), (2_016, 2));

    let wants = differences.iter().map(|difference| FrameRef { log: difference.log, seq: 0 });
    let wants: Vec<FrameRef> = wants.take(REPAIR_WANTS_MAX).collect();
    let began = std::time::Instant::now();
    let (answer, got) = world.fetch(&world.officer, wants.clone(), 4 << 20).await;
    let took = began.elapsed();
    assert_eq!((got.len(), answer.more), (2 * REPAIR_WANTS_MAX, None));
    assert!(took.as_secs() < 5, "{took:?}");
    let wanted = |frame: &&Frame| wants.iter().any(|want| want.log == frame.preamble().log());
    let expected: Vec<&Frame> = frames.iter().filter(wanted).collect();
    assert_eq!(got, bytes(&expected), "as they stand in the scope");
}

#[tokio::test]
async fn only_a_live_member_of_the_scope_hears_of_it() {
    let mut world = world().await;
    let ask = RepairRequest { ranges: Some(whole()), ..plain(world.scope()) };
    assert_eq!(world.refusal(&world.of.device(99), &ask, &[]).await, RefusalReason::NotMember);
    world.of.create_scope(2);
    let before = world.of.entries.len();
    world.running.relay.register(world.of.entries.clone()).await.unwrap();
    for scope in [world.of.scope(2), ScopeId::from_bytes([9; 8])] {
        let foreign = RepairRequest { scope, ..ask.clone() };
        assert_eq!(world.refusal(&world.officer, &foreign, &[]).await, RefusalReason::Role);
    }
    let theirs = Organisation::found(2);
    world.running.relay.register(theirs.entries.clone()).await.unwrap();
    let foreign = RepairRequest { scope: theirs.scope(1), ..ask.clone() };
    assert_eq!(world.refusal(&world.officer, &foreign, &[]).await, RefusalReason::Role);

    world.of.revoke(world.officer.id, vec![]);
    assert!(world.of.entries.len() > before);
    world.running.relay.register(world.of.entries.clone()).await.unwrap();
    assert_eq!(world.refusal(&world.officer, &ask, &[]).await, RefusalReason::Revoked);
    let root = world.of.device(1);
    let answer = world.running.try_repair(&world.of, &root, &ask, &[]).await;
    assert!((400..500).contains(&answer.status), "the root reads the roster and nothing else");
}

#[tokio::test]
async fn frames_of_another_scopes_logs_do_not_come_whoever_asks_for_them() {
    let mut of = Organisation::found(1);
    of.create_scope(2);
    let officer = of.admit(10, kahriz_proto::roster::Role::Officer, &[2], None);
    let other = of.admit_officer(11);
    let running = Running::with(&of).await;
    let world = World { of, officer, running };
    let mut chain = other.chain(world.scope());
    world.push(&other, &[&chain.seal(b"elsewhere")]).await;
    let wants = Some(vec![FrameRef { log: chain.log(), seq: 0 }]);
    let ask = RepairRequest { wants, ranges: Some(whole()), ..plain(world.of.scope(2)) };
    let answer = world.running.try_repair(&world.of, &world.officer, &ask, &[]).await;
    let (answer, frames): (RepairAnswer, _) = answer.parts();
    assert_eq!((frames.len(), answer.more, answer.end.position), (0, None, 0));
    assert_eq!(answer.ranges, Some(vec![]), "and not even the log is named");
}

#[tokio::test]
async fn what_is_no_repair_is_refused_with_the_reason() {
    let world = world().await;
    let (of, officer) = (&world.of, &world.officer);
    let ask = plain(world.scope());
    let frame = officer.chain(world.scope()).seal(b"one");
    let malformed = RefusalReason::Malformed;
    assert_eq!(world.refusal(officer, &ask, &items(&[&frame])).await, malformed);
    assert_eq!(world.refusal(officer, &ask, &[0]).await, malformed);
    let twice = vec![FrameRef { log: LogId::from_bytes([1; 16]), seq: 0 }; 2];
    let ask_twice = RepairRequest { wants: Some(twice), ..ask.clone() };
    assert_eq!(world.refusal(officer, &ask_twice, &[]).await, malformed);
    let id = |n: usize| LogId::from_slice(&(n as u128).to_be_bytes()).unwrap();
    let many: Vec<FrameRef> =
        (0..=REPAIR_WANTS_MAX).map(|n| FrameRef { log: id(n), seq: 0 }).collect();
    let greedy = RepairRequest { wants: Some(many), ..ask.clone() };
    assert_eq!(world.refusal(officer, &greedy, &[]).await, malformed);
    let nothing = Range { until: None, said: Said::Nothing };
    let endless = RepairRequest { ranges: Some(vec![nothing.clone(), nothing]), ..ask.clone() };
    assert_eq!(world.refusal(officer, &endless, &[]).await, malformed);

    let control = minicbor::to_vec(&ask).unwrap();
    let mut framed = vec![];
    push_item(&mut framed, &control);
    let mut nonsense = vec![];
    push_item(&mut nonsense, b"nonsense");
    let mut long = vec![];
    push_item(&mut long, &vec![0; CONTROL_BYTES_MAX + 1]);
    let table = [
        (&b"another"[..], framed.clone(), (401, RefusalReason::Token)),
        (b"nonsense", nonsense, (400, malformed)),
        (&control, framed[..10].to_vec(), (400, malformed)),
        (&control, vec![], (400, malformed)),
        (&control, long, (413, RefusalReason::Limit)),
    ];
    for (covered, body, expected) in table {
        let token = token_for(officer, of.roster.relay(), covered, now() + 60);
        let mut line = world.running.line().await;
        line.send(&request("POST", "/v1/repair", &token, &body)).await;
        let answer = line.answer().await;
        assert_eq!((answer.status, answer.refusal().unwrap().reason), expected);
    }
}
