//! The relay as one value: what it holds, and how a process runs or embeds it.

use crate::auth::SeenTokens;
use crate::config::{LARGE_BODIES_MAX, LARGE_LETTERS_MAX, PARTIAL_BYTES_MAX, RelayConfig};
use crate::http;
use crate::log::{Extension, Log, Room};
use crate::metrics::Metrics;
use crate::server::{self, Door, ServeError};
use crate::tls::Tls;
use crate::uploads::Uploads;
use crate::workspaces::{Event, RosterChangeError, Workspaces, replay_founding};
use crate::writer::Writer;
use kahriz_proto::ids::WorkspaceId;
use std::future::Future;
use std::sync::Arc;
use thiserror::Error;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, broadcast, watch};

/// A running relay. Clones are the same relay.
#[derive(Clone)]
pub struct Relay {
    inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) log: Arc<dyn Log>,
    pub(crate) config: RelayConfig,
    pub(crate) workspaces: Arc<Workspaces>,
    pub(crate) writer: Writer,
    pub(crate) uploads: Arc<Uploads>,
    /// Letters on their way in, of which nothing is kept that is not whole.
    pub(crate) deposits: Arc<Uploads>,
    pub(crate) seen: SeenTokens,
    pub(crate) metrics: Metrics,
    pub(crate) large_bodies: Semaphore,
    pub(crate) large_letters: Semaphore,
    /// True once the relay is shutting down.
    pub(crate) stopping: watch::Sender<bool>,
    /// Counts, by its receivers, the uploads that a shutdown waits for.
    pub(crate) under_way: watch::Sender<()>,
}

impl Inner {
    /// How much may still be taken in now. Blocks.
    pub(crate) fn room(&self) -> Room {
        Room::now(&self.config, &*self.log)
    }
}

/// Why a relay does not start.
#[derive(Debug, Error)]
pub enum StartError {
    /// The log cannot be read, or its rosters don't replay.
    #[error("the store's rosters cannot be read: {0}")]
    Rosters(#[from] RosterChangeError),
    /// Serving failed.
    #[error(transparent)]
    Serve(#[from] ServeError),
}

/// Runs a relay on a listener until `shutdown` is done and what was under way has ended.
///
/// # Errors
/// [`StartError`] if the log cannot be read, or the listener breaks.
pub async fn serve(
    listener: TcpListener,
    log: Arc<dyn Log>,
    config: RelayConfig,
    shutdown: impl Future<Output = ()> + Send,
) -> Result<(), StartError> {
    let relay = Relay::start(log, config)?;
    Ok(relay.serve(listener, shutdown).await?)
}

impl Relay {
    /// Reads the log's rosters and starts the task that writes. Call within a tokio runtime.
    ///
    /// # Errors
    /// [`StartError::Rosters`]
    pub fn start(log: Arc<dyn Log>, config: RelayConfig) -> Result<Self, StartError> {
        let uploads = Uploads::new(PARTIAL_BYTES_MAX);
        let workspaces = Arc::new(Workspaces::load(&*log, uploads.clone())?);
        let inner = Inner {
            writer: Writer::start(log.clone(), workspaces.clone(), &config),
            log,
            config,
            workspaces,
            uploads,
            deposits: Uploads::new(0),
            seen: SeenTokens::default(),
            metrics: Metrics::new(),
            large_bodies: Semaphore::new(LARGE_BODIES_MAX),
            large_letters: Semaphore::new(LARGE_LETTERS_MAX),
            stopping: watch::Sender::new(false),
            under_way: watch::Sender::new(()),
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// The relay's endpoints, without the limits on connections that [`Relay::serve`] keeps.
    pub fn router(&self) -> axum::Router {
        http::router(self.inner.clone())
    }

    /// Serves a listener until `shutdown` is done; then finishes what is under way, for some seconds
    /// at most. Event streams end at once. A relay that was shut down stays so.
    ///
    /// # Errors
    /// [`ServeError`] if the listener breaks.
    pub async fn serve(
        &self,
        listener: TcpListener,
        shutdown: impl Future<Output = ()> + Send,
    ) -> Result<(), ServeError> {
        let stop = async {
            shutdown.await;
            self.inner.stopping.send_replace(true);
        };
        let connections = self.inner.metrics.connections.clone();
        let limits = self.inner.config.limits;
        let tls = self.inner.config.tls.as_ref();
        let door = Door { limits, gauge: connections, tls: tls.map(Tls::acceptor) };
        let follow = async {
            match tls {
                Some(tls) => tls.follow_files().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            served = server::run(listener, self.router(), door, stop) => served?,
            () = follow => {}
        }
        // Uploads outlive their connections: each may still commit its last group.
        _ = tokio::time::timeout(limits.grace, self.inner.under_way.closed()).await;
        Ok(())
    }

    /// Registers a workspace from all entries of its roster, or brings an old one up to date. Saying
    /// the same again changes nothing. This is the way in for the headquarters of the same process;
    /// over HTTP it is `POST /v1/workspaces`.
    ///
    /// # Errors
    /// [`RosterChangeError`]
    pub async fn register(
        &self,
        extension: impl Into<Extension>,
    ) -> Result<WorkspaceId, RosterChangeError> {
        let extension = extension.into();
        let offered = replay_founding(&extension.entries)?;
        self.inner.workspaces.register(&self.inner.log, offered, extension).await
    }

    /// The workspaces that are registered here.
    #[must_use]
    pub fn workspaces(&self) -> Vec<WorkspaceId> {
        self.inner.workspaces.all().iter().map(|space| space.id).collect()
    }

    /// The number of the last roster entry that is held of a workspace.
    #[must_use]
    pub fn roster_seq(&self, workspace: WorkspaceId) -> Option<u64> {
        self.inner.workspaces.get(workspace).map(|space| space.roster().seq())
    }

    /// What happens in a workspace from now on. A receiver that lags is told so by its channel, and
    /// looks for itself.
    #[must_use]
    pub fn listen(&self, workspace: WorkspaceId) -> Option<broadcast::Receiver<Event>> {
        self.inner.workspaces.get(workspace).map(|space| space.listen())
    }
}
