//! Frames as they arrive: each one checked at the door when it is whole, committed in small groups.
//!
//! However the upload ends (whole, cut, too slow, or because the device has come back on another
//! connection), what is whole is committed and the first bytes of the frame in flight are kept. A
//! frame is called stored only after its commit has said so.

use super::DRAIN_BYTES_MAX;
use crate::auth::Caller;
use crate::body::{Arrived, PatientBody};
use crate::config::{FRAMES_PUSHED_MAX, GROUP_BYTES, GROUP_PAUSE};
use crate::door;
use crate::refuse::Refused;
use crate::relay::Inner;
use crate::uploads::Turn;
use axum::body::Bytes;
use axum::http::StatusCode;
use kahriz_proto::frame::VerifiedFrame;
use kahriz_proto::item::ItemReader;
use kahriz_proto::limits::FRAME_BYTES_MAX;
use kahriz_proto::message::{Partial, RefusalReason, SyncRequest, Verdict};
use std::sync::Arc;

/// What came of an upload.
pub(super) struct Taken {
    /// One for each frame that arrived whole, in order.
    pub(super) verdicts: Vec<Verdict>,
    /// What is held of the caller's frame in flight, if it asked.
    pub(super) partial: Option<Partial>,
}

/// The line was cut or too slow: probably nobody hears this.
const CUT: Refused = Refused(StatusCode::REQUEST_TIMEOUT, RefusalReason::Malformed);

/// How an upload ended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    /// All that was announced has come.
    Whole,
    /// The line was cut, or nearly nothing came.
    Cut,
    /// The device has come back on another connection, or was revoked.
    Superseded,
    /// What comes is no stream of frames, or longer than any push.
    Nonsense,
}

/// What was waited for.
enum Next {
    Bytes(Bytes),
    /// Nothing, for as long as one waits with a group that isn't on disk.
    Pause,
    End(End),
}

/// Takes in what the body brings after its control part. `items` holds what has come of it already.
pub(super) async fn ingest(
    relay: &Arc<Inner>,
    caller: &Caller,
    request: &SyncRequest,
    mut body: PatientBody,
    items: ItemReader,
) -> Result<Taken, Refused> {
    let mut turn = relay.uploads.enter(caller.space.id, caller.id).await;
    body.be_patient();
    let mut ingest = Ingest { relay, caller, verdicts: vec![], group: vec![], group_bytes: 0 };
    let end = match first_item(&mut turn, request, &mut body, items).await {
        First::Begins(mut items) => {
            let read = ingest.read(&mut turn, &mut body, &mut items).await;
            let end = match read {
                Ok(end) => ingest.commit().await.map(|()| end),
                Err(refused) => Err(refused),
            };
            if end != Ok(End::Nonsense) {
                turn.keep(items.partial());
            }
            end?
        }
        First::Ended(end) => end,
        First::Unknown => drain(&mut turn, &mut body).await,
    };
    relay.metrics.count_verdicts(&ingest.verdicts);
    if let Err(refused) = caller.member() {
        turn.forget();
        body.drain(DRAIN_BYTES_MAX);
        return Err(refused);
    }
    if end == End::Cut {
        relay.metrics.uploads_cut.inc();
        return Err(CUT);
    }
    if end == End::Nonsense {
        drain(&mut turn, &mut body).await;
    }
    let partial = if request.ask_logs == Some(true) { turn.partial() } else { None };
    Ok(Taken { verdicts: ingest.verdicts, partial })
}

enum First {
    /// Here are its first bytes.
    Begins(ItemReader),
    /// No frames are pushed.
    Ended(End),
    /// It goes on from bytes that are no longer held: nobody can say what these are. The caller is
    /// told that nothing was received, and asks.
    Unknown,
}

/// Waits for the first byte of the first frame, and puts what was held of it in front.
async fn first_item(
    turn: &mut Turn,
    request: &SyncRequest,
    body: &mut PatientBody,
    mut items: ItemReader,
) -> First {
    while items.partial().is_empty() {
        match wait(turn, body).await {
            Next::Bytes(bytes) => items.push(&bytes),
            Next::Pause => {}
            Next::End(end) => return First::Ended(end),
        }
    }
    let Some(offset) = request.push_offset.filter(|offset| *offset > 0) else {
        turn.forget();
        return First::Begins(items);
    };
    match turn.take(usize::try_from(offset).unwrap_or(usize::MAX)) {
        Some(held) => {
            let mut resumed = ItemReader::resumed(held);
            resumed.push(items.partial());
            First::Begins(resumed)
        }
        None => First::Unknown,
    }
}

/// Waits for bytes, but not when the device has come back on another connection.
async fn wait(turn: &mut Turn, body: &mut PatientBody) -> Next {
    tokio::select! {
        biased;
        () = turn.superseded() => Next::End(End::Superseded),
        arrived = body.next() => match arrived {
            Arrived::Bytes(bytes) => Next::Bytes(bytes),
            Arrived::End => Next::End(End::Whole),
            Arrived::Cut | Arrived::TooSlow => Next::End(End::Cut),
        },
    }
}

/// Reads to the end and throws away, so that the caller hears the answer.
async fn drain(turn: &mut Turn, body: &mut PatientBody) -> End {
    loop {
        if let Next::End(end) = wait(turn, body).await {
            return end;
        }
    }
}

struct Ingest<'a> {
    relay: &'a Inner,
    caller: &'a Caller,
    verdicts: Vec<Verdict>,
    /// Frames that passed the door, with their places in `verdicts`. What stands at those places is
    /// not true before the commit.
    group: Vec<(usize, VerifiedFrame)>,
    group_bytes: usize,
}

impl Ingest<'_> {
    /// Reads to the end, whatever it is. What is left in `items` is the frame in flight. An error
    /// says that the storage failed; then no verdict may be told.
    async fn read(
        &mut self,
        turn: &mut Turn,
        body: &mut PatientBody,
        items: &mut ItemReader,
    ) -> Result<End, Refused> {
        loop {
            if let Some(end) = self.take_whole(items, body).await? {
                return Ok(end);
            }
            match self.next(turn, body).await {
                Next::Bytes(bytes) => items.push(&bytes),
                Next::Pause => {
                    self.commit().await?;
                    body.be_patient();
                }
                Next::End(end) => return Ok(end),
            }
        }
    }

    /// Judges the frames that are whole now. Says why it is the end, if it is: what comes is no stream of frames, or
    /// its bearer is no member any more.
    async fn take_whole(
        &mut self,
        items: &mut ItemReader,
        body: &mut PatientBody,
    ) -> Result<Option<End>, Refused> {
        while self.verdicts.len() < FRAMES_PUSHED_MAX {
            if self.caller.member().is_err() {
                return Ok(Some(End::Superseded));
            }
            match items.next_item(FRAME_BYTES_MAX) {
                Ok(Some(bytes)) => self.judge(bytes),
                Ok(None) => return Ok(None),
                Err(_) => {
                    self.verdicts.push(Verdict::Malformed);
                    return Ok(Some(End::Nonsense));
                }
            }
            if self.group_bytes >= GROUP_BYTES {
                self.commit().await?;
                body.be_patient();
            }
        }
        Ok(Some(End::Nonsense))
    }

    fn judge(&mut self, bytes: Vec<u8>) {
        self.relay.metrics.received_bytes.inc_by(bytes.len() as u64);
        let roster = self.caller.space.roster();
        match door::check(bytes, &roster, self.caller.id) {
            Ok(frame) => {
                self.group_bytes += frame.bytes().len();
                self.group.push((self.verdicts.len(), frame));
                self.verdicts.push(Verdict::Stored);
            }
            Err(verdict) => self.verdicts.push(verdict),
        }
    }

    async fn next(&self, turn: &mut Turn, body: &mut PatientBody) -> Next {
        if self.group.is_empty() {
            return wait(turn, body).await;
        }
        tokio::time::timeout(GROUP_PAUSE, wait(turn, body)).await.unwrap_or(Next::Pause)
    }

    /// Puts the group on disk, and its true verdicts in their places.
    async fn commit(&mut self) -> Result<(), Refused> {
        if self.group.is_empty() {
            return Ok(());
        }
        self.group_bytes = 0;
        let (places, frames): (Vec<usize>, Vec<_>) = self.group.drain(..).unzip();
        let outcomes = self.relay.writer.commit(self.caller.space.id, frames).await?;
        for (place, outcome) in places.into_iter().zip(outcomes) {
            self.verdicts[place] = outcome.verdict();
        }
        Ok(())
    }
}
