//! What can be asked for on the command line.

use crate::proxy::Link;
use clap::{Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

/// Measures a day of field work between two devices over one relay.
///
/// Records come from a file of JSON lines through the import mapping `records-1000`. If more are asked for than the
/// file has lines, its lines are used again with other content: ids, phone numbers, references, days, times and
/// coordinates are drawn anew, letters of names are replaced and the words of long texts are put in another order, so
/// that a compressor gains nothing from the repetition but the vocabulary.
#[derive(Clone, Debug, Parser)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Arguments {
    /// A file of JSON lines as the mapping `records-1000` takes them.
    #[arg(long, default_value = "tests/data/records-1000.jsonl")]
    pub data: PathBuf,
    /// How many records.
    #[arg(long, default_value_t = 1_000)]
    pub n: u64,
    /// The link between the devices and the relay.
    #[arg(long, value_enum, default_value = "loopback")]
    pub link: LinkName,
    /// One JSON object a phase instead of tables.
    #[arg(long)]
    pub json: bool,
    /// The phases to measure; those that they build on run too. On the cut link P1, P2, P3a and P3b unless said.
    #[arg(long, value_enum, value_delimiter = ',')]
    pub phases: Vec<Phase>,
    /// What the short field of P3a is.
    #[arg(long, value_enum, default_value = "phone")]
    pub edit: ShortField,
    /// Keep the stores of all devices and of the relay in this folder.
    #[arg(long)]
    pub keep: Option<PathBuf>,
    #[command(subcommand)]
    pub(super) hidden: Option<Hidden>,
}

/// The links that can be measured over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LinkName {
    /// As fast as it goes.
    Loopback,
    /// 40 kbit/s each way and 600 ms round trip.
    #[value(name = "2g")]
    TwoG,
    /// Every connection is cut after 24,000 bytes; the same is measured without cuts first.
    Cut,
}

impl LinkName {
    pub(super) fn link(self) -> Link {
        match self {
            Self::Loopback => Link::LOOPBACK,
            Self::TwoG => Link::TWO_G,
            Self::Cut => Link::CUT,
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Loopback => "loopback",
            Self::TwoG => "2g",
            Self::Cut => "cut",
        }
    }
}

/// What is measured, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub enum Phase {
    /// A makes and uploads.
    #[value(alias = "P1")]
    P1,
    /// B downloads.
    #[value(alias = "P2")]
    P2,
    /// A edits.
    #[value(alias = "P3a")]
    P3a,
    /// B gets the edits.
    #[value(alias = "P3b")]
    P3b,
    /// Nothing new.
    #[value(alias = "P4")]
    P4,
    /// Both edit the same records.
    #[value(alias = "P5")]
    P5,
}

impl Phase {
    pub(super) const ALL: [Self; 6] =
        [Self::P1, Self::P2, Self::P3a, Self::P3b, Self::P4, Self::P5];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::P1 => "P1",
            Self::P2 => "P2",
            Self::P3a => "P3a",
            Self::P3b => "P3b",
            Self::P4 => "P4",
            Self::P5 => "P5",
        }
    }

    /// Whether a measurement of `asked` has to go through this phase.
    pub(super) fn is_needed_for(self, asked: &[Self]) -> bool {
        let last = asked.iter().max().copied().unwrap_or(Self::P5);
        match self {
            Self::P1 => true,
            Self::P2 => last >= Self::P2 && asked.iter().any(|phase| phase.is_of_b()),
            Self::P3a => asked.contains(&Self::P3a) || asked.contains(&Self::P3b),
            Self::P3b | Self::P4 | Self::P5 => asked.contains(&self),
        }
    }

    fn is_of_b(self) -> bool {
        matches!(self, Self::P2 | Self::P3b | Self::P5)
    }
}

/// The short fields that P3a can edit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, serde::Serialize, serde::Deserialize)]
pub enum ShortField {
    /// A telephone number with seven digits drawn at random: the dearest that a short field can be.
    Phone,
    /// The record's state, one of five codes.
    State,
}

impl Arguments {
    pub(super) fn asked(&self) -> Vec<Phase> {
        match (self.phases.is_empty(), self.link) {
            (false, _) => self.phases.clone(),
            (true, LinkName::Cut) => vec![Phase::P1, Phase::P2, Phase::P3a, Phase::P3b],
            (true, LinkName::Loopback | LinkName::TwoG) => Phase::ALL.to_vec(),
        }
    }
}

#[derive(Clone, Debug, Subcommand)]
pub(super) enum Hidden {
    /// One phase of one device, as one JSON text says; answers with one JSON line.
    #[command(name = "__device", hide = true)]
    Device { errand: String },
    /// The relay; says its address in one JSON line and ends when its input ends.
    #[command(name = "__relay", hide = true)]
    Relay { folder: PathBuf },
}
