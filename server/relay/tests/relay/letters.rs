//! Letters: left by phones that may do nothing else any more, fetched by headquarters alone.

use crate::support::{Running, get_request, now, request, until};
use kahriz_proto::letter::{Deposit, LetterPage};
use kahriz_proto::limits::{LETTER_BYTES_MAX, LETTERS_BYTES_PER_DEVICE_MAX};
use kahriz_proto::message::RefusalReason;
use kahriz_relay::log::{Log, MemoryLog, SqliteLog};
use kahriz_relay::testing::{Device, Organisation, token_for};
use kahriz_relay::{Event, RelayConfig, ServerLimits};
use std::sync::Arc;
use std::time::Duration;

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

fn posted(deposit: &Deposit) -> Vec<u8> {
    let body = minicbor::to_vec(deposit).unwrap();
    let head = format!(
        "POST /v1/letters HTTP/1.1\r\nhost: x\r\ncontent-type: application/cbor\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), &body].concat()
}

async fn hand_in(running: &Running, deposit: &Deposit) -> (u16, Option<RefusalReason>) {
    let mut line = running.line().await;
    line.send(&posted(deposit)).await;
    let answer = line.answer().await;
    (answer.status, answer.refusal().filter(|_| answer.status != 200).map(|said| said.reason))
}

async fn page(world: &World, path: &str) -> LetterPage {
    let answer = world.running.get(&world.of, &world.of.headquarters(), path).await;
    assert_eq!(answer.status, 200);
    minicbor::decode(&answer.body).unwrap()
}

impl World {
    fn letter(&self, text: &[u8]) -> Deposit {
        self.officer.deposit(self.of.id(), &self.of.device(90), text)
    }

    async fn delete(&self, device: &Device, path: &str) -> u16 {
        let token = token_for(device, self.of.roster.relay(), b"", now() + 60);
        let mut line = self.running.line().await;
        line.send(&request("DELETE", path, &token, b"")).await;
        line.answer().await.status
    }
}

#[tokio::test]
async fn a_letter_is_left_without_a_token_fetched_by_headquarters_and_then_gone() {
    let world = world().await;
    let (first, second) = (world.letter(b"first"), world.letter(b"second"));
    for deposit in [&first, &first, &second] {
        assert_eq!(hand_in(&world.running, deposit).await, (200, None));
    }
    let kept = page(&world, "/v1/letters").await;
    let texts: Vec<(u64, Deposit)> = kept
        .letters
        .iter()
        .map(|kept| (kept.number, minicbor::decode(&kept.deposit).unwrap()))
        .collect();
    assert_eq!((texts, kept.more), (vec![(1, first), (2, second.clone())], None));
    assert_eq!(page(&world, "/v1/letters?after=1").await.letters.len(), 1);
    let hq = world.of.headquarters();
    assert_eq!(world.delete(&world.officer, "/v1/letters?up_to=1").await, 403);
    assert_eq!(world.delete(&hq, "/v1/letters").await, 400, "how far must be said");
    assert_eq!(page(&world, "/v1/letters").await.letters.len(), 2);
    assert_eq!(world.delete(&hq, "/v1/letters?up_to=1").await, 200);
    assert_eq!(page(&world, "/v1/letters").await.letters[0].number, 2);
    let answer = world.running.get(&world.of, &world.officer, "/v1/letters").await;
    assert_eq!((answer.status, answer.refusal().unwrap().reason), (403, RefusalReason::Role));
}

#[tokio::test]
async fn a_revoked_phone_still_delivers_its_letters() {
    let mut world = world().await;
    let before = world.of.entries.len();
    world.of.revoke(world.officer.id, vec![]);
    let hq = world.of.headquarters();
    world.running.post(&world.of, &hq, "/v1/roster", &world.of.page(before)).await;
    assert_eq!(hand_in(&world.running, &world.letter(b"from the field")).await, (200, None));
    assert_eq!(page(&world, "/v1/letters").await.letters.len(), 1);
}

#[tokio::test]
async fn a_letter_that_does_not_prove_itself_is_refused() {
    let world = world().await;
    let good = world.letter(b"sealed");
    let stranger = world.of.device(99);
    let elsewhere = Organisation::found(2);
    let table = [
        (Deposit { letter: b"other".to_vec(), ..good.clone() }, 400, RefusalReason::Malformed),
        (Deposit { certificate: [0; 64], ..good.clone() }, 400, RefusalReason::Malformed),
        (
            Deposit { device: world.of.headquarters().id, ..good.clone() },
            400,
            RefusalReason::Malformed,
        ),
        (Deposit { device: stranger.id, ..good.clone() }, 403, RefusalReason::NotMember),
        (Deposit { workspace: elsewhere.id(), ..good.clone() }, 403, RefusalReason::NotMember),
        (world.letter(&vec![1; LETTER_BYTES_MAX + 1]), 413, RefusalReason::Limit),
        (world.letter(&vec![1; LETTER_BYTES_MAX + 10_000]), 413, RefusalReason::Limit),
    ];
    for (deposit, status, reason) in table {
        assert_eq!(hand_in(&world.running, &deposit).await, (status, Some(reason)));
    }
    for body in [&b""[..], &[0xa6], &[0xff; 500]] {
        let mut line = world.running.line().await;
        let head = format!(
            "POST /v1/letters HTTP/1.1\r\nhost: x\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        line.send(&[head.as_bytes(), body].concat()).await;
        assert_eq!(line.answer().await.refusal().unwrap().reason, RefusalReason::Malformed);
    }
    assert_eq!(page(&world, "/v1/letters").await.letters, []);
    assert_eq!(hand_in(&world.running, &world.letter(&[1; LETTER_BYTES_MAX])).await, (200, None));
}

#[tokio::test]
async fn letters_come_in_pages_and_one_phone_cannot_leave_too_many() {
    let world = world().await;
    let most = LETTERS_BYTES_PER_DEVICE_MAX / (LETTER_BYTES_MAX + 512);
    for n in 0..=most {
        let letter = world.letter(&vec![u8::try_from(n).unwrap(); LETTER_BYTES_MAX]);
        let expected = if n < most { (200, None) } else { (429, Some(RefusalReason::Limit)) };
        assert_eq!(hand_in(&world.running, &letter).await, expected);
    }
    let (mut after, mut pages) = (0, vec![]);
    loop {
        let page = page(&world, &format!("/v1/letters?after={after}")).await;
        pages.push(page.letters.len());
        after = page.letters.last().unwrap().number;
        if page.more.is_none() {
            break;
        }
    }
    assert_eq!((pages.iter().sum::<usize>(), pages.len()), (most, 5));
    let hq = world.of.headquarters();
    assert_eq!(world.delete(&hq, &format!("/v1/letters?up_to={after}")).await, 200);
    assert_eq!(hand_in(&world.running, &world.letter(b"room again")).await, (200, None));
}

#[tokio::test]
async fn a_nearly_full_disk_takes_no_letter_and_still_shows_those_it_has() {
    let mut of = Organisation::found(1);
    let officer = of.admit_officer(10);
    let dir = tempfile::tempdir().unwrap();
    let letter = officer.deposit(of.id(), &of.device(90), b"sealed");
    let start = async |free_bytes_min| {
        let mut log = None;
        until(async || {
            log = SqliteLog::open(dir.path()).ok();
            log.is_some()
        })
        .await;
        let config = RelayConfig { free_bytes_min, ..RelayConfig::default() };
        let running = Running::start(Arc::new(log.unwrap()), config).await;
        running.relay.register(of.entries.clone()).await.unwrap();
        running
    };
    let running = start(0).await;
    assert_eq!(hand_in(&running, &letter).await, (200, None));
    running.stop().await;
    let running = start(u64::MAX).await;
    let another = officer.deposit(of.id(), &of.device(90), b"another");
    assert_eq!(hand_in(&running, &another).await, (507, Some(RefusalReason::Unavailable)));
    assert_eq!(hand_in(&running, &letter).await, (200, None), "what is there is there");
    let answer = running.get(&of, &of.headquarters(), "/v1/letters").await;
    assert_eq!(minicbor::decode::<LetterPage>(&answer.body).unwrap().letters.len(), 1);
}

#[tokio::test]
async fn headquarters_hears_of_a_letter_and_an_officer_does_not() {
    use tokio::io::AsyncReadExt;
    let world = world().await;
    let mut inside = world.running.relay.listen(world.of.id()).unwrap();
    let mut lines = vec![];
    for device in [world.of.headquarters(), world.officer.clone()] {
        let mut line = world.running.line().await;
        line.send(&get_request(&world.of, &device, "/v1/events")).await;
        lines.push((line, String::new()));
    }
    let frame = world.officer.chain(world.of.scope(1)).seal(b"x");
    until(async || world.running.relay.listen(world.of.id()).is_some()).await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(hand_in(&world.running, &world.letter(b"news")).await, (200, None));
    assert_eq!(inside.recv().await.unwrap(), Event::LetterWaits);
    let push = crate::support::push_only(&world.of);
    world.running.sync(&world.of, &world.officer, &push, &[&frame]).await;
    // The frame comes after the letter: whoever has heard of it has heard of the letter too, or never will.
    for (line, text) in &mut lines {
        let mut buffer = [0; 1_024];
        while !text.contains(&format!("data: {} 1\n\n", world.of.scope(1))) {
            let count = line.stream.read(&mut buffer).await.unwrap();
            assert!(count > 0, "the stream ended: {text}");
            text.push_str(std::str::from_utf8(&buffer[..count]).unwrap());
        }
    }
    assert!(lines[0].1.contains("event: letter\ndata: waits\n\n"));
    assert!(!lines[1].1.contains("letter"));
}

#[tokio::test]
async fn who_holds_no_certificate_cannot_make_the_relay_wait_for_a_letter() {
    let mut of = Organisation::found(1);
    let officer = of.admit_officer(10);
    let log: Arc<dyn Log> = Arc::new(MemoryLog::create().unwrap());
    let limits = ServerLimits { body_window: Duration::from_secs(600), ..ServerLimits::default() };
    let running = Running::start(log, RelayConfig { limits, ..RelayConfig::default() }).await;
    running.relay.register(of.entries.clone()).await.unwrap();
    let forged =
        Deposit { certificate: [0; 64], ..officer.deposit(of.id(), &of.device(90), &[0; 90_000]) };
    let bytes = posted(&forged);
    let mut line = running.line().await;
    line.send(&bytes[..1_000]).await;
    assert_eq!(line.answer().await.status, 400, "refused by its first bytes");
}

#[tokio::test]
async fn a_phone_that_comes_back_ends_the_letter_that_it_left_half_sent() {
    let world = world().await;
    let letter = world.letter(&[3; 50_000]);
    let bytes = posted(&letter);
    let mut dead = world.running.line().await;
    dead.send(&bytes[..20_000]).await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(hand_in(&world.running, &letter).await, (200, None));
    assert_eq!(dead.answer().await.status, 400);
    assert_eq!(page(&world, "/v1/letters").await.letters.len(), 1);
}
