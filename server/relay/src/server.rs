//! The accept loop: connections, their limits, and an orderly end.
//!
//! `axum::serve` has no time-outs, so connections are served on hyper directly. This module knows
//! nothing of frames: [`serve_router`] gives any router the same protection.

mod line;

use crate::config::ServerLimits;
use axum::Router;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use line::{Line, Traffic};
use prometheus_client::metrics::gauge::Gauge;
use std::collections::HashMap;
use std::future::Future;
use std::io;
use std::net::IpAddr;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use thiserror::Error;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;

/// Why serving ended before it was asked to.
#[derive(Debug, Error)]
pub enum ServeError {
    /// The listener is broken.
    #[error("connections can no longer be accepted: {0}")]
    Accept(#[source] io::Error),
}

/// Serves a router with the relay's limits on connections until `shutdown` is done.
///
/// # Errors
/// [`ServeError`] if the listener breaks.
pub async fn serve_router(
    listener: TcpListener,
    router: Router,
    limits: ServerLimits,
    shutdown: impl Future<Output = ()> + Send,
) -> Result<(), ServeError> {
    run(listener, router, Door { limits, gauge: Gauge::default(), tls: None }, shutdown).await
}

/// How connections are let in.
pub(crate) struct Door {
    pub(crate) limits: ServerLimits,
    /// Counts those that are open.
    pub(crate) gauge: Gauge,
    pub(crate) tls: Option<TlsAcceptor>,
}

pub(crate) async fn run(
    listener: TcpListener,
    router: Router,
    door: Door,
    shutdown: impl Future<Output = ()> + Send,
) -> Result<(), ServeError> {
    let Door { limits, gauge, tls } = door;
    let stopping = watch::Sender::new(false);
    let seats = Arc::new(Seats { limits, gauge, taken: Mutex::default() });
    let mut shutdown = pin!(shutdown);
    loop {
        let accepted = tokio::select! {
            () = &mut shutdown => break,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, peer)) => {
                // Beyond the limit the connection is closed at once: whoever means well comes back.
                if let Some(seat) = seats.take(peer.ip()) {
                    let stop = stopping.subscribe();
                    tokio::spawn(serve_connection(stream, tls.clone(), router.clone(), seat, stop));
                }
            }
            Err(error) if is_passing(&error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            Err(error) => return Err(ServeError::Accept(error)),
        }
    }
    drop(listener);
    stopping.send_replace(true);
    // Closed when the last connection has dropped its receiver.
    if tokio::time::timeout(limits.grace, stopping.closed()).await.is_err() {
        tracing::warn!("connections were still open when the time for their end had passed");
    }
    Ok(())
}

/// Errors of a single connection, or of a moment: too many open files, a peer that is gone already.
fn is_passing(error: &io::Error) -> bool {
    !matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::NotConnected)
}

/// One connection to its end, with or without TLS; its seat is free after that.
async fn serve_connection(
    stream: TcpStream,
    tls: Option<TlsAcceptor>,
    router: Router,
    seat: Seat,
    mut stop: watch::Receiver<bool>,
) {
    let limits = seat.seats.limits;
    _ = stream.set_nodelay(true);
    let traffic = Arc::new(Traffic::default());
    // The line stands below TLS, so that the time for a request's head is the handshake's too.
    let line = Line::new(stream, &limits, traffic.clone());
    let Some(tls) = tls else { return serve_http(line, traffic, router, limits, stop).await };
    let shaken = tokio::select! {
        shaken = tokio::time::timeout(limits.head_timeout, tls.accept(line)) => shaken,
        () = async { _ = stop.wait_for(|stop| *stop).await } => return,
    };
    match shaken {
        Ok(Ok(line)) => serve_http(line, traffic, router, limits, stop).await,
        Ok(Err(error)) => tracing::debug!(%error, "no TLS came about"),
        Err(_) => tracing::debug!("a TLS handshake took too long"),
    }
}

async fn serve_http(
    line: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
    traffic: Arc<Traffic>,
    router: Router,
    limits: ServerLimits,
    mut stop: watch::Receiver<bool>,
) {
    let line = TokioIo::new(line);
    let router = TowerToHyperService::new(router);
    let service = service_fn(move |request: hyper::Request<Incoming>| {
        let busy = traffic.begin();
        let answer = router.call(request);
        async move { answer.await.map(|response| response.map(|body| busy.around(body))) }
    });
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(limits.idle_timeout).max_headers(32);
    let mut connection = pin!(builder.serve_connection(line, service));
    let result = tokio::select! {
        result = &mut connection => result,
        () = async { _ = stop.wait_for(|stop| *stop).await } => {
            connection.as_mut().graceful_shutdown();
            // The server waits for this connection no longer than its grace; then the task ends too.
            tokio::time::timeout(limits.grace, connection).await.unwrap_or(Ok(()))
        }
    };
    if let Err(error) = result {
        tracing::debug!(%error, "a connection ended early");
    }
}

/// How many connections there are, in all and from each address.
struct Seats {
    limits: ServerLimits,
    gauge: Gauge,
    taken: Mutex<Taken>,
}

#[derive(Default)]
struct Taken {
    all: usize,
    by_address: HashMap<IpAddr, usize>,
}

/// One connection's place; free again when dropped.
struct Seat {
    seats: Arc<Seats>,
    address: Option<IpAddr>,
}

impl Seats {
    fn take(self: &Arc<Self>, address: IpAddr) -> Option<Seat> {
        let address = (!address.to_canonical().is_loopback()).then(|| network(address));
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if taken.all >= self.limits.connections_max {
            return None;
        }
        if let Some(address) = address {
            let count = taken.by_address.entry(address).or_default();
            if *count >= self.limits.connections_per_address_max {
                return None;
            }
            *count += 1;
        }
        taken.all += 1;
        self.gauge.inc();
        Some(Seat { seats: self.clone(), address })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut taken = self.seats.taken.lock().unwrap_or_else(PoisonError::into_inner);
        taken.all -= 1;
        self.seats.gauge.dec();
        if let Some(address) = self.address
            && let Some(count) = taken.by_address.get_mut(&address)
        {
            *count -= 1;
            if *count == 0 {
                taken.by_address.remove(&address);
            }
        }
    }
}

/// What counts as one address: of IPv6 the 64 bits that one subscriber is given.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => {
            let prefix = u128::from(address) & !u128::from(u64::MAX);
            IpAddr::V6(prefix.into())
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn seats(all: usize, per_address: usize) -> Arc<Seats> {
        let limits = ServerLimits {
            connections_max: all,
            connections_per_address_max: per_address,
            ..ServerLimits::default()
        };
        Arc::new(Seats { limits, gauge: Gauge::default(), taken: Mutex::default() })
    }

    #[test]
    fn one_address_cannot_take_all_seats() {
        let seats = seats(3, 2);
        let (greedy, other) = ("192.0.2.1".parse().unwrap(), "192.0.2.2".parse().unwrap());
        let first = seats.take(greedy).unwrap();
        let _second = seats.take(greedy).unwrap();
        assert!(seats.take(greedy).is_none());
        let _third = seats.take(other).unwrap();
        assert!(seats.take(other).is_none());
        drop(first);
        assert!(seats.take(other).is_some());
    }

    #[test]
    fn a_subscribers_addresses_in_ipv6_count_as_one_and_a_proxy_beside_us_as_none() {
        let seats = seats(10, 1);
        let _held = seats.take("2001:db8::1".parse().unwrap()).unwrap();
        assert!(seats.take("2001:db8::ffff".parse().unwrap()).is_none());
        let _proxy = seats.take("127.0.0.1".parse().unwrap()).unwrap();
        assert!(seats.take("::ffff:127.0.0.1".parse().unwrap()).is_some());
    }
}
