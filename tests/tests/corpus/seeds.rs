//! A sample of every real encoding, from a small world at work.

use kahriz_core::batch::{self, Announcement};
use kahriz_core::crypto;
use kahriz_core::record::{Author, Change, Document, Edit, Write};
use kahriz_core::value::{Scalar, Shape, Vertex};
use kahriz_hq::paper;
use kahriz_proto::bundle::BundleWriter;
use kahriz_proto::cursor::Cursor;
use kahriz_proto::frame::{Frame, FrameRef};
use kahriz_proto::ids::{Incarnation, LogId, RelayId};
use kahriz_proto::item::{PageContent, PageItem, push_item};
use kahriz_proto::letter::{Deposit, KeptLetter, LetterPage};
use kahriz_proto::message::{
    LogState, Partial, PullFrom, Refusal, RefusalReason, RosterPage, SyncAnswer, SyncRequest,
    Verdict,
};
use kahriz_proto::repair::{self, Comparison, RepairAnswer, RepairRequest};
use kahriz_proto::roster::Role;
use kahriz_tests::world::{Insider, Who, World};

type Seed = (&'static str, String, Vec<u8>);

const OWN: LogId = LogId::from_bytes([1; 16]);
const TOKEN_TIME: u64 = 1_773_302_430;

pub(super) fn all() -> Vec<Seed> {
    let mut world = World::new(7);
    let leyla = world.admit("Leyla", Role::Officer, &[0]);
    let insider = Insider::admitted(&mut world, 0);
    let record = works(&mut world, leyla);
    world.settle();
    let frames = frames(&world);
    [
        of_frames(&frames),
        of_exchanges(&world, &frames),
        of_roster(&mut world),
        of_letters(&world, &insider),
        of_repairs(&world, &frames),
        of_insides(),
        of_values(),
        of_typed(record),
        of_desk(&mut world),
    ]
    .concat()
}

fn works(world: &mut World, who: Who) -> String {
    let scope = world.scope(0);
    let mut draft = world.at(who).new_record(scope, "missing_person").unwrap();
    draft.allow_incomplete();
    draft.set_text("full_name", "Əliyev Vaqif").unwrap();
    draft.set_text("last_seen.point", "40.1234,46.75,12.5").unwrap();
    let now = world.now();
    let record = world.at(who).save(&draft, now).unwrap().record;
    kahriz_core::human_id::human_id("AGD", record)
}

fn frames(world: &World) -> Vec<Vec<u8>> {
    let (id, scope, log) = (world.at(Who::HEADQUARTERS).id(), world.scope(0), world.relay.log());
    let last = log.position(id, scope).unwrap();
    (1..=last).map(|position| log.frame(id, scope, position).unwrap().unwrap()).collect()
}

fn seed(target: &'static str, name: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Seed {
    (target, name.into(), bytes.into())
}

fn of_frames(frames: &[Vec<u8>]) -> Vec<Seed> {
    let mut seeds = vec![];
    for (number, frame) in (1..).zip(frames.iter().take(4)) {
        seeds.push(seed("frame", format!("frame-{number}"), frame.clone()));
        let hash = Frame::decode(frame.clone()).unwrap().hash();
        for (name, content) in
            [("frame", PageContent::Frame(frame.clone())), ("own", PageContent::Own(hash))]
        {
            let item = PageItem { scope: 0, position: number, content };
            seeds.push(seed(
                "page-item",
                format!("{name}-{number}"),
                minicbor::to_vec(item).unwrap(),
            ));
        }
    }
    let mut stream = vec![40, 255];
    frames.iter().take(3).for_each(|frame| push_item(&mut stream, frame));
    seeds.push(seed("items", "three-frames", stream));
    seeds.push(seed("items", "small-ones", [3, 1, 2, 7, 7, 1, 9, 0, 5, 1]));
    seeds
}

fn of_exchanges(world: &World, frames: &[Vec<u8>]) -> Vec<Seed> {
    let full = SyncRequest {
        cursors: vec![Cursor::start(world.scope(0)), Cursor::start(world.scope(1))],
        roster: 4,
        page_bytes: 9_000,
        push_offset: Some(40),
        pull_from: Some(PullFrom { scope: 0, position: 3, offset: 70 }),
        ask_logs: Some(true),
        compares: Some(true),
    };
    let plain = SyncRequest { push_offset: None, pull_from: None, ..full.clone() };
    let answer = SyncAnswer {
        verdicts: Some(vec![Verdict::Stored, Verdict::Duplicate, Verdict::Gap]),
        received: Some(3),
        logs: Some(vec![LogState { log: OWN, seq: 3, tag: [1; 8] }]),
        partial: Some(Partial { len: 900, tag: [2; 8] }),
        roster: Some(13),
        restart: Some(vec![0]),
        incarnation: Some(Incarnation::from_bytes([5; 8])),
        more: Some(true),
        resumed: Some(true),
        not_granted: Some(vec![1]),
    };
    let refusal = Refusal { reason: RefusalReason::Clock, relay_time: 1_773_302_400 };
    let control = minicbor::to_vec(&plain).unwrap();
    let body = |frames: &[Vec<u8>]| {
        let mut body = vec![];
        push_item(&mut body, &control);
        frames.iter().for_each(|frame| push_item(&mut body, frame));
        body
    };
    vec![
        seed("sync-request", "full", minicbor::to_vec(&full).unwrap()),
        seed("sync-request", "plain", control.clone()),
        seed("sync-answer", "full", minicbor::to_vec(answer).unwrap()),
        seed("sync-answer", "empty", minicbor::to_vec(SyncAnswer::default()).unwrap()),
        seed("sync-answer", "refusal", minicbor::to_vec(refusal).unwrap()),
        seed("http", "pulls", body(&[])),
        seed("http", "pushes", body(&frames[..2])),
        seed("http", "cut", &body(&frames[..1])[..120]),
    ]
}

fn of_roster(world: &mut World) -> Vec<Seed> {
    world.ask_to_join("Gülnar");
    let join = minicbor::to_vec(world.waiting_joins().pop().unwrap()).unwrap();
    let page = kahriz_proto::join::JoinPage { joins: vec![join.clone().into()] };
    let entries = world.at(Who::HEADQUARTERS).roster_entries(0).unwrap();
    let rosters = |entries: &[Vec<u8>]| {
        let entries = entries.iter().cloned().map(Into::into).collect();
        minicbor::to_vec(RosterPage { entries, keys: None }).unwrap()
    };
    let mut seeds = vec![
        seed("join", "join", join),
        seed("join", "page", minicbor::to_vec(page).unwrap()),
        seed("roster", "three", rosters(&entries[..3])),
        seed("roster", "founding", rosters(&entries[..6])),
    ];
    let numbered = (1..).zip(entries.into_iter().take(6));
    seeds.extend(
        numbered.map(|(number, entry)| seed("roster-entry", format!("entry-{number}"), entry)),
    );
    seeds
}

fn of_letters(world: &World, insider: &Insider) -> Vec<Seed> {
    let workspace = world.at(Who::HEADQUARTERS).id();
    let depositing = crypto::SigningSecret::from_seed(&[8; 32]);
    let (key, letter) = (depositing.public(), b"sealed to headquarters".to_vec());
    let device = insider.secrets.device();
    let deposit = Deposit {
        workspace,
        device,
        key,
        certificate: insider.secrets.sign(&Deposit::certificate_message(workspace, &key)),
        signature: depositing.sign(&Deposit::message(workspace, device, &letter)),
        letter,
    };
    let deposit = minicbor::to_vec(deposit).unwrap();
    let kept = KeptLetter { number: 4, deposit: deposit.clone() };
    let page = LetterPage { letters: vec![kept], more: Some(true) };
    let mut rng = <rand_chacha::ChaCha20Rng as rand::SeedableRng>::seed_from_u64(3);
    let relay = RelayId::from_bytes([6; 8]);
    let token = crypto::token(&depositing, relay, TOKEN_TIME, b"control", &mut rng);
    vec![
        seed("deposit", "deposit", deposit),
        seed("deposit", "page", minicbor::to_vec(page).unwrap()),
        seed("token", "token", token.clone()),
        seed("token", "token-without-signature", token.rsplit_once('.').unwrap().0),
    ]
}

fn of_repairs(world: &World, frames: &[Vec<u8>]) -> Vec<Seed> {
    let (id, scope, log) = (world.at(Who::HEADQUARTERS).id(), world.scope(0), world.relay.log());
    let heads = log.heads(id, scope).unwrap();
    let question = Comparison::new(heads[..1].to_vec()).question();
    let wants = heads.iter().map(|head| FrameRef { log: head.log, seq: 0 }).collect();
    let asks = RepairRequest {
        scope,
        ranges: question.clone(),
        wants: Some(wants),
        bytes: 9_000,
        held: None,
    };
    let ranges = repair::answer(&heads, &question.unwrap()).ok();
    let tells = RepairAnswer { end: Cursor::start(scope), ranges, more: Some(true), resumed: None };
    let asks = minicbor::to_vec(asks).unwrap();
    let mut body = vec![];
    push_item(&mut body, &asks);
    vec![
        seed("repair", "asks", asks),
        seed("repair", "tells", minicbor::to_vec(tells).unwrap()),
        seed("http", "repairs", body),
        seed("bundle", "whole", [vec![40], bundle(world, frames)].concat()),
        seed("bundle", "damaged", [&[200], &bundle(world, frames)[30..]].concat()),
    ]
}

fn bundle(world: &World, frames: &[Vec<u8>]) -> Vec<u8> {
    let hq = world.at(Who::HEADQUARTERS);
    let mut writer = BundleWriter::new(hq.id());
    let entries = hq.roster_entries(0).unwrap().into_iter().take(3).map(Into::into).collect();
    writer.roster_page(&RosterPage { entries, keys: None }).unwrap();
    frames.iter().take(2).for_each(|frame| writer.frame(frame).unwrap());
    writer.finish()
}

/// A record created and edited, as a chunk, as a batch, and packed.
fn of_insides() -> Vec<Seed> {
    let author = Author { log: OWN, claimed_s: 1_773_302_400, reason: None };
    let write = |key: &str, value: &str| Write {
        key: key.to_owned(),
        value: Scalar::from(value),
        mergeable: key == "narrative",
    };
    let first =
        [write("full_name", "Əliyev Vaqif"), write("narrative", "Last seen near the mill.")];
    let (mut document, created) = Document::create(&first, &author).unwrap();
    let author = Author { claimed_s: 1_773_302_460, reason: Some("seen at the clinic"), log: OWN };
    let base = document.heads();
    let edited = document.edit(&base, &[write("case_status", "located_alive")], &author).unwrap();
    let Edit::Changed(edited) = edited else { panic!("the edit changes something") };
    let says = Announcement::Profile { officer: "Leyla".into(), device: "phone".into() };
    let batch = batch_of(&created, &edited, &says);
    vec![
        seed("change", "created", created.chunk()),
        seed("change", "edited", edited.chunk()),
        seed("batch-plain", "record-edit-name", batch.clone()),
        seed(
            "batch-plain",
            "name",
            batch::write(OWN, &[], &[batch::Entry::Announcement(says.clone())]).unwrap(),
        ),
        seed("batch", "record-edit-name", batch::pack(&batch).unwrap()),
        seed("batch", "empty", batch::pack(&[]).unwrap()),
        seed("announcement", "profile", minicbor::to_vec(says).unwrap()),
        seed(
            "announcement",
            "merged",
            minicbor::to_vec(Announcement::Merged { logs: vec![], backed_up: None }).unwrap(),
        ),
    ]
}

fn batch_of(created: &Change, edited: &Change, says: &Announcement) -> Vec<u8> {
    let record = batch::Reference { creator: OWN, counter: 5 };
    let place = batch::Place { log: OWN, seq: 1 };
    let known = [batch::Known { place, id: created.id(), max_op: created.max_op() }];
    let outbound = |change| batch::Outbound { record, kind: 1, chunk: change, known: &known };
    let entries = [
        batch::Entry::Change(outbound(created.chunk())),
        batch::Entry::Change(outbound(edited.chunk())),
        batch::Entry::Announcement(says.clone()),
    ];
    batch::write(OWN, &[LogId::from_bytes([2; 16])], &entries).unwrap()
}

fn of_values() -> Vec<Seed> {
    let point = kahriz_core::value::Point::from_degrees(40.1234, 46.75, Some(12.5)).unwrap();
    let corners = [(40.1, 46.9), (40.2, 46.9), (40.2, 47.0), (40.1, 47.05)];
    let ring = corners.map(|(lat, lon)| Vertex::from_degrees(lat, lon).unwrap());
    let mut seeds = vec![
        seed("value", "point", point.encode()),
        seed("value", "shape", Shape::new(ring.to_vec()).unwrap().encode()),
    ];
    let texts = ["1993-02", "2026-03-12T08:00:00+04:00", "12.50", "-7", "Əliyev", "photo.jpg"];
    seeds.extend(
        (1..).zip(texts).map(|(number, text)| seed("value", format!("text-{number}"), text)),
    );
    seeds
}

fn of_typed(record: String) -> Vec<Seed> {
    let typed = [
        "1993-02",
        "40.1234,46.75,12.5",
        "12,5",
        "bəli",
        "open",
        "a; b; c",
        r#"{"full_name":"Vaqif","relatives":[{"name":"Lalə"}]}"#,
        r#"{"lat":40.1,"lon":46.9}"#,
        r#"[{"lat":40.1,"lon":46.9},{"lat":40.2,"lon":46.9},{"lat":40.2,"lon":47.0}]"#,
        "relatives.1.name=Lalə",
    ];
    let mut seeds: Vec<Seed> = vec![
        seed("human-id", "written", record.clone()),
        seed("human-id", "typed", record.to_lowercase().replace('-', " ")),
    ];
    for (kind, field) in [(0, 12), (0, 22), (1, 5), (1, 14), (2, 9)] {
        for (number, text) in (1..).zip(typed) {
            let bytes = [&[kind, field], text.as_bytes()].concat();
            seeds.push(seed("input", format!("kind-{kind}-field-{field}-{number}"), bytes));
        }
    }
    seeds
}

fn of_desk(world: &mut World) -> Vec<Seed> {
    let invite = paper::write_invite(&world.invite());
    let lines = include_str!("../../data/records-1000.jsonl");
    let mut seeds = vec![
        seed("invite", "invite", invite),
        seed("invite", "seed", paper::write_seed(&[7; 32]).to_string()),
        seed(
            "mapping",
            "records-1000",
            include_str!("../../../server/hq/mappings/records-1000.toml"),
        ),
        seed("mapping", "small", "name = \"x\"\nkind_key = \"kind\"\n"),
        seed(
            "import",
            "own",
            r#"{"kind":"missing_person","full_name":"Vaqif","last_seen.from":"1993-02"}"#,
        ),
    ];
    let some = lines.lines().step_by(97).take(6);
    seeds.extend(
        (1..).zip(some).map(|(number, line)| seed("import", format!("line-{number}"), line)),
    );
    seeds
}
