//! The relay's process: it says where it listens, and ends when its input ends.

use super::Stop;
use kahriz_relay::log::SqliteLog;
use kahriz_relay::{Registration, RelayConfig, serve};
use serde::{Deserialize, Serialize};
use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

#[derive(Serialize, Deserialize)]
struct Listening {
    address: SocketAddr,
}

/// A relay that runs in a process of its own until this is dropped.
pub(crate) struct RelayProcess {
    child: Child,
    pub(crate) address: SocketAddr,
}

impl RelayProcess {
    /// Starts a relay with its store in this folder.
    pub(crate) fn start(folder: &Path) -> Result<Self, Stop> {
        std::fs::create_dir_all(folder)?;
        let mut child = Command::new(std::env::current_exe()?)
            .arg("__relay")
            .arg(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut line = String::new();
        let said = child.stdout.take().ok_or("the relay has no output")?;
        BufReader::new(said).read_line(&mut line)?;
        let Listening { address } = serde_json::from_str(&line)
            .map_err(|_| "the relay did not start; what it says is above")?;
        Ok(Self { child, address })
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for RelayProcess {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _code = self.child.wait();
    }
}

/// The process itself.
pub(crate) fn run(folder: &Path, out: &mut dyn Write) -> Result<(), Stop> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let log = Arc::new(SqliteLog::open(folder)?);
        let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let listening = Listening { address: listener.local_addr()? };
        writeln!(out, "{}", serde_json::to_string(&listening)?)?;
        out.flush()?;
        let config = RelayConfig { registration: Registration::Open, ..RelayConfig::default() };
        serve(listener, log, config, input_ends()).await?;
        Ok(())
    })
}

async fn input_ends() {
    let (ended, told) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || {
        let _bytes = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
        let _told = ended.send(());
    });
    let _ended = told.await;
}
