//! A device that serves others nearby, where no relay is in reach.
//!
//! In the process stands a relay like any, with a store of its own inside the device's: sealed frames and the member
//! list, of this one workspace. The device meets it over the loopback address as any guest does, so that what guests
//! bring is merged here and carried on, and what is here is given. Orders of the owner's other processes are taken
//! meanwhile, as at headquarters. Everything that lies there is also with those who brought it, until a relay has it.

mod address;
mod beacon;
mod not_met;
mod seat;

pub(crate) use address::{Address, NotAnAddress};
pub(crate) use beacon::look_around;
pub(crate) use not_met::NotMet;

use std::net::TcpListener;
use std::path::Path;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use kahriz_core::workspace::Workspace;
use kahriz_relay::log::SqliteLog;
use kahriz_relay::{Relay, RelayConfig, RosterChangeError, Tls};
use serde_json::json;
use tokio::runtime::Runtime;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::cli::ServeNearby;
use crate::dispatch::{bind, keep_lease, open};
use crate::failure::Failure;
use crate::handover::Posted;
use crate::headquarters::{self, desk_door};
use crate::keyfile::Keys;
use crate::{paper, say};
use beacon::Beacon;
use seat::{Rounds, Seat, may_serve};

/// The folder of the frames that are served, inside the device's own.
const FOLDER: &str = "nearby";
/// How long tasks may take to end.
const END_LONGEST: Duration = Duration::from_secs(10);

/// Serves until Ctrl-C, or for as long as was asked.
pub(crate) fn serve(
    store: &Path,
    keys: Keys<'_>,
    order: &ServeNearby,
    as_json: bool,
) -> Result<(), Failure> {
    let workspace = open(store, keys)?;
    keep_lease(&workspace)?;
    may_serve(&workspace)?;
    let mut host = Host::start(store, workspace, bind(order.listen)?)?;
    if !order.no_announce {
        host.announce();
    }
    host.tell(as_json);
    let minutes = order.minutes.map(u64::from);
    host.serve_for(minutes.map(|minutes| Duration::from_secs(60 * minutes)))
}

/// A device that serves.
struct Host {
    runtime: Runtime,
    tasks: JoinSet<()>,
    rounds: JoinHandle<Result<(), Failure>>,
    seat: Seat,
    stop: watch::Sender<bool>,
    listening: std::net::SocketAddr,
    pin: [u8; 32],
    beacon: Option<Beacon>,
    _posted: Posted,
}

impl Host {
    fn start(store: &Path, workspace: Workspace, listener: TcpListener) -> Result<Self, Failure> {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        let folder = store.join(FOLDER);
        let log = Arc::new(SqliteLog::open(&folder)?);
        let tls = Tls::self_signed(&folder)?;
        let (pin, listening) = (tls.pin(), listener.local_addr()?);
        let (stop, stopped) = watch::channel(false);
        let seat = Seat::of(workspace);
        let mut tasks = JoinSet::new();
        let entered = runtime.enter();
        let config = RelayConfig { tls: Some(tls), with_holes: true, ..RelayConfig::default() };
        let relay = Relay::start(log, config)?;
        runtime.block_on(bring_roster(&relay, &seat.workspace, &folder))?;
        let (rung, bell) = (seat.workspace.clone(), seat.bell.clone());
        tasks.spawn(headquarters::ring_on_events(relay.clone(), rung, bell, stopped.clone()));
        let listener = headquarters::listen(listener)?;
        tasks.spawn(headquarters::serve_relay(relay.clone(), listener, stopped.clone()));
        let clerk = seat.clone();
        let clerk: Arc<desk_door::Clerk> =
            Arc::new(move |request, out, aside| clerk.carry_out(request, out, aside));
        let posted = desk_door::open_to(store, clerk, stopped, &mut tasks)?;
        let own = Address { host: headquarters::on_this_machine(listening).to_string(), pin };
        let transport = own.transport().map_err(NotMet::from)?;
        let runs = runtime.handle().clone();
        let mut rounds = Rounds { seat: seat.clone(), relay, transport, runtime: runs };
        // Whoever comes first finds everything.
        rounds.round()?;
        let ended = stop.clone();
        let rounds = thread::Builder::new().name("rounds".to_owned()).spawn(move || {
            let went = rounds.go_on();
            ended.send_replace(true);
            went
        })?;
        drop(entered);
        let beacon = None;
        Ok(Self { runtime, tasks, rounds, seat, stop, listening, pin, beacon, _posted: posted })
    }

    fn announce(&mut self) {
        let workspace = self.seat.workspace.id();
        self.beacon = beacon::announce(&workspace, self.listening, &self.pin);
    }

    fn tell(&self, as_json: bool) {
        let addresses = address::of(self.listening, self.pin);
        let written: Vec<String> = addresses.iter().map(Address::to_string).collect();
        if as_json {
            let told = json!({ "addresses": written, "announced": self.beacon.is_some() });
            return say::result(&told.to_string());
        }
        written.iter().for_each(|address| say::result(&format!("Nearby: {address}")));
        if let Some(code) = written.first().and_then(|first| paper::qr(first)) {
            say::aside(&code);
        }
        say::aside(if self.beacon.is_some() {
            "Colleagues on this network find it with `kahriz device meet`, or with the address. Everybody here can see that somebody runs Kahriz."
        } else {
            "It is not announced on this network: colleagues need the address, for `kahriz device meet ADDRESS`."
        });
        say::aside("Ctrl-C ends it.");
    }

    fn serve_for(mut self, longest: Option<Duration>) -> Result<(), Failure> {
        let mut stopped = self.stop.subscribe();
        let time_is_up = async {
            match longest {
                Some(longest) => tokio::time::sleep(longest).await,
                None => std::future::pending().await,
            }
        };
        self.runtime.block_on(async {
            tokio::select! {
                () = headquarters::interrupted() => {}
                _ = stopped.wait_for(|stopped| *stopped) => {}
                () = time_is_up => {}
            }
        });
        say::aside("Ending.");
        drop(self.beacon.take());
        self.seat.bell.stop();
        self.stop.send_replace(true);
        let ended = self.rounds.join().unwrap_or(Ok(()));
        let all = async { while self.tasks.join_next().await.is_some() {} };
        _ = self.runtime.block_on(async { tokio::time::timeout(END_LONGEST, all).await });
        self.runtime.shutdown_timeout(END_LONGEST);
        ended
    }
}

/// The own roster, for guests and for the served relay to judge them by. If more of it is served than is here, this
/// store is an older one: it takes that in as any guest does.
async fn bring_roster(relay: &Relay, workspace: &Workspace, folder: &Path) -> Result<(), Failure> {
    if relay.roster_seq(workspace.id()).unwrap_or(0) > workspace.roster_seq() {
        return Ok(());
    }
    match relay.register(workspace.roster_page(0)?).await {
        Err(RosterChangeError::Roster(_)) => Err(NotMet::OtherHistory(folder.to_owned()).into()),
        registered => Ok(registered.map(drop)?),
    }
}
