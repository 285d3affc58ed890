//! The relay of a world: the real one on a runtime of one thread, spoken to without a socket.
//!
//! Besides handing requests over it keeps those that are late until their time has come, and those whose body stalls
//! open, as a relay does that has not noticed a dead line.

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{Request, header};
use futures_util::{StreamExt, stream};
use http_body_util::BodyExt;
use kahriz_core::drive::transport::REGISTRATION_HEADER;
use kahriz_core::drive::{HttpRequest, Method};
use kahriz_proto::message::RosterPage;
use kahriz_relay::log::{Log, MemoryLog, SqliteLog};
use kahriz_relay::{Relay, RelayConfig};
use std::cell::RefCell;
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;
use tokio::runtime::Runtime;
use tower::ServiceExt;

/// Where a relay keeps its log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogKind {
    /// In memory.
    Memory,
    /// On SQLite, in the world's folder.
    Sqlite,
}

/// Requests whose bodies stall are held open up to this many; then the relay's patience ends.
const STALLED_MAX: usize = 8;

/// A relay. Clones are the same one.
#[derive(Clone)]
pub struct SimulatedRelay {
    inner: Rc<Inner>,
}

struct Inner {
    runtime: Rc<Runtime>,
    relay: Relay,
    router: Router,
    kind: LogKind,
    log: Arc<dyn Log>,
    number: u32,
    late: RefCell<Vec<(u32, Posted)>>,
    stalled: RefCell<Vec<tokio::task::JoinHandle<()>>>,
}

/// A request as it lies on the line.
#[derive(Clone)]
pub struct Posted {
    method: &'static str,
    path: String,
    token: String,
    registration: Option<String>,
    body: Vec<u8>,
}

/// An answer as it lies on the line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WireAnswer {
    /// The HTTP status.
    pub status: u16,
    /// Whether it says that it is CBOR.
    pub is_cbor: bool,
    /// All of its body.
    pub body: Vec<u8>,
}

impl Posted {
    /// The request that a drive sends.
    #[must_use]
    pub fn of(request: &HttpRequest<'_>) -> Self {
        let method = match request.method {
            Method::Get => "GET",
            Method::Post => "POST",
            Method::Delete => "DELETE",
        };
        Self {
            method,
            path: request.path.to_owned(),
            token: request.token.to_owned(),
            registration: request.registration.map(str::to_owned),
            body: request.body.to_vec(),
        }
    }

    fn with_body(&self, body: Body) -> Request<Body> {
        let mut head = Request::builder()
            .method(self.method)
            .uri(&self.path)
            .header(header::CONTENT_TYPE, "application/cbor");
        if !self.token.is_empty() {
            head = head.header(header::AUTHORIZATION, format!("Bearer {}", self.token));
        }
        if let Some(secret) = &self.registration {
            head = head.header(REGISTRATION_HEADER, secret);
        }
        head.body(body).expect("a request of the drive is one of HTTP")
    }

    fn begun(&self, bytes: usize) -> Bytes {
        Bytes::copy_from_slice(&self.body[..bytes.min(self.body.len())])
    }
}

impl SimulatedRelay {
    /// Starts a relay with an empty log.
    ///
    /// # Panics
    /// If it does not start.
    #[must_use]
    pub fn start(kind: LogKind, folder: &Path) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = Rc::new(runtime.expect("a runtime can be made"));
        let log: Arc<dyn Log> = match kind {
            LogKind::Memory => Arc::new(MemoryLog::create().expect("a log in memory")),
            LogKind::Sqlite => Arc::new(SqliteLog::open(folder).expect("a log on SQLite")),
        };
        Self::on(runtime, kind, log, 1)
    }

    fn on(runtime: Rc<Runtime>, kind: LogKind, log: Arc<dyn Log>, number: u32) -> Self {
        // The scratch folder may be small, and what is tried here is not the disk.
        let config = RelayConfig { free_bytes_min: 0, ..RelayConfig::default() };
        let for_relay = log.clone();
        let relay = runtime.block_on(async move { Relay::start(for_relay, config) });
        let relay = relay.expect("the relay starts");
        let router = relay.router();
        let (late, stalled) = (RefCell::default(), RefCell::default());
        Self { inner: Rc::new(Inner { runtime, relay, router, kind, log, number, late, stalled }) }
    }

    pub(super) fn replaced(&self, folder: &Path) -> Self {
        let log: Arc<dyn Log> = match self.inner.kind {
            LogKind::Memory => Arc::new(MemoryLog::create().expect("a log in memory")),
            LogKind::Sqlite => Arc::new(SqliteLog::open(folder).expect("a log on SQLite")),
        };
        Self::on(self.inner.runtime.clone(), self.inner.kind, log, self.inner.number + 1)
    }

    /// A relay whose store lies in a folder already.
    pub(super) fn standing_in(&self, folder: &Path) -> Self {
        let log = Arc::new(SqliteLog::open(folder).expect("a log on SQLite"));
        Self::on(self.inner.runtime.clone(), LogKind::Sqlite, log, self.inner.number + 1)
    }

    pub(super) fn number(&self) -> u32 {
        self.inner.number
    }

    /// The log, to look at what the relay holds.
    #[must_use]
    pub fn log(&self) -> &dyn Log {
        &*self.inner.log
    }

    /// Tells the relay of a workspace.
    ///
    /// # Panics
    /// If it refuses.
    pub fn register(&self, page: RosterPage) {
        let registered = self.inner.runtime.block_on(self.inner.relay.register(page));
        registered.expect("the relay takes the roster");
    }

    /// Hands a request over and waits for the whole answer.
    ///
    /// # Panics
    /// If the answer breaks off by itself.
    pub fn deliver(&self, posted: &Posted) -> WireAnswer {
        let request = posted.with_body(Body::from(posted.body.clone()));
        self.inner.runtime.block_on(answer(self.inner.router.clone(), request))
    }

    /// Hands over the first bytes of a request; then the line breaks.
    pub fn deliver_cut(&self, posted: &Posted, bytes: usize) {
        let broken = Err(std::io::Error::from(std::io::ErrorKind::ConnectionReset));
        let body = Body::from_stream(stream::iter([Ok(posted.begun(bytes)), broken]));
        let request = posted.with_body(body);
        self.inner.runtime.block_on(answer(self.inner.router.clone(), request));
    }

    /// Hands over the first bytes of a request; nothing follows, and the relay does not know yet that nothing will.
    pub fn deliver_stalling(&self, posted: &Posted, bytes: usize) {
        let begun = stream::iter([Ok::<_, std::io::Error>(posted.begun(bytes))]);
        let request = posted.with_body(Body::from_stream(begun.chain(stream::pending())));
        let router = self.inner.router.clone();
        let task = self.inner.runtime.spawn(async move {
            answer(router, request).await;
        });
        self.inner.runtime.block_on(async {
            for _ in 0..16 {
                tokio::task::yield_now().await;
            }
        });
        let mut stalled = self.inner.stalled.borrow_mut();
        stalled.push(task);
        if stalled.len() > STALLED_MAX {
            stalled.remove(0).abort();
        }
    }

    /// Keeps a request and hands it over after so many others.
    pub fn deliver_later(&self, posted: Posted, requests: u32) {
        self.inner.late.borrow_mut().push((requests, posted));
    }

    /// Another request is on its way: what was to come before it comes now.
    pub(super) fn time_passes(&self) {
        let due = {
            let mut late = self.inner.late.borrow_mut();
            late.iter_mut().for_each(|(left, _)| *left = left.saturating_sub(1));
            let (due, kept) = late.drain(..).partition(|(left, _)| *left == 0);
            *late = kept;
            due
        };
        let due: Vec<(u32, Posted)> = due;
        due.iter().for_each(|(_, posted)| drop(self.deliver(posted)));
    }

    /// Everything that is late arrives now.
    pub fn deliver_what_is_late(&self) {
        let late = std::mem::take(&mut *self.inner.late.borrow_mut());
        late.iter().for_each(|(_, posted)| drop(self.deliver(posted)));
        self.inner.stalled.borrow_mut().drain(..).for_each(|task| task.abort());
    }
}

async fn answer(router: Router, request: Request<Body>) -> WireAnswer {
    let response = router.oneshot(request).await.unwrap_or_else(|never| match never {});
    let status = response.status().as_u16();
    let content_type = response.headers().get(header::CONTENT_TYPE);
    let is_cbor = content_type.is_some_and(|value| value.as_bytes() == b"application/cbor");
    let body = response.into_body().collect().await.expect("the relay's answer is whole");
    WireAnswer { status, is_cbor, body: body.to_bytes().to_vec() }
}
