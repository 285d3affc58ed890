//! The transport against a relay that is nothing but a socket and a script.
#![allow(clippy::unwrap_used)]
#![allow(clippy::disallowed_methods)] // The scripted relay has a thread of its own, and is slow.

use kahriz_core::drive::transport::{HttpRequest, Method, Transport, TransportError};
use kahriz_http::{AddressError, HttpOptions, HttpTransport};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

const CBOR_ANSWER: &str =
    "HTTP/1.1 200 OK\r\ncontent-type: application/cbor\r\ncontent-length: 3\r\n\r\n\x01\x02\x03";

#[test]
fn a_request_says_no_more_than_it_must() {
    let (mut relay, server) = serve(vec![vec![CBOR_ANSWER]]);
    send(&mut relay, &post(b"twelve bytes"));
    let heard = server.join().unwrap();
    let port = relay_port(&heard[0]);
    let expected = format!(
        "POST /v1/sync HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\nauthorization: Bearer TOKEN\r\n\
         content-type: application/cbor\r\ncontent-length: 12\r\n\r\ntwelve bytes"
    );
    assert_eq!(sorted_lines(&heard[0]), sorted_lines(&expected));
    let head = heard[0].len() - "twelve bytes".len();
    let authorization = "authorization: Bearer TOKEN\r\n".len();
    assert!(head - authorization <= 120, "{} bytes", head - authorization);
}

#[test]
fn a_registration_secret_is_sent_only_where_it_is_given() {
    let (mut relay, server) = serve(vec![vec![CBOR_ANSWER]]);
    send(&mut relay, &HttpRequest { registration: Some("secret"), ..post(b"") });
    let heard = server.join().unwrap();
    assert!(heard[0].contains("x-kahriz-registration: secret\r\n"));
    assert!(heard[0].contains("content-length: 0\r\n"));
}

#[test]
fn two_requests_share_one_connection() {
    let (mut relay, server) = serve(vec![vec![CBOR_ANSWER, CBOR_ANSWER]]);
    for _ in 0..2 {
        let mut body = [0; 3];
        let mut answer = relay.send(&get("/v1/roster?after=0")).unwrap();
        answer.body.read_exact(&mut body).unwrap();
        assert_eq!((answer.status, answer.is_cbor, body), (200, true, [1, 2, 3]));
    }
    let heard = server.join().unwrap();
    assert_eq!(heard.len(), 2);
    assert!(heard.iter().all(|text| text.starts_with("GET /v1/roster?after=0 HTTP/1.1\r\n")));
    assert!(heard.iter().all(|text| !text.contains("content-")));
}

#[test]
fn a_long_upload_still_shares_the_connection_of_the_short_ones() {
    let (mut relay, server) = serve(vec![vec![CBOR_ANSWER, CBOR_ANSWER]]);
    send(&mut relay, &post(b"short"));
    send(&mut relay, &post(&[b'x'; 200_000]));
    assert_eq!(server.join().unwrap().len(), 2);
}

#[test]
fn a_refusal_is_an_answer_and_not_an_error() {
    let refused =
        "HTTP/1.1 409 Conflict\r\ncontent-type: application/cbor\r\ncontent-length: 1\r\n\r\n\x00";
    let (mut relay, server) = serve(vec![vec![refused]]);
    let (status, is_cbor, body) = send(&mut relay, &post(b""));
    assert_eq!((status, is_cbor, body), (409, true, vec![0]));
    server.join().unwrap();
}

#[test]
fn a_captive_portals_page_is_not_taken_for_a_relays_answer() {
    let page = "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 5\r\n\r\nlogin";
    let moved =
        "HTTP/1.1 302 Found\r\nlocation: http://192.0.2.9/login\r\ncontent-length: 0\r\n\r\n";
    let (mut relay, server) = serve(vec![vec![page, moved]]);
    let (status, is_cbor, _) = send(&mut relay, &post(b""));
    assert_eq!((status, is_cbor), (200, false));
    let (status, is_cbor, _) = send(&mut relay, &post(b""));
    assert_eq!((status, is_cbor), (302, false));
    server.join().unwrap();
}

#[test]
fn an_answer_that_ends_too_early_is_told_after_what_did_arrive() {
    let cut =
        "HTTP/1.1 200 OK\r\ncontent-type: application/cbor\r\ncontent-length: 9\r\n\r\n\x01\x02";
    let chunked = "HTTP/1.1 200 OK\r\ncontent-type: application/cbor\r\n\
                   transfer-encoding: chunked\r\n\r\n9\r\n\x01\x02";
    for answer in [cut, chunked] {
        let (mut relay, server) = serve(vec![vec![answer]]);
        let mut answer = relay.send(&post(b"")).unwrap();
        let mut body = vec![];
        assert!(answer.body.read_to_end(&mut body).is_err());
        assert_eq!(body, [1, 2]);
        server.join().unwrap();
    }
}

#[test]
fn a_connection_that_ends_before_or_within_the_head_is_a_cut() {
    for answer in ["", "HTTP/1.1 200 O"] {
        let (mut relay, server) = serve(vec![vec![answer]]);
        assert_eq!(relay.send(&post(b"pushed")).err(), Some(TransportError::Cut));
        server.join().unwrap();
    }
}

#[test]
fn after_a_cut_the_next_request_has_a_connection_of_its_own() {
    let (mut relay, server) = serve(vec![vec![""], vec![CBOR_ANSWER]]);
    assert_eq!(relay.send(&post(b"pushed")).err(), Some(TransportError::Cut));
    assert_eq!(send(&mut relay, &post(b"pushed")).0, 200);
    server.join().unwrap();
}

#[test]
fn a_relay_that_falls_silent_is_a_cut_and_a_slow_one_is_not() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let server = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        read_request(&mut stream).unwrap();
        for byte in CBOR_ANSWER.as_bytes() {
            stream.write_all(&[*byte]).unwrap();
            thread::sleep(Duration::from_millis(8));
        }
        read_request(&mut stream).unwrap();
        thread::sleep(Duration::from_millis(1_500));
    });
    let stall = Duration::from_millis(400);
    let options = HttpOptions { stall, ..HttpOptions::default() };
    let mut relay = HttpTransport::new(&address, &options).unwrap();
    let began = Instant::now();
    assert_eq!(send(&mut relay, &post(b"")).2, [1, 2, 3]);
    assert!(began.elapsed() > stall, "the slow answer was not slow enough to show anything");
    assert_eq!(relay.send(&post(b"")).err(), Some(TransportError::Cut));
    server.join().unwrap();
}

#[test]
fn what_speaks_no_http_is_not_a_relay() {
    let (mut relay, server) = serve(vec![vec!["SSH-2.0-OpenSSH_9.6\r\n\r\n"]]);
    assert_eq!(relay.send(&post(b"")).err(), Some(TransportError::NotARelay));
    server.join().unwrap();
}

#[test]
fn where_nobody_listens_the_relay_is_unreachable() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let address = format!("http://127.0.0.1:{port}/");
    let mut relay = HttpTransport::new(&address, &HttpOptions::default()).unwrap();
    assert_eq!(relay.send(&post(b"")).err(), Some(TransportError::Unreachable));
}

#[test]
fn tls_is_spoken_to_an_https_address() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("https://{}", listener.local_addr().unwrap());
    let server = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut first = [0; 3];
        stream.read_exact(&mut first).unwrap();
        stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").unwrap();
        first
    });
    let mut relay = HttpTransport::new(&address, &HttpOptions::default()).unwrap();
    assert_eq!(relay.send(&post(b"")).err(), Some(TransportError::NotARelay));
    assert_eq!(server.join().unwrap()[..2], [22, 3], "a TLS handshake record");
}

#[test]
fn what_is_no_address_is_refused_at_once() {
    for text in ["", "relay.example", "ftp://relay.example", "http://", "http://a/?b", "http://a b"]
    {
        let refused = HttpTransport::new(text, &HttpOptions::default()).err();
        assert_eq!(refused, Some(AddressError::NotAnAddress), "{text}");
    }
    assert!(HttpTransport::new("https://relay.example/kahriz/", &HttpOptions::default()).is_ok());
}

fn get(path: &str) -> HttpRequest<'_> {
    HttpRequest { method: Method::Get, path, token: "TOKEN", body: &[], registration: None }
}

fn post(body: &[u8]) -> HttpRequest<'_> {
    HttpRequest { method: Method::Post, body, ..get("/v1/sync") }
}

fn send(relay: &mut HttpTransport, request: &HttpRequest<'_>) -> (u16, bool, Vec<u8>) {
    let mut answer = relay.send(request).unwrap();
    let mut body = vec![];
    answer.body.read_to_end(&mut body).unwrap();
    (answer.status, answer.is_cbor, body)
}

/// A server that takes as many connections as there are scripts, answers each connection's requests
/// with the script's texts and then hangs up. It returns the requests as it heard them.
fn serve(scripts: Vec<Vec<&'static str>>) -> (HttpTransport, JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let server = thread::spawn(move || {
        let mut heard = vec![];
        for script in scripts {
            let (mut stream, _) = listener.accept().unwrap();
            stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
            for answer in script {
                heard.push(read_request(&mut stream).unwrap());
                stream.write_all(answer.as_bytes()).unwrap();
            }
        }
        heard
    });
    (HttpTransport::new(&address, &HttpOptions::default()).unwrap(), server)
}

fn read_request(stream: &mut TcpStream) -> std::io::Result<String> {
    let mut text = String::new();
    let mut byte = [0];
    while !text.ends_with("\r\n\r\n") {
        stream.read_exact(&mut byte)?;
        text.push(char::from(byte[0]));
    }
    let length = text.lines().find_map(|line| line.strip_prefix("content-length: "));
    let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
    stream.read_exact(&mut body)?;
    text.extend(body.into_iter().map(char::from));
    Ok(text)
}

fn relay_port(request: &str) -> &str {
    request.lines().find_map(|line| line.strip_prefix("host: 127.0.0.1:")).unwrap()
}

fn sorted_lines(text: &str) -> Vec<&str> {
    let mut lines: Vec<_> = text.split("\r\n").collect();
    lines.sort_unstable();
    lines
}
