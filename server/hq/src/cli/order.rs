//! What can be done with an open store. Orders travel to the process that serves the store, so they can be written
//! down.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use kahriz_proto::roster::Role;
use serde::{Deserialize, Serialize};

use super::{
    AccountOrder, AlarmOrder, BackupOrder, BundleOrder, ExportOrder, Filters, PolicyOrder, Revoke,
    Ruling,
};

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum Order {
    Status,
    Invite(InviteOrder),
    People,
    Revoke(Revoke),
    Rotate { scope: Option<String> },
    Policy(PolicyOrder),
    Quarantine(Ruling),
    Alarms(AlarmOrder),
    Joins,
    Admit(AdmitOrder),
    New(New),
    Edit(Edit),
    List(List),
    Show(Show),
    Search { words: String },
    Near { place: String, metres: f64 },
    Decide(Decide),
    Import(Import),
    Export(ExportOrder),
    Exports,
    Account(AccountOrder),
    Sync { relay: Option<String> },
    Repair { relay: Option<String> },
    Meet { address: Option<String> },
    ExportBundle { order: BundleOrder, only_undelivered: bool },
    ImportBundle { file: PathBuf },
    Letters(LettersOrder),
    Backup { dir: PathBuf, order: BackupOrder },
    Roster { out: PathBuf },
    Relay { url: String, register: bool, registration_file: Option<PathBuf> },
}

impl Order {
    /// The same with paths that mean the same in another process.
    pub(crate) fn with_whole_paths(self) -> std::io::Result<Self> {
        let whole = |path: PathBuf| std::path::absolute(path);
        if let Self::Invite(invite) = self {
            return Ok(Self::Invite(InviteOrder {
                png: invite.png.map(whole).transpose()?,
                ..invite
            }));
        }
        if let Self::Backup { dir, order } = self {
            let order = BackupOrder { out: whole(order.out)?, ..order };
            return Ok(Self::Backup { dir: whole(dir)?, order });
        }
        if let Self::ExportBundle { order, only_undelivered } = self {
            let order = BundleOrder { out: whole(order.out)?, ..order };
            return Ok(Self::ExportBundle { order, only_undelivered });
        }
        if let Self::ImportBundle { file } = self {
            return Ok(Self::ImportBundle { file: whole(file)? });
        }
        if let Self::Roster { out } = self {
            return Ok(Self::Roster { out: whole(out)? });
        }
        if let Self::Relay { url, register, registration_file } = self {
            let registration_file = registration_file.map(whole).transpose()?;
            return Ok(Self::Relay { url, register, registration_file });
        }
        if let Self::Export(export) = self {
            return Ok(Self::Export(ExportOrder {
                out: export.out.map(whole).transpose()?,
                ..export
            }));
        }
        if let Self::Letters(LettersOrder::Import { files }) = self {
            let files = files.into_iter().map(whole).collect::<Result<_, _>>()?;
            return Ok(Self::Letters(LettersOrder::Import { files }));
        }
        let Self::Import(import) = self else { return Ok(self) };
        // A mapping may be the name of one that comes with the program; those are not files.
        let is_file = |named: &String| std::path::Path::new(named).is_file();
        let mapping = match import.mapping {
            Some(named) if is_file(&named) => {
                Some(whole(named.into())?.to_string_lossy().into_owned())
            }
            named => named,
        };
        Ok(Self::Import(Import { file: whole(import.file)?, mapping, ..import }))
    }
}

#[derive(Subcommand, Clone, Debug, Serialize, Deserialize)]
pub(crate) enum LettersOrder {
    /// Show the letters that are here
    List,
    /// Take a letter's changes in, under their author's name, and hand them on to everybody
    Adopt {
        /// The letter's number, as list shows it
        letter: i64,
        /// Why you believe it
        #[arg(long)]
        reason: String,
    },
    /// Decide against a letter. It is kept, and can still be adopted
    Reject {
        /// The letter's number, as list shows it
        letter: i64,
        /// Why
        #[arg(long)]
        reason: String,
    },
    /// Take letters from files that were carried here by hand
    Import {
        /// Files from the folder letters of a device's store
        #[arg(required = true)]
        files: Vec<PathBuf>,
    },
}

#[derive(Args, Clone, Debug, Serialize, Deserialize)]
pub(crate) struct InviteOrder {
    /// How long it can be used, if it is not used within half an hour in person
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=72))]
    pub(crate) hours: Option<u32>,
    /// Also write the QR code to this file
    #[arg(long, value_name = "FILE")]
    pub(crate) png: Option<PathBuf>,
}

#[derive(Args, Clone, Debug, Serialize, Deserialize)]
pub(crate) struct AdmitOrder {
    /// What a device shows that joins without a network (kahriz device join --offline), or - to read it from the
    /// standard input
    #[arg(long, value_name = "TEXT")]
    pub(crate) join: Option<String>,
    /// The code that the device shows; without it you are asked
    #[arg(long, value_name = "CODE")]
    pub(crate) code: Option<String>,
    /// An area to grant, by name or prefix. May be repeated; without it all areas
    #[arg(long = "scope", value_name = "AREA")]
    pub(crate) scopes: Vec<String>,
    /// What the device may do
    #[arg(long, value_enum, default_value_t = RoleName::Officer)]
    pub(crate) role: RoleName,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
pub(crate) enum RoleName {
    /// Reads and writes
    Officer,
    /// Also decides contested values
    Supervisor,
    /// Holds everything for good; a second one stands in when the first is lost
    Headquarters,
}

impl From<RoleName> for Role {
    fn from(name: RoleName) -> Self {
        match name {
            RoleName::Officer => Self::Officer,
            RoleName::Supervisor => Self::Supervisor,
            RoleName::Headquarters => Self::Headquarters,
        }
    }
}

#[derive(Args, Clone, Debug, Serialize, Deserialize)]
pub(crate) struct New {
    /// The kind of record: missing_person, landmine_incident, return_household
    pub(crate) kind: String,
    /// Fields and values
    #[arg(value_name = "FIELD=VALUE")]
    pub(crate) fields: Vec<String>,
    /// The area it belongs to, if the device has several
    #[arg(long, value_name = "AREA")]
    pub(crate) scope: Option<String>,
    /// Save it although required fields are missing
    #[arg(long)]
    pub(crate) incomplete: bool,
}

#[derive(Args, Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Edit {
    /// The record's id
    pub(crate) id: String,
    /// Fields and values
    #[arg(value_name = "FIELD=VALUE")]
    pub(crate) fields: Vec<String>,
    /// A field to empty. May be repeated
    #[arg(long = "clear", value_name = "FIELD")]
    pub(crate) clear: Vec<String>,
    /// Save it although required fields are missing
    #[arg(long)]
    pub(crate) incomplete: bool,
}

#[derive(Args, Clone, Debug, Serialize, Deserialize)]
pub(crate) struct List {
    #[command(flatten)]
    pub(crate) filters: Filters,
    /// How many at most
    #[arg(long, default_value_t = 50)]
    pub(crate) limit: u32,
    /// How many to pass over
    #[arg(long, default_value_t = 0)]
    pub(crate) offset: u64,
}

#[derive(Args, Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Show {
    /// The record's id
    pub(crate) id: String,
    /// Instead, everything that was ever written in this field
    #[arg(long, value_name = "FIELD")]
    pub(crate) history: Option<String>,
}

#[derive(Args, Clone, Debug, Serialize, Deserialize)]
#[command(group = clap::ArgGroup::new("choice").required(true))]
pub(crate) struct Decide {
    /// The record's id
    pub(crate) id: String,
    /// The contested field
    pub(crate) field: String,
    /// Keep the value with this number, as show numbers them from 1
    #[arg(long, value_name = "N", group = "choice", value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) keep: Option<u16>,
    /// Write another value
    #[arg(long, value_name = "VALUE", group = "choice", allow_hyphen_values = true)]
    pub(crate) value: Option<String>,
    /// Why; it stays with the record
    #[arg(long)]
    pub(crate) reason: String,
}

#[derive(Args, Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Import {
    /// The file
    pub(crate) file: PathBuf,
    /// How the lines become records: a mapping's file, or the name of one that comes with the program (records-1000)
    #[arg(long, value_name = "FILE|NAME")]
    pub(crate) mapping: Option<String>,
    /// The area they belong to, if the device has several
    #[arg(long, value_name = "AREA")]
    pub(crate) scope: Option<String>,
}
