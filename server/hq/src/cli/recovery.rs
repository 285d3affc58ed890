//! `kahriz recovery` and `kahriz admin`: what is done with the keys that are kept off every device.

use std::path::PathBuf;

use clap::{Args, Subcommand};

#[derive(Subcommand)]
pub(crate) enum RecoveryCommand {
    /// Split the root and recovery keys into shares, a printable sheet for each
    ///
    /// The keys are asked for here, or read from the file that init wrote; they are never given in arguments. Print
    /// the sheets, give each to another person, and then delete the files and the written keys.
    Split(Split),
    /// Make a new headquarters after the old one was lost, from shares or both keys
    ///
    /// The member list comes from the relay (--relay), or, if that is gone too, from a file that any device writes
    /// with `kahriz device --store DIR roster --out FILE`. If it breaks off, run it again: it goes on.
    Restore(Restore),
    /// Read a share and say what it is: to see whether a sheet can still be read
    Check {
        /// A file with a share's words, letters or QR text; without it you are asked
        #[arg(long, value_name = "FILE")]
        share_file: Option<PathBuf>,
    },
}

#[derive(Args)]
pub(crate) struct Split {
    /// How many shares are made
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u8).range(3..=15))]
    pub(crate) of: u8,
    /// How many of them restore headquarters
    #[arg(long, value_name = "K", default_value_t = 2, value_parser = clap::value_parser!(u8).range(2..=14))]
    pub(crate) need: u8,
    /// The folder for the sheets
    #[arg(long, value_name = "FOLDER")]
    pub(crate) out: PathBuf,
    /// The file with both keys, as init wrote it; without it you are asked
    #[arg(long, value_name = "FILE")]
    pub(crate) keepsakes: Option<PathBuf>,
    /// What the sheets call the workspace
    #[arg(long, default_value = "")]
    pub(crate) name: String,
    /// Also write each share as a text file
    #[arg(long)]
    pub(crate) text: bool,
}

/// Where the keys come from.
#[derive(Args)]
pub(crate) struct KeySource {
    /// A file with a share's words, letters or QR text. Repeat it for each; without it you are asked
    #[arg(long = "share-file", value_name = "FILE")]
    pub(crate) share_files: Vec<PathBuf>,
    /// Instead of shares, the file with both keys as init wrote it
    #[arg(long, value_name = "FILE", conflicts_with = "share_files")]
    pub(crate) keepsakes: Option<PathBuf>,
    /// Instead of shares, ask for both keys
    #[arg(long, conflicts_with_all = ["share_files", "keepsakes"])]
    pub(crate) keys: bool,
}

#[derive(Args)]
pub(crate) struct Restore {
    /// A folder that isn't there yet
    pub(crate) dir: PathBuf,
    #[command(flatten)]
    pub(crate) source: KeySource,
    /// The relay that has the workspace, or a new one that shall
    #[arg(long, value_name = "URL")]
    pub(crate) relay: Option<String>,
    /// A member list that a device wrote. May be repeated; the longest is taken
    #[arg(long = "roster", value_name = "FILE")]
    pub(crate) rosters: Vec<PathBuf>,
    /// Where devices will reach the relay, if not at --relay
    #[arg(long, value_name = "URL")]
    pub(crate) relay_url: Option<String>,
    /// The secret with which a new relay lets a workspace register
    #[arg(long, value_name = "FILE")]
    pub(crate) registration_file: Option<PathBuf>,
    /// The lost headquarters' device id, if there are several. May be repeated
    #[arg(long = "lost", value_name = "DEVICE")]
    pub(crate) lost: Vec<String>,
    /// It was stolen, not destroyed: what it wrote after its last heartbeat waits until a person has looked at it
    #[arg(long)]
    pub(crate) stolen: bool,
    /// What the organisation calls the workspace
    #[arg(long, default_value = "")]
    pub(crate) name: String,
    /// Who operates the new headquarters
    #[arg(long, value_name = "NAME", default_value = "Headquarters")]
    pub(crate) operator: String,
}

#[derive(Subcommand)]
pub(crate) enum AdminCommand {
    /// On a second headquarters: ask for its administrator key to be certified
    Request {
        /// The second headquarters' folder
        dir: PathBuf,
    },
    /// Certify a second headquarters' administrator key; the root key is needed
    ///
    /// Compare the code with the one that the other screen shows. Two headquarters must not change the member list at
    /// the same time: sync first, write, sync again.
    Add {
        /// A headquarters' folder
        dir: PathBuf,
        /// What the other headquarters' request printed
        #[arg(long, value_name = "TEXT")]
        request: String,
        /// The code that the other screen shows
        #[arg(long, value_name = "CODE")]
        code: String,
        #[command(flatten)]
        source: KeySource,
    },
    /// Withdraw an administrator's key; the root key is needed
    Remove {
        /// A headquarters' folder
        dir: PathBuf,
        /// The administrator's code, as the list shows it
        code: String,
        #[command(flatten)]
        source: KeySource,
    },
    /// List the administrators' keys
    List {
        /// A store's folder
        dir: PathBuf,
    },
}
