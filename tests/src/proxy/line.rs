//! One direction of a link: how long a piece is under way, and how much of it may still pass.

use std::io;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::sync::mpsc;
use tokio::time::Instant;

/// A piece on a shaped line: what a packet carries.
const PIECE_BYTES: usize = 1_400;
/// A piece where nothing is shaped.
const PIECE_BYTES_FAST: usize = 16 * 1_024;
/// How many pieces wait in the modem before the sender must: 64 pieces are 90 KB.
const QUEUE_PIECES: usize = 64;

/// The state of one direction: when the line is free again.
pub(super) struct Line {
    bits_per_s: Option<u64>,
    delay: Duration,
    free_at: Instant,
}

impl Line {
    pub(super) fn new(bits_per_s: Option<u64>, delay: Duration) -> Self {
        Self { bits_per_s, delay, free_at: Instant::now() }
    }

    fn piece_bytes(&self) -> usize {
        if self.bits_per_s.is_some() { PIECE_BYTES } else { PIECE_BYTES_FAST }
    }

    /// When a piece that is handed in now will arrive.
    fn arrival(&mut self, bytes: usize, now: Instant) -> Instant {
        if let Some(rate) = self.bits_per_s {
            let micros = bytes as u64 * 8 * 1_000_000 / rate.max(1);
            self.free_at = self.free_at.max(now) + Duration::from_micros(micros);
            return self.free_at + self.delay;
        }
        now + self.delay
    }
}

/// What may pass on one connection, both ways together, and when its turns end.
pub(super) struct Passage<'a> {
    left: Option<AtomicU64>,
    asked: AtomicBool,
    turns: &'a AtomicU64,
}

impl<'a> Passage<'a> {
    pub(super) fn new(bytes: Option<u64>, turns: &'a AtomicU64) -> Self {
        Self { left: bytes.map(AtomicU64::new), asked: AtomicBool::new(false), turns }
    }

    /// How many of these bytes may go up; counts them.
    pub(super) fn up(&self, bytes: usize, count: &AtomicU64) -> usize {
        self.asked.store(true, Ordering::SeqCst);
        self.pass(bytes, count)
    }

    /// How many of these bytes may come down; counts them.
    pub(super) fn down(&self, bytes: usize, count: &AtomicU64) -> usize {
        let granted = self.pass(bytes, count);
        if granted > 0 && self.asked.swap(false, Ordering::SeqCst) {
            self.turns.fetch_add(1, Ordering::SeqCst);
        }
        granted
    }

    fn pass(&self, bytes: usize, count: &AtomicU64) -> usize {
        let wanted = bytes as u64;
        let granted = self.left.as_ref().map_or(wanted, |left| {
            let take = |left: u64| Some(left - left.min(wanted));
            let before = left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, take);
            before.unwrap_or_else(|left| left).min(wanted)
        });
        count.fetch_add(granted, Ordering::SeqCst);
        usize::try_from(granted).unwrap_or(bytes)
    }
}

/// Moves one direction's bytes until its end. `pass` says how many of the bytes that arrive may pass; fewer than
/// all of them end the connection.
pub(super) async fn pump(
    mut from: ReadHalf<'_>,
    mut to: WriteHalf<'_>,
    line: &Mutex<Line>,
    pass: impl Fn(usize) -> usize,
) -> io::Result<()> {
    let (into, mut out_of) = mpsc::channel::<(Instant, Vec<u8>)>(QUEUE_PIECES);
    let taking = async move {
        let mut piece = vec![0; lock(line).piece_bytes()];
        loop {
            let read = from.read(&mut piece).await?;
            if read == 0 {
                return Ok(());
            }
            let arrival = lock(line).arrival(read, Instant::now());
            if into.send((arrival, piece[..read].to_vec())).await.is_err() {
                return Ok(());
            }
        }
    };
    let giving = async move {
        while let Some((arrival, piece)) = out_of.recv().await {
            tokio::time::sleep_until(arrival).await;
            let granted = pass(piece.len());
            to.write_all(&piece[..granted]).await?;
            if granted < piece.len() {
                return Err(io::Error::from(io::ErrorKind::ConnectionReset));
            }
        }
        to.shutdown().await
    };
    let moved: io::Result<((), ())> = tokio::try_join!(taking, giving);
    moved.map(|_| ())
}

fn lock(line: &Mutex<Line>) -> std::sync::MutexGuard<'_, Line> {
    line.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
