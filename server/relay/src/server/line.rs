//! One connection's bytes, with a limit on how long a peer may keep it waiting.
//!
//! Two rules stand here, because hyper has them not: a request's head must be whole some seconds after
//! its first byte (hyper's own time-out also ends a connection that is merely idle between two
//! requests, so it is set to the longer idle time), and a peer that takes nothing of an answer for
//! minutes is gone. How slowly a body may come is the body's own rule.

use crate::config::ServerLimits;
use axum::body::{Body, Bytes};
use hyper::body::{Frame, SizeHint};
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep, sleep};

/// How many requests of a connection are being answered: none, or one.
#[derive(Default)]
pub(super) struct Traffic {
    busy: AtomicUsize,
}

/// A request that is being answered, until its answer's body is gone.
pub(super) struct Busy(Arc<Traffic>);

impl Traffic {
    pub(super) fn begin(self: &Arc<Self>) -> Busy {
        self.busy.fetch_add(1, Ordering::Relaxed);
        Busy(self.clone())
    }

    fn is_busy(&self) -> bool {
        self.busy.load(Ordering::Relaxed) > 0
    }
}

impl Busy {
    /// The body, which keeps the request busy for as long as it is being sent.
    pub(super) fn around(self, body: Body) -> BusyBody {
        BusyBody { body, _busy: self }
    }
}

/// An answer's body on its way.
pub(super) struct BusyBody {
    body: Body,
    _busy: Busy,
}

impl hyper::body::Body for BusyBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    /// Known lengths stay known, so that a small answer needs no chunks.
    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.busy.fetch_sub(1, Ordering::Relaxed);
    }
}

pub(super) struct Line {
    stream: TcpStream,
    traffic: Arc<Traffic>,
    head_timeout: Duration,
    stall_timeout: Duration,
    /// Runs while a head is awaited of which something has come (or nothing at all, on a new line).
    head: Option<Pin<Box<Sleep>>>,
    /// Runs while the peer takes nothing.
    stall: Option<Pin<Box<Sleep>>>,
}

impl Line {
    pub(super) fn new(stream: TcpStream, limits: &ServerLimits, traffic: Arc<Traffic>) -> Self {
        Self {
            stream,
            traffic,
            head_timeout: limits.head_timeout,
            stall_timeout: limits.write_stall_timeout,
            head: Some(Box::pin(sleep(limits.head_timeout))),
            stall: None,
        }
    }

    fn watch_write<T>(
        &mut self,
        cx: &mut Context<'_>,
        written: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.stall = None;
            return written;
        }
        let timeout = self.stall_timeout;
        let stall = self.stall.get_or_insert_with(|| Box::pin(sleep(timeout)));
        ready!(stall.as_mut().poll(cx));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl AsyncRead for Line {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(cx, buf);
        if self.traffic.is_busy() {
            self.head = None;
            return read;
        }
        if buf.filled().len() > before && self.head.is_none() {
            self.head =
                Some(Box::pin(tokio::time::sleep_until(Instant::now() + self.head_timeout)));
        }
        if read.is_pending()
            && let Some(head) = &mut self.head
        {
            ready!(head.as_mut().poll(cx));
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        read
    }
}

impl AsyncWrite for Line {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.watch_write(cx, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, bytes);
        self.watch_write(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
