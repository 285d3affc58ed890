//! Serving colleagues nearby.

use std::net::SocketAddr;

use clap::Args;

#[derive(Args)]
pub(crate) struct ServeNearby {
    /// Where guests reach this device. Port 0 takes a free one
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "0.0.0.0:8472")]
    pub(crate) listen: SocketAddr,
    /// Tell nobody on the network: guests need the address
    #[arg(long)]
    pub(crate) no_announce: bool,
    /// End by itself after so many minutes
    #[arg(long = "for", value_name = "MINUTES", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) minutes: Option<u32>,
}
