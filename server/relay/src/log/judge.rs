//! What becomes of a frame that passed the door, from the facts that a backend found. Pure.

use super::Room;
use crate::config::LOGS_PER_DEVICE_AND_SCOPE_MAX;
use kahriz_proto::frame::Frame;
use kahriz_proto::ids::FrameHash;
use kahriz_proto::limits::LETTERS_BYTES_PER_DEVICE_MAX;

/// A log's last frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Tip {
    pub(super) seq: u64,
    pub(super) hash: FrameHash,
}

/// Bytes that are stored already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Usage {
    pub(super) device: u64,
    pub(super) workspace: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Judgement {
    Append,
    Duplicate,
    Gap,
    Fork,
}

/// Where a frame stands to its log. `standing` is the hash of the frame at the same place, which a
/// backend looks up only if the log is that long.
pub(super) fn judge(
    frame: &Frame,
    tip: Option<Tip>,
    standing: Option<FrameHash>,
    room: &Room,
) -> Judgement {
    let tip = tip.unwrap_or(Tip { seq: 0, hash: FrameHash::NONE });
    let seq = frame.preamble().seq;
    if seq <= tip.seq {
        return match standing {
            Some(hash) if hash == frame.hash() => Judgement::Duplicate,
            Some(_) => Judgement::Fork,
            // In a hole that is closed by now: within a log positions grow with the numbers.
            None => Judgement::Gap,
        };
    }
    if seq > tip.seq + 1 {
        return if room.with_holes { Judgement::Append } else { Judgement::Gap };
    }
    // The right number on the wrong predecessor: its device went on from a frame that isn't this one.
    if frame.preamble().prev == tip.hash { Judgement::Append } else { Judgement::Fork }
}

/// Whether the device and the workspace may store `len` bytes more.
pub(super) fn fits(usage: Usage, len: u64, room: &Room) -> bool {
    usage.device.saturating_add(len) <= room.device_bytes_max
        && usage.workspace.saturating_add(len) <= room.workspace_bytes_max
}

/// Whether a device that has opened `logs` logs in a scope may open another.
pub(super) fn may_open(logs: u64) -> bool {
    logs < LOGS_PER_DEVICE_AND_SCOPE_MAX
}

/// Whether a letter of `len` bytes may be kept. `usage.device` counts the device's letters only: a phone whose frames
/// have filled its quota, and that was revoked since, must still be able to deliver.
pub(super) fn letter_fits(usage: Usage, len: u64, room: &Room) -> bool {
    let device_bytes_max = LETTERS_BYTES_PER_DEVICE_MAX as u64;
    fits(usage, len, &Room { device_bytes_max, ..*room })
}
