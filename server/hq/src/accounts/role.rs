//! What an account may do. Each role may also do what those before it may.

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

/// What an account may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Role {
    /// Reads records, people and what waits
    Viewer,
    /// Also invites, admits and revokes devices, releases what waits, and exports
    Operator,
    /// Also makes and removes accounts
    Administrator,
}

impl Role {
    pub(crate) const ALL: [Self; 3] = [Self::Viewer, Self::Operator, Self::Administrator];

    /// As it is typed and kept.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Operator => "operator",
            Self::Administrator => "administrator",
        }
    }

    /// The role of this word.
    pub(crate) fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.word() == word)
    }
}
