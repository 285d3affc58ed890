//! `kahriz account`: who may use the page.

use std::path::PathBuf;

use clap::Subcommand;
use serde::{Deserialize, Serialize};

use crate::accounts::{Hash, Role};

#[derive(Subcommand)]
pub(crate) enum AccountCommand {
    /// Make an account. The password is asked for, twice
    Add {
        /// Headquarters' folder
        dir: PathBuf,
        /// What the person signs in as
        name: String,
        /// What they may do
        #[arg(long, value_enum)]
        role: Role,
        /// Take the password from the first line of this file instead of asking
        #[arg(long, value_name = "FILE")]
        password_file: Option<PathBuf>,
    },
    /// Show who has an account
    List {
        /// Headquarters' folder
        dir: PathBuf,
    },
    /// Remove an account and sign its person out everywhere
    Remove {
        /// Headquarters' folder
        dir: PathBuf,
        /// The account
        name: String,
    },
    /// Give an account another password and sign its person out everywhere
    Password {
        /// Headquarters' folder
        dir: PathBuf,
        /// The account
        name: String,
        /// Take the password from the first line of this file instead of asking
        #[arg(long, value_name = "FILE")]
        password_file: Option<PathBuf>,
    },
}

/// The same for the process that serves the store, which never sees the password.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum AccountOrder {
    List,
    Add { name: String, role: Role, hash: Hash },
    Remove { name: String },
    Password { name: String, hash: Hash },
}
