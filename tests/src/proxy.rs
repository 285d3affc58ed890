//! A link between a device and a relay, as bad as is wished: slow, far away, or cut again and again.
//!
//! [`Proxy`] listens on loopback, hands every connection on to a relay and counts what passes: payload bytes each
//! way, connections, and turns (waits for an answer). It can shape the link to a rate and a round trip, and cut every
//! connection after so many bytes. It knows nothing of HTTP or of frames, and it invents no loss: below TCP
//! everything arrives.
//!
//! A shaped direction is one queue for all connections, as a modem's is: a piece leaves when the line is free, takes
//! its bytes' time, and arrives half a round trip later.

mod line;

use line::{Line, Passage, pump};
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;

/// What a link is like. The default lets everything pass at once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Link {
    /// Bits a second, each way; `None` for as fast as it goes.
    pub bits_per_s: Option<u64>,
    /// From a question to its answer, without the time that the bytes take. A new connection costs one.
    pub round_trip: Duration,
    /// Every connection ends with a reset after this many bytes, both ways together.
    pub cut_after_bytes: Option<u64>,
}

impl Link {
    /// Loopback as it is.
    pub const LOOPBACK: Self =
        Self { bits_per_s: None, round_trip: Duration::ZERO, cut_after_bytes: None };
    /// A poor 2G connection: 40 kbit/s and 600 ms.
    pub const TWO_G: Self = Self {
        bits_per_s: Some(40_000),
        round_trip: Duration::from_millis(600),
        cut_after_bytes: None,
    };
    /// A fast link on which no connection lives longer than 24,000 bytes.
    pub const CUT: Self =
        Self { bits_per_s: None, round_trip: Duration::ZERO, cut_after_bytes: Some(24_000) };
}

/// What has passed, all connections together. Bytes are TCP payload.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// From devices to the relay.
    pub bytes_up: u64,
    /// From the relay to devices.
    pub bytes_down: u64,
    /// Connections made.
    pub connections: u64,
    /// Waits for an answer: one for each connection made, one for each time that bytes came down after some went up.
    pub turns: u64,
}

impl Traffic {
    /// What has passed since an earlier count.
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Self {
        Self {
            bytes_up: self.bytes_up - earlier.bytes_up,
            bytes_down: self.bytes_down - earlier.bytes_down,
            connections: self.connections - earlier.connections,
            turns: self.turns - earlier.turns,
        }
    }

    /// Bytes both ways.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.bytes_up + self.bytes_down
    }
}

/// A running proxy. Dropping it ends every connection.
pub struct Proxy {
    address: SocketAddr,
    shared: Arc<Shared>,
    runtime: Option<Runtime>,
}

impl Proxy {
    /// Listens on a free port of loopback and hands every connection on to `target`.
    ///
    /// # Errors
    /// Whatever the system says about listening or threads.
    pub fn start(target: SocketAddr, link: Link) -> io::Result<Self> {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        let listener = runtime.block_on(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)))?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared::new(link));
        runtime.spawn(accept(listener, target, Arc::clone(&shared)));
        Ok(Self { address, shared, runtime: Some(runtime) })
    }

    /// Where devices are to connect to.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What has passed since the start.
    #[must_use]
    pub fn traffic(&self) -> Traffic {
        self.shared.count.read()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

struct Shared {
    link: Link,
    up: Mutex<Line>,
    down: Mutex<Line>,
    count: Count,
}

impl Shared {
    fn new(link: Link) -> Self {
        let line = || Mutex::new(Line::new(link.bits_per_s, link.round_trip / 2));
        Self { link, up: line(), down: line(), count: Count::default() }
    }
}

#[derive(Default)]
struct Count {
    up: AtomicU64,
    down: AtomicU64,
    connections: AtomicU64,
    turns: AtomicU64,
}

impl Count {
    fn read(&self) -> Traffic {
        Traffic {
            bytes_up: self.up.load(Ordering::SeqCst),
            bytes_down: self.down.load(Ordering::SeqCst),
            connections: self.connections.load(Ordering::SeqCst),
            turns: self.turns.load(Ordering::SeqCst),
        }
    }
}

async fn accept(listener: TcpListener, target: SocketAddr, shared: Arc<Shared>) {
    while let Ok((device, _)) = listener.accept().await {
        tokio::spawn(carry(device, target, Arc::clone(&shared)));
    }
}

/// One connection from its first byte to its last. However it ends on one side, it ends so on the other.
async fn carry(mut device: TcpStream, target: SocketAddr, shared: Arc<Shared>) {
    shared.count.connections.fetch_add(1, Ordering::SeqCst);
    shared.count.turns.fetch_add(1, Ordering::SeqCst);
    let nodelay = device.set_nodelay(true);
    tokio::time::sleep(shared.link.round_trip).await;
    let Ok(mut relay) = TcpStream::connect(target).await else {
        let _reset = device.set_zero_linger();
        return;
    };
    let nodelay = nodelay.and_then(|()| relay.set_nodelay(true));
    let passage = Passage::new(shared.link.cut_after_bytes, &shared.count.turns);
    let (from_device, to_device) = device.split();
    let (from_relay, to_relay) = relay.split();
    let ended = tokio::try_join!(
        pump(from_device, to_relay, &shared.up, |bytes| passage.up(bytes, &shared.count.up)),
        pump(from_relay, to_device, &shared.down, |bytes| passage.down(bytes, &shared.count.down)),
    );
    if ended.is_err() || nodelay.is_err() {
        let _reset = device.set_zero_linger();
        let _reset = relay.set_zero_linger();
    }
}

#[cfg(test)]
mod tests;
