//! Connections: who dawdles is cut, who is under way when the relay ends is answered.

use crate::support::{Running, from_start, get_request, items, push_only, sync_request};
use kahriz_relay::log::MemoryLog;
use kahriz_relay::testing::Organisation;
use kahriz_relay::{RelayConfig, ServerLimits};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::net::TcpStream;

async fn relay(of: &Organisation, limits: ServerLimits) -> Running {
    let config = RelayConfig { limits, ..RelayConfig::default() };
    let running = Running::start(Arc::new(MemoryLog::create().unwrap()), config).await;
    running.relay.register(of.entries.clone()).await.unwrap();
    running
}

fn hasty() -> ServerLimits {
    ServerLimits {
        head_timeout: Duration::from_secs(1),
        body_bytes_min: 100,
        body_window: Duration::from_secs(1),
        ..ServerLimits::default()
    }
}

#[tokio::test]
async fn who_sends_a_head_drop_by_drop_is_cut() {
    let of = Organisation::found(1);
    let running = relay(&of, hasty()).await;
    let mut line = running.line().await;
    let started = Instant::now();
    let drip = get_request(&of, &of.headquarters(), "/v1/roster");
    let mut closed = false;
    for byte in drip {
        use tokio::io::AsyncWriteExt;
        if line.stream.write_all(&[byte]).await.is_err() {
            closed = true;
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
        if started.elapsed() > Duration::from_secs(6) {
            break;
        }
    }
    assert!(closed || line.try_answer().await.is_none());
    assert!(started.elapsed() < Duration::from_secs(6));
}

#[tokio::test]
async fn a_connection_on_which_nothing_is_ever_said_is_closed() {
    let running = relay(&Organisation::found(1), hasty()).await;
    let mut line = running.line().await;
    assert!(line.try_answer().await.is_none());
}

#[tokio::test]
async fn a_kept_connection_may_rest_longer_than_a_head_may_take() {
    let of = Organisation::found(1);
    let hq = of.headquarters();
    let running = relay(&of, hasty()).await;
    let mut line = running.line().await;
    for _ in 0..2 {
        line.send(&sync_request(&of, &hq, &push_only(&of), &[])).await;
        assert_eq!(line.answer().await.status, 200);
        tokio::time::sleep(Duration::from_millis(1_500)).await;
    }
    // But a second head that does not come to its end is cut like the first.
    line.send(b"POST /v1/sync HTT").await;
    assert!(line.try_answer().await.is_none());
}

#[tokio::test]
async fn a_body_that_hardly_moves_is_cut_and_a_slow_one_is_not() {
    let of = Organisation::found(1);
    let hq = of.headquarters();
    let running = relay(&of, hasty()).await;
    let frame = hq.chain(of.scope(1)).seal(&[0; 3_000]);
    let whole = sync_request(&of, &hq, &push_only(&of), &items(&[&frame]));
    let mut slow = running.line().await;
    for piece in whole.chunks(300) {
        slow.send(piece).await;
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(slow.answer().await.status, 200);
    let started = Instant::now();
    let mut dead = running.line().await;
    dead.send(&sync_request(&of, &hq, &push_only(&of), &items(&[&frame]))[..1_000]).await;
    let answer = dead.try_answer().await;
    assert!(answer.is_none_or(|answer| answer.status == 408));
    assert!(started.elapsed() < Duration::from_secs(6));
}

#[tokio::test]
async fn there_are_only_so_many_seats() {
    let limits = ServerLimits { connections_max: 1, ..ServerLimits::default() };
    let of = Organisation::found(1);
    let running = relay(&of, limits).await;
    let hq = of.headquarters();
    let mut first = running.line().await;
    first.send(&sync_request(&of, &hq, &push_only(&of), &[])).await;
    assert_eq!(first.answer().await.status, 200);
    assert!(running.line().await.try_answer().await.is_none());
    first.send(&sync_request(&of, &hq, &push_only(&of), &[])).await;
    assert_eq!(first.answer().await.status, 200, "the one that is in stays in");
}

#[tokio::test]
async fn shutting_down_finishes_what_is_under_way_and_then_takes_nobody() {
    let of = Organisation::found(1);
    let hq = of.headquarters();
    let running = relay(&of, ServerLimits::default()).await;
    let address = running.address.clone();
    let mut events = running.line().await;
    events.send(&get_request(&of, &hq, "/v1/events")).await;
    let mut idle = running.line().await;
    idle.send(&sync_request(&of, &hq, &push_only(&of), &[])).await;
    idle.answer().await;
    let frame = hq.chain(of.scope(1)).seal(&[0; 3_000]);
    let whole = sync_request(&of, &hq, &push_only(&of), &items(&[&frame]));
    let mut line = running.line().await;
    line.send(&whole[..2_000]).await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    let started = Instant::now();
    let stopping = tokio::spawn(running.stop());
    tokio::time::sleep(Duration::from_millis(200)).await;
    line.send(&whole[2_000..]).await;
    let (answer, _) = line.answer().await.page();
    assert_eq!(answer.received, Some(1));
    stopping.await.unwrap();
    assert!(started.elapsed() < Duration::from_secs(4), "nobody was waited for in vain");
    assert!(idle.try_answer().await.is_none());
    assert!(TcpStream::connect(address).await.is_err());
}

#[tokio::test]
async fn health_and_metrics_tell_counts_and_nobodys_name() {
    let mut of = Organisation::found(1);
    let officer = of.admit_officer(10);
    let running = relay(&of, ServerLimits::default()).await;
    let frame = officer.chain(of.scope(1)).seal(b"x");
    running.sync(&of, &officer, &push_only(&of), &[&frame, &frame]).await;
    running.sync(&of, &of.headquarters(), &from_start(&of, &[of.scope(1)]), &[]).await;
    running.try_sync(&of, &of.device(99), &push_only(&of), &[]).await;
    let mut text = String::new();
    for path in ["/healthz", "/readyz", "/metrics", "/nothing"] {
        let mut line = running.line().await;
        line.send(format!("GET {path} HTTP/1.1\r\nhost: x\r\n\r\n").as_bytes()).await;
        let answer = line.answer().await;
        assert_eq!(answer.status, if path == "/nothing" { 404 } else { 200 });
        if path == "/metrics" {
            text = String::from_utf8(answer.body).unwrap();
        }
    }
    for line in [
        r#"kahriz_relay_frames_total{verdict="stored"} 1"#,
        r#"kahriz_relay_frames_total{verdict="duplicate"} 1"#,
        r#"kahriz_relay_refusals_total{reason="notmember"} 1"#,
        r#"kahriz_relay_requests_total{route="/v1/sync",status="200"} 2"#,
        "kahriz_relay_page_items_total 1",
    ] {
        assert!(text.contains(line), "{line} is not in\n{text}");
    }
    for id in [of.id().to_string(), officer.id.to_string(), of.scope(1).to_string()] {
        assert!(!text.contains(&id));
    }
}
