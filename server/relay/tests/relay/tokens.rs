//! Tokens that are in order by themselves, and what a running relay makes of who shows them, where, when and
//! with what.

use crate::support::{Running, get_request, now, push_only, request};
use kahriz_proto::ids::RelayId;
use kahriz_proto::message::RefusalReason::{
    Clock, Malformed, NotMember, Replayed, Revoked, Role, Token,
};
use kahriz_proto::message::{RefusalReason, RosterPage};
use kahriz_proto::roster::Role as MemberRole;
use kahriz_relay::testing::{Device, Organisation, token_for};

/// What a relay answers to `GET /v1/roster` with this token: nothing to refuse, or why.
async fn shown(running: &Running, token: &str) -> Option<RefusalReason> {
    let mut line = running.line().await;
    line.send(&request("GET", "/v1/roster", token, b"")).await;
    let answer = line.answer().await;
    let refusal = answer.refusal().filter(|_| answer.status != 200);
    assert_eq!(refusal.is_none(), answer.status == 200, "{}", answer.head);
    refusal.map(|refusal| refusal.reason)
}

fn fresh(device: &Device, relay: RelayId) -> String {
    token_for(device, relay, b"", now() + 60)
}

#[tokio::test]
async fn who_shows_a_token_and_where_decides_what_comes_back() {
    let (mut of, mut other) = (Organisation::found(1), Organisation::found(2));
    let (officer, dismissed) = (of.admit_officer(10), of.admit_officer(11));
    of.revoke(dismissed.id, vec![]);
    let invite = of.invite(30, now() + 600);
    let foreign_invite = other.invite(30, now() + 600);
    let running = Running::with(&of).await;
    running.relay.register(other.entries.clone()).await.unwrap();
    let (here, there) = (of.roster.relay(), other.roster.relay());
    let nowhere = RelayId::from_bytes([9; 8]);
    let table = [
        ("a member", fresh(&officer, here), None),
        ("headquarters", fresh(&of.headquarters(), here), None),
        ("an invite", fresh(&invite, here), None),
        ("a stranger", fresh(&of.device(99), here), Some(NotMember)),
        ("a stranger, for nowhere", fresh(&of.device(99), nowhere), Some(NotMember)),
        ("a member, for nowhere", fresh(&officer, nowhere), Some(Token)),
        ("a member, for another workspace here", fresh(&officer, there), Some(Token)),
        ("another workspace's member", fresh(&other.headquarters(), here), Some(Token)),
        ("another workspace's invite", fresh(&foreign_invite, here), Some(Token)),
        ("a member whose time is past", token_for(&officer, here, b"", now() - 1), Some(Clock)),
        ("a member of next year", token_for(&officer, here, b"", now() + 3_600), Some(Clock)),
        ("a token for another body", token_for(&officer, here, b"x", now() + 60), Some(Token)),
        ("no token", String::new(), Some(Token)),
        ("a revoked device, which may read that it was", fresh(&dismissed, here), None),
    ];
    for (name, token, expected) in table {
        assert_eq!(shown(&running, &token).await, expected, "{name}");
    }
    let answer = running.get(&of, &dismissed, "/v1/events").await;
    assert_eq!(answer.refusal().unwrap().reason, Revoked, "and nothing else");
}

#[tokio::test]
async fn a_token_is_good_for_one_request_and_for_the_body_that_it_was_made_for() {
    let mut of = Organisation::found(1);
    let (officer, second) = (of.admit_officer(10), of.admit_officer(11));
    let running = Running::with(&of).await;
    let token = fresh(&officer, of.roster.relay());
    assert_eq!(shown(&running, &token).await, None);
    assert_eq!(shown(&running, &token).await, Some(Replayed));
    // A refused request has not spent its token: the right body may still come.
    let body = minicbor::to_vec(RosterPage::default()).unwrap();
    let swapped = token_for(&of.headquarters(), of.roster.relay(), &body, now() + 60);
    let post = async |body: &[u8]| {
        let mut line = running.line().await;
        line.send(&request("POST", "/v1/roster", &swapped, body)).await;
        let answer = line.answer().await;
        (answer.status != 200).then(|| answer.refusal().unwrap().reason)
    };
    assert_eq!(post(&of.page(0)).await, Some(Token), "the body of another request");
    assert_ne!(post(&body).await, Some(Token));
    assert_eq!(post(&body).await, Some(Replayed));
    assert_eq!(shown(&running, &fresh(&second, of.roster.relay())).await, None);
}

#[tokio::test]
async fn an_invite_reads_the_roster_and_asks_once_and_nothing_else() {
    let mut of = Organisation::found(1);
    let invite = of.invite(30, now() + 600);
    of.admit(20, MemberRole::Officer, &[1], Some(invite.id));
    let running = Running::with(&of).await;
    let answer = running.try_sync(&of, &invite, &push_only(&of), &[]).await;
    assert_eq!(answer.refusal().unwrap().reason, Role, "no frames");
    let answer = running.get(&of, &invite, "/v1/joins").await;
    assert_eq!(answer.refusal().unwrap().reason, Role, "nobody else's join");
    let answer = running.post(&of, &invite, "/v1/workspaces", &of.page(0)).await;
    assert_eq!(answer.refusal().unwrap().reason, Role, "no registration");
    let answer = running.post(&of, &invite, "/v1/roster", &of.page(0)).await;
    assert_eq!(answer.refusal().unwrap().reason, Role, "no entry");
    let own = of.device(20).join(&invite);
    assert_eq!(running.post(&of, &invite, "/v1/joins", &own).await.status, 200, "said again");
    // A second device with the same invite is kept for headquarters to see: it is an alarm.
    let second = of.device(21).join(&invite);
    assert_eq!(running.post(&of, &invite, "/v1/joins", &second).await.status, 200);
    let unsigned = of.device(22).join(&of.device(31));
    let answer = running.post(&of, &invite, "/v1/joins", &unsigned).await;
    assert_eq!(answer.refusal().unwrap().reason, Malformed);
}

#[tokio::test]
async fn what_is_no_bearer_token_is_refused_and_the_relay_lives_on() {
    let mut of = Organisation::found(1);
    let officer = of.admit_officer(10);
    let running = Running::with(&of).await;
    let good = fresh(&officer, of.roster.relay());
    let lines = [
        String::new(),
        "authorization: \r\n".to_owned(),
        format!("authorization: {good}\r\n"),
        format!("authorization: Basic {good}\r\n"),
        format!("authorization: bearer {good}\r\n"),
        format!("authorization: Bearer  {good}\r\n"),
        format!("authorization: Bearer {good}, Bearer {good}\r\n"),
        format!("cookie: token={good}\r\n"),
    ];
    for header in lines {
        let mut line = running.line().await;
        line.send(format!("GET /v1/roster HTTP/1.1\r\nhost: x\r\n{header}\r\n").as_bytes()).await;
        let answer = line.answer().await;
        assert_eq!(answer.refusal().unwrap().reason, Token, "{header}");
    }
    let mut line = running.line().await;
    line.send(format!("GET /v1/roster?token={good} HTTP/1.1\r\nhost: x\r\n\r\n").as_bytes()).await;
    assert_eq!(line.answer().await.refusal().unwrap().reason, Token, "in the address");
    let mut line = running.line().await;
    let long = format!(
        "GET /v1/roster HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}",
        "A".repeat(1 << 20)
    );
    // The relay may hang up before it has read it all.
    drop(tokio::io::AsyncWriteExt::write_all(&mut line.stream, long.as_bytes()).await);
    let answer = line.try_answer().await;
    assert!(answer.is_none_or(|answer| (400..500).contains(&answer.status)));
    let mut line = running.line().await;
    line.send(&get_request(&of, &officer, "/v1/roster")).await;
    assert_eq!(line.answer().await.status, 200);
}
