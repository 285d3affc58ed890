//! The door: whether one frame may come in, before its place in its log is looked at.
//!
//! In order: length, decoding, its device a member and granted the scope, believed if the device was
//! revoked, signature, epoch. Pure: bytes and a roster in, a verified frame or a verdict out. What the
//! frame holds is sealed and stays so.

use kahriz_proto::frame::{Frame, VerifiedFrame};
use kahriz_proto::ids::DeviceId;
use kahriz_proto::message::Verdict;
use kahriz_proto::roster::Roster;

/// Checks a frame that `carrier` brings: its own or another member's.
pub(crate) fn check(
    bytes: Vec<u8>,
    roster: &Roster,
    carrier: DeviceId,
) -> Result<VerifiedFrame, Verdict> {
    let frame = Frame::decode(bytes).map_err(|_| Verdict::Malformed)?;
    let preamble = frame.preamble();
    let scope = preamble.scope;
    let author = roster.member(preamble.device).ok_or(Verdict::NotMember)?;
    let carries = roster.member(carrier).is_some_and(|member| member.is_live_in(scope));
    if !author.scopes.contains(&scope) || !carries {
        return Err(Verdict::NotInScope);
    }
    if !author.is_believed(preamble.log(), preamble.seq) {
        return Err(Verdict::NotMember);
    }
    let epoch = preamble.epoch;
    let frame = frame.verify(&author.keys.sign).map_err(|_| Verdict::Signature)?;
    if epoch > roster.epoch(scope) {
        return Err(Verdict::UnknownEpoch);
    }
    Ok(frame)
}
