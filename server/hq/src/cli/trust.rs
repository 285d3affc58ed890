//! Who belongs to the workspace, what is believed, and what is alarming.

use clap::{Args, Subcommand};
use serde::{Deserialize, Serialize};

#[derive(Args, Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Revoke {
    /// The member: the officer's name, or the beginning of the device's id as `kahriz people` shows it
    pub(crate) who: String,
    /// Do it without asking
    #[arg(long)]
    pub(crate) yes: bool,
}

#[derive(Args, Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct PolicyOrder {
    /// Days without contact after which a device lets go of what it can read; 0 for never
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(0..=365))]
    pub(crate) lease_days: Option<u16>,
    /// Admit whoever has a valid invite, as officer in all areas, without anybody comparing codes
    #[arg(long, value_name = "yes|no", value_parser = yes_or_no)]
    pub(crate) admit_all: Option<bool>,
}

#[derive(Subcommand, Clone, Debug, Serialize, Deserialize)]
pub(crate) enum Ruling {
    /// Show what is quarantined, and what was judged before
    List,
    /// Believe a revoked device's frames, for everybody
    Release {
        /// The log, or its beginning, as the list shows it
        log: String,
        /// Up to which frame; without it all that is here
        #[arg(long, value_name = "N")]
        up_to: Option<u64>,
        /// Why; it is kept
        #[arg(long)]
        reason: String,
    },
    /// Do not believe them; they are kept, and no longer asked about
    Reject {
        /// The log, or its beginning, as the list shows it
        log: String,
        /// From which frame on; without it all that is here
        #[arg(long, value_name = "N", default_value_t = 1)]
        from: u64,
        /// Why; it is kept
        #[arg(long)]
        reason: String,
    },
}

#[derive(Subcommand, Clone, Debug, Serialize, Deserialize)]
pub(crate) enum AlarmOrder {
    /// Show what should be looked into
    List {
        /// Those that were seen to as well
        #[arg(long)]
        all: bool,
    },
    /// Somebody has seen to one
    Close {
        /// Its number
        number: i64,
    },
}

fn yes_or_no(typed: &str) -> Result<bool, String> {
    match typed.to_lowercase().as_str() {
        "yes" | "true" | "on" => Ok(true),
        "no" | "false" | "off" => Ok(false),
        _ => Err("yes or no is expected".to_owned()),
    }
}
