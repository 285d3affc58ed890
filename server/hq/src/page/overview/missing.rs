//! What is missing of a device, for one cell of a table.

use kahriz_core::workspace::{DeviceAccount, Gap};

use crate::page::frame::When;
use crate::page::words::grouped;

/// Stretches that are named; of the others only the sum is told.
const NAMED_MAX: usize = 3;

/// Frames that are known of and are not here.
pub(crate) struct Missing {
    /// How many.
    pub(crate) frames: String,
    /// Their numbers, as far as there is room.
    pub(crate) numbers: String,
    /// What the last frame before them claims, where that can be read.
    pub(crate) after: Option<When>,
}

impl Missing {
    /// What is missing over these accounts, if anything is.
    pub(crate) fn of<'a>(accounts: impl IntoIterator<Item = &'a DeviceAccount>) -> Option<Self> {
        let gaps: Vec<&Gap> = accounts.into_iter().flat_map(|account| &account.gaps).collect();
        let frames = gaps.iter().map(|gap| gap.frames()).fold(0, u64::saturating_add);
        let mut numbers: Vec<String> =
            gaps.iter().take(NAMED_MAX).map(|gap| numbers(gap)).collect();
        if gaps.len() > NAMED_MAX {
            numbers.push("…".to_owned());
        }
        let after = gaps.iter().filter_map(|gap| gap.after).min();
        (frames > 0).then(|| Self {
            frames: grouped(frames),
            numbers: numbers.join(", "),
            after: after.map(|claimed| When::at(claimed.ms)),
        })
    }
}

fn numbers(gap: &Gap) -> String {
    match gap.first == gap.last {
        true => format!("#{}", gap.first),
        false => format!("#{}–#{}", gap.first, gap.last),
    }
}
