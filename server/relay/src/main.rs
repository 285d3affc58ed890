//! The program `kahriz-relay`: a relay on its own, with its store in a folder.
//!
//! It reads its arguments, opens the store, binds the address, and says when it is ready; everything
//! else is the library's.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use clap::{Parser, Subcommand, ValueEnum};
use kahriz_relay::log::{OpenError, SqliteLog};
use kahriz_relay::{Registration, Relay, RelayConfig, ServerLimits, StartError, Tls, TlsError};
use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use thiserror::Error;
use tokio::net::TcpListener;
use tracing_subscriber::EnvFilter;

/// Threads for what blocks (the store). More would only wait for the same disk.
const BLOCKING_THREADS_MAX: usize = 16;

const ABOUT: &str = "The relay of Kahriz: keeps sealed frames in order and hands them on.";

const LONG_ABOUT: &str = "The relay of Kahriz: keeps sealed frames in order and hands them on.

Devices post frames that are sealed and signed on the device; the relay checks who sealed them, \
commits them to disk and hands them to whoever asks. It cannot open them.

With --tls self-signed it makes a certificate of its own and says its pin, which invites carry; with \
--tls-cert and --tls-key it shows yours. Without either it speaks plain HTTP/1.1: then let it listen \
on the loopback address, which is the default, behind a reverse proxy that terminates TLS. Records \
stay sealed without TLS, but device pseudonyms, times and sizes would be in the open.";

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
}

fn main() -> ExitCode {
    let Command::Serve(arguments) = Arguments::parse().command;
    start_log(arguments.log_format);
    match run(&arguments) {
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
    runtime.block_on(serve(arguments.listen, log, config))
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
