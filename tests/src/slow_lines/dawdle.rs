//! The crowd: lines that say half a head, dribble a body, or say nothing, each replaced when the relay cuts it.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::runtime::Runtime;

/// Loopback addresses that lines come from: each has some 28,000 ports.
const ADDRESSES: u8 = 8;
/// What a dawdler says next, it says after this long.
const PAUSE: Duration = Duration::from_secs(1);
/// Lines that are opened at once, so that no queue of the kernel's overflows.
const OPENED_AT_ONCE: usize = 200;

/// Lines that are held open until this is dropped.
pub(super) struct Crowd {
    count: Arc<Count>,
    runtime: Option<Runtime>,
}

#[derive(Default)]
struct Count {
    open: AtomicUsize,
    cut: AtomicUsize,
}

/// What a slow line does.
#[derive(Clone, Copy)]
enum Habit {
    HalfAHead,
    DribblingBody,
    Nothing,
}

impl Crowd {
    /// Opens so many lines, a third of each habit.
    pub(super) fn gather(relay: SocketAddr, lines: usize) -> io::Result<Self> {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        let count = Arc::new(Count::default());
        let crowd = count.clone();
        runtime.spawn(async move {
            for line in 0..lines {
                tokio::spawn(dawdle(relay, line, crowd.clone()));
                if line % OPENED_AT_ONCE == 0 {
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            }
        });
        Ok(Self { count, runtime: Some(runtime) })
    }

    /// Lines that are open now.
    pub(super) fn open(&self) -> usize {
        self.count.open.load(Ordering::SeqCst)
    }

    /// Lines that the relay has cut.
    pub(super) fn cut(&self) -> usize {
        self.count.cut.load(Ordering::SeqCst)
    }
}

impl Drop for Crowd {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

async fn dawdle(relay: SocketAddr, line: usize, count: Arc<Count>) {
    let habit = [Habit::HalfAHead, Habit::DribblingBody, Habit::Nothing][line % 3];
    loop {
        if let Ok(mut stream) = connect(relay, line).await {
            count.open.fetch_add(1, Ordering::SeqCst);
            // However it ends, the relay has ended it.
            _ = habit.keep_up(&mut stream).await;
            count.open.fetch_sub(1, Ordering::SeqCst);
            count.cut.fetch_add(1, Ordering::SeqCst);
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

async fn connect(relay: SocketAddr, line: usize) -> io::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    let last = 2 + u8::try_from(line % usize::from(ADDRESSES)).unwrap_or(0);
    socket.bind(SocketAddr::new(IpAddr::V4(Ipv4Addr::new(127, 0, 0, last)), 0))?;
    socket.connect(relay).await
}

impl Habit {
    async fn keep_up(self, stream: &mut TcpStream) -> io::Result<()> {
        stream.write_all(self.opening()).await?;
        let mut heard = [0; 512];
        loop {
            match tokio::time::timeout(PAUSE, stream.read(&mut heard)).await {
                Ok(Ok(0)) => return Ok(()),
                Ok(read) => drop(read?),
                Err(_) => stream.write_all(self.drop_by_drop()).await?,
            }
        }
    }

    fn opening(self) -> &'static [u8] {
        match self {
            Self::HalfAHead => b"POST /v1/sync HTTP/1.1\r\nhost: relay\r\nauthorization: Bearer ",
            Self::DribblingBody => {
                b"POST /v1/sync HTTP/1.1\r\nhost: relay\r\nauthorization: Bearer x\r\ncontent-length: 8000000\r\n\r\n"
            }
            Self::Nothing => b"",
        }
    }

    /// A little more than the slowest that a relay bears, of a body.
    fn drop_by_drop(self) -> &'static [u8] {
        match self {
            Self::HalfAHead => b"x",
            Self::DribblingBody => &[0; 80],
            Self::Nothing => b"",
        }
    }
}
