//! The command line: what can be asked, in words that a person types.
//!
//! What is done with a store, whoever has it open, is an [`Order`]: it can also be handed to the process that serves
//! the store.

mod account;
mod backup;
mod bundle;
mod device;
mod export;
mod filters;
mod nearby;
mod order;
mod recovery;
mod trust;

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use clap_complete::Shell as CompletionShell;

pub(crate) use account::{AccountCommand, AccountOrder};
pub(crate) use backup::{BackupOrder, RestoreBackup, Resume, Scheduled};
pub(crate) use bundle::BundleOrder;
pub(crate) use device::{Device, DeviceCommand, Join, PinChoice, PinOrder, WipeOrder};
pub(crate) use export::{ExportOrder, Format};
pub(crate) use filters::Filters;
pub(crate) use nearby::ServeNearby;
pub(crate) use order::{
    AdmitOrder, Decide, Edit, Import, InviteOrder, LettersOrder, List, New, Order, RoleName, Show,
};
pub(crate) use recovery::{AdminCommand, KeySource, RecoveryCommand, Restore, Split};
pub(crate) use trust::{AlarmOrder, PolicyOrder, Revoke, Ruling};

const LONG_ABOUT: &str = "Kahriz carries field records from devices that are offline for hours or weeks to a \
headquarters that merges them. Records are sealed on the device; the relay in between can read nothing.

Try it:          kahriz demo
Begin for real:  kahriz init, kahriz serve, kahriz invite, kahriz admit";

const EXAMPLES: &str = "Examples:
  kahriz demo
  kahriz init hq --name \"Return and tracing\" --scope \"Ağdam:AGD\" --scope \"Füzuli:FUZ\" --relay-url http://192.0.2.1:8470
  kahriz serve hq --listen 0.0.0.0:8470
  kahriz invite hq
  kahriz device --store phone join kahriz:... --officer \"Günel Əliyeva\"
  kahriz admit hq --code 123456 --scope Ağdam
  kahriz device --store phone new landmine_incident incident_type=hazard_sighting hazard_status=active location.point=40.05,46.98,5
  kahriz device --store phone sync
  kahriz export hq --format csv --out exports

Exit codes: 0 done, 1 refused or not valid, 2 command line not understood, 3 network, 4 store";

/// Field records that merge.
#[derive(Parser)]
#[command(name = "kahriz", version, about = "Field records that merge", long_about = LONG_ABOUT, after_help = EXAMPLES)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,

    /// Print results as JSON
    #[arg(long, global = true)]
    pub(crate) json: bool,

    /// The file with the store's key, if it isn't kahriz.key in the store's folder
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) key_file: Option<PathBuf>,

    /// Read the store's PIN from the first line of this file, instead of asking for it
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) pin_file: Option<PathBuf>,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Found a workspace: make headquarters' store and keys in a new folder
    Init(Init),
    /// Run headquarters: relay, sync and page, until Ctrl-C
    Serve(Serve),
    /// Print an invite for one new device, as text and as a QR code
    ///
    /// It can be used for half an hour, by somebody who stands beside you; with --hours for up to three days.
    Invite {
        /// Headquarters' folder
        dir: PathBuf,
        #[command(flatten)]
        order: InviteOrder,
    },
    /// Show the devices that ask to join, and admit one
    Admit {
        /// Headquarters' folder
        dir: PathBuf,
        #[command(flatten)]
        order: AdmitOrder,
    },
    /// Show who is or was a member
    People {
        /// Headquarters' folder
        dir: PathBuf,
    },
    /// Take a member out: a phone that is lost, somebody who was dismissed
    ///
    /// The relay refuses the device at once, its areas get new keys, and what it writes from now on waits in quarantine
    /// for a person. On its next contact the device lets go of what it can read; what it had not delivered still
    /// arrives.
    Revoke {
        /// Headquarters' folder
        dir: PathBuf,
        #[command(flatten)]
        order: Revoke,
    },
    /// Give an area, or all, a new key
    Rotate {
        /// Headquarters' folder
        dir: PathBuf,
        /// The area; without it all
        #[arg(long, value_name = "AREA")]
        scope: Option<String>,
    },
    /// Show or change what holds for every device
    Policy {
        /// Headquarters' folder
        dir: PathBuf,
        #[command(flatten)]
        order: PolicyOrder,
    },
    /// Show what was received and is not believed, and judge it
    Quarantine {
        /// The store's folder
        dir: PathBuf,
        #[command(subcommand)]
        order: Option<Ruling>,
    },
    /// Show what no honest relay, phone or newcomer does
    Alarms {
        /// The store's folder
        dir: PathBuf,
        #[command(subcommand)]
        order: Option<AlarmOrder>,
    },
    /// Say where everything stands
    Status {
        /// The store's folder
        dir: PathBuf,
    },
    /// Write records as CSV or GeoJSON
    ///
    /// Deleted records, and those whose consent was withdrawn, are left out; fields that a person's consent withholds
    /// are empty; the summary says how many. A field with contested values holds what may be shown as fact (for some
    /// fields nothing), and its name stands in the column "contested". CSV has one table per kind and one per repeated
    /// group, in UTF-8 with a byte order mark; text that a spreadsheet would take for a formula begins with an
    /// apostrophe. Files are made for their owner only, and none is overwritten.
    Export {
        /// The store's folder
        dir: PathBuf,
        #[command(flatten)]
        order: ExportOrder,
    },
    /// Show what was exported from a store: who, when, as what, how many records
    ///
    /// Every export is entered before its first byte leaves, and again when it is done. Each entry carries the hash of
    /// the one before; one that was altered or taken out is noticed, and then the exit code is 1.
    Exports {
        /// The store's folder
        dir: PathBuf,
    },
    /// Copy headquarters' store and its relay's into a new dated folder, also while they are served, and verify them
    ///
    /// The copy is one moment's picture, read back to its last page before the folder gets its name; nothing is
    /// overwritten. Headquarters' store is encrypted in it as it is here. Its key is never in a backup: keep kahriz.key
    /// apart from backups, and have the shares for the day that it is lost. Of the relay's store the records are sealed,
    /// and the rest is what a relay sees: which devices there are, who wrote when and how much.
    Backup {
        /// Headquarters' folder
        dir: PathBuf,
        #[command(flatten)]
        order: BackupOrder,
    },
    /// Bring headquarters' store and its relay's back from a backup, for reading and for the relay to serve
    ///
    /// The store that comes back shows, searches and exports what the backup holds. It neither writes nor syncs:
    /// whatever it wrote would contradict what was written after the backup. Its relay serves as before (kahriz serve),
    /// and the devices bring it what it lacks. If the original is gone for good, `kahriz resume` lets it go on as
    /// headquarters. A new headquarters, with other keys, is made with `kahriz recovery restore` and the shares: do that
    /// if somebody else may have the lost one.
    Restore(RestoreBackup),
    /// Let a store that was brought back from a backup take the lost one's place, and write and sync again
    ///
    /// Make sure that the original is gone: two that write as one device look like a cloned one to everybody. What it
    /// signed and wrote after the backup comes back with the first sync, from the relay or from devices; until then
    /// nothing is sealed here. If the relay was lost as well, also its member list is that of the backup: take in a bundle
    /// of a device (kahriz import-bundle) before you serve, or whoever was admitted since has to join again.
    Resume(Resume),
    /// Write the member list and sealed records into a file, to be carried by hand where no network is
    ///
    /// Everything that is kept here, or with --undelivered only what no relay is known to hold. Whoever finds the file
    /// can open nothing in it; it tells as much as a relay sees: which devices there are, who wrote when and how much.
    /// It gets its name when all of it is on the disk.
    ExportBundle {
        /// Headquarters' folder
        dir: PathBuf,
        #[command(flatten)]
        order: BundleOrder,
        /// Only what no relay is known to hold
        #[arg(long)]
        undelivered: bool,
    },
    /// Take in what was carried here in a bundle, and merge it
    ///
    /// What is whole of a damaged bundle is taken in, and what is missing is said. The same bundle again brings nothing
    /// and harms nothing. What headquarters has merged it signs for: that goes out with the next sync or bundle.
    ImportBundle {
        /// Headquarters' folder
        dir: PathBuf,
        /// The bundle
        file: PathBuf,
    },
    /// Compare what is here with what the relay holds, log by log, and bring both up to the same state
    Repair {
        /// Headquarters' folder
        dir: PathBuf,
    },
    /// Say who may use headquarters' page
    Account {
        #[command(subcommand)]
        command: AccountCommand,
    },
    /// Look at what devices handed in that could not sync any more, and decide about it
    Letters {
        /// Headquarters' folder
        dir: PathBuf,
        #[command(subcommand)]
        order: LettersOrder,
    },
    /// Be a device: join, write, look, sync
    Device(Device),
    /// Shares of the keys that are kept off every device, and a new headquarters after a loss
    Recovery {
        #[command(subcommand)]
        command: RecoveryCommand,
    },
    /// Who may write the member list, certified by the root key
    Admin {
        #[command(subcommand)]
        command: AdminCommand,
    },
    /// See it all work: relay, headquarters and three officers on this machine
    Demo(Demo),
    /// Read what others wrote, for another process of this program
    #[command(hide = true)]
    Engine,
    /// Print completions for a shell
    Completions {
        /// The shell
        shell: CompletionShell,
    },
}

#[derive(Args)]
pub(crate) struct Init {
    /// A folder that isn't there yet
    pub(crate) dir: PathBuf,
    /// What the organisation calls the workspace
    #[arg(long)]
    pub(crate) name: String,
    /// A team or area and the prefix of its records' ids. Repeat it for each
    #[arg(long = "scope", value_name = "NAME:PREFIX", required = true)]
    pub(crate) scopes: Vec<String>,
    /// Where devices will reach the relay
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8470")]
    pub(crate) relay_url: String,
    /// Who operates headquarters
    #[arg(long, value_name = "NAME", default_value = "Headquarters")]
    pub(crate) operator: String,
    /// Also write the recovery keys to this file, to be printed and locked away
    #[arg(long, value_name = "FILE")]
    pub(crate) keepsakes: Option<PathBuf>,
    /// Split both keys at once, as 2/3 or 3/5, into sheets in --sheets, and show them nowhere else
    #[arg(long, value_name = "NEED/OF", requires = "sheets")]
    pub(crate) shares: Option<String>,
    /// The folder for the printable sheets
    #[arg(long, value_name = "FOLDER", requires = "shares")]
    pub(crate) sheets: Option<PathBuf>,
    /// Also write each share as a text file
    #[arg(long, requires = "shares")]
    pub(crate) text: bool,
}

#[derive(Args)]
pub(crate) struct Serve {
    /// Headquarters' folder
    pub(crate) dir: PathBuf,
    /// Where devices reach the relay. Port 0 takes a free one
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8470")]
    pub(crate) listen: SocketAddr,
    /// Whether devices speak TLS to the relay. Without this they do if the invites' address begins with https
    #[arg(long, value_enum, value_name = "HOW", conflicts_with = "tls_cert")]
    pub(crate) tls: Option<TlsKind>,
    /// Speak TLS with this certificate, in PEM. Devices know the relay by its key: a renewed certificate must keep it
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    pub(crate) tls_cert: Option<PathBuf>,
    /// The certificate's private key, in PEM
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub(crate) tls_key: Option<PathBuf>,
    /// Where the page is served, on this machine only
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8471")]
    pub(crate) page: SocketAddr,
    /// Admit every device that joins with a valid invite, as officer in all areas, without comparing codes
    #[arg(long)]
    pub(crate) auto_admit: bool,
    #[command(flatten)]
    pub(crate) backups: Scheduled,
}

/// What `--tls` can be.
#[derive(Clone, Copy, clap::ValueEnum)]
pub(crate) enum TlsKind {
    /// With a certificate that the relay makes for itself, once
    SelfSigned,
    /// Not here: for a reverse proxy on this machine that does it
    Off,
}

#[derive(Args)]
pub(crate) struct Demo {
    /// Where it lives; without this in the user's data folder (XDG_DATA_HOME, or ~/.local/share) as kahriz-demo
    #[arg(long)]
    pub(crate) dir: Option<PathBuf>,
    /// Begin anew; an older demo is moved aside, not deleted
    #[arg(long)]
    pub(crate) fresh: bool,
    /// How many records the officers make
    #[arg(long, default_value_t = 300, value_parser = clap::value_parser!(u32).range(30..=100_000))]
    pub(crate) records: u32,
    /// The page's port. 0 takes a free one; without this 8471, or a free one if that is taken
    #[arg(long)]
    pub(crate) port: Option<u16>,
    /// End when everything is ready, instead of serving until Ctrl-C
    #[arg(long)]
    pub(crate) exit_after_ready: bool,
}
