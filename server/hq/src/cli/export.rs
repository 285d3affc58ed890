//! `kahriz export`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use serde::{Deserialize, Serialize};

use super::Filters;

/// The file formats are described at [`crate::export`].
#[derive(Args, Clone, Debug, Serialize, Deserialize)]
pub(crate) struct ExportOrder {
    /// As what
    #[arg(long, value_enum)]
    pub(crate) format: Format,
    /// For CSV a new folder for all tables; for GeoJSON a new file. Without it one table, or the GeoJSON, is printed
    #[arg(long, value_name = "FILE|DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Also fields that could put a person in danger: names, phone numbers, where people live
    #[arg(long)]
    pub(crate) with_protected: bool,
    #[command(flatten)]
    pub(crate) filters: Filters,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
pub(crate) enum Format {
    /// Tables, one per kind and one per repeated group
    Csv,
    /// Points and areas for a map
    Geojson,
}
