//! The one way to disk: commits what all connections bring, in groups.
//!
//! While one group is being committed the next one gathers, so that three hundred phones that come
//! into range at once share their fsyncs. Whoever brought a frame is answered after the commit.

use crate::config::{GROUP_BYTES, RelayConfig};
use crate::log::{Arrival, Log, LogError, Outcome, Room};
use crate::workspaces::{Event, Workspaces};
use kahriz_proto::frame::VerifiedFrame;
use kahriz_proto::ids::{ScopeId, WorkspaceId};
use kahriz_proto::message::Advanced;
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot};

/// Batches that wait for the commit under way: with their size, a bound on memory.
const BATCHES_WAITING_MAX: usize = 64;

/// Bytes in one commit at most, whoever brought them.
const COMMIT_BYTES: usize = 8 * GROUP_BYTES;

struct Batch {
    arrivals: Vec<Arrival>,
    reply: oneshot::Sender<Result<Vec<Outcome>, LogError>>,
}

/// Where connections bring their groups of frames.
#[derive(Clone)]
pub(crate) struct Writer {
    batches: mpsc::Sender<Batch>,
}

impl Writer {
    /// Starts the task that commits; it ends when the last `Writer` is gone. Needs a tokio runtime.
    pub(crate) fn start(
        log: Arc<dyn Log>,
        workspaces: Arc<Workspaces>,
        config: &RelayConfig,
    ) -> Self {
        let (batches, waiting) = mpsc::channel(BATCHES_WAITING_MAX);
        tokio::spawn(run(log, workspaces, config.clone(), waiting));
        Self { batches }
    }

    /// Commits frames that passed the door; one outcome for each, in order.
    pub(crate) async fn commit(
        &self,
        workspace: WorkspaceId,
        frames: Vec<VerifiedFrame>,
    ) -> Result<Vec<Outcome>, LogError> {
        let arrivals = frames.into_iter().map(|frame| Arrival { workspace, frame }).collect();
        let (reply, answer) = oneshot::channel();
        let gone =
            || LogError::Failed(Arc::new(std::io::Error::other("the writer gave no answer")));
        self.batches.send(Batch { arrivals, reply }).await.map_err(|_| gone())?;
        answer.await.unwrap_or_else(|_| Err(gone()))
    }
}

async fn run(
    log: Arc<dyn Log>,
    workspaces: Arc<Workspaces>,
    config: RelayConfig,
    mut waiting: mpsc::Receiver<Batch>,
) {
    while let Some(first) = waiting.recv().await {
        let batches = gather(first, &mut waiting);
        let (log, config) = (log.clone(), config.clone());
        let committed = tokio::task::spawn_blocking(move || {
            let (all, replies) = split(batches);
            let outcomes = log.append(&all, &Room::now(&config, &*log));
            (all, replies, outcomes)
        });
        match committed.await {
            Ok((all, replies, Ok(outcomes))) => {
                tell(&workspaces, &all, &outcomes);
                answer(replies, outcomes);
            }
            Ok((_, replies, Err(error))) => {
                tracing::error!(%error, "frames could not be stored");
                for (_, reply) in replies {
                    _ = reply.send(Err(error.clone()));
                }
            }
            // Who waits sees its reply dropped, and refuses the request.
            Err(_) => tracing::error!("the storage panicked; frames were not stored"),
        }
    }
}

/// What waits now, up to the size of one commit.
fn gather(first: Batch, waiting: &mut mpsc::Receiver<Batch>) -> Vec<Batch> {
    let size = |batch: &Batch| -> usize {
        batch.arrivals.iter().map(|arrival| arrival.frame.bytes().len()).sum()
    };
    let mut bytes = size(&first);
    let mut batches = vec![first];
    while bytes < COMMIT_BYTES {
        let Ok(next) = waiting.try_recv() else { break };
        bytes += size(&next);
        batches.push(next);
    }
    batches
}

type Reply = (usize, oneshot::Sender<Result<Vec<Outcome>, LogError>>);

fn split(batches: Vec<Batch>) -> (Vec<Arrival>, Vec<Reply>) {
    let replies = batches.into_iter().map(|batch| (batch.arrivals, batch.reply));
    let mut all = vec![];
    let replies = replies.map(|(arrivals, reply)| {
        let count = arrivals.len();
        all.extend(arrivals);
        (count, reply)
    });
    let replies = replies.collect();
    (all, replies)
}

fn answer(replies: Vec<Reply>, outcomes: Vec<Outcome>) {
    let mut outcomes = outcomes.into_iter();
    for (count, reply) in replies {
        // Who has gone away asks again.
        _ = reply.send(Ok(outcomes.by_ref().take(count).collect()));
    }
}

fn tell(workspaces: &Workspaces, arrivals: &[Arrival], outcomes: &[Outcome]) {
    let mut reached: BTreeMap<(WorkspaceId, ScopeId), u64> = BTreeMap::new();
    for (arrival, outcome) in arrivals.iter().zip(outcomes) {
        if let Outcome::Stored(position) = outcome {
            reached.insert((arrival.workspace, arrival.frame.preamble().scope), *position);
        }
    }
    for ((workspace, scope), position) in reached {
        if let Some(space) = workspaces.get(workspace) {
            space.tell(Event::Advanced(Advanced { scope, position }));
        }
    }
}
