//! Two organisations on one relay, one of which tries everything: whatever it asks, it hears nothing of the other's and
//! moves nothing there.

use crate::support::{Answer, Line, Running, items, now, push_only, request};
use kahriz_proto::cursor::{Cursor, Rolling};
use kahriz_proto::frame::{Frame, FrameRef};
use kahriz_proto::item::push_item;
use kahriz_proto::letter::Deposit;
use kahriz_proto::message::SyncRequest;
use kahriz_proto::repair::{Comparison, RepairRequest};
use kahriz_proto::roster::Role;
use kahriz_relay::log::{Log, MemoryLog};
use kahriz_relay::testing::{Device, Organisation, token_for};
use kahriz_relay::{Registration, RelayConfig};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use std::sync::Arc;
use std::time::Duration;

/// One organisation and what it has left at the relay.
struct Side {
    of: Organisation,
    officer: Device,
    invite: Device,
    /// Stored at the relay.
    stored: Frame,
    /// The next of the same log, which the relay has never seen.
    unseen: Frame,
    join: Vec<u8>,
    letter: Deposit,
}

impl Side {
    fn new(number: u8) -> Self {
        let mut of = Organisation::found(number);
        let officer = of.admit(10, Role::Officer, &[1], None);
        let invite = of.invite(30, now() + 3_600);
        let mut chain = officer.chain(of.scope(1));
        let (stored, unseen) = (chain.seal(b"sealed once"), chain.seal(b"sealed twice"));
        let join = of.device(20).join(&invite);
        let letter = officer.deposit(of.id(), &of.device(90), b"a sealed letter");
        Self { of, officer, invite, stored, unseen, join, letter }
    }

    async fn settle(&self, running: &Running) {
        running.relay.register(self.of.entries.clone()).await.unwrap();
        running.sync(&self.of, &self.officer, &push_only(&self.of), &[&self.stored]).await;
        let joined = running.post(&self.of, &self.invite, "/v1/joins", &self.join).await;
        assert_eq!(joined.status, 200);
        let letter = minicbor::to_vec(&self.letter).unwrap();
        let left = running.post(&self.of, &self.officer, "/v1/letters", &letter).await;
        assert_eq!(left.status, 200);
    }

    fn signer(&self, who: u8) -> Device {
        match who {
            0 => self.of.headquarters(),
            1 => self.officer.clone(),
            2 => self.invite.clone(),
            3 => self.of.device(1),
            _ => self.of.device(99),
        }
    }
}

/// Everything that the relay holds of an organisation.
fn held(log: &MemoryLog, side: &Side) -> impl PartialEq + std::fmt::Debug + use<> {
    let id = side.of.id();
    (
        log.roster(id, 0, usize::MAX).unwrap(),
        log.listing(id, side.of.scope(1), 0, 1_000).unwrap(),
        log.log_states(id, side.officer.id).unwrap(),
        log.joins(id).unwrap(),
        log.letters(id, 0, usize::MAX).unwrap(),
        log.forks(id).unwrap(),
    )
}

/// One request of ours: who signs it, for whom, where to, and with how much of theirs in it.
#[derive(Clone, Copy, Debug)]
struct Try {
    signer: u8,
    for_them: bool,
    endpoint: u8,
    theirs_in_body: bool,
    number: u64,
    variant: u8,
}

fn tries() -> impl Strategy<Value = Try> {
    (0..5_u8, any::<bool>(), 0..11_u8, any::<bool>(), 0..4_u64, any::<u8>()).prop_map(
        |(signer, for_them, endpoint, theirs_in_body, number, variant)| Try {
            signer,
            for_them,
            endpoint,
            theirs_in_body,
            number,
            variant,
        },
    )
}

/// The endpoint whose answer has no end.
const EVENTS: u8 = 10;

/// The request by the byte.
fn written(ours: &Side, theirs: &Side, it: Try) -> Vec<u8> {
    let whose = if it.theirs_in_body { theirs } else { ours };
    let relay = if it.for_them { theirs.of.roster.relay() } else { ours.of.roster.relay() };
    let signer = ours.signer(it.signer);
    let send = |method, path: &str, signed: &[u8], body: &[u8]| {
        request(method, path, &token_for(&signer, relay, signed, now() + 60), body)
    };
    let get = |path: &str| send("GET", path, b"", b"");
    let post = |path, body: &[u8]| send("POST", path, body, body);
    let after = usize::try_from(it.number).unwrap();
    match it.endpoint {
        0 => {
            let (control, items) = sync_body(ours, theirs, it);
            send("POST", "/v1/sync", &control, &[framed(&control), items].concat())
        }
        1 => get(&format!("/v1/roster?after={after}")),
        2 => post("/v1/roster", &whose.of.page(after)),
        3 => post("/v1/workspaces", &whose.of.page(after)),
        4 => get("/v1/joins"),
        5 => post("/v1/joins", &whose.join),
        6 => get(&format!("/v1/letters?after={after}")),
        7 => post("/v1/letters", &minicbor::to_vec(letter(ours, theirs, it)).unwrap()),
        8 => send("DELETE", &format!("/v1/letters?up_to={}", after * 1_000), b"", b""),
        9 => {
            let control = minicbor::to_vec(repair(whose, theirs, it)).unwrap();
            send("POST", "/v1/repair", &control, &framed(&control))
        }
        _ => get("/v1/events"),
    }
}

fn framed(control: &[u8]) -> Vec<u8> {
    let mut body = vec![];
    push_item(&mut body, control);
    body
}

/// Their log, asked for in a scope of theirs or of ours.
fn repair(whose: &Side, theirs: &Side, it: Try) -> RepairRequest {
    let wants = vec![FrameRef { log: theirs.stored.preamble().log(), seq: it.number }];
    let ranges = Comparison::new(vec![]).question();
    RepairRequest {
        scope: whose.of.scope(1),
        ranges,
        wants: Some(wants),
        bytes: 1 << 20,
        held: None,
    }
}

fn sync_body(ours: &Side, theirs: &Side, it: Try) -> (Vec<u8>, Vec<u8>) {
    let mut cursors = vec![Cursor::start(theirs.of.scope(1))];
    cursors[0].position = it.number;
    cursors[0].rolling = Rolling([it.variant; 16]);
    if it.variant.is_multiple_of(2) {
        cursors.push(Cursor::start(ours.of.scope(1)));
    }
    let sync = SyncRequest {
        cursors,
        roster: it.number,
        page_bytes: 1 << 20,
        ask_logs: Some(true),
        push_offset: it.variant.is_multiple_of(5).then_some(7),
        ..SyncRequest::default()
    };
    let into_their_scope = ours.signer(it.signer).chain(theirs.of.scope(1)).seal(b"ours");
    let pushed = match it.variant % 4 {
        0 => items(&[&theirs.stored, &theirs.unseen]),
        1 => items(&[&into_their_scope]),
        2 => items(&[&theirs.unseen, &into_their_scope, &theirs.stored]),
        _ => vec![],
    };
    (minicbor::to_vec(sync).unwrap(), pushed)
}

/// A letter of ours, or one of theirs of which something is not theirs.
fn letter(ours: &Side, theirs: &Side, it: Try) -> Deposit {
    let own = ours.signer(it.signer).deposit(ours.of.id(), &ours.of.device(90), b"ours");
    let (workspace, device) = (theirs.of.id(), theirs.officer.id);
    match it.variant % 4 {
        0 => Deposit { workspace, ..own },
        1 => Deposit { workspace, device, ..own },
        2 => Deposit { letter: own.letter, ..theirs.letter.clone() },
        _ => ours.signer(it.signer).deposit(workspace, &ours.of.device(90), b"ours"),
    }
}

/// The answer; of an event stream as much as comes at once.
async fn answer(mut line: Line, it: Try) -> Vec<u8> {
    let whole = async {
        let Answer { head, body, .. } = line.answer().await;
        [head.into_bytes(), body].concat()
    };
    match tokio::time::timeout(
        Duration::from_secs(if it.endpoint == EVENTS { 1 } else { 20 }),
        whole,
    )
    .await
    {
        Ok(bytes) => bytes,
        Err(_) => {
            assert_eq!(it.endpoint, EVENTS, "an answer has to come");
            vec![]
        }
    }
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

#[test]
fn whatever_an_organisation_asks_it_hears_and_moves_nothing_of_anothers() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (ours, theirs) = (Side::new(1), Side::new(2));
    let log = Arc::new(MemoryLog::create().unwrap());
    let config = RelayConfig { registration: Registration::Open, ..RelayConfig::default() };
    let running = runtime.block_on(async {
        let running = Running::start(log.clone(), config).await;
        ours.settle(&running).await;
        theirs.settle(&running).await;
        running
    });
    let before = held(&log, &theirs);
    let keys = [theirs.of.headquarters(), theirs.officer.clone(), theirs.of.device(1)];
    let keys: Vec<[u8; 32]> = keys.iter().map(|device| *device.public().as_bytes()).collect();
    let mut secrets: Vec<&[u8]> = keys.iter().map(|key| &key[..]).collect();
    secrets.push(theirs.stored.bytes());
    let their_log = theirs.stored.preamble().log();
    secrets.push(their_log.as_bytes());
    secrets.push(&theirs.letter.signature);
    secrets.push(&theirs.join);
    let mut runner =
        TestRunner::new(Config { cases: 400, failure_persistence: None, ..Config::default() });
    let outcome = runner.run(&tries(), |it| {
        let bytes = runtime.block_on(async {
            let mut line = running.line().await;
            line.send(&written(&ours, &theirs, it)).await;
            answer(line, it).await
        });
        for secret in &secrets {
            prop_assert!(!contains(&bytes, secret), "something of theirs came back");
        }
        prop_assert!(held(&log, &theirs) == before, "something of theirs has moved");
        Ok(())
    });
    outcome.unwrap();
    // The same questions do bring an answer to those whose it is: the test can see what it looks for.
    let seen = runtime.block_on(async {
        let page = running.get(&theirs.of, &theirs.of.headquarters(), "/v1/letters").await.body;
        let roster = running.get(&theirs.of, &theirs.officer, "/v1/roster").await.body;
        [page, roster].concat()
    });
    assert!(contains(&seen, &theirs.letter.signature) && contains(&seen, &keys[0]));
}
