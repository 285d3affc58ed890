//! A headquarters at work: its relay, its rounds of sync, its page, and orders from other processes of its owner.
//!
//! The relay is the same as everybody else's and stands in the same process only for convenience: headquarters syncs
//! with it over HTTP on the loopback address, woken by what the relay hears and every half minute. One thread does the
//! rounds; the rest are tasks of the runtime. Everything ends in order when told to: requests under way are finished,
//! the round too.

mod backups;
pub(crate) mod desk_door;
mod rounds;
pub(crate) mod tls;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};
use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use kahriz_core::workspace::Workspace;
use kahriz_relay::backup::Schedule;
use kahriz_relay::log::SqliteLog;
use kahriz_relay::{Relay, RelayConfig, ServerLimits, Tls, serve_router};
use tokio::runtime::Runtime;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::accounts::Accounts;
use crate::bell::Bell;
use crate::failure::Failure;
use crate::handover::Posted;
use crate::operate::{Joins, Serving};
use crate::page::{self, PageState};
use crate::sync_state::SyncState;

/// The folder of the relay's store, inside headquarters' own.
pub(crate) const RELAY_FOLDER: &str = "relay";
/// How long tasks may take to end. The relay's own grace for requests under way is shorter.
const END_LONGEST: Duration = Duration::from_secs(10);

/// Where a headquarters listens, and how it admits.
pub(crate) struct Plan {
    /// For devices.
    pub(crate) relay: TcpListener,
    /// What devices speak TLS with, if they do.
    pub(crate) tls: Option<Tls>,
    /// For a browser on this machine.
    pub(crate) page: TcpListener,
    /// What it does about devices that ask to join.
    pub(crate) joins: Joins,
    /// When it backs itself up, if it does.
    pub(crate) backups: Option<Schedule>,
}

/// A headquarters at work.
pub(crate) struct Headquarters {
    pub(crate) workspace: Arc<Workspace>,
    pub(crate) serving: Serving,
    /// Who may use the page.
    pub(crate) accounts: Arc<Accounts>,
    /// Where the page is.
    pub(crate) page: SocketAddr,
    runtime: Runtime,
    tasks: JoinSet<()>,
    rounds: Option<JoinHandle<()>>,
    stop: watch::Sender<bool>,
    _posted: Posted,
}

impl Headquarters {
    /// Sets everything to work.
    pub(crate) fn start(folder: &Path, workspace: Workspace, plan: Plan) -> Result<Self, Failure> {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        let workspace = Arc::new(workspace);
        let (stop, stopped) = watch::channel(false);
        let (state_sender, state) = watch::channel(SyncState::default());
        let scheme = if plan.tls.is_some() { "https" } else { "http" };
        let relay_url = format!("{scheme}://{}", on_this_machine(plan.relay.local_addr()?));
        let pin = plan.tls.as_ref().map(Tls::pin);
        // Invites carry it from now on.
        if workspace.relay_pin() != pin {
            workspace.set_relay_pin(pin)?;
        }
        let page = plan.page.local_addr()?;
        let bell = Bell::default();
        let mut tasks = JoinSet::new();
        let entered = runtime.enter();
        let backups = plan
            .backups
            .map(|plan| backups::start(plan, folder, &workspace, stopped.clone(), &mut tasks));
        let joins = plan.joins;
        let serving = Serving { relay_url, pin, bell: bell.clone(), state, joins, backups };
        let log = Arc::new(SqliteLog::open(&folder.join(RELAY_FOLDER))?);
        let relay = Relay::start(log, RelayConfig { tls: plan.tls, ..RelayConfig::default() })?;
        // A relay that came back from a backup with its headquarters may have the longer roster.
        let held = relay.roster_seq(workspace.id());
        let is_behind = held.unwrap_or(0) < workspace.roster_seq();
        // And one that has taken the lost one's place is compared by the rounds, which can give way.
        let is_sure = !workspace.is_roster_unsure();
        if held.is_none() || (is_sure && (is_behind || workspace.copied().is_none())) {
            runtime.block_on(relay.register(workspace.roster_page(0)?))?;
        }
        tasks.spawn(ring_on_events(
            relay.clone(),
            workspace.clone(),
            bell.clone(),
            stopped.clone(),
        ));
        tasks.spawn(serve_relay(relay, listen(plan.relay)?, stopped.clone()));
        let accounts = Arc::new(Accounts::new(workspace.clone()));
        let router = page::router(PageState {
            workspace: workspace.clone(),
            serving: serving.clone(),
            accounts: accounts.clone(),
        });
        tasks.spawn(serve_page(listen(plan.page)?, router, stopped.clone()));
        let posted = desk_door::open(folder, &workspace, &serving, stopped, &mut tasks)?;
        drop(entered);

        let rounds = rounds::start(workspace.clone(), serving.clone(), state_sender)?;
        Ok(Self {
            workspace,
            serving,
            accounts,
            page,
            runtime,
            tasks,
            rounds: Some(rounds),
            stop,
            _posted: posted,
        })
    }

    /// Waits until the person or the system wants it to end.
    pub(crate) fn wait_for_the_end(&self) {
        self.runtime.block_on(interrupted());
    }

    /// Ends everything in order.
    pub(crate) fn end(mut self) {
        self.serving.bell.stop();
        self.stop.send_replace(true);
        if let Some(rounds) = self.rounds.take() {
            _ = rounds.join();
        }
        let all = async { while self.tasks.join_next().await.is_some() {} };
        _ = self.runtime.block_on(async { tokio::time::timeout(END_LONGEST, all).await });
        self.runtime.shutdown_timeout(END_LONGEST);
    }
}

/// An address at which this machine reaches what listens there.
pub(crate) fn on_this_machine(listening: SocketAddr) -> SocketAddr {
    let ip = match listening.ip() {
        IpAddr::V4(Ipv4Addr::UNSPECIFIED) => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(Ipv6Addr::UNSPECIFIED) => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip @ (IpAddr::V4(_) | IpAddr::V6(_)) => ip,
    };
    SocketAddr::new(ip, listening.port())
}

pub(crate) fn listen(listener: TcpListener) -> std::io::Result<tokio::net::TcpListener> {
    listener.set_nonblocking(true)?;
    tokio::net::TcpListener::from_std(listener)
}

pub(crate) async fn serve_relay(
    relay: Relay,
    listener: tokio::net::TcpListener,
    mut stopped: watch::Receiver<bool>,
) {
    let stop = async move { _ = stopped.wait_for(|stopped| *stopped).await };
    if let Err(error) = relay.serve(listener, stop).await {
        tracing::error!(%error, "the relay ended");
    }
}

async fn serve_page(
    listener: tokio::net::TcpListener,
    router: axum::Router,
    mut stopped: watch::Receiver<bool>,
) {
    let stop = async move { _ = stopped.wait_for(|stopped| *stopped).await };
    if let Err(error) = serve_router(listener, router, ServerLimits::default(), stop).await {
        tracing::error!(%error, "the page ended");
    }
}

/// Wakes the rounds whenever something arrives at the relay.
pub(crate) async fn ring_on_events(
    relay: Relay,
    workspace: Arc<Workspace>,
    bell: Bell,
    mut stopped: watch::Receiver<bool>,
) {
    use tokio::sync::broadcast::error::RecvError;
    let Some(mut events) = relay.listen(workspace.id()) else { return };
    loop {
        tokio::select! {
            _ = stopped.wait_for(|stopped| *stopped) => return,
            // Whoever lags behind has all the more reason to look.
            event = events.recv() => match event {
                Ok(_) | Err(RecvError::Lagged(_)) => bell.ring(),
                Err(RecvError::Closed) => return,
            },
        }
    }
}

/// Ctrl-C, or the system's polite request to end.
pub(crate) async fn interrupted() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    _ = tokio::signal::ctrl_c().await;
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_relay_on_all_addresses_is_reached_on_the_loopback_one() {
        assert_eq!(
            on_this_machine("0.0.0.0:8470".parse().unwrap()),
            "127.0.0.1:8470".parse().unwrap()
        );
        assert_eq!(on_this_machine("[::]:8470".parse().unwrap()), "[::1]:8470".parse().unwrap());
        assert_eq!(
            on_this_machine("192.0.2.7:80".parse().unwrap()),
            "192.0.2.7:80".parse().unwrap()
        );
    }
}
