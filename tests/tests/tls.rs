//! TLS between a device's transport and a relay, over real sockets: who is believed, what it costs in bytes, and that
//! nobody holds a seat by dawdling in a handshake.
#![allow(clippy::unwrap_used)]
#![allow(clippy::print_stdout, reason = "the figures are worth seeing: --nocapture")]
#![allow(clippy::disallowed_methods, reason = "a test of limits in time looks at the clock")]

use kahriz_core::drive::transport::{HttpRequest, Method, Transport, TransportError};
use kahriz_http::{HttpOptions, HttpTransport};
use kahriz_relay::log::MemoryLog;
use kahriz_relay::{Relay, RelayConfig, ServerLimits, Tls};
use kahriz_tests::proxy::{Link, Proxy};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio::runtime::Runtime;

struct Served {
    address: SocketAddr,
    tls: Tls,
    _runtime: Runtime,
    _folder: TempDir,
}

/// A relay that speaks TLS with a certificate of its own making.
fn serve(limits: ServerLimits) -> Served {
    let folder = tempfile::tempdir().unwrap();
    let tls = Tls::self_signed(folder.path()).unwrap();
    let runtime = Runtime::new().unwrap();
    let entered = runtime.enter();
    let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
    let address = listener.local_addr().unwrap();
    let config = RelayConfig { tls: Some(tls.clone()), limits, ..RelayConfig::default() };
    let relay = Relay::start(Arc::new(MemoryLog::create().unwrap()), config).unwrap();
    runtime.spawn(async move { relay.serve(listener, std::future::pending()).await.unwrap() });
    drop(entered);
    Served { address, tls, _runtime: runtime, _folder: folder }
}

fn line(address: SocketAddr, pin: Option<[u8; 32]>, idle: Duration) -> HttpTransport {
    let options = HttpOptions { pin, idle, ..HttpOptions::default() };
    HttpTransport::new(&format!("https://{address}"), &options).unwrap()
}

/// A request that the relay answers without knowing anybody: its refusal has the head and length of an idle answer's.
fn ask(line: &mut HttpTransport) -> Result<u16, TransportError> {
    let request = HttpRequest {
        method: Method::Post,
        path: "/v1/sync",
        token: "x",
        body: b"",
        registration: None,
    };
    let mut answer = line.send(&request)?;
    answer.body.read_to_end(&mut vec![]).unwrap();
    Ok(answer.status)
}

const KEPT: Duration = Duration::from_secs(45);

#[test]
fn a_device_believes_the_pinned_key_and_no_other() {
    let served = serve(ServerLimits::default());
    let pin = served.tls.pin();
    let mut right = line(served.address, Some(pin), KEPT);
    assert_eq!(ask(&mut right), Ok(401));
    assert!(!right.met_another_key());
    let mut wrong = line(served.address, Some([7; 32]), KEPT);
    assert_eq!(ask(&mut wrong), Err(TransportError::NotARelay));
    assert!(wrong.met_another_key());
    let mut as_the_web_does = line(served.address, None, KEPT);
    assert_eq!(ask(&mut as_the_web_does), Err(TransportError::NotARelay));
    assert!(!as_the_web_does.met_another_key());
    let plain = HttpOptions { pin: Some(pin), ..HttpOptions::default() };
    assert!(HttpTransport::new(&format!("http://{}", served.address), &plain).is_err());
}

/// Bytes of TCP payload both ways, of one request on a connection of its own, and of a further one on the same.
#[test]
fn what_tls_costs_is_known() {
    let served = serve(ServerLimits::default());
    let proxy = Proxy::start(served.address, Link::LOOPBACK).unwrap();
    let mut measured = vec![];
    // The first connection lets go of itself at once, so that the second has to resume.
    let mut hasty = line(proxy.address(), Some(served.tls.pin()), Duration::from_millis(1));
    for _ in 0..3 {
        let before = proxy.traffic();
        assert_eq!(ask(&mut hasty), Ok(401));
        std::thread::sleep(Duration::from_millis(100));
        measured.push(proxy.traffic().since(&before));
    }
    let mut kept = line(proxy.address(), Some(served.tls.pin()), KEPT);
    assert_eq!(ask(&mut kept), Ok(401));
    std::thread::sleep(Duration::from_millis(100));
    let before = proxy.traffic();
    assert_eq!(ask(&mut kept), Ok(401));
    std::thread::sleep(Duration::from_millis(100));
    let further = proxy.traffic().since(&before);
    let [first, resumed, again] = measured[..] else { panic!() };
    for (what, passed) in
        [("first", first), ("resumed", resumed), ("resumed again", again), ("further", further)]
    {
        println!(
            "{what}: {} bytes up, {} down, {} turns",
            passed.bytes_up, passed.bytes_down, passed.turns
        );
    }
    assert_eq!((first.connections, resumed.connections, further.connections), (1, 1, 0));
    assert!(resumed.bytes_down + 300 < first.bytes_down, "no certificate is sent again");
    assert!(first.bytes() < 5_500 && resumed.bytes() < 4_500 && further.bytes() < 500);
    assert!(first.bytes_up > 1_184, "an ML-KEM-768 key is offered");
}

#[test]
fn who_dawdles_in_a_handshake_is_cut_and_plain_http_hears_nothing() {
    let head_timeout = Duration::from_secs(1);
    let served = serve(ServerLimits { head_timeout, ..ServerLimits::default() });
    let began = Instant::now();
    let mut silent = TcpStream::connect(served.address).unwrap();
    let mut half = TcpStream::connect(served.address).unwrap();
    half.write_all(&[22, 3, 1, 2, 0, 1]).unwrap();
    let mut plain = TcpStream::connect(served.address).unwrap();
    plain.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n").unwrap();
    for stream in [&mut silent, &mut half, &mut plain] {
        stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        let mut heard = vec![];
        _ = stream.read_to_end(&mut heard);
        assert!(!heard.starts_with(b"HTTP"));
    }
    assert!(began.elapsed() < Duration::from_secs(6));
}
