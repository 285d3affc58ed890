//! Who is let in, by whom, and who is shown out.

use crate::support::{Running, from_start, get_request, now, push_only, request, until};
use kahriz_proto::frame::FrameRef;
use kahriz_proto::ids::RelayId;
use kahriz_proto::join::JoinPage;
use kahriz_proto::message::{RefusalReason, RosterPage, Verdict};
use kahriz_proto::roster::Role;
use kahriz_relay::log::MemoryLog;
use kahriz_relay::testing::{Organisation, token_for};
use kahriz_relay::{Event, Registration, RelayConfig};
use std::sync::Arc;
use tokio::io::AsyncReadExt;

async fn relay(registration: Registration) -> Running {
    let config = RelayConfig { registration, ..RelayConfig::default() };
    Running::start(Arc::new(MemoryLog::create().unwrap()), config).await
}

#[tokio::test]
async fn a_workspace_is_registered_by_its_headquarters_and_saying_it_again_changes_nothing() {
    let running = relay(Registration::Open).await;
    let mut of = Organisation::found(1);
    let hq = of.headquarters();
    for _ in 0..2 {
        let answer = running.post(&of, &hq, "/v1/workspaces", &of.page(0)).await;
        assert_eq!((answer.status, &answer.body[..]), (200, &[0xa0][..]));
    }
    // A relay that was restored from a backup is brought up to date in the same way.
    let officer = of.admit_officer(10);
    assert_eq!(running.post(&of, &hq, "/v1/workspaces", &of.page(0)).await.status, 200);
    assert_eq!(running.relay.roster_seq(of.id()), Some(of.roster.seq()));
    let answer = running.post(&of, &officer, "/v1/workspaces", &of.page(0)).await;
    assert_eq!(answer.refusal().unwrap().reason, RefusalReason::Role);
    let answer = running.post(&of, &of.device(99), "/v1/workspaces", &of.page(0)).await;
    assert_eq!(answer.refusal().unwrap().reason, RefusalReason::NotMember);
    let answer = running.post(&of, &hq, "/v1/workspaces", &of.page(1)).await;
    assert_eq!(answer.refusal().unwrap().reason, RefusalReason::Malformed);
}

#[tokio::test]
async fn registration_needs_the_secret_where_there_is_one() {
    let of = Organisation::found(1);
    let body = of.page(0);
    let register = async |running: &Running, secret: &str| {
        let token = token_for(&of.headquarters(), of.roster.relay(), &body, now() + 60);
        let bytes = request("POST", "/v1/workspaces", &token, &body);
        let text = format!("POST /v1/workspaces HTTP/1.1\r\nx-kahriz-registration: {secret}\r\n");
        let skip = "POST /v1/workspaces HTTP/1.1\r\n".len();
        let mut line = running.line().await;
        line.send(&[text.as_bytes(), &bytes[skip..]].concat()).await;
        line.answer().await.status
    };
    let running = relay(Registration::Secret("a long enough secret".to_owned())).await;
    assert_eq!(register(&running, "").await, 403);
    assert_eq!(register(&running, "a long enough secreT").await, 403);
    assert_eq!(register(&running, "a long enough secret").await, 200);
    let running = relay(Registration::Closed).await;
    assert_eq!(register(&running, "").await, 403);
}

#[tokio::test]
async fn a_newcomer_joins_waits_and_becomes_a_member() {
    let mut of = Organisation::found(1);
    let invite = of.invite(30, now() + 600);
    let running = Running::with(&of).await;
    let newcomer = of.device(20);
    assert_eq!(running.get(&of, &invite, "/v1/roster").await.status, 200);
    let answer = running.try_sync(&of, &invite, &push_only(&of), &[]).await;
    assert_eq!(answer.refusal().unwrap().reason, RefusalReason::Role, "an invite only asks");
    let mut events = running.relay.listen(of.id()).unwrap();
    let join = newcomer.join(&invite);
    for _ in 0..2 {
        assert_eq!(running.post(&of, &invite, "/v1/joins", &join).await.status, 200);
    }
    assert_eq!(events.recv().await.unwrap(), Event::JoinWaits);
    let forged = of.device(21).join(&of.device(31));
    let answer = running.post(&of, &invite, "/v1/joins", &forged).await;
    assert_eq!(answer.refusal().unwrap().reason, RefusalReason::Malformed);
    let hq = of.headquarters();
    let waiting = async |of: &Organisation| -> JoinPage {
        minicbor::decode(&running.get(of, &hq, "/v1/joins").await.body).unwrap()
    };
    assert_eq!(waiting(&of).await.joins, [minicbor::bytes::ByteVec::from(join.clone())]);
    let answer = running.get(&of, &newcomer, "/v1/roster").await;
    assert_eq!(answer.refusal().unwrap().reason, RefusalReason::NotMember);
    let before = of.entries.len();
    of.admit(20, Role::Officer, &[1], Some(invite.id));
    assert_eq!(running.post(&of, &hq, "/v1/roster", &of.page(before)).await.status, 200);
    assert!(waiting(&of).await.joins.is_empty());
    let path = format!("/v1/roster?after={before}");
    let page: RosterPage =
        minicbor::decode(&running.get(&of, &newcomer, &path).await.body).unwrap();
    assert_eq!(page.entries.len(), 1);
    assert_eq!(running.get(&of, &invite, "/v1/roster").await.status, 200);
    running.sync(&of, &newcomer, &from_start(&of, &[of.scope(1)]), &[]).await;
    let answer = running.get(&of, &newcomer, "/v1/joins").await;
    assert_eq!(answer.refusal().unwrap().reason, RefusalReason::Role);
}

#[tokio::test]
async fn an_invite_that_has_ended_opens_nothing_unless_its_join_waits() {
    let mut of = Organisation::found(1);
    let old = of.invite(30, now() - 1);
    let short = of.invite(31, now() + 2);
    let running = Running::with(&of).await;
    let answer = running.get(&of, &old, "/v1/roster").await;
    assert_eq!(answer.refusal().unwrap().reason, RefusalReason::NotMember);
    let join = of.device(20).join(&old);
    let answer = running.post(&of, &old, "/v1/joins", &join).await;
    assert_eq!(answer.refusal().unwrap().reason, RefusalReason::NotMember);
    let join = of.device(21).join(&short);
    assert_eq!(running.post(&of, &short, "/v1/joins", &join).await.status, 200);
    tokio::time::sleep(std::time::Duration::from_millis(2_100)).await;
    assert_eq!(running.get(&of, &short, "/v1/roster").await.status, 200);
}

#[tokio::test]
async fn the_root_reads_and_extends_the_roster_and_does_nothing_else() {
    let mut of = Organisation::found(1);
    let running = Running::with(&of).await;
    let root = of.device(1);
    let own = RelayId::of_root(&root.public());
    let ask = async |method: &str, path: &str, audience: RelayId, body: &[u8]| {
        let token = token_for(&root, audience, body, now() + 60);
        let mut line = running.line().await;
        line.send(&request(method, path, &token, body)).await;
        line.answer().await
    };
    let answer = ask("GET", "/v1/roster", own, &[]).await;
    let page: RosterPage = minicbor::decode(&answer.body).unwrap();
    assert_eq!(page.entries.len(), of.entries.len());
    let answer = ask("GET", "/v1/roster", of.roster.relay(), &[]).await;
    assert_eq!(answer.refusal().unwrap().reason, RefusalReason::Token, "its own audience only");
    for path in ["/v1/joins", "/v1/letters", "/v1/events"] {
        let answer = ask("GET", path, own, &[]).await;
        assert_eq!(answer.refusal().unwrap().reason, RefusalReason::Role, "{path}");
    }
    let join = of.device(21).join(&root);
    let answer = ask("POST", "/v1/joins", own, &join).await;
    assert_eq!(answer.refusal().unwrap().reason, RefusalReason::Role);
    let before = of.entries.len();
    of.admit_officer(11);
    assert_eq!(ask("POST", "/v1/roster", own, &of.page(before)).await.status, 200);
    assert_eq!(running.relay.roster_seq(of.id()), Some(of.roster.seq()));
    // Another organisation's root is a stranger here.
    let other = Organisation::found(2).device(1);
    let token = token_for(&other, RelayId::of_root(&other.public()), &[], now() + 60);
    let mut line = running.line().await;
    line.send(&request("GET", "/v1/roster", &token, &[])).await;
    assert_eq!(line.answer().await.refusal().unwrap().reason, RefusalReason::NotMember);
    // A member does not become more by naming the root's audience.
    let token = token_for(&of.headquarters(), own, &[], now() + 60);
    let mut line = running.line().await;
    line.send(&request("GET", "/v1/roster", &token, &[])).await;
    assert_eq!(line.answer().await.refusal().unwrap().reason, RefusalReason::Token);
}

#[tokio::test]
async fn only_headquarters_moves_the_roster_and_only_from_its_end() {
    let mut of = Organisation::found(1);
    let officer = of.admit_officer(10);
    let running = Running::with(&of).await;
    let before = of.entries.len();
    of.admit_officer(11);
    let hq = of.headquarters();
    let answer = running.post(&of, &officer, "/v1/roster", &of.page(before)).await;
    assert_eq!((answer.status, answer.refusal().unwrap().reason), (403, RefusalReason::Role));
    let answer = running.post(&of, &hq, "/v1/roster", &of.page(before - 1)).await;
    assert_eq!(
        (answer.status, answer.refusal().unwrap().reason),
        (409, RefusalReason::RosterMoved)
    );
    assert_eq!(running.post(&of, &hq, "/v1/roster", &of.page(before)).await.status, 200);
    assert_eq!(running.relay.roster_seq(of.id()), Some(of.roster.seq()));
}

#[tokio::test]
async fn a_revoked_phone_is_refused_at_once_and_believed_only_up_to_its_last_good_frame() {
    let mut of = Organisation::found(1);
    let officer = of.admit_officer(10);
    let running = Running::with(&of).await;
    let hq = of.headquarters();
    let mut chain = officer.chain(of.scope(1));
    let (first, second) = (chain.seal(b"good"), chain.seal(b"too late"));
    let before = of.entries.len();
    of.revoke(officer.id, vec![FrameRef { log: chain.log(), seq: 1 }]);
    running.post(&of, &hq, "/v1/roster", &of.page(before)).await;
    let answer = running.try_sync(&of, &officer, &push_only(&of), &[]).await;
    assert_eq!((answer.status, answer.refusal().unwrap().reason), (403, RefusalReason::Revoked));
    let (answer, _) = running.sync(&of, &hq, &push_only(&of), &[&first, &second]).await;
    assert_eq!(answer.verdicts, Some(vec![Verdict::Stored, Verdict::NotMember]));
}

/// Headquarters has burned, its relay too: who holds the root key brings the roster to another relay and makes a new
/// admin, and with it a new headquarters.
#[tokio::test]
async fn what_a_phone_has_under_way_ends_at_once_when_it_is_revoked() {
    use kahriz_relay::log::Log;
    let mut of = Organisation::found(1);
    let officer = of.admit_officer(10);
    let log = Arc::new(MemoryLog::create().unwrap());
    let running = Running::start(log.clone(), RelayConfig::default()).await;
    running.relay.register(of.entries.clone()).await.unwrap();
    let hq = of.headquarters();
    let mut chain = officer.chain(of.scope(1));
    let frames = [chain.seal(&[1; 1_000]), chain.seal(&[2; 40_000]), chain.seal(&[3; 1_000])];
    let all = crate::support::items(&[&frames[0], &frames[1], &frames[2]]);
    let whole = crate::support::sync_request(&of, &officer, &push_only(&of), &all);
    // The first frame is whole, the second half way, and nothing more comes.
    let mut line = running.line().await;
    let sent = whole.len() - all.len() + 1_000 + 20_000;
    line.send(&whole[..sent]).await;
    until(async || log.position(of.id(), of.scope(1)).unwrap() == 1).await;
    let before = of.entries.len();
    of.revoke(officer.id, vec![FrameRef { log: chain.log(), seq: 1 }]);
    running.post(&of, &hq, "/v1/roster", &of.page(before)).await;
    let answer = tokio::time::timeout(std::time::Duration::from_secs(5), line.answer()).await;
    let answer = answer.expect("at once, not when the line is given up");
    assert_eq!((answer.status, answer.refusal().unwrap().reason), (403, RefusalReason::Revoked));
    let answer = running.try_sync(&of, &officer, &push_only(&of), &[]).await;
    assert_eq!(answer.refusal().unwrap().reason, RefusalReason::Revoked, "and later ones too");
    assert_eq!(log.position(of.id(), of.scope(1)).unwrap(), 1, "nothing more was taken");
    // It reads the entry that says so, because it believes that only when it is signed, and none after it.
    let until = of.entries.len();
    of.admit_officer(99);
    running.post(&of, &hq, "/v1/roster", &of.page(until)).await;
    let answer = running.get(&of, &officer, "/v1/roster").await;
    let page: RosterPage = minicbor::decode(&answer.body).unwrap();
    assert_eq!(page.entries.len(), until);
}

#[tokio::test]
async fn a_page_on_its_way_to_a_phone_ends_when_it_is_revoked() {
    use tokio::io::AsyncReadExt;
    let mut of = Organisation::found(1);
    let officer = of.admit_officer(10);
    let running = Running::with(&of).await;
    let hq = of.headquarters();
    let mut chain = hq.chain(of.scope(1));
    let frames: Vec<_> = (0..16).map(|n| chain.seal(&[n; 250_000])).collect();
    running.sync(&of, &hq, &push_only(&of), &frames.iter().collect::<Vec<_>>()).await;
    let mut request = from_start(&of, &[of.scope(1)]);
    request.page_bytes = 4 * 1024 * 1024;
    // A narrow window keeps most of the page on the relay's side.
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(8 * 1024).unwrap();
    let mut stream = socket.connect(running.address.parse().unwrap()).await.unwrap();
    let bytes = crate::support::sync_request(&of, &officer, &request, &[]);
    tokio::io::AsyncWriteExt::write_all(&mut stream, &bytes).await.unwrap();
    let mut buffer = vec![0; 64 * 1024];
    let mut read = stream.read(&mut buffer).await.unwrap();
    let before = of.entries.len();
    of.revoke(officer.id, vec![]);
    running.post(&of, &hq, "/v1/roster", &of.page(before)).await;
    while let Ok(count @ 1..) = stream.read(&mut buffer).await {
        read += count;
    }
    assert!(read < 3_900_000, "{read} bytes of some 4,000,000 had come before or were under way");
}

#[tokio::test]
async fn events_say_where_a_scope_stands_and_end_with_membership() {
    let mut of = Organisation::found(1);
    let officer = of.admit_officer(10);
    let running = Running::with(&of).await;
    let hq = of.headquarters();
    let mut line = running.line().await;
    line.send(&get_request(&of, &officer, "/v1/events")).await;
    let mut text = String::new();
    read_until(&mut line, &mut text, ":\n\n").await;
    assert!(text.to_lowercase().contains("content-type: text/event-stream"));
    let frame = hq.chain(of.scope(1)).seal(b"news");
    running.sync(&of, &hq, &push_only(&of), &[&frame]).await;
    let expected = format!("data: {} 1\n\n", of.scope(1));
    read_until(&mut line, &mut text, &expected).await;
    let before = of.entries.len();
    of.revoke(officer.id, vec![]);
    running.post(&of, &hq, "/v1/roster", &of.page(before)).await;
    read_until(&mut line, &mut text, "0\r\n\r\n").await;
}

async fn read_until(line: &mut crate::support::Line, text: &mut String, expected: &str) {
    let mut buffer = [0; 1_024];
    while !text.contains(expected) {
        let read =
            tokio::time::timeout(std::time::Duration::from_secs(5), line.stream.read(&mut buffer));
        let count = read.await.expect("in time").unwrap();
        assert!(count > 0, "the stream ended: {text}");
        text.push_str(std::str::from_utf8(&buffer[..count]).unwrap());
    }
}

#[tokio::test]
async fn two_organisations_cannot_have_the_same_relay_id() {
    let running = relay(Registration::Open).await;
    let of = Organisation::found(1);
    running.relay.register(of.entries.clone()).await.unwrap();
    let squatter = Organisation::found_for(2, of.roster.relay());
    let hq = squatter.headquarters();
    let answer = running.post(&squatter, &hq, "/v1/workspaces", &squatter.page(0)).await;
    assert_eq!(answer.status, 409);
    until(async || running.relay.workspaces() == [of.id()]).await;
}
