//! What one exchange brings, and what it costs.

use crate::support::{Running, from_start, items, now, push_only, request, sync_request};
use kahriz_proto::cursor::Cursor;
use kahriz_proto::frame::Frame;
use kahriz_proto::item::{PageContent, PageItem, push_item};
use kahriz_proto::message::{RefusalReason, SyncRequest, Verdict};
use kahriz_proto::roster::Role;
use kahriz_relay::testing::{Device, Organisation, token_for};

struct World {
    organisation: Organisation,
    officer: Device,
    running: Running,
}

async fn world() -> World {
    let mut organisation = Organisation::found(1);
    let officer = organisation.admit_officer(10);
    let running = Running::with(&organisation).await;
    World { organisation, officer, running }
}

impl World {
    async fn push(&self, device: &Device, frames: &[&Frame]) -> Vec<Verdict> {
        let request = push_only(&self.organisation);
        let (answer, _) = self.running.sync(&self.organisation, device, &request, frames).await;
        let count = answer.received.unwrap_or(0) as usize;
        answer.verdicts.unwrap_or_else(|| vec![Verdict::Stored; count])
    }

    async fn pull(&self, device: &Device) -> (Cursor, Vec<PageItem>) {
        let scope = self.organisation.scope(1);
        let request = from_start(&self.organisation, &[scope]);
        let (answer, items) = self.running.sync(&self.organisation, device, &request, &[]).await;
        let start = Cursor::start_in(scope, answer.incarnation.unwrap());
        let hashes = items.iter().map(|item| item.content.hash().unwrap());
        (hashes.fold(start, |cursor, hash| cursor.then(&hash)), items)
    }
}

#[tokio::test]
async fn an_idle_exchange_has_at_most_700_bytes_both_ways() {
    let world = world().await;
    let mut chain = world.officer.chain(world.organisation.scope(1));
    for _ in 0..3 {
        world.push(&world.officer, &[&chain.seal(b"sealed")]).await;
    }
    let (cursor, _) = world.pull(&world.officer).await;
    let idle = SyncRequest {
        cursors: vec![Cursor { position: 3, ..cursor }],
        roster: world.organisation.roster.seq(),
        page_bytes: 512 * 1024,
        ..SyncRequest::default()
    };
    let mut line = world.running.line().await;
    let mut all = 0;
    for _ in 0..2 {
        line.send(&sync_request(&world.organisation, &world.officer, &idle, &[])).await;
        let answer = line.answer().await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.body, [1, 0xa0], "an answer in which everything is ordinary");
        let names: Vec<&str> =
            answer.head.lines().skip(1).filter_map(|line| line.split(": ").next()).collect();
        let mut names: Vec<&str> = names.into_iter().filter(|name| !name.is_empty()).collect();
        names.sort_unstable();
        assert_eq!(names, ["content-length", "content-type", "date"]);
        let bytes = line.sent + line.received - all;
        all += bytes;
        assert!(bytes <= 700, "{bytes} bytes");
    }
    assert_eq!(all, 2 * 551, "the exact bytes of two idle exchanges on one connection");
}

#[tokio::test]
async fn what_one_phone_brings_the_other_gets_and_its_own_comes_back_as_a_hash() {
    let world = world().await;
    let hq = world.organisation.headquarters();
    let mut chain = world.officer.chain(world.organisation.scope(1));
    let frames = [chain.seal(b"one"), chain.seal(b"two")];
    let refs: Vec<&Frame> = frames.iter().collect();
    assert_eq!(world.push(&world.officer, &refs).await, [Verdict::Stored; 2]);
    let (_, items) = world.pull(&hq).await;
    let contents: Vec<_> = items.into_iter().map(|item| (item.position, item.content)).collect();
    let whole = |frame: &Frame| PageContent::Frame(frame.bytes().to_vec());
    assert_eq!(contents, [(1, whole(&frames[0])), (2, whole(&frames[1]))]);
    let (_, items) = world.pull(&world.officer).await;
    let contents: Vec<_> = items.into_iter().map(|item| item.content).collect();
    assert_eq!(contents, frames.each_ref().map(|frame| PageContent::Own(frame.hash())));
    // Unless it says that it has them no more.
    let from_start = from_start(&world.organisation, &[world.organisation.scope(1)]);
    let own = SyncRequest { own: Some(true), ..from_start };
    let (_, items) = world.running.sync(&world.organisation, &world.officer, &own, &[]).await;
    let contents: Vec<_> = items.into_iter().map(|item| item.content).collect();
    assert_eq!(contents, frames.each_ref().map(whole));
}

#[tokio::test]
async fn a_lost_answer_costs_a_duplicate_and_nothing_else() {
    let world = world().await;
    let mut chain = world.officer.chain(world.organisation.scope(1));
    let (first, second) = (chain.seal(b"one"), chain.seal(b"two"));
    world.push(&world.officer, &[&first]).await;
    let verdicts = world.push(&world.officer, &[&first, &second]).await;
    assert_eq!(verdicts, [Verdict::Duplicate, Verdict::Stored]);
    let ask = SyncRequest { ask_logs: Some(true), ..push_only(&world.organisation) };
    let (answer, _) = world.running.sync(&world.organisation, &world.officer, &ask, &[]).await;
    let logs = answer.logs.unwrap();
    assert_eq!((logs.len(), logs[0].log, logs[0].seq), (1, chain.log(), 2));
    assert_eq!(logs[0].tag, second.hash().as_bytes()[..8]);
}

#[tokio::test]
async fn gaps_and_forks_are_told_one_by_one() {
    let world = world().await;
    let mut chain = world.officer.chain(world.organisation.scope(1));
    let mut copy = chain.clone();
    let (first, second, third) = (chain.seal(b"1"), chain.seal(b"2"), chain.seal(b"3"));
    let other = copy.seal(b"one");
    let verdicts = world.push(&world.officer, &[&first, &third, &other, &second]).await;
    assert_eq!(verdicts, [Verdict::Stored, Verdict::Gap, Verdict::Fork, Verdict::Stored]);
}

#[tokio::test]
async fn the_door_lets_in_only_what_its_device_sealed_for_a_scope_that_it_is_granted() {
    let mut organisation = Organisation::found(1);
    let officer = organisation.admit_officer(10);
    organisation.create_scope(2);
    let foreigner = organisation.admit(11, Role::Officer, &[2], None);
    let running = Running::with(&organisation).await;
    let world = World { running, officer, organisation };
    let scope = world.organisation.scope(1);
    let mut chain = world.officer.chain(scope);
    let good = chain.seal(b"good");
    let stranger = world.organisation.device(99).chain(scope).seal(b"x");
    let foreign_scope = world.officer.chain(world.organisation.scope(2)).seal(b"x");
    let carried_elsewhere = foreigner.chain(world.organisation.scope(2)).seal(b"x");
    let mut ahead = chain.clone();
    ahead.epoch = 2;
    let unknown_epoch = ahead.seal(b"x");
    let mut altered = good.bytes().to_vec();
    *altered.last_mut().unwrap() ^= 1;
    let mut resigned = good.bytes().to_vec();
    // The signature stands between header and body; its last byte is five before the body's end.
    let at = resigned.len() - b"good".len() - 2;
    resigned[at] ^= 1;
    let mut bytes = items(&[&stranger, &foreign_scope, &carried_elsewhere, &unknown_epoch]);
    push_item(&mut bytes, &altered);
    push_item(&mut bytes, &resigned);
    push_item(&mut bytes, b"");
    bytes.extend(items(&[&good]));
    let request = push_only(&world.organisation);
    let answer =
        world.running.try_sync(&world.organisation, &world.officer, &request, &bytes).await;
    let verdicts = answer.page().0.verdicts.unwrap();
    let expected = [
        Verdict::NotMember,
        Verdict::NotInScope,
        Verdict::NotInScope,
        Verdict::UnknownEpoch,
        Verdict::Malformed,
        Verdict::Signature,
        Verdict::Malformed,
        Verdict::Stored,
    ];
    assert_eq!(verdicts, expected);
}

#[tokio::test]
async fn an_oversize_frame_ends_the_push_but_what_came_before_is_kept() {
    let world = world().await;
    let mut chain = world.officer.chain(world.organisation.scope(1));
    let mut bytes = items(&[&chain.seal(b"small")]);
    push_item(&mut bytes, &vec![0; 300 * 1024]);
    let request = push_only(&world.organisation);
    let answer =
        world.running.try_sync(&world.organisation, &world.officer, &request, &bytes).await;
    let verdicts = answer.page().0.verdicts.unwrap();
    assert_eq!(verdicts, [Verdict::Stored, Verdict::Malformed]);
}

#[tokio::test]
async fn anyone_in_the_scope_can_carry_anothers_frames() {
    let world = world().await;
    let frame = world.officer.chain(world.organisation.scope(1)).seal(b"carried on a stick");
    let carrier = world.organisation.headquarters();
    assert_eq!(world.push(&carrier, &[&frame]).await, [Verdict::Stored]);
}

#[tokio::test]
async fn a_page_keeps_to_its_budget_says_that_there_is_more_and_goes_on_from_the_cursor() {
    let world = world().await;
    let mut chain = world.officer.chain(world.organisation.scope(1));
    let frames: Vec<Frame> = (0..6).map(|n| chain.seal(&[n; 30_000])).collect();
    let refs: Vec<&Frame> = frames.iter().collect();
    world.push(&world.officer, &refs).await;
    let hq = world.organisation.headquarters();
    let scope = world.organisation.scope(1);
    let mut request =
        SyncRequest { page_bytes: 70_000, ..from_start(&world.organisation, &[scope]) };
    let mut seen = vec![];
    for expected in [(2, true), (2, true), (2, false)] {
        let (answer, items) = world.running.sync(&world.organisation, &hq, &request, &[]).await;
        assert_eq!((items.len(), answer.more == Some(true)), expected);
        if let Some(incarnation) = answer.incarnation {
            request.cursors[0].incarnation = incarnation;
        }
        for item in items {
            request.cursors[0] = request.cursors[0].then(&item.content.hash().unwrap());
            seen.push(item.position);
        }
    }
    assert_eq!(seen, [1, 2, 3, 4, 5, 6]);
    let tiny = SyncRequest { page_bytes: 1, ..from_start(&world.organisation, &[scope]) };
    let (answer, items) = world.running.sync(&world.organisation, &hq, &tiny, &[]).await;
    assert_eq!((items.len(), answer.more), (1, Some(true)), "one item at least");
    let none = SyncRequest { page_bytes: 0, ..from_start(&world.organisation, &[scope]) };
    let (answer, items) = world.running.sync(&world.organisation, &hq, &none, &[]).await;
    assert_eq!((items.len(), answer.more), (0, Some(true)), "nothing at a budget of nothing");
    let greedy = SyncRequest { page_bytes: u32::MAX, ..from_start(&world.organisation, &[scope]) };
    let (answer, items) = world.running.sync(&world.organisation, &hq, &greedy, &[]).await;
    assert_eq!((items.len(), answer.more), (6, None), "a large page is streamed whole");
}

#[tokio::test]
async fn scopes_that_are_not_granted_are_named_and_told_nothing_of() {
    let mut organisation = Organisation::found(1);
    organisation.create_scope(2);
    let officer = organisation.admit_officer(10);
    let running = Running::with(&organisation).await;
    let scopes = [organisation.scope(2), organisation.scope(1)];
    let request = from_start(&organisation, &scopes);
    let (answer, _) = running.sync(&organisation, &officer, &request, &[]).await;
    assert_eq!(answer.not_granted, Some(vec![0]));
}

#[tokio::test]
async fn a_caller_hears_that_the_roster_has_moved() {
    let world = world().await;
    let mut request = push_only(&world.organisation);
    request.roster -= 1;
    let (answer, _) = world.running.sync(&world.organisation, &world.officer, &request, &[]).await;
    assert_eq!(answer.roster, Some(world.organisation.roster.seq()));
}

#[tokio::test]
async fn organisations_on_one_relay_do_not_meet() {
    let (ours, theirs) = (Organisation::found(1), Organisation::found(2));
    let running = Running::with(&ours).await;
    running.relay.register(theirs.entries.clone()).await.unwrap();
    let (our_hq, their_hq) = (ours.headquarters(), theirs.headquarters());
    let frame = our_hq.chain(ours.scope(1)).seal(b"ours");
    running.sync(&ours, &our_hq, &push_only(&ours), &[&frame]).await;
    let request = from_start(&theirs, &[ours.scope(1), theirs.scope(1)]);
    let (answer, items) = running.sync(&theirs, &their_hq, &request, &[&frame]).await;
    assert_eq!((items.len(), answer.not_granted), (0, Some(vec![0])));
    assert_eq!(answer.verdicts, Some(vec![Verdict::NotMember]));
    // Their token, for our relay id.
    let answer = running.try_sync(&ours, &their_hq, &push_only(&ours), &[]).await;
    assert_eq!((answer.status, answer.refusal().unwrap().reason), (401, RefusalReason::Token));
}

#[tokio::test]
async fn requests_as_a_whole_are_refused_with_the_reason_and_the_relays_time() {
    let world = world().await;
    let (of, officer) = (&world.organisation, &world.officer);
    let control = minicbor::to_vec(push_only(of)).unwrap();
    let mut body = vec![];
    push_item(&mut body, &control);
    let token = |device: &Device, control: &[u8], expires_at| {
        token_for(device, of.roster.relay(), control, expires_at)
    };
    let good = token(officer, &control, now() + 60);
    let spent = token(officer, &control, now() + 60);
    let table = [
        (spent.clone(), None),
        (spent, Some((401, RefusalReason::Replayed))),
        (token(officer, &control, now() - 1_000_000), Some((401, RefusalReason::Clock))),
        (token(officer, &control, now() + 1_000_000), Some((401, RefusalReason::Clock))),
        (token(officer, b"another", now() + 60), Some((401, RefusalReason::Token))),
        (token(&of.device(99), &control, now() + 60), Some((403, RefusalReason::NotMember))),
        ("nonsense".to_owned(), Some((401, RefusalReason::Token))),
        (good, None),
    ];
    for (token, expected) in table {
        let mut line = world.running.line().await;
        line.send(&request("POST", "/v1/sync", &token, &body)).await;
        let answer = line.answer().await;
        let refusal = answer.refusal().filter(|_| answer.status != 200);
        assert_eq!(refusal.map(|refusal| (answer.status, refusal.reason)), expected);
        if let Some(refusal) = refusal {
            assert!(refusal.relay_time.abs_diff(now()) < 5);
        }
    }
    let mut line = world.running.line().await;
    line.send(b"POST /v1/sync HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n").await;
    assert_eq!(line.answer().await.refusal().unwrap().reason, RefusalReason::Token);
}

#[tokio::test]
async fn a_phone_with_a_wrong_clock_hears_so_though_it_has_much_to_send() {
    let world = world().await;
    let (of, officer) = (&world.organisation, &world.officer);
    let mut chain = officer.chain(of.scope(1));
    let frames: Vec<Frame> = (0..20).map(|n| chain.seal(&[n; 200_000])).collect();
    let refs: Vec<&Frame> = frames.iter().collect();
    let control = minicbor::to_vec(push_only(of)).unwrap();
    let mut body = vec![];
    push_item(&mut body, &control);
    body.extend(items(&refs));
    let token = token_for(officer, of.roster.relay(), &control, 1);
    let mut line = world.running.line().await;
    line.send(&request("POST", "/v1/sync", &token, &body)).await;
    assert_eq!(line.answer().await.refusal().unwrap().reason, RefusalReason::Clock);
}
