//! `kahriz device`: what an officer does on a device of their own.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{BundleOrder, Decide, Edit, ExportOrder, Import, List, New, ServeNearby, Show};

#[derive(Args)]
pub(crate) struct Device {
    /// The device's folder
    #[arg(long, value_name = "DIR")]
    pub(crate) store: PathBuf,
    #[command(subcommand)]
    pub(crate) command: DeviceCommand,
}

#[derive(Subcommand)]
pub(crate) enum DeviceCommand {
    /// Ask to join a workspace. Run again, it asks again
    Join(Join),
    /// Take records from a file of JSON lines
    ///
    /// Without a mapping each line is an object of fields with its "kind". Lines that cannot be taken are reported by
    /// their number and the rest goes in; then the exit code is 1. What a mapping knows by an id of its own is not
    /// imported twice, so an import that broke off is simply run again.
    Import(Import),
    /// Write a new record
    ///
    /// Fields are written as field=value: a choice as its code, a set as road;water, a point as 40.05,46.98,5 (the
    /// last is the accuracy in metres), a date as 1991, 1991-02 or 1991-02-28. A field of a group's item is written
    /// with the item's number, relatives.0.name=..., or with + for a new item:
    /// relatives.+.name=Lalə relatives.+.relation=sister, a second one with +2.
    New(New),
    /// Change a record
    Edit(Edit),
    /// List records, those that need a decision first
    List(List),
    /// Show one record with everybody's standing values
    Show(Show),
    /// Find records by words: names, places, ids
    Search {
        /// Words, all of which must be mentioned
        #[arg(required = true)]
        words: Vec<String>,
    },
    /// Find records near a place
    Near {
        /// LATITUDE,LONGITUDE in degrees
        #[arg(allow_hyphen_values = true)]
        place: String,
        /// How far away they may be
        #[arg(long, value_name = "M", default_value_t = 1_000.0)]
        metres: f64,
    },
    /// Decide a contested field
    Decide(Decide),
    /// Send what waits and take what is new
    Sync {
        /// Another address of the relay, this once
        #[arg(long, value_name = "URL")]
        relay: Option<String>,
    },
    /// Compare what is here with what the relay holds, log by log, and bring both up to the same state
    ///
    /// For a person who has reason to doubt. A device does it by itself when its relay or its store was restored.
    Repair {
        /// Another address of the relay, this once
        #[arg(long, value_name = "URL")]
        relay: Option<String>,
    },
    /// Write what was not delivered, and the member list, into a file, to be carried by hand where no network is
    ///
    /// Any member of the area can take it in, or headquarters; whoever brings it to the relay first, delivers it. Whoever
    /// finds the file can open nothing in it; it tells as much as a relay sees: which devices there are, who wrote when
    /// and how much. It gets its name when all of it is on the disk.
    ExportBundle {
        #[command(flatten)]
        order: BundleOrder,
        /// Every frame that is kept here, for somebody who has nothing
        #[arg(long)]
        everything: bool,
    },
    /// Take in what was carried here in a bundle, and merge it; at the next sync the relay gets it too
    ///
    /// What is whole of a damaged bundle is taken in, and what is missing is said. The same bundle again brings nothing
    /// and harms nothing.
    ImportBundle {
        /// The bundle
        file: PathBuf,
    },
    /// Serve colleagues nearby, where no relay is in reach, until Ctrl-C
    ///
    /// A colleague on the same network runs `kahriz device meet`: each gives the other what it lacks, and either brings
    /// it to the relay later. Only members of the organisation are served. What is served lies sealed in the folder
    /// nearby of the store, which may be removed when nobody serves. Other commands on this store are carried out
    /// meanwhile, except joining, its PIN, wiping, and handing in letters.
    ///
    /// The device is announced by multicast DNS: everybody on the network can see that somebody runs Kahriz here, and
    /// which devices are of one organisation. Many networks let no multicast through; then the address is typed in.
    ServeNearby(ServeNearby),
    /// Meet a colleague's device that serves nearby: each gives the other what it lacks
    ///
    /// Without an address the network is searched, for ten seconds at most, for devices of the own organisation.
    Meet {
        /// The address, as the other device shows it: HOST:PORT#KEY
        address: Option<String>,
    },
    /// Hand in what was saved and not synced, sealed for headquarters, even if the store cannot be opened any more
    Deliver {
        /// Another address of the relay, this once
        #[arg(long, value_name = "URL")]
        relay: Option<String>,
    },
    /// Write the member list to a file, from which headquarters can be restored when the relay is gone too
    ///
    /// It holds public keys and opaque ids; the names in it are sealed to the recovery key. Nobody can read a record
    /// with it.
    Roster {
        /// A file that isn't there yet
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// Find the relay at another address from now on
    Relay {
        /// The address
        url: String,
        /// On headquarters: register the workspace there, with its whole member list
        #[arg(long)]
        register: bool,
        /// The secret with which that relay lets a workspace register
        #[arg(long, value_name = "FILE", requires = "register")]
        registration_file: Option<PathBuf>,
    },
    /// Say where everything stands
    Status,
    /// Write records as CSV or GeoJSON
    ///
    /// Deleted records, and those whose consent was withdrawn, are left out; fields that a person's consent withholds
    /// are empty; the summary says how many. A field with contested values holds what may be shown as fact (for some
    /// fields nothing), and its name stands in the column "contested". CSV has one table per kind and one per repeated
    /// group, in UTF-8 with a byte order mark; text that a spreadsheet would take for a formula begins with an
    /// apostrophe. Files are made for their owner only, and none is overwritten.
    Export(ExportOrder),
    /// Set, change or remove the PIN that this store opens with
    ///
    /// The PIN is typed at the terminal and not shown, or read from the first line of a file (--pin-file, for the new
    /// one --new-pin-file; /dev/fd/3 reads from a descriptor). A computer deserves a passphrase of several words.
    #[command(subcommand)]
    Pin(PinOrder),
    /// Destroy the key of this store, and the store
    Wipe(WipeOrder),
}

#[derive(Subcommand)]
pub(crate) enum PinOrder {
    /// Give a store a PIN
    Set(PinChoice),
    /// Put another PIN in its place
    Change(PinChoice),
    /// Let it open without a PIN
    Remove,
    /// Choose a second PIN that opens nothing and erases the store at once, for who is made to open it
    Erasing {
        /// The second PIN
        #[command(flatten)]
        choice: PinChoice,
        /// There is to be none any more
        #[arg(long, conflicts_with = "new_pin_file")]
        none: bool,
    },
}

#[derive(Args)]
pub(crate) struct PinChoice {
    /// Read the new PIN from the first line of this file
    #[arg(long, value_name = "FILE")]
    pub(crate) new_pin_file: Option<PathBuf>,
}

#[derive(Args)]
pub(crate) struct WipeOrder {
    /// Also remove what is sealed to headquarters and not delivered yet
    #[arg(long)]
    pub(crate) letters_too: bool,
    /// I know that nothing brings it back
    #[arg(long)]
    pub(crate) yes: bool,
}

#[derive(Args)]
pub(crate) struct Join {
    /// The invite's text, or - to read it from the standard input
    pub(crate) invite: String,
    /// Who uses the device
    #[arg(long, value_name = "NAME")]
    pub(crate) officer: String,
    /// What the device is called
    #[arg(long, value_name = "NAME", default_value = "computer")]
    pub(crate) device: String,
    /// Another address of the relay, this once
    #[arg(long, value_name = "URL")]
    pub(crate) relay: Option<String>,
    /// Without a network: show the request as text and QR code, for headquarters to read from the screen
    #[arg(long)]
    pub(crate) offline: bool,
}
