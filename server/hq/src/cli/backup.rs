//! Backups: taken by a person or by the clock, and what is made of one.

use std::path::PathBuf;

use clap::Args;
use serde::{Deserialize, Serialize};

#[derive(Args, Clone, Debug, Serialize, Deserialize)]
pub(crate) struct BackupOrder {
    /// The folder that gets the backup, as kahriz-headquarters- and the time in UTC. It is made if it isn't there
    #[arg(long, value_name = "FOLDER")]
    pub(crate) out: PathBuf,
    /// Leave so many backups of this store there and remove the oldest, once the new one is verified
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) keep: Option<u32>,
    /// Copy also the key of the certificate that the relay made for itself, which is not encrypted: whoever has it can
    /// stand in for the relay. Without it, keep relay/relay-tls.pem apart, or devices stay away from a restored relay
    #[arg(long)]
    pub(crate) with_tls_key: bool,
}

#[derive(Args)]
pub(crate) struct RestoreBackup {
    /// The backup's folder
    #[arg(value_name = "BACKUP")]
    pub(crate) backup: PathBuf,
    /// A folder that isn't there yet, or is empty
    #[arg(long, value_name = "FOLDER")]
    pub(crate) dir: PathBuf,
}

#[derive(Args)]
pub(crate) struct Resume {
    /// The folder that `kahriz restore` made
    pub(crate) dir: PathBuf,
    /// I know that the original is gone and stays off
    #[arg(long)]
    pub(crate) yes: bool,
}

#[derive(Args)]
pub(crate) struct Scheduled {
    /// Back everything up into this folder now and then, and verify it
    #[arg(long, value_name = "FOLDER")]
    pub(crate) backup_to: Option<PathBuf>,
    /// How often
    #[arg(long, value_name = "HOURS", default_value_t = 24, requires = "backup_to", value_parser = clap::value_parser!(u32).range(1..=8760))]
    pub(crate) backup_every: u32,
    /// How many are kept
    #[arg(long, value_name = "N", default_value_t = 7, requires = "backup_to", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) backup_keep: u32,
}
