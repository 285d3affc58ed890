//! Bundles: what is written into a file to be carried by hand.

use std::path::PathBuf;

use clap::Args;
use serde::{Deserialize, Serialize};

#[derive(Args, Clone, Debug, Serialize, Deserialize)]
pub(crate) struct BundleOrder {
    /// The file, by custom named .kahriz
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
    /// Put it in the place of a file that is there
    #[arg(long)]
    pub(crate) force: bool,
}
