//! A line that hands everything on and keeps what passes, in both directions.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

type Kept = Arc<Mutex<Vec<u8>>>;

/// A tapped line.
pub(crate) struct Tap {
    /// Where it is to be called.
    pub(crate) address: String,
    up: Kept,
    down: Kept,
}

impl Tap {
    /// Between whoever calls it and the relay at this address.
    pub(crate) fn on(relay: &str) -> Self {
        let relay = relay.trim_start_matches("http://").to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let tap = Self { address, up: Kept::default(), down: Kept::default() };
        let (up, down) = (tap.up.clone(), tap.down.clone());
        std::thread::spawn(move || {
            for device in listener.incoming().map_while(Result::ok) {
                let relay = TcpStream::connect(&relay).unwrap();
                carry(&device, &relay, &up);
                carry(&relay, &device, &down);
            }
        });
        tap
    }

    /// What has passed.
    pub(crate) fn heard(&self) -> [(String, Vec<u8>); 2] {
        let of = |kept: &Kept| kept.lock().unwrap().clone();
        [("line up".to_owned(), of(&self.up)), ("line down".to_owned(), of(&self.down))]
    }
}

fn carry(from: &TcpStream, to: &TcpStream, kept: &Kept) {
    let (mut from, mut to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
    let kept = kept.clone();
    std::thread::spawn(move || {
        let mut buffer = [0; 16 * 1024];
        while let Ok(count @ 1..) = from.read(&mut buffer) {
            kept.lock().unwrap().extend_from_slice(&buffer[..count]);
            if to.write_all(&buffer[..count]).is_err() {
                break;
            }
        }
        drop(to.shutdown(Shutdown::Write));
    });
}
