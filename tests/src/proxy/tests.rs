#![allow(clippy::unwrap_used)]

use super::*;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::time::Instant;

const PLENTY: usize = 100_000;

#[test]
fn what_passes_is_counted_to_the_byte() {
    let proxy = Proxy::start(echo(), Link::LOOPBACK).unwrap();
    let mut device = TcpStream::connect(proxy.address()).unwrap();
    assert_eq!(asked(&mut device, 700), 700);
    let traffic = proxy.traffic();
    assert_eq!((traffic.bytes_up, traffic.bytes_down), (700, 700));
    assert_eq!(traffic.bytes(), 1_400);
}

#[test]
fn a_question_on_a_kept_connection_is_one_turn_and_a_new_connection_is_one_more() {
    let proxy = Proxy::start(echo(), Link::LOOPBACK).unwrap();
    let mut device = TcpStream::connect(proxy.address()).unwrap();
    asked(&mut device, 10);
    assert_eq!(proxy.traffic().turns, 2);
    let before = proxy.traffic();
    asked(&mut device, 10);
    assert_eq!(proxy.traffic().since(&before).turns, 1);
    let mut again = TcpStream::connect(proxy.address()).unwrap();
    asked(&mut again, 10);
    assert_eq!(proxy.traffic().since(&before).turns, 3);
    assert_eq!(proxy.traffic().connections, 2);
}

#[test]
fn a_cut_link_gives_no_byte_more_than_it_says() {
    let link = Link { cut_after_bytes: Some(5_000), ..Link::LOOPBACK };
    let proxy = Proxy::start(echo(), link).unwrap();
    for round in 1..=2 {
        let mut device = TcpStream::connect(proxy.address()).unwrap();
        let sent = device.write_all(&vec![7; PLENTY]);
        let mut back = vec![];
        let ended = device.read_to_end(&mut back);
        assert!(sent.is_err() || ended.is_err(), "the connection should have been cut");
        assert_eq!(proxy.traffic().bytes(), round * 5_000);
    }
}

#[test]
fn a_connection_that_says_less_than_the_cut_is_left_alone() {
    let proxy = Proxy::start(echo(), Link::CUT).unwrap();
    let mut device = TcpStream::connect(proxy.address()).unwrap();
    assert_eq!(asked(&mut device, 12_000), 12_000);
}

#[test]
fn a_far_relay_takes_a_round_trip_to_connect_and_one_to_answer() {
    let link = Link { round_trip: Duration::from_millis(120), ..Link::LOOPBACK };
    let proxy = Proxy::start(echo(), link).unwrap();
    let start = Instant::now();
    let mut device = TcpStream::connect(proxy.address()).unwrap();
    asked(&mut device, 10);
    assert!(start.elapsed() >= Duration::from_millis(240));
}

#[test]
fn a_slow_line_takes_its_time_for_each_byte() {
    let link = Link { bits_per_s: Some(80_000), ..Link::LOOPBACK };
    let proxy = Proxy::start(echo(), link).unwrap();
    let start = Instant::now();
    let mut device = TcpStream::connect(proxy.address()).unwrap();
    asked(&mut device, 2_800);
    // 0.28 s up; what comes back follows piece by piece, the last of 1,400 bytes 0.14 s later.
    assert!(start.elapsed() >= Duration::from_millis(400), "{:?}", start.elapsed());
}

#[test]
fn two_connections_share_one_line() {
    let link = Link { bits_per_s: Some(80_000), ..Link::LOOPBACK };
    let proxy = Proxy::start(echo(), link).unwrap();
    let address = proxy.address();
    let start = Instant::now();
    let ask = move || asked(&mut TcpStream::connect(address).unwrap(), 1_400);
    let both = [std::thread::spawn(ask), std::thread::spawn(ask)];
    assert!(both.into_iter().all(|device| device.join().unwrap() == 1_400));
    assert!(start.elapsed() >= Duration::from_millis(400), "{:?}", start.elapsed());
}

#[test]
fn the_end_of_what_is_sent_reaches_the_other_side() {
    let proxy = Proxy::start(echo(), Link::LOOPBACK).unwrap();
    let mut device = TcpStream::connect(proxy.address()).unwrap();
    device.write_all(b"goodbye").unwrap();
    device.shutdown(Shutdown::Write).unwrap();
    let mut back = vec![];
    device.read_to_end(&mut back).unwrap();
    assert_eq!(back, b"goodbye");
}

/// Something that says back whatever it hears.
fn echo() -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for peer in listener.incoming() {
            std::thread::spawn(move || {
                let peer = peer.unwrap();
                let _ended = std::io::copy(&mut &peer, &mut &peer);
                let _closed = peer.shutdown(Shutdown::Write);
            });
        }
    });
    address
}

/// Sends that many bytes and waits for as many; how many came.
fn asked(device: &mut TcpStream, bytes: usize) -> usize {
    device.write_all(&vec![b'x'; bytes]).unwrap();
    let mut back = vec![0; bytes];
    device.read_exact(&mut back).unwrap();
    back.len()
}
