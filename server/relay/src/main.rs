//! The program `kahriz-relay`: a relay on its own, with its store in a folder.
//!
//! It reads its arguments, opens the store, binds the address, and says when it is ready; everything
//! else is the library's.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use clap::{Parser, Subcommand, ValueEnum};
use kahriz_relay::backup::{self, BackupError, Of, RestoreError, Schedule, Wish};
use kahriz_relay::log::{Log, OpenError, SqliteLog};
use kahriz_relay::{Registration, Relay, RelayConfig, ServerLimits, StartError, Tls, TlsError};
use std::io::{self, IsTerminal, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use thiserror::Error;
use tokio::net::TcpListener;
use tracing_subscriber::EnvFilter;

/// Threads for what blocks (the store). More would only wait for the same disk.
const BLOCKING_THREADS_MAX: usize = 16;

/// A copy that takes longer than this says how far it is.
const PROGRESS_EVERY: Duration = Duration::from_secs(2);

const ABOUT: &str = "The relay of Kahriz: keeps sealed frames in order and hands them on.";

const LONG_ABOUT: &str = "The relay of Kahriz: keeps sealed frames in order and hands them on.

Devices post frames that are sealed and signed on the device; the relay checks who sealed them, \
commits them to disk and hands them to whoever asks. It cannot open them.

With --tls self-signed it makes a certificate of its own and says its pin, which invites carry; with \
--tls-cert and --tls-key it shows yours. Without either it speaks plain HTTP/1.1: then let it listen \
on the loopback address, which is the default, behind a reverse proxy that terminates TLS. Records \
stay sealed without TLS, but device pseudonyms, times and sizes would be in the open.";

const BACKUP_ABOUT: &str = "Copy the store into a new dated folder, also while the relay serves, and verify the copy.

The copy is one moment's picture. It is read back to its last frame before the folder gets its name, so that a \
folder with a backup's name is a whole one; nothing is overwritten.

Records are sealed in a backup as they are in the relay. The rest is what the relay sees: which devices there are \
and in which areas, who wrote when and how much. Keep backups where you would keep the relay's disk.";

const RESTORE_ABOUT: &str = "Make a store of a backup, in a folder that isn't there or is empty.

All of the backup is verified first. The store gets a new incarnation: devices notice that this relay may have \
forgotten something, read it from the beginning, and bring what it lacks. Nothing has to be done at the devices.";

#[derive(Parser)]
#[command(name = "kahriz-relay", version, about = ABOUT, long_about = LONG_ABOUT)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve devices until SIGINT or SIGTERM
    Serve(Serve),
    /// Copy the store into a new dated folder, also while the relay serves, and verify the copy
    #[command(long_about = BACKUP_ABOUT)]
    Backup(Backup),
    /// Make a store of a backup, in a folder that isn't there or is empty
    #[command(long_about = RESTORE_ABOUT)]
    Restore(Restore),
}

#[derive(Parser)]
struct Backup {
    /// Folder of the store
    #[arg(long, value_name = "DIR")]
    store: PathBuf,

    /// Folder that gets the backup, as kahriz-relay- and the time in UTC. It is created if it isn't there
    #[arg(long, value_name = "FOLDER")]
    out: PathBuf,

    /// Leave so many backups of this store there and remove the oldest, once the new one is verified
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..))]
    keep: Option<u32>,

    /// Copy also the key of the certificate that the relay made for itself, which is not sealed: whoever has it can
    /// stand in for this relay. Without it a restored relay has another, and devices that were invited with its pin
    /// stay away, unless relay-tls.pem is brought back from elsewhere
    #[arg(long)]
    with_tls_key: bool,
}

#[derive(Parser)]
struct Restore {
    /// The backup's folder. One of headquarters will do: the relay's store is in it
    #[arg(value_name = "BACKUP")]
    backup: PathBuf,

    /// Folder of the new store
    #[arg(long, value_name = "DIR")]
    store: PathBuf,
}

/// Serve devices until SIGINT or SIGTERM. Requests under way are finished, for some seconds at most.
#[derive(Parser)]
struct Serve {
    /// Folder of the store, created if it isn't there. One relay at a time can have it open
    #[arg(long, value_name = "DIR")]
    store: PathBuf,

    /// Address to listen on. Port 0 takes a free one
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8470")]
    listen: SocketAddr,

    /// Speak TLS with a certificate that the relay makes for itself, once; it is kept with the store
    #[arg(long, value_enum, value_name = "HOW", conflicts_with = "tls_cert")]
    tls: Option<TlsKind>,

    /// Speak TLS with this certificate, in PEM, followed by those that lead to its authority. It is read again
    /// when it changes, and on SIGHUP
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,

    /// The certificate's private key, in PEM
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,

    /// Let anybody register a workspace (an organisation) here
    #[arg(long, conflicts_with = "registration_file")]
    open_registration: bool,

    /// Let those register a workspace who know the secret in this file. Without this and without
    /// --open-registration nobody can; workspaces that are registered already go on
    #[arg(long, value_name = "FILE")]
    registration_file: Option<PathBuf>,

    /// Frames that one device may have stored, in MiB
    #[arg(long, value_name = "MIB", default_value_t = 2_048)]
    device_quota: u64,

    /// Frames that one workspace may have stored, in MiB
    #[arg(long, value_name = "MIB", default_value_t = 65_536)]
    workspace_quota: u64,

    /// Take nothing in when less than this is free on the store's disk, in MiB. Reads go on
    #[arg(long, value_name = "MIB", default_value_t = 256)]
    keep_free: u64,

    /// Connections at one time
    #[arg(long, value_name = "COUNT", default_value_t = 20_000)]
    connections: usize,

    /// Connections from one address at one time. Connections from this machine aren't counted
    #[arg(long, value_name = "COUNT", default_value_t = 256)]
    connections_per_address: usize,

    /// Back the store up into this folder now and then, and verify it
    #[arg(long, value_name = "FOLDER")]
    backup_to: Option<PathBuf>,

    /// How often it is backed up
    #[arg(long, value_name = "HOURS", default_value_t = 24, requires = "backup_to", value_parser = clap::value_parser!(u32).range(1..=8_760))]
    backup_every: u32,

    /// How many backups are kept
    #[arg(long, value_name = "COUNT", default_value_t = 7, requires = "backup_to", value_parser = clap::value_parser!(u32).range(1..))]
    backup_keep: u32,

    /// How the log is written, to standard error. KAHRIZ_LOG sets what is: error, warn, info, debug
    #[arg(long, value_enum, default_value_t = LogFormat::Text)]
    log_format: LogFormat,
}

#[derive(Clone, Copy, ValueEnum)]
enum TlsKind {
    SelfSigned,
}

#[derive(Clone, Copy, ValueEnum)]
enum LogFormat {
    Text,
    Json,
}

/// Why the program ends with an error.
#[derive(Debug, Error)]
enum Failure {
    #[error(transparent)]
    Store(#[from] OpenError),
    #[error("cannot listen on {address}: {}", explain(source))]
    Listen { address: SocketAddr, source: io::Error },
    #[error("cannot read the registration secret {path}: {source}")]
    Secret { path: PathBuf, source: io::Error },
    #[error("the registration secret in {0} is shorter than 16 characters")]
    ShortSecret(PathBuf),
    #[error("cannot speak TLS: {0}")]
    Tls(#[from] TlsError),
    #[error("cannot start: {0}")]
    Runtime(#[source] io::Error),
    #[error(transparent)]
    Relay(#[from] StartError),
    #[error(transparent)]
    Backup(#[from] BackupError),
    #[error(transparent)]
    Restore(#[from] RestoreError),
}

fn main() -> ExitCode {
    let ended = match Arguments::parse().command {
        Command::Serve(arguments) => {
            start_log(arguments.log_format);
            run(&arguments)
        }
        Command::Backup(arguments) => back_up(&arguments),
        Command::Restore(arguments) => restore(&arguments),
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            _ = writeln!(io::stderr(), "kahriz-relay: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Serve) -> Result<(), Failure> {
    raise_open_files();
    let mut config = config(arguments)?;
    let log = SqliteLog::open(&arguments.store)?;
    // After the store is ours: two relays must not make two certificates.
    config.tls = tls(arguments)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .max_blocking_threads(BLOCKING_THREADS_MAX)
        .build()
        .map_err(Failure::Runtime)?;
    runtime.block_on(async {
        if let Some(schedule) = schedule(arguments) {
            let incarnation = log.incarnation().to_string();
            tokio::spawn(back_up_by_the_clock(arguments.store.clone(), incarnation, schedule));
        }
        serve(arguments.listen, log, config).await
    })
}

async fn serve(address: SocketAddr, log: SqliteLog, config: RelayConfig) -> Result<(), Failure> {
    let listen = |source| Failure::Listen { address, source };
    let listener = TcpListener::bind(address).await.map_err(listen)?;
    let address = listener.local_addr().map_err(listen)?;
    let tls = config.tls.clone();
    let relay = Relay::start(Arc::new(log), config)?;
    // Whoever started us may wait for this line; what devices need to know stands before it.
    if let Some(tls) = &tls {
        _ = writeln!(io::stdout(), "pin {}", URL_SAFE_NO_PAD.encode(tls.pin()));
    } else if !address.ip().is_loopback() {
        tracing::warn!(
            "devices speak plain HTTP here: whoever listens learns who syncs when and how much (--tls)"
        );
    }
    let scheme = if tls.is_some() { "https" } else { "http" };
    _ = writeln!(io::stdout(), "kahriz-relay is ready on {scheme}://{address}");
    _ = io::stdout().flush();
    tokio::spawn(reload_on_hangup(tls));
    relay.serve(listener, stop_signal()).await.map_err(StartError::from)?;
    tracing::info!("the relay has ended");
    Ok(())
}

fn schedule(arguments: &Serve) -> Option<Schedule> {
    let every = Duration::from_secs(u64::from(arguments.backup_every) * 3_600);
    let keep = arguments.backup_keep;
    arguments.backup_to.clone().map(|to| Schedule { to, every, keep })
}

/// Takes one backup after another. One that fails is said and tried again; the relay serves on.
async fn back_up_by_the_clock(store: PathBuf, incarnation: String, schedule: Schedule) {
    let mut newest = backup::newest(&schedule.to, Of::Relay, &incarnation);
    let mut failed = false;
    loop {
        tokio::time::sleep(schedule.pause(newest, failed, now_ms())).await;
        let (store, plan) = (store.clone(), schedule.clone());
        let taken = tokio::task::spawn_blocking(move || {
            let wish = Wish { out: &plan.to, keep: Some(plan.keep), with_tls_key: false };
            backup::back_up(&store, &wish, now_ms(), &mut |_, _| {})
        });
        failed = true;
        match taken.await {
            Ok(Ok(_)) => {
                tracing::info!("a backup was taken and verified");
                (newest, failed) = (Some(now_ms()), false);
            }
            Ok(Err(error)) => tracing::warn!(%error, "no backup was taken"),
            Err(_) => tracing::error!("taking a backup panicked"),
        }
    }
}

fn back_up(arguments: &Backup) -> Result<(), Failure> {
    let Backup { store, out, keep, with_tls_key } = arguments;
    let wish = Wish { out, keep: *keep, with_tls_key: *with_tls_key };
    let made = backup::back_up(store, &wish, now_ms(), &mut progress())?;
    let frames = made.manifest.taken.counts.get("frames").copied().unwrap_or(0);
    let areas = made.manifest.taken.scopes.len();
    let folder = made.folder.display();
    _ = writeln!(io::stdout(), "{folder}: verified, {frames} frames in {areas} areas");
    for removed in &made.removed {
        _ = writeln!(io::stderr(), "removed {}", removed.display());
    }
    if !with_tls_key && store.join("relay-tls.pem").exists() {
        _ = writeln!(
            io::stderr(),
            "relay-tls.pem is not in it: keep a copy apart, or say --with-tls-key"
        );
    }
    Ok(())
}

fn restore(arguments: &Restore) -> Result<(), Failure> {
    let restored = backup::restore(&arguments.backup, &arguments.store)?;
    let frames = restored.manifest.taken.counts.get("frames").copied().unwrap_or(0);
    let store = arguments.store.display();
    _ = writeln!(io::stdout(), "{store}: {frames} frames, incarnation {}", restored.incarnation);
    _ = writeln!(
        io::stderr(),
        "What came after the backup is brought by the devices, each at its next sync. Next: kahriz-relay serve --store {store}"
    );
    Ok(())
}

/// Says how far a long copy is, to a person who looks.
fn progress() -> impl FnMut(u64, u64) {
    let (looks, mut told) = (io::stderr().is_terminal(), Instant::now());
    move |done, total| {
        if looks && told.elapsed() >= PROGRESS_EVERY {
            told = Instant::now();
            _ = writeln!(io::stderr(), "copied {} %", done * 100 / total.max(1));
        }
    }
}

fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

fn config(arguments: &Serve) -> Result<RelayConfig, Failure> {
    let registration = match &arguments.registration_file {
        Some(path) => Registration::Secret(read_secret(path)?),
        None if arguments.open_registration => Registration::Open,
        None => Registration::Closed,
    };
    let mib = |count: u64| count.saturating_mul(1 << 20);
    Ok(RelayConfig {
        registration,
        device_bytes_max: mib(arguments.device_quota),
        workspace_bytes_max: mib(arguments.workspace_quota),
        free_bytes_min: mib(arguments.keep_free),
        with_holes: false,
        tls: None,
        limits: ServerLimits {
            connections_max: arguments.connections,
            connections_per_address_max: arguments.connections_per_address,
            ..ServerLimits::default()
        },
    })
}

fn tls(arguments: &Serve) -> Result<Option<Tls>, TlsError> {
    match (&arguments.tls_cert, &arguments.tls_key, arguments.tls) {
        (Some(certificate), Some(key), _) => Tls::from_files(certificate, key).map(Some),
        (_, _, Some(TlsKind::SelfSigned)) => Tls::self_signed(&arguments.store).map(Some),
        _ => Ok(None),
    }
}

fn read_secret(path: &Path) -> Result<String, Failure> {
    let text = std::fs::read_to_string(path)
        .map_err(|source| Failure::Secret { path: path.to_owned(), source })?;
    let secret = text.trim().to_owned();
    if secret.len() < 16 {
        return Err(Failure::ShortSecret(path.to_owned()));
    }
    Ok(secret)
}

fn explain(error: &io::Error) -> String {
    let kind = error.kind();
    if kind == io::ErrorKind::AddrInUse {
        "another program listens there already".to_owned()
    } else if kind == io::ErrorKind::AddrNotAvailable {
        "this machine has no such address".to_owned()
    } else if kind == io::ErrorKind::PermissionDenied {
        "this needs more rights (ports below 1024 do)".to_owned()
    } else {
        error.to_string()
    }
}

fn start_log(format: LogFormat) {
    let filter = EnvFilter::try_from_env("KAHRIZ_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr);
    match format {
        LogFormat::Text => log.init(),
        LogFormat::Json => log.json().init(),
    }
}

/// Each connection is an open file, and the usual soft limit of 1,024 is less than the phones of one
/// organisation. What the machine allows is taken; what it doesn't is for its operator to change.
fn raise_open_files() {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    let raised = rustix::process::Rlimit { current: limit.maximum, ..limit };
    if setrlimit(Resource::Nofile, raised).is_err() {
        tracing::warn!("the limit on open files could not be raised");
    }
}

/// An operator who has renewed the certificate says so; without TLS the signal means nothing, but does not end us.
async fn reload_on_hangup(tls: Option<Tls>) {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut hangup) = signal(SignalKind::hangup()) else { return };
    while hangup.recv().await.is_some() {
        match tls.as_ref().map(Tls::reload) {
            Some(Ok(())) => tracing::info!("the certificate was read again"),
            Some(Err(error)) => tracing::warn!(%error, "the earlier certificate stays in use"),
            None => tracing::info!("there is no certificate to read again"),
        }
    }
}

async fn stop_signal() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => tokio::select! {
            _ = terminate.recv() => {}
            _ = tokio::signal::ctrl_c() => {}
        },
        Err(_) => _ = tokio::signal::ctrl_c().await,
    }
}
