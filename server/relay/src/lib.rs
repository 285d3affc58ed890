//! Kahriz's relay: an ordered store-and-forward log per scope, for sealed frames that it cannot open.
//!
//! Devices post frames and cursors to `/v1/sync`; the relay checks at the door who sealed each frame
//! and that it follows the last one of its log, commits it to disk, gives it the scope's next
//! position, and hands it on to whoever asks from before that position. It knows keys, opaque ids and
//! sizes. Record content, names and places it never sees: this crate is built on `kahriz_proto` alone.
//!
//! | floor | modules |
//! |---|---|
//! | storage | [`log`]: the [`log::Log`] trait, in memory and on SQLite |
//! | what is held in memory | `workspaces` (rosters, events), `uploads` (frames that arrived in part), `auth` (tokens seen) |
//! | keeping | [`backup`]: dated copies of the store, and a store made of one |
//! | decisions | `door` (one frame), `log::judge` (its place), `page` (what goes down) |
//! | HTTP | `http` (one module an endpoint), `server` (connections and their limits), `tls` |
//!
//! ```no_run
//! use kahriz_relay::{RelayConfig, log::SqliteLog, serve};
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! let log = std::sync::Arc::new(SqliteLog::open(std::path::Path::new("/var/lib/kahriz-relay"))?);
//! let listener = tokio::net::TcpListener::bind("127.0.0.1:8470").await?;
//! let stop = async { _ = tokio::signal::ctrl_c().await };
//! serve(listener, log, RelayConfig::default(), stop).await?;
//! # Ok(()) }
//! ```

mod auth;
pub mod backup;
mod body;
mod config;
mod door;
mod held;
mod http;
pub mod log;
mod metrics;
mod page;
mod refuse;
mod relay;
mod server;
#[cfg(feature = "testing")]
pub mod testing;
mod tls;
mod uploads;
mod workspaces;
mod writer;

pub use config::{Registration, RelayConfig, ServerLimits};
pub use relay::{Relay, StartError, serve};
pub use server::{ServeError, serve_router};
pub use tls::{Tls, TlsError};
pub use workspaces::{Event, RosterChangeError};
